"""Epoch: cut cleaned recordings into windows of equal length."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.cleaning import Cleaning, differences_among, write_cleaning
from eegcli.artifacts.contents import CHANGED
from eegcli.artifacts.hdf5 import Buffer
from eegcli.artifacts.naming import pooled_output
from eegcli.artifacts.recordings import Recording
from eegcli.artifacts.schema import RECORDINGS
from eegcli.artifacts.table import Table, column, take, write_table
from eegcli.artifacts.windows import open_windows
from eegcli.artifacts.windows_writer import WindowsWriter, create_windows
from eegcli.bids.description import is_dataset
from eegcli.compute.signals import stop_signals
from eegcli.compute.threads import limited
from eegcli.epoch.columns import beside, event_columns
from eegcli.epoch.counting import count, show_irregular, summarise
from eegcli.epoch.cutting import Cut, cut
from eegcli.epoch.grid import Grid, find_grid, fit
from eegcli.epoch.hed import HedBookkeeping
from eegcli.epoch.inputs import Pool, open_pool
from eegcli.epoch.labelling import label_recordings, label_windows
from eegcli.epoch.maps import MeanMaps
from eegcli.epoch.metadata import dry_run_of_tree
from eegcli.epoch.positions import MeanPositions, any_kept, any_own
from eegcli.epoch.rules import known_rules, segment_rules
from eegcli.epoch.tally import TOO_SHORT, Tally
from eegcli.errors import ASKED_WRONGLY, EegcliError, InputError, UsageError, counted
from eegcli.files.atomic import read_json
from eegcli.files.block import releasing
from eegcli.lazy import submodules
from eegcli.registry import measured_columns
from eegcli.reporter import PYTHON, Reporter
from eegcli.representations import Representation, Signals, options_of, prepare, resolve
from eegcli.result import DryRun, Failure, Result
from eegcli.settings import EpochSettings
from eegcli.settings.parse import stretch_of
from eegcli.study.labels import read_labels
from eegcli.study.segments import Segment, trace_segments
from eegcli.study.vocabulary import Vocabulary

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

VERSION = 3  # raised when the same settings give other windows

LEFT_OUT = "left-out.parquet"
# What a dry run expects: measured with 24 recordings of 19 channels on one core; memory holds a recording and its windows.
START_SECONDS, SECONDS_PER_RECORDING, BYTES_PER_SECOND = 0.7, 0.01, 100e6
START_BYTES, COPIES = 150_000_000, 2.5
# Columns of the recordings table that describe the recording; the others came from participants.tsv and go on.
_OWN_COLUMNS = {"dataset", *(entry.name for file in RECORDINGS if file.name == "recordings.parquet" for entry in file.entries)}
_MEASURED = {column.name for column in measured_columns()}  # before any filter: muscle, heart rate, ...; statistics on windows need them


@dataclass(frozen=True, kw_only=True, repr=False)
class EpochResult(Result):
    """The windows artifact, and what was left out and why (reason -> windows; segments, where they are too short for a window)."""

    n_windows: int
    n_recordings: int
    left_out: dict[str, int] = field(default_factory=dict)
    lost_segments: dict[str, int] = field(default_factory=dict)


@releasing()
def run(settings: EpochSettings, *, reporter: Reporter = PYTHON) -> Result:
    """Cut cleaned recordings into windows of equal length.

    Parameters
    ----------
    settings : EpochSettings
        What to cut: recordings artifacts (for a dry run also a BIDS tree), segments, window length and overlap (s).
    reporter : Reporter, optional
        Receives progress and warnings. Left out: Python's `warnings` and `logging`.

    Returns
    -------
    EpochResult or DryRun
        The windows artifact; with `dry_run` what it would hold.

    Raises
    ------
    InputError
        If no recording gives a window, or the artifacts do not fit together.
    UsageError
        If length, overlap or a segment make no sense.
    """
    if not settings.recordings:
        raise UsageError("no recordings are named", hint="Name the path of a recordings artifact, or of several.")
    output = settings.output or pooled_output(settings.recordings, "windows")
    settings = resolve(replace(settings, output=output))
    if trees := [path for path in settings.recordings if is_dataset(path)]:
        if settings.dry_run and len(settings.recordings) == 1:
            return dry_run_of_tree(settings, reporter)
        raise InputError(
            f"{trees[0]}: a BIDS data set, where a recordings artifact is needed",
            hint="Run `eegcli preprocess` first; with --dry-run, epoch counts the segments of one data set by its metadata.",
        )
    pool = open_pool(settings.recordings, reporter)
    labels = None if settings.labels is None else read_labels(settings.labels)
    pool = label_recordings(pool, labels, settings, own=_OWN_COLUMNS, reporter=reporter)
    where = ", ".join(str(path) for path in settings.recordings)
    rules, vocabulary = known_rules(settings, segment_rules(settings), pool.all_events(), where, reporter)
    grid = find_grid(settings, pool, rules)
    signals = Signals(grid.ch_names, grid.sfreq, grid.n_times)
    represent = prepare(
        settings.representation,
        signals,
        bands=settings.bands,
        montage=settings.montage,
        placed=any_own(pool, settings.montage),
        options=options_of(settings),
    )
    if settings.dry_run:
        return _dry_run(output, pool, grid, vocabulary, represent, reporter)
    inputs = {"recordings": pool.digest} | ({} if labels is None else {"labels": labels.digest})
    target = folder.open_folder(output, "windows", settings, inputs=inputs, version=VERSION, force=settings.force)
    if target.finished:
        open_windows(output).check_if_touched()
        folder.touch(output)
        reporter.info(f"{output} is finished; nothing to do.")
        return _result(output)
    failures: list[Failure] = []
    left_out: list[dict[str, Any]] = []
    references: set[str] = set()
    cut_from: list[int] = []
    asked, maps, tally = HedBookkeeping(grid.rules), MeanMaps(represent), Tally(grid.rules, grid.seconds)
    placed = MeanPositions(len(grid.ch_names))
    signal_buffer, windows_buffer = Buffer(), Buffer()
    with (
        stop_signals() as stop,
        limited(1),  # the last bits of a product of matrices may depend on the number of threads
        create_windows(
            output,
            represent.shape,
            ch_names=grid.ch_names,
            sfreq=grid.sfreq,
            window_format=represent.window_format,
            placed=any_kept(pool),
        ) as windows,
    ):
        for row in reporter.progress(range(len(pool)), "Cutting windows", len(pool)):
            stop.raise_if_requested()
            dataset, name = str(pool.table["dataset"][row]), str(pool.table["recording"][row])
            try:
                recording = fit(pool.read(row, hed=asked.hed, buffer=signal_buffer), grid)
                recording = replace(recording, events=vocabulary.fit(recording.events))
                asked.see(recording.events)
                its_own = represent.of(recording.electrodes)
                segments = _trace(recording, grid, asked)
                lost = tally.see(segments, recording.events, n_times=grid.n_times, sfreq=grid.sfreq)
                left_out += [_row(dataset, name, reason, number, n_segments=number) for reason, number in sorted(lost.items())]
                piece = _cut_recording(recording, segments, grid, settings, lost, windows_buffer)
            except EegcliError as error:
                if error.exit_code in ASKED_WRONGLY or error.cause == CHANGED:
                    raise
                failures.append(Failure(pool.name(row), error.message, error.cause))
                if error.cause != TOO_SHORT:  # which stands there already, by what ends the segments
                    left_out.append(_row(dataset, name, error.cause))
                continue
            left_out += [_row(dataset, name, reason, number) for reason, number in sorted(piece.left_out.items())]
            if len(piece.x):
                piece = replace(piece, x=its_own(piece.x))
                _append(windows, piece, recording, pool, row)
                references.add(recording.reference)
                cut_from.append(row)
                maps.add(piece.x, piece.segment, its_own.electrodes)
                placed.add(recording.electrodes)
            else:
                failures.append(Failure(pool.name(row), f"all windows are left out: {_counted(piece.left_out)}", "no window left"))
        asked.check(reporter, where)
        tally.tell(reporter)
        if not windows.n_windows:
            raise InputError(
                f"no recording gives a window ({failures[0].name}: {failures[0].error})",
                hint=f"`eegcli info {settings.recordings[0]}` lists the events.",
            )
        windows.electrodes, windows.spread = placed.result()
        label_windows(windows.table, labels, reporter)
    maps.draw(output)
    if represent.place is not None:
        placed.tell(reporter)
    cleaning = _cleaning(pool.take(np.array(cut_from)), references, settings)
    write_cleaning(output, cleaning)
    for difference in differences_among(cleaning):
        reporter.warn(f"the recordings were not all cleaned alike: {difference}; a network may tell data sets apart by it")
    write_table(output / LEFT_OUT, _left_out_table(left_out))
    counts = Counter[str]()
    for item in left_out:
        counts[item["reason"]] += item["n_windows"]
    target.finish(
        n_windows=windows.n_windows,
        n_recordings=len(pool) - len(failures),
        left_out=+counts,
        lost_segments=tally.lost,
        n_items=len(pool),
        failures=[asdict(failure) for failure in failures],
    )
    reporter.info(
        f"{counted(windows.n_windows, 'window')} of {counted(len(pool) - len(failures), 'recording')}; left out: {_counted(+counts) or 'none'}."
    )
    return _result(output)


def _cleaning(pool: Pool, references: Iterable[str], settings: EpochSettings) -> Cleaning:
    """Cleaning of the recordings that gave windows, and what was done to these."""
    sequences = [pool.sources[number].steps for number in sorted(set(pool.source.tolist()))]
    rates = pool.table.get("raw_sfreq", np.empty(0))
    return Cleaning(
        steps=tuple(steps for place, steps in enumerate(sequences) if steps not in sequences[:place]),
        reference=tuple(sorted(references)),
        raw_sfreq=tuple(sorted({rate for rate in rates.tolist() if isinstance(rate, float) and np.isfinite(rate)})),
        baseline=settings.baseline,
        reject=settings.reject,
    )


def _left_out_table(items: list[dict[str, Any]]) -> Table:
    return {
        "dataset": column(item["dataset"] for item in items),
        "recording": column(item["recording"] for item in items),
        "reason": column(item["reason"] for item in items),
        "n_windows": np.array([item["n_windows"] for item in items], dtype=np.int64),
        "n_segments": np.array([item["n_segments"] for item in items], dtype=np.int64),
    }


def _row(dataset: str, recording: str, reason: str | None, n_windows: int = 0, n_segments: int = 0) -> dict[str, Any]:
    return {"dataset": dataset, "recording": recording, "reason": reason, "n_windows": n_windows, "n_segments": n_segments}


def _result(output: Path) -> EpochResult:
    done = read_json(output / folder.DONE)
    return EpochResult(
        output=output,
        n_items=done["n_items"],
        failures=tuple(Failure(**failure) for failure in done["failures"]),
        n_windows=done["n_windows"],
        n_recordings=done["n_recordings"],
        left_out=done["left_out"],
        lost_segments=done.get("lost_segments", {}),  # not there: done by 0.1.0
    )


def _trace(recording: Recording, grid: Grid, asked: HedBookkeeping) -> tuple[Segment, ...]:
    n_times = recording.data.shape[1]
    segments = trace_segments(recording.events, grid.rules, sfreq=grid.sfreq, n_times=n_times, match_hed=asked.match)
    if not segments:
        raise InputError(f"no {' or '.join(sorted({rule.cue for rule in grid.rules}))}", cause="no cue")
    return segments


def _cut_recording(
    recording: Recording, segments: tuple[Segment, ...], grid: Grid, settings: EpochSettings, lost: Counter[str], buffer: Buffer
) -> Cut:
    piece = cut(
        recording,
        [segment for segment in segments if segment.stop > segment.start],
        n_times=grid.n_times,
        step=grid.step,
        keep_dead=settings.keep_dead,
        baseline=None if settings.baseline is None else stretch_of(settings.baseline),
        reject=settings.reject,
        buffer=buffer,
    )
    if not len(piece.x) and not piece.left_out:
        why = f": {_counted(lost)}" if lost else ""
        raise InputError(f"no segment is as long as a window ({grid.seconds:g} s){why}", cause=TOO_SHORT)
    return piece


def _append(windows: WindowsWriter, piece: Cut, recording: Recording, pool: Pool, row: int) -> None:
    n = len(piece.x)
    table = take(pool.table, np.array([row]))  # the same for all windows
    rows: Table = {name: table[name] for name in ("dataset", "recording", "subject", "session", "task", "run")}
    rows |= {"segment": piece.segment, "segment_count": np.array([n], dtype=np.int64), "onset": piece.start / windows.sfreq}
    rows |= event_columns(recording.events, piece.cue)
    passed_on = {name: values for name, values in table.items() if name not in _OWN_COLUMNS or name in _MEASURED}
    rows |= beside(passed_on, {*rows, "content_hash"})
    windows.append(piece.x, rows)


def _dry_run(output: Path, pool: Pool, grid: Grid, vocabulary: Vocabulary, represent: Representation, reporter: Reporter) -> DryRun:
    """Count segments and windows from the events alone; what is dead shows only in the signals."""
    asked, tally = HedBookkeeping(grid.rules), Tally(grid.rules, grid.seconds)
    counted, largest = [], 0
    for row in reporter.progress(range(len(pool)), "Counting segments", len(pool)):
        events, n_times = pool.read_events(row)
        events = vocabulary.fit(events)
        asked.see(events)
        largest = max(largest, 4 * n_times * int(pool.table["n_channels"][row]))
        window, name = (grid.n_times, grid.step), pool.name(row)
        item = count(name, events, grid.rules, sfreq=grid.sfreq, n_times=n_times, window=window, match_hed=asked.match, tally=tally)
        counted.append(item)
    asked.check(reporter, ", ".join(source.path.name for source in pool.sources))
    tally.tell(reporter)
    summary = summarise(counted, grid.rules)
    show_irregular(summary, reporter)
    size = 4 * summary["n_windows"] * math.prod(represent.shape)
    seconds = START_SECONDS + SECONDS_PER_RECORDING * len(pool) + size / BYTES_PER_SECOND + represent.seconds(summary["n_windows"])
    summary |= {
        "representation": represent.name,
        "shape": list(represent.shape),
        "bytes": size,
        "memory_bytes": START_BYTES + round(COPIES * largest),
        "seconds": round(seconds, 1),
    }
    return DryRun(output=output, summary=summary, shown=("irregular",))


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
