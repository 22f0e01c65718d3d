"""The one place that knows what lies in an artifact: names, types, shapes, units. `docs/artifacts.md` is made of it."""

from __future__ import annotations

from dataclasses import dataclass

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
    File("settings.json", "resolved settings, digests of the inputs, versions; the digest of all of them"),
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
            Entry("digest", "text", "xxh3-128 of the bytes, or the annex key where the file is not fetched"),
            Entry("source", "text", "where it came from"),
            Entry("status", "text", "`ok` or `not fetched`"),
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
            Entry("sfreq", "float64", "sampling frequency", unit="Hz"),
            Entry("ch_names", "text", "channels kept, in order, comma-separated"),
            Entry("n_channels", "float64", "channels kept"),
            Entry("n_times", "float64", "samples kept"),
            Entry("seconds", "float64", "length", unit="s"),
            Entry("bad_channels", "text", "channels marked bad, comma-separated"),
            Entry("interpolated", "text", "channels interpolated, comma-separated"),
            Entry("clipped_seconds", "float64", "time at which the amplifier saturated", unit="s"),
            Entry("(participants.tsv columns)", "text or number", "under their own names; `participant_` before one that collides"),
        ),
    ),
    File(
        "sub-*/[ses-*/]eeg/*_desc-clean_eeg.h5",
        "one recording",
        (
            Entry("data", "float32", "signal", "(n_channels, n_times)", "µV"),
            Entry("events/onset", "float64", "from the first sample", "(n_events,)", "s"),
            Entry("events/duration", "float64", "0 where unknown", "(n_events,)", "s"),
            Entry("events/value", "text", "the event's `value` or `trial_type`; `boundary`, `BAD_…`", "(n_events,)"),
            Entry("@ch_names", "text", "in the order of the rows of `data`", "(n_channels,)"),
            Entry("@sfreq", "float64", "sampling frequency", unit="Hz"),
            Entry("@reference", "text", "`average`, or channel names"),
            Entry("@units", "text", "`uV`"),
            Entry("@digest", "text", "of the steps and the raw file: what makes a rerun skip it"),
        ),
    ),
    File("timing.parquet", "seconds per recording (outside the promise of equal bytes)"),
    *_EVERYWHERE,
)

WINDOWS = (
    File(
        "windows.h5",
        "the array: contiguous and uncompressed, so that it is memory-mapped",
        (
            Entry("x", "float32", "windows", "(n_windows, n_channels, n_times)", "µV"),
            Entry("@ch_names", "text", "in the order of the second axis", "(n_channels,)"),
            Entry("@sfreq", "float64", "sampling frequency", unit="Hz"),
            Entry("@representation", "text", "`raw`"),
            Entry("@units", "text", "`uV`"),
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
            Entry("content_hash", "text", "xxh3-128 of the window's float32 bytes"),
        ),
    ),
    File(
        "left-out.parquet",
        "windows and recordings left out, counted by reason",
        (Entry("recording", "text", "BIDS stem"), Entry("reason", "text", "why"), Entry("n_windows", "int64", "how many")),
    ),
    *_EVERYWHERE,
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
            Entry("split", "text", "`train`, `validation` or `test`"),
            Entry("n_windows", "int64", "windows of the unit that have an answer"),
            Entry("truth", "text or float64", "class, or median of a continuous target; missing where it changes within the unit"),
        ),
    ),
    File("history.parquet", "a row per epoch: losses, accuracy, validation score"),
    File("model.safetensors", "weights of the kept epoch"),
    File("metrics.json", "`n_parameters`, `arch`, `target`, `classes`, `kept_epoch`, `baseline`, counts"),
    File("checkpoint/checkpoint.safetensors", "while training: everything an exact resume needs"),
    File("fold-00/seed-00/…", "with `--cv` or `--seeds`: the same files for each"),
    *_EVERYWHERE,
)

EVALUATION = (
    File(
        "evaluation/predictions.parquet",
        "a row per window (and fold, seed)",
        (
            Entry("window", "int64", "row of windows.parquet"),
            Entry("subject", "text", "label without `sub-`"),
            Entry("split", "text", "`train`, `validation` or `test`"),
            Entry("truth", "text or float64", "class, or value of a continuous target"),
            Entry("p_<class>", "float64", "probability of each class; `prediction` for a continuous target"),
        ),
    ),
    File(
        "evaluation/votes.parquet",
        "a row per unit (and fold, seed)",
        (
            Entry("unit", "text", "subject, recording, or recording and segment"),
            Entry("subject", "text", "label without `sub-`"),
            Entry("truth", "text or float64", "class, or value"),
            Entry("n_windows", "int64", "windows that voted"),
            Entry("probability", "float64", "mean probability of the voted class"),
            Entry("vote", "text", "class of the highest mean probability"),
        ),
    ),
    File("evaluation/metrics.json", "figures per split, window and vote; leak checks; `pooled` over folds"),
    File("evaluation/confusion.png", "windows beside votes"),
)

EXPLANATION = (
    File("explanation/explanation.h5", "attributions of the chosen windows, their mean spectra and channel profiles"),
    File("explanation/metrics.json", "`methods[]`: band shares, chance, controls"),
    File("explanation/saliency.png", "the figure"),
)

ARTIFACTS: dict[str, tuple[File, ...]] = {
    "dataset": DATASET,
    "recordings": RECORDINGS,
    "windows": WINDOWS,
    "run": RUN,
    "evaluation": EVALUATION,
    "explanation": EXPLANATION,
}
