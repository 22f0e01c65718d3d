"""Schema of predictions, of embeddings and of their probes."""

from __future__ import annotations

from eegcli.artifacts.schema.entry import ENTITIES, EVERYWHERE, Entry, File

WHO = (
    Entry("dataset", "text", "name of the data set"),
    Entry("recording", "text", "BIDS stem"),
    *ENTITIES,
    Entry("segment", "text", "name of the segment"),
    Entry("onset", "float64", "of the window, from the recording's first sample", unit="s"),
    Entry("window", "int64", "row of windows.parquet"),
)
OUTPUTS = (
    Entry("p_<class>", "float64", "probability of each class (a vote's: mean over its windows, or by the rule of `--vote`)"),
    Entry("prediction", "float64", "instead of them, for a continuous target: the predicted number"),
)
WHICH = (Entry("fold", "int64", "which network of the run, from 0"), Entry("seed", "int64", "which network of the run, from 0"))
SEEN = Entry(
    "seen_in_training",
    "bool",
    "whether a network was trained or chosen by this person, or by a window of the same content where the windows of the training are at hand; "
    "missing where nobody knows whose the windows are",
)
VECTOR = Entry("embedding", "float32", "what the last layer is given: a list of fixed size", "(n_values,)")


def embedding_files(folder: str, extra: tuple[Entry, ...]) -> tuple[File, ...]:
    """Files of `--embeddings`, in a folder or, without one, in the artifact itself."""
    person = (Entry("dataset", "text", "name of the data set"), Entry("subject", "text", "label without `sub-`"))
    return (
        File(
            f"{folder}embeddings.parquet",
            "with `--embeddings`: a row per window and network of the run, the vector before its last layer",
            (*WHO, *WHICH, *extra, VECTOR),
        ),
        File(
            f"{folder}embeddings-subjects.parquet",
            "the mean of them: a row per subject and network of the run; not there where nobody knows whose the windows are",
            (*person, *WHICH, *extra, Entry("n_windows", "int64", "windows of the subject"), VECTOR),
        ),
        File(f"{folder}embeddings.png", "mean vectors of the groups that vote, by the first network, in two principal components"),
    )


PROBE = File(
    "evaluation/probe.parquet",
    "with `--probe`: a row per column, network and group of windows that a linear model told from the mean vector, out of fold",
    (
        Entry("column", "text", "what was asked"),
        Entry("kind", "text", "`classification` or `regression`"),
        Entry("unit", "text", "subject, or the coarsest group within which the column does not change"),
        Entry("dataset", "text", "name of the data set"),
        Entry("subject", "text", "label without `sub-`"),
        *WHICH,
        Entry("probe_fold", "int64", "fold of the probe, among the test subjects of the network"),
        Entry("truth", "text", "class; `predicted` and `baseline` (the most frequent class of those fitted to) likewise"),
        Entry("probability", "float64", "of the predicted class"),
        Entry("true_number", "float64", "of a number; `predicted_number` and `baseline_number` (the mean of those fitted to) likewise"),
    ),
)

PREDICTIONS = (
    File("predictions.parquet", "a row per window: mean over all networks of all runs", (*WHO, SEEN, *OUTPUTS)),
    File(
        "votes.parquet",
        "a row per unit",
        (
            Entry("unit", "text", "subject, recording, recording and segment, or these and the onset of the trial's event"),
            Entry("dataset", "text", "name of the data set"),
            Entry("subject", "text", "label without `sub-`"),
            SEEN,
            Entry("n_windows", "int64", "windows that voted"),
            Entry("probability", "float64", "mean probability of the class voted for"),
            Entry("vote", "text", "class of the highest mean probability; of equal ones the first"),
            Entry("hard_vote", "text", "class that most windows predict; of equal ones the first"),
            *OUTPUTS,
        ),
    ),
    File(
        "networks.parquet",
        "with `--each-network`: a row per window and network",
        (*WHO, Entry("ensemble_run", "int64", "which run: 0 is the first, then those of `--ensemble`"), *WHICH, SEEN, *OUTPUTS),
    ),
    *embedding_files("", (SEEN,)),
    File(
        "summary.json",
        "what was predicted of whom",
        (
            Entry("target, kind, classes", "text", "what the runs learnt"),
            Entry("unit", "text", "what votes"),
            Entry("n_windows, n_votes, n_subjects, n_networks", "int64", "counts; `n_subjects` is 0 where nobody knows them"),
            Entry("votes", "object", "votes for each class; of a number their `mean`"),
            Entry("seen_in_training", "object", "`subjects` and `windows` (of identical content) that were seen; null where nobody knows"),
            Entry("marked", "text", "what has to stand beside every prediction; else null"),
            Entry("said", "text", "what else is said of them", "(n_sentences,)"),
            Entry(
                "runs",
                "object",
                "of each run `digest`, `arch`, `n_networks`, `marked`, `control`, `cleaned_otherwise`, and `fitted`: `reordered`, `left_out` and "
                "`interpolated` channels; null where channels were those of the network",
                "(n_runs,)",
            ),
        ),
    ),
    *EVERYWHERE,
)
