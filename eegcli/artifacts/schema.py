"""The one place that knows what lies in an artifact: names, types, shapes, units. `docs/artifacts.md` is made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eegcli.registry import EXPLANATION_KINDS, EXPLANATIONS, REPRESENTATIONS, RepresentationEntry, quality_columns
from eegcli.registry.explanations import ArrayEntry

# Raised only when artifacts written before can no longer be read: a decision, written into the changelog (`tests/kept/` holds us to it).
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One dataset, column or attribute."""

    name: str
    type: str
    meaning: str
    shape: str = ""
    unit: str = ""


@dataclass(frozen=True)
class File:
    """One file of an artifact and what is in it; `entries` is empty where the prose says it all."""

    name: str
    meaning: str
    entries: tuple[Entry, ...] = ()


_ENTITIES = (
    Entry("subject", "text", "label without `sub-`"),
    Entry("session", "text", "label without `ses-`; missing where there is none"),
    Entry("task", "text", "label without `task-`"),
    Entry("run", "text", "label without `run-`; missing where there is none"),
)
_EVERYWHERE = (
    File(
        "settings.json",
        "resolved settings, digests of the inputs, version of the stage; the digest of all of them, without settings that equal the default they were added with",
    ),
    File("done.json", "written last: the artifact is finished; the digest again"),
    File("provenance.json", "time, host, command, absolute paths (outside the promise of equal bytes)"),
)

DATASET = (
    File("(a BIDS data set)", "recordings, sidecars, `participants.tsv`"),
    File(
        "fetch.parquet",
        "a row per file",
        (
            Entry("path", "text", "relative to the data set"),
            Entry("bytes", "int64", "size", unit="byte"),
            Entry("digest", "text", "`sha256:` of what was fetched, `xxh3-128:` of what was simulated, what the annex key says of a link"),
            Entry("source", "text", "where it came from"),
            Entry("status", "text", "`ok`, `not fetched` (a link to nowhere), `failed`, or `refused` (its name would leave the folder)"),
            Entry("error", "text", "one line; missing where all is well"),
            Entry("etag", "text", "what the server called this content; missing where it had no server"),
            Entry("key", "text", "size and checksum that the server stated, as git-annex spells them; missing where it had no server"),
        ),
    ),
)

RECORDINGS = (
    File("dataset_description.json", "BIDS derivative, GeneratedBy"),
    File(
        "recordings.parquet",
        "a row per recording found",
        (
            Entry("recording", "text", "BIDS stem, e.g. `sub-01_task-rest`"),
            *_ENTITIES,
            Entry("path", "text", "of the signal file, relative to the artifact; missing where it failed"),
            Entry("status", "text", "`ok`, `failed` or `skipped`"),
            Entry("error", "text", "one line; missing where all is well"),
            Entry("cause", "text", "short name by which failures are counted"),
            Entry("digest", "text", "of the steps and of the files read, as in the signal file; missing where it failed"),
            Entry("sfreq", "float64", "sampling frequency", unit="Hz"),
            Entry("ch_names", "text", "channels kept, in order, comma-separated"),
            Entry("n_channels", "float64", "channels kept"),
            Entry("n_times", "float64", "samples kept"),
            Entry("seconds", "float64", "length", unit="s"),
            Entry("bad_channels", "text", "channels marked bad, comma-separated"),
            Entry("interpolated", "text", "channels interpolated, comma-separated"),
            *(Entry(column.name, column.type, column.meaning, unit=column.unit) for column in quality_columns()),
            Entry("(participants.tsv columns)", "text or number", "under their own names; `participant_` before one that collides"),
        ),
    ),
    File(
        "quality.html", "the figures of quality over the cohort, and the recordings that stand out: one page, nothing loaded from elsewhere"
    ),
    File(
        "sub-*/[ses-*/]eeg/*_desc-clean_eeg.h5",
        "one recording",
        (
            Entry("data", "float32", "signal", "(n_channels, n_times)", "µV"),
            Entry("events/onset", "float64", "from the first sample", "(n_events,)", "s"),
            Entry("events/duration", "float64", "0 where unknown", "(n_events,)", "s"),
            Entry("events/value", "text", "the event's `value` or `trial_type`; `boundary`, `BAD_…`", "(n_events,)"),
            Entry("events/hed", "int32", "which of `events/hed_strings` annotates the event", "(n_events,)"),
            Entry("events/hed_strings", "text", "HED annotations, assembled from events.json and events.tsv; unchecked", "(n_strings,)"),
            Entry("events/hed_definitions", "text", "HED definitions that they may name", "(n_definitions,)"),
            Entry("events/@hed_version", "text", "HED schema that the data set states; empty if it states none"),
            Entry("@ch_names", "text", "in the order of the rows of `data`", "(n_channels,)"),
            Entry("@sfreq", "float64", "sampling frequency", unit="Hz"),
            Entry("@reference", "text", "`average`, or channel names"),
            Entry("@units", "text", "`uV`"),
            Entry("@digest", "text", "of the steps and of the files read"),
            Entry("quality/frequencies", "float32", "of the spectra; no group `quality` where under 2 s are left", "(n_freqs,)", "Hz"),
            Entry(
                "quality/spectrum_before", "float32", "power spectral density as read, quantiles over channels", "(4, n_freqs)", "µV²/Hz"
            ),
            Entry(
                "quality/spectrum_after",
                "float32",
                "the same of `data`; missing above its half sampling frequency",
                "(4, n_freqs)",
                "µV²/Hz",
            ),
            Entry("quality/@levels", "float64", "which quantiles", "(4,)"),
            Entry("quality/trace_before", "float32", "as read, resampled like `data`: the 8 s changed most", "(n_traces, n_samples)", "µV"),
            Entry("quality/@ch_names", "text", "of the traces: the 24 channels changed most", "(n_traces,)"),
            Entry("quality/@onset", "float64", "of the traces, in `data`", unit="s"),
            Entry("quality/@reference", "text", "of the signal as read"),
        ),
    ),
    File(
        "sub-*/[ses-*/]eeg/*_desc-clean_eeg.json",
        "how that recording was made, in BIDS words where there are any; written after the signal file: what makes a rerun skip it",
    ),
    File("failures/<recording>.json", "why a recording failed, in which form; what shards know of each other's failures"),
    File("timing.parquet", "seconds per recording (outside the promise of equal bytes)"),
    *_EVERYWHERE,
)


def _either(words: Iterable[str]) -> str:
    *most, last = (f"`{word}`" for word in dict.fromkeys(words))
    return f"{', '.join(most)} or {last}" if most else last


def _windows_of(name: str, entry: RepresentationEntry) -> Entry:
    """The array of windows that hold a representation."""
    axes = ", ".join(("n_windows", *entry.axes)).replace("n_chans", "n_channels")
    return Entry(f"x ({name})", "float32", entry.description, f"({axes})", entry.units.replace("uV", "µV").replace("^2", "²"))


_X = tuple(_windows_of(name, entry) for name, entry in REPRESENTATIONS.items())
_BANDED = " and ".join(name for name, entry in REPRESENTATIONS.items() if entry.has_bands)

WINDOWS = (
    File(
        "windows.h5",
        "the array: contiguous and uncompressed, so that it is memory-mapped",
        (
            *_X,
            Entry(
                "@ch_names",
                "text",
                "in the order of the second axis, where that is channels; of maps those that they are drawn from",
                "(n_channels,)",
            ),
            Entry("@sfreq", "float64", "sampling frequency", unit="Hz"),
            Entry("@representation", "text", _either(REPRESENTATIONS)),
            Entry("@units", "text", _either(entry.units for entry in REPRESENTATIONS.values())),
            Entry("@bands", "text", f"of {_BANDED}: `NAME=LOW-HIGH`, both edges included", "(n_bands,)", "Hz"),
            Entry("@n_times", "int64", "samples of the windows they were made of; not there for raw"),
        ),
    ),
    File(
        "windows.parquet",
        "row i describes x[i]",
        (
            Entry("dataset", "text", "name of the data set; a subject is known by (dataset, subject)"),
            Entry("recording", "text", "BIDS stem"),
            *_ENTITIES,
            Entry("segment", "text", "name of the segment, `all` for the whole recording"),
            Entry("segment_count", "int64", "number of windows of the recording"),
            Entry("onset", "float64", "of the window, from the recording's first sample", unit="s"),
            Entry("(participants.tsv columns)", "text or number", "as in the recordings artifact"),
            Entry("content_hash", "text", "xxh3-128 of the window's float32 bytes, as stored"),
        ),
    ),
    *(
        File(f"{name}.png", f"of the representation {name}: the mean map of each segment and band")
        for name, entry in REPRESENTATIONS.items()
        if entry.is_map
    ),
    File(
        "left-out.parquet",
        "windows and recordings left out, counted by reason",
        (
            Entry("dataset", "text", "name of the data set"),
            Entry("recording", "text", "BIDS stem"),
            Entry("reason", "text", "why"),
            Entry("n_windows", "int64", "how many"),
        ),
    ),
    *_EVERYWHERE,
)

MODEL = (
    Entry("arch", "text", "architecture: a name that `eegcli models` lists"),
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
    Entry("input_scaler", "object", "what has to be done to a window first; null: nothing"),
    Entry(
        "target_scaler",
        "object",
        "`mean` and `scale` by which a number was standardised in training; the last layer's weights hold them already, "
        "so that outputs are in the unit of the target; null where there was none",
    ),
)

RUN = (
    File(
        "splits.parquet",
        "a row per unit and fold",
        (
            Entry("dataset", "text", "name of the data set"),
            Entry("subject", "text", "label without `sub-`"),
            Entry("unit", "text", "what was split: the subject, or with `--split-unit` a recording or a trial"),
            Entry("fold", "int64", "from 0"),
            Entry("split", "text", "`train`, `validation` or `test`; `unused` where the split has no place for the unit"),
            Entry("n_windows", "int64", "labelled windows of the unit"),
            Entry("truth", "text or float64", "class, or median of a continuous target; missing where it changes within the unit"),
        ),
    ),
    File(
        "history.parquet",
        "a row per epoch: losses, accuracy (R² of a number), `validation_<metric>` of each metric computed after every epoch",
    ),
    File("model.safetensors", "weights of the kept epoch"),
    File("model.json", "what the weights beside it need: all that is necessary to build the network and to feed it", MODEL),
    File(
        "metrics.json",
        "figures of training, under the same names for one network and for several; "
        "of several, `fold`, `seed`, `kept_epoch`, `baseline`, `class_weights` and `sets` are lists in the order of `networks`",
        (
            Entry("arch", "text", "architecture"),
            Entry("target", "text", "column that was learnt"),
            Entry("kind", "text", "`classification` or `regression`"),
            Entry("classes", "text", "in the order of the predictions", "(n_classes,)"),
            Entry("n_parameters", "int64", "trainable weights of a network"),
            Entry("kept_epoch", "int64", "row of history.parquet, from 1"),
            Entry("baseline", "object", "constant prediction (`answer`) and its `validation_<metric>`"),
            Entry("validation", "object", "figures of the kept epoch; mean over networks"),
            Entry("validation_sd", "object", "their standard deviation over networks (ddof 1); null for one"),
            Entry("sets", "object", "units, subjects and windows of each set"),
            Entry(
                "networks",
                "object",
                "`fold`, `seed`, `kept_epoch`, `baseline`, `validation`, `class_weights`, `sets` of each network",
                "(n_networks,)",
            ),
        ),
    ),
    File("checkpoint/checkpoint.safetensors", "while training: everything an exact resume needs"),
    File("fold-00/seed-00/…", "with `--cv` or `--seeds`: the same files for each"),
    *_EVERYWHERE,
)

_NETWORK = (
    Entry("fold", "int64", "which network of the run, from 0"),
    Entry("seed", "int64", "which network of the run, from 0"),
    Entry("split", "text", "`train`, `validation` or `test`"),
    Entry("truth", "text or float64", "class, or value of a continuous target"),
)
_OUTPUTS = (
    Entry("p_<class>", "float64", "probability of each class (a vote's: mean over its windows)"),
    Entry("prediction", "float64", "instead of them, for a continuous target: the predicted number"),
)

EVALUATION = (
    File(
        "evaluation/predictions.parquet",
        "a row per window and network of the run",
        (
            Entry("dataset", "text", "name of the data set"),
            Entry("recording", "text", "BIDS stem"),
            *_ENTITIES,
            Entry("segment", "text", "name of the segment"),
            Entry("onset", "float64", "of the window, from the recording's first sample", unit="s"),
            Entry("window", "int64", "row of windows.parquet"),
            *_NETWORK,
            *_OUTPUTS,
        ),
    ),
    File(
        "evaluation/votes.parquet",
        "a row per unit, set and network of the run",
        (
            Entry("unit", "text", "subject, recording, or recording and segment"),
            Entry("dataset", "text", "name of the data set"),
            Entry("subject", "text", "label without `sub-`"),
            *_NETWORK,
            Entry("n_windows", "int64", "windows that voted"),
            Entry("probability", "float64", "mean probability of the class voted for"),
            Entry("vote", "text", "class of the highest mean probability; of equal ones the first"),
            Entry("hard_vote", "text", "class that most windows predict; of equal ones the first"),
            *_OUTPUTS,
        ),
    ),
    File(
        "evaluation/metrics.json",
        "the same names for one network and for several; metrics and intervals are those of the table below",
        (
            Entry("unit", "text", "what votes: `subject`, `recording`, `segment` or `window`"),
            Entry("target", "text", "column that is predicted"),
            Entry("kind", "text", "`classification` or `regression`"),
            Entry("splits.<set>.window", "object", "per window: `n`, `n_subjects`, metrics, intervals, and of classes `confusion`"),
            Entry("splits.<set>.vote", "object", "the same per vote, with `wilson95` where the unit is the subject"),
            Entry("splits.<set>.vote.hard", "object", "the same for the class that most windows predict"),
            Entry("splits.<set>.….n_repeats, .sd", "object", "with seeds: how many, and the standard deviation over them (ddof 1)"),
            Entry("folds", "object", "`fold`, `seed` and `splits` of each network", "(n_networks,)"),
            Entry("pooled", "object", "with several networks: `unit` and `splits` again, for scripts of before"),
            Entry("leak_checks", "object", "`name`, `passed`, `value` of each check", "(n_checks,)"),
            Entry("marked, control", "text", "what has to stand beside every figure; else null"),
        ),
    ),
    File("evaluation/confusion.png", "the test set, windows beside votes; of a number `scatter.png`: predicted against true"),
    File("evaluation-<windows>/…", "the same for other windows"),
    *_EVERYWHERE,
)


def _method_array(kind: str, array: ArrayEntry) -> Entry:
    units = dict.fromkeys(entry.units for entry in EXPLANATIONS.values() if entry.kind == kind)
    return Entry(f"methods/<name>/{array.name}", "float32", array.meaning, array.shape, ", ".join(units))


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
                Entry("@input_units", "text", "`uV`"),
                Entry("@attribution_units", "text", "`class output per uV`"),
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
                Entry("untrained_share", "float64", "the same for untrained networks of the architecture"),
                Entry("chance", "float64", "the same for a flat spectrum"),
                Entry("input_share", "float64", "the same for the chosen windows themselves"),
            ),
        ),
        File("explanation/metrics.json", "`methods[]`: `name`, `band_share`, `chance`, `controls` {`randomised`, `shuffled`}, `passed`"),
        File("explanation/<method>.png", "; ".join(kind.figure for kind in EXPLANATION_KINDS.values())),
        *_EVERYWHERE,
    )


ARTIFACTS: dict[str, tuple[File, ...]] = {
    "dataset": DATASET,
    "recordings": RECORDINGS,
    "windows": WINDOWS,
    "run": RUN,
    "evaluation": EVALUATION,
    "explanation": explanation_files(),
}
