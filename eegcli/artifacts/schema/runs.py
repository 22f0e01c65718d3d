"""Schema of runs and explanations."""

from __future__ import annotations

from eegcli.artifacts.schema.entry import EVERYWHERE, Entry, File
from eegcli.registry import EXPLANATION_KINDS, EXPLANATIONS
from eegcli.registry.explanations import ArrayEntry

MODEL = (
    Entry("arch", "text", "architecture: a name that `eegcli models` lists; of your own network `FILE.py:CLASS` or `package.module:CLASS`"),
    Entry("options", "object", "what it was built with beside the shape, defaults included"),
    Entry(
        "head",
        "text",
        "what the outputs mean: `softmax` (one per class, before the softmax), `logit` (log odds of the second class), `number`",
    ),
    Entry("n_outputs", "int64", "outputs of the network"),
    Entry("axes", "text", "axes of a window", "(n_axes,)"),
    Entry("shape", "int64", "their sizes", "(n_axes,)"),
    Entry("representation", "text", "what a window holds: `raw`, `bands`, `topomap` or `fft`"),
    Entry("units", "text", "of its values"),
    Entry("ch_names", "text", "channels in their order; of topomap those the maps are drawn from", "(n_channels,)"),
    Entry("sfreq", "float64", "sampling frequency", unit="Hz"),
    Entry("n_times", "int64", "samples of a window, whatever was made of them"),
    Entry("bands", "text", "of bands and topomap: `NAME=LOW-HIGH`, both edges included; else empty", "(n_bands,)", "Hz"),
    Entry("target", "text", "column that was learnt"),
    Entry("kind", "text", "`classification` or `regression`"),
    Entry("classes", "text", "in the order of the predictions; empty for a regression", "(n_classes,)"),
    Entry(
        "input_scaler",
        "object",
        "normalisation that the network begins with: `how` (`train`, `window` or `channel-window`), and of `train` `mean` and `scale` of each channel; "
        "null: none",
    ),
    Entry(
        "target_scaler",
        "object",
        "`mean` and `scale` by which a number was standardised in training; the last layer's weights hold them already, "
        "so that outputs are in the unit of the target (of your own network they do not); null where there was none",
    ),
    Entry("weights", "text", "xxh3-128 of `model.safetensors` beside it; null or missing where an earlier version wrote it"),
    Entry(
        "align",
        "text",
        "only with `train --align`: windows have to be whitened by subject first (`subject`: arithmetic mean of the covariances, `subject-riemannian`: "
        "geometric one), or, `subject-features`, the mean features of each subject moved to the centre of the network",
    ),
    Entry(
        "foreign",
        "object",
        "only of your own network, the code it was made with: `attribute` (class or function), `sha256` of the source; `file`, or `module`, "
        "`distribution` and `version`",
    ),
)

RUN = (
    File(
        "splits.parquet",
        "a row per unit and fold",
        (
            Entry("dataset", "text", "name of the data set"),
            Entry("subject", "text", "label without `sub-`"),
            Entry(
                "unit",
                "text",
                "what was split: the subject, or with `--split-unit` a session, a run (`session/task/run`), a task, a recording, a trial or a window",
            ),
            Entry("fold", "int64", "from 0"),
            Entry("split", "text", "`train`, `validation` or `test`; `unused` where the split has no place for the unit"),
            Entry("n_windows", "int64", "labelled windows of the unit"),
            Entry("truth", "text or float64", "class, or median of a continuous target; missing where it changes within the unit"),
            Entry("session", "text", "with `--split-unit session` or `run`: label of the session; `task` and `run` likewise"),
        ),
    ),
    File("labels.parquet", "with `train --labels`: the column of the table that was learnt, a row per window of windows.parquet"),
    File("cleaning.json", "that of the windows it was trained on; not there where these are older, or were not cut by eegcli"),
    File(
        "persons.parquet",
        "with `train --persons`: a row per label of the table that is in the windows, or is of a person who is",
        (
            Entry("dataset", "text", "name of the data set"),
            Entry("subject", "text", "label without `sub-`"),
            Entry("person", "text", "name of the person: the same for all labels of one"),
        ),
    ),
    File(
        "ancestors.parquet",
        "with `train --init-from`: a row per subject by whom the weights that it began with were trained or chosen, theirs included",
        (Entry("dataset", "text", "name of the data set"), Entry("subject", "text", "label without `sub-`")),
    ),
    File(
        "history.parquet",
        "a row per epoch, with `--validate-every` per look, numbered by `epoch` and `batch` (of a closed form one row, with its `penalty`): losses, accuracy (R² of a number), `validation_<metric>` of each metric "
        "computed after every epoch (none without a validation set); `test_<metric>` likewise with `--report-epoch published` alone",
    ),
    File("model.safetensors", "weights of the kept epoch"),
    File("model.json", "what the weights beside it need: all that is necessary to build the network and to feed it", MODEL),
    File(
        "metrics.json",
        "figures of training, under the same names for one network and for several; "
        "of several, `fold`, `seed`, `kept_epoch`, `baseline`, `strongest_baseline`, `class_weights` and `sets` are lists in the order of `networks`, "
        "as in the first version; `networks` holds one value per network in both cases: read that where there may be folds",
        (
            Entry("arch", "text", "architecture"),
            Entry("target", "text", "column that was learnt"),
            Entry("kind", "text", "`classification` or `regression`"),
            Entry("classes", "text", "in the order of the predictions", "(n_classes,)"),
            Entry("n_parameters", "int64", "trainable weights of a network"),
            Entry("kept_epoch", "int64", "epoch of the row of history.parquet that was kept, from 1"),
            Entry("kept_batch", "int64", "with `--validate-every` alone: the row's batch within that epoch"),
            Entry("baseline", "object", "constant prediction (`answer`) and its `validation_<metric>`"),
            Entry(
                "strongest_baseline",
                "object",
                "the closed form that does best on the validation windows (`arch`), of `n_compared`, fitted to `n_windows` windows of the same "
                "training subjects, and its `validation_<metric>`; null for a closed form, without a validation set and with `--no-baseline`",
            ),
            Entry("validation", "object", "figures of the kept epoch, of training and validation set; mean over networks"),
            Entry("validation_sd", "object", "their standard deviation over networks (ddof 1); null for one"),
            Entry(
                "optimistic, honest",
                "object",
                "with `--report-epoch published` alone: `epoch` and `test_<metric>` of the epoch that the test set chose, and of the one that the "
                "validation set chose (null without one); mean over networks",
            ),
            Entry(
                "refit",
                "object",
                "with `--refit` alone: `epochs`, as many as the validation subjects chose, and `validation`, their `validation_<metric>` then: of a network that "
                "had not learnt from them; of several networks a list and the mean",
            ),
            Entry(
                "begun_with",
                "object",
                "with `--init-from` alone: `weights` (digest) and `fold` and `seed` of that network, what was `drawn_anew`, `channels_drawn_anew`, "
                "`channels_left_out`, what is `frozen`, and with `--allow-differences` how its windows were `cleaned_otherwise`",
            ),
            Entry("sets", "object", "units, subjects and windows of each set"),
            Entry(
                "reproducible",
                "object",
                "whether the same command gives the same weights to the bit (`bitwise`), `with_the_same` of what, and on which `device`, with how many "
                "`threads` and `ranks`; versions and machine stand in provenance.json",
            ),
            Entry(
                "networks",
                "object",
                "`fold`, `seed`, `kept_epoch`, `baseline`, `strongest_baseline`, `validation`, `class_weights`, `sets` of each network",
                "(n_networks,)",
            ),
        ),
    ),
    File(
        "timing.parquet",
        "of gradient descent, a row per epoch (outside the promise of equal bytes)",
        (
            Entry("epoch", "int64", "number of the epoch, from 1"),
            Entry("seconds", "float64", "of the epoch; of one that was interrupted, of its last part", unit="s"),
            Entry(
                "seconds_learning, seconds_looking",
                "float64",
                "on the training windows, and on the sets that are looked at after it",
                unit="s",
            ),
            Entry("n_windows", "int64", "training windows in that time"),
            Entry("windows_per_second", "float64", "that were learnt from, reading included; NaN where only the looking was left"),
            Entry("memory_bytes", "int64", "most that was in use: by the process so far (CPU), by torch in this epoch (GPU)", unit="bytes"),
            Entry("utilisation", "float64", "share of the threads' time (CPU), or of the GPU's as NVML says; NaN where nothing tells"),
            Entry("joules", "float64", "energy of the GPU, by NVML; else NaN", unit="J"),
        ),
    ),
    File(
        "profile.parquet",
        "with `--profile`: where the time of a batch goes, a row per operation, the longest first (outside the promise of equal bytes)",
        (
            Entry("operation", "text", "of torch"),
            Entry("calls_per_batch", "float64", "how often"),
            Entry("ms_per_batch", "float64", "without the operations inside it; on a GPU the GPU's", unit="ms"),
            Entry("cpu_ms_per_batch", "float64", "of the CPU", unit="ms"),
            Entry("gflops", "float64", "10⁹ operations of a batch, where torch counts them (convolutions, matrix products)"),
            Entry("share", "float64", "of the time of all"),
        ),
    ),
    File("trace.json", "with `--profile`: the same batches for Perfetto (outside the promise of equal bytes)"),
    File("network.py", "of a network in a file of your own: the file, for all networks of the run; it is run with `--trust` alone"),
    File(
        "validated/…",
        "with `--refit`: the run in which the validation subjects chose the epochs of the networks of this one, whose training set they joined then",
    ),
    File("sizes/0.25/…", "with `--train-subjects` of several sizes: a run for each but the largest, which is the run itself"),
    File("controls/permuted-0001/…", "with `evaluate --retrain`: runs that learnt from permuted labels, which belong to no result"),
    File("controls/leaky/…", "with `evaluate --audit`: the run whose windows were shuffled over the sets; its accuracy is no result"),
    File("checkpoint/checkpoint.safetensors", "while training: everything an exact resume needs"),
    File("fold-00/seed-00/…", "with `--cv` or `--seeds`: the same files for each"),
    *EVERYWHERE,
)


def _method_array(kind: str, array: ArrayEntry) -> Entry:
    units = dict.fromkeys(entry.units for entry in EXPLANATIONS.values() if entry.kind == kind)
    unit = ", ".join(units) if array.dtype == "float32" else ""
    return Entry(f"methods/<name>/{array.name}", array.dtype, array.meaning, array.shape, unit)


def explanation_files() -> tuple[File, ...]:
    """Files of an explanation, with the arrays of every kind of method."""
    return (
        File(
            "explanation/explanation.h5",
            "the chosen windows and what each method says of them",
            (
                Entry("window", "int64", "chosen windows: rows of windows.parquet", "(n_windows,)"),
                Entry("class_index", "int64", "class for which each was chosen", "(n_windows,)"),
                Entry("freqs", "float64", "of all spectra", "(n_freqs,)", "Hz"),
                Entry(
                    "input_spectrum", "float32", "mean amplitude spectrum of the chosen windows", "(n_classes, n_channels, n_freqs)", "µV"
                ),
                *(_method_array(kind, array) for kind in EXPLANATION_KINDS for array in EXPLANATION_KINDS[kind].arrays),
                Entry("@ch_names", "text", "in the order of the channels", "(n_channels,)"),
                Entry("@classes", "text", "in the order of the classes", "(n_classes,)"),
                Entry("@sfreq", "float64", "sampling frequency", unit="Hz"),
                Entry("network", "int64", "which of the run's networks each window was chosen for and explained by", "(n_windows,)"),
                Entry("subject", "int64", "number of the subject of each window", "(n_windows,)"),
                Entry("@axes", "text", "axes of a window"),
                Entry("@band_names", "text", "of a representation that is made of bands"),
                Entry("@failed", "text", "methods that failed a control"),
                Entry("@input_units", "text", "`uV`, or `arbitrary`: that of the windows"),
                Entry("@attribution_units", "text", "`class output per uV`, or of the windows' unit"),
                Entry("methods/<name>/@units", "text", "of a method whose unit is another"),
                Entry("methods/<name>/@kind", "text", "of a method that gives no attribution: which kind of result it is"),
            ),
        ),
        File(
            "explanation/bands.parquet",
            "a row per method, class and band",
            (
                Entry("method", "text", "name of the method"),
                Entry("class", "text", "name of the class; of the target where it is a number"),
                Entry("band", "text", "`delta`, `theta`, `alpha` or `beta`"),
                Entry("low", "float64", "lower edge, included", unit="Hz"),
                Entry("high", "float64", "upper edge, excluded", unit="Hz"),
                Entry("share", "float64", "of the attribution's amplitude in the analysed range"),
                Entry("untrained_share", "float64", "the same for untrained networks of the architecture; NaN where none was asked"),
                Entry("chance", "float64", "the same for a flat spectrum"),
                Entry("input_share", "float64", "the same for the chosen windows themselves"),
            ),
        ),
        File(
            "explanation/differences.parquet",
            "where there are classes: a row per method, class (of two the first alone) and place: difference of the class from the others, over means of subjects",
            (
                Entry("method", "text", "name of the method"),
                Entry("class", "text", "name of the class"),
                Entry("along", "text", "`frequency`, `channel`, `time`, or the `part` of an occlusion"),
                Entry("place", "text", "of it: Hz, name of the channel, s from the window's start, name of the part"),
                Entry("difference", "float64", "mean of the class less that of the others, in the method's units"),
                Entry(
                    "low, high", "float64", "pointwise 95 % interval over subjects: of one place that was named before, not of all of them"
                ),
                Entry("p", "float64", "of the cluster that the place is in, by permutation of subjects; 1 of none"),
            ),
        ),
        File(
            "explanation/claims.parquet",
            "where the target is `sex` with the classes M and F: a row per published claim about a method that was asked",
            (
                Entry("method", "text", "name of the method"),
                Entry("claim", "text", "in words: the paper prints no numbers"),
                Entry("low", "float64", "lower end of the range that holds if the run agrees"),
                Entry("high", "float64", "its upper end"),
                Entry("value", "float64", "that of this run"),
                Entry("unit", "text", "of the three"),
                Entry("holds", "bool", "the value lies in the range"),
                Entry("source", "text", "the paper"),
            ),
        ),
        File(
            "explanation/metrics.json",
            "`verdict`; `methods[]`: `name`, `kind`, `verdict` (as `passed 4 of 5`), `passed`, `band_share`, `chance`, `classes`, `controls`: of each `passed`, "
            "`value` and what else it measured, null where it was not run, with `why`; `left_out[]`: methods that could not be asked, and `why`; "
            "`differences`, the smallest p of a cluster by what it runs along and class; `biased`, why, of a method that is; `published[]`, the rows of claims.parquet",
        ),
        File("explanation/<method>.png", "; ".join(kind.figure for kind in EXPLANATION_KINDS.values())),
        *EVERYWHERE,
    )
