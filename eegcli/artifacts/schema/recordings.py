"""Schema of data sets, recordings and windows."""

from __future__ import annotations

from collections.abc import Iterable

from eegcli.artifacts.schema.entry import ENTITIES, EVERYWHERE, Entry, File
from eegcli.registry import REPRESENTATIONS, RepresentationEntry, measured_columns, quality_columns

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
            *ENTITIES,
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
            Entry(
                "positions",
                "text",
                "where those of its electrodes come from: `digitised` (some at least), `file`, `template` or `unknown`; missing where it "
                "was cleaned before that was kept",
            ),
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
            Entry(
                "events/value", "text", "the event's name: its `value` or `trial_type`, else `event`; `boundary`, `BAD_…`", "(n_events,)"
            ),
            Entry(
                "events/columns/*",
                "number or int32",
                "the other columns of events.tsv, in order of `@names`; of text which of `events/levels/*`, -1 where missing",
                "(n_events,)",
            ),
            Entry("events/columns/@names", "text", "names of the columns; no group `columns` where there is no events.tsv", "(n_columns,)"),
            Entry("events/levels/*", "text", "of a column of text: what it may hold", "(n_levels,)"),
            Entry("events/hed", "int32", "which of `events/hed_strings` annotates the event", "(n_events,)"),
            Entry("events/hed_strings", "text", "HED annotations, assembled from events.json and events.tsv; unchecked", "(n_strings,)"),
            Entry("events/hed_definitions", "text", "HED definitions that they may name", "(n_definitions,)"),
            Entry("events/@hed_version", "text", "HED schema that the data set states; empty if it states none"),
            Entry("@positions", "float64", "of the electrodes, in head coordinates: x to the right, y to the nose", "(n_channels, 3)", "m"),
            Entry("@position_sources", "text", "of each: `digitised`, `file`, `template` or `unknown`", "(n_channels,)"),
            Entry("@head_centre", "float64", "of the sphere that stands for the head", "(3,)", "m"),
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
        "how that recording was made, in BIDS words where there are any; written after the signal file, whose xxh3-128 it states: what makes a rerun skip it",
    ),
    File("failures/<recording>.json", "why a recording failed, in which form; what shards know of each other's failures"),
    File("timing.parquet", "seconds per recording (outside the promise of equal bytes)"),
    *EVERYWHERE,
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
            Entry(
                "@units",
                "text",
                f"{_either(entry.units for entry in REPRESENTATIONS.values())}; of imported arrays also `arbitrary`, in place of `uV` within these",
            ),
            Entry("@ch_types", "text", "`eeg`, `ecg`, `emg`, `eog` or `misc`, where a channel is no EEG; else not there", "(n_channels,)"),
            Entry("@bands", "text", f"of {_BANDED}: `NAME=LOW-HIGH`, both edges included", "(n_bands,)", "Hz"),
            Entry("@n_times", "int64", "samples of the windows they were made of; not there for raw"),
            Entry(
                "@positions",
                "float64",
                "of the electrodes, in head coordinates: the mean over recordings; not there where none has kept them",
                "(n_channels, 3)",
                "m",
            ),
            Entry(
                "@position_sources", "text", "of each: the least of `digitised`, `file`, `template` that a recording has", "(n_channels,)"
            ),
            Entry("@position_spread", "float64", "largest angle between a recording's direction and the mean one", "(n_channels,)", "°"),
            Entry("@head_centre", "float64", "of the sphere that stands for the head: the mean over recordings", "(3,)", "m"),
        ),
    ),
    File(
        "windows.parquet",
        "row i describes x[i]",
        (
            Entry("dataset", "text", "name of the data set; a subject is known by (dataset, subject)"),
            Entry("recording", "text", "BIDS stem; of imported trials the file's name"),
            *ENTITIES,
            Entry("segment", "text", "name of the segment, `all` for the whole recording"),
            Entry("segment_count", "int64", "number of windows of the recording"),
            Entry(
                "onset",
                "float64",
                "of the window, from the recording's first sample; of imported trials as if they had followed each other",
                unit="s",
            ),
            Entry(
                "trial", "int64", "of imported trials: place in the file, from 0; `subject` is missing in every row where nobody knows it"
            ),
            Entry("split", "text", "of imported trials that came with sets: `train`, `validation` or `test`"),
            Entry("(labels)", "text or number", "of imported trials: columns that came with them"),
            Entry("event", "text", "name of the event that began the segment; this and the next three are not there for whole recordings"),
            Entry("event_onset", "float64", "of that event, from the recording's first sample", unit="s"),
            Entry("event_duration", "float64", "of that event, 0 where unknown", unit="s"),
            Entry("event_*", "text or number", "the other columns of events.tsv, for that event"),
            *(Entry(column.name, column.type, f"of the recording: {column.meaning}", unit=column.unit) for column in measured_columns()),
            Entry("(participants.tsv columns)", "text or number", "as in the recordings artifact; `participant_` before one that collides"),
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
            Entry("n_windows", "int64", "how many; one for each segment that is too short for any"),
            Entry("n_segments", "int64", "segments that are too short for a window; artifacts of 0.1.0 have no such column"),
        ),
    ),
    *EVERYWHERE,
)
