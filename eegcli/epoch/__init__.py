"""Epoch: cut cleaned recordings into windows of equal length."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.atomic import read_json
from eegcli.artifacts.recordings import Recording, Recordings, open_recordings
from eegcli.artifacts.schema import RECORDINGS
from eegcli.artifacts.segments import SegmentRule, find_segments, parse_rules
from eegcli.artifacts.table import Table, column, take, write_table
from eegcli.artifacts.windows import WindowsWriter, create_windows
from eegcli.bids.selection import select_rows
from eegcli.compute.signals import stop_signals
from eegcli.epoch.cutting import Cut, cut, window_starts
from eegcli.errors import EegcliError, InputError, UsageError
from eegcli.report import Report
from eegcli.result import Failure, Plan, Result
from eegcli.settings import EpochSettings

VERSION = 2  # raised when the same settings give other windows

LEFT_OUT = "left-out.parquet"
# What a dry run expects: measured with 24 recordings of 19 channels on one core; memory holds a recording and its windows.
START_SECONDS, SECONDS_PER_RECORDING, BYTES_PER_SECOND = 0.7, 0.01, 100e6
START_BYTES, COPIES = 150_000_000, 2.5
# Columns of the recordings table that describe the recording; the others came from participants.tsv and go on.
_OWN_COLUMNS = {entry.name for file in RECORDINGS if file.name == "recordings.parquet" for entry in file.entries}


@dataclass(frozen=True, kw_only=True)
class EpochResult(Result):
    """The windows artifact, and what was left out and why (reason -> windows)."""

    n_windows: int
    n_recordings: int
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Grid:
    """What all windows share."""

    rules: tuple[SegmentRule, ...]
    ch_names: tuple[str, ...]
    sfreq: float
    n_times: int
    step: int


def run(settings: EpochSettings, *, report: Report) -> Result:
    """Cut cleaned recordings into windows of equal length.

    Parameters
    ----------
    settings : EpochSettings
        What to cut: recordings artifact, segments, window length and overlap (s).
    report : Report
        Receives progress and warnings.

    Returns
    -------
    EpochResult or Plan
        The windows artifact; with `dry_run` what it would hold.

    Raises
    ------
    InputError
        If no recording gives a window.
    UsageError
        If length, overlap or a segment make no sense.
    """
    recordings = open_recordings(settings.recordings)
    rows = _chosen_rows(recordings, settings)
    grid = _grid(settings, recordings, rows)
    output = settings.output or Path("windows")
    if settings.dry_run:
        return _plan(output, recordings, rows, grid)
    target = folder.open_folder(
        output, "windows", settings, inputs={"recordings": recordings.digest}, version=VERSION, force=settings.force
    )
    if target.finished:
        report.info(f"{output} is finished; nothing to do.")
        return _result(output)
    failures: list[Failure] = []
    left_out: list[dict[str, Any]] = []
    silent = {rule.event for rule in grid.rules}
    with (
        stop_signals() as stop,
        create_windows(output, (len(grid.ch_names), grid.n_times), ch_names=grid.ch_names, sfreq=grid.sfreq) as windows,
    ):
        for row in report.progress(rows, "Cutting windows", len(rows)):
            stop.raise_if_requested()
            name = str(recordings.table["recording"][row])
            try:
                recording = _read(recordings, row, grid)
                silent -= set(recording.events.value)
                piece = _cut_recording(recording, grid, keep_dead=settings.keep_dead)
            except EegcliError as error:
                failures.append(Failure(name, error.message, error.cause))
                left_out.append({"recording": name, "reason": error.cause, "n_windows": 0})
                continue
            left_out += [{"recording": name, "reason": reason, "n_windows": count} for reason, count in sorted(piece.left_out.items())]
            if len(piece.x):
                _append(windows, piece, recordings, row)
            else:
                failures.append(Failure(name, f"all windows are left out: {_counted(piece.left_out)}", "no window left"))
        if silent and windows.n_windows:
            report.warn(f"no recording has an event {' or '.join(sorted(silent))}")
        if not windows.n_windows:
            raise InputError(
                f"no recording gives a window ({failures[0].name}: {failures[0].error})",
                hint=f"`eegcli info {settings.recordings}` lists the events.",
            )
    write_table(output / LEFT_OUT, _left_out_table(left_out))
    counts = Counter[str]()
    for item in left_out:
        counts[item["reason"]] += item["n_windows"]
    target.finish(
        n_windows=windows.n_windows,
        n_recordings=len(rows) - len(failures),
        left_out=+counts,
        n_items=len(rows),
        failures=[asdict(failure) for failure in failures],
    )
    report.info(f"{windows.n_windows} windows of {len(rows) - len(failures)} recordings; left out: {_counted(+counts) or 'none'}.")
    return _result(output)


def _left_out_table(items: list[dict[str, Any]]) -> Table:
    return {
        "recording": column(item["recording"] for item in items),
        "reason": column(item["reason"] for item in items),
        "n_windows": np.array([item["n_windows"] for item in items], dtype=np.int64),
    }


def _result(output: Path) -> EpochResult:
    done = read_json(output / folder.DONE)
    return EpochResult(
        output=output,
        n_items=done["n_items"],
        failures=tuple(Failure(**failure) for failure in done["failures"]),
        n_windows=done["n_windows"],
        n_recordings=done["n_recordings"],
        left_out=done["left_out"],
    )


def _chosen_rows(recordings: Recordings, settings: EpochSettings) -> np.ndarray:
    """Rows of the recordings that are whole and selected."""
    whole = np.flatnonzero(recordings.table["status"] == "ok")
    if not len(whole):
        raise InputError(f"{recordings.path}: no recording is whole", hint="See the column `error` of recordings.parquet.")
    return whole[select_rows(take(recordings.table, whole), settings)]


def _grid(settings: EpochSettings, recordings: Recordings, rows: np.ndarray) -> Grid:
    """What all windows share: the channels and the rate that most recordings have."""
    table = take(recordings.table, rows)
    (ch_names, sfreq), _ = Counter(zip(table["ch_names"], table["sfreq"], strict=True)).most_common(1)[0]
    if not np.isfinite([settings.length, settings.overlap]).all():
        raise UsageError("--length and --overlap have to be numbers of seconds")
    n_times = round(settings.length * sfreq)
    step = n_times - round(settings.overlap * sfreq)
    if n_times < 1:
        raise UsageError(f"--length {settings.length:g} s is less than one sample at {sfreq:g} Hz")
    if not settings.overlap >= 0 or step < 1:
        raise UsageError(f"--overlap {settings.overlap:g} s has to be at least 0 and shorter than --length {settings.length:g} s")
    return Grid(parse_rules(settings.segment), tuple(str(ch_names).split(",")), float(sfreq), n_times, step)


def _read(recordings: Recordings, row: int, grid: Grid) -> Recording:
    recording = recordings.read(row)
    if recording.sfreq != grid.sfreq:
        raise InputError(f"the rate is {recording.sfreq:g} Hz, most recordings have {grid.sfreq:g} Hz", cause="other rate")
    if recording.ch_names != grid.ch_names:
        odd = sorted(set(recording.ch_names) ^ set(grid.ch_names)) or ["another order"]
        raise InputError(
            f"the channels are not those of most recordings ({', '.join(odd[:5])}{', …' if len(odd) > 5 else ''}); preprocess with --channels",
            cause="other channels",
        )
    return recording


def _cut_recording(recording: Recording, grid: Grid, *, keep_dead: bool) -> Cut:
    segments = find_segments(recording.events, grid.rules, sfreq=grid.sfreq, n_times=recording.data.shape[1])
    if not segments:
        raise InputError(f"no event {' or '.join(sorted({rule.event for rule in grid.rules}))}", cause="no cue")
    piece = cut(recording, segments, n_times=grid.n_times, step=grid.step, keep_dead=keep_dead)
    if not len(piece.x) and not piece.left_out:
        raise InputError(f"no segment is as long as a window ({grid.n_times / grid.sfreq:g} s)", cause="too short")
    return piece


def _append(windows: WindowsWriter, piece: Cut, recordings: Recordings, row: int) -> None:
    n = len(piece.x)
    table = take(recordings.table, np.full(n, row))
    rows: Table = {"dataset": np.full(n, recordings.dataset, dtype=object)}
    rows |= {name: table[name] for name in ("recording", "subject", "session", "task", "run")}
    rows |= {"segment": piece.segment, "segment_count": np.full(n, n, dtype=np.int64), "onset": piece.start / windows.sfreq}
    rows |= {name: values for name, values in table.items() if name not in _OWN_COLUMNS}
    windows.append(piece.x, rows)


def _plan(output: Path, recordings: Recordings, rows: np.ndarray, grid: Grid) -> Plan:
    """Count segments and windows from the events alone; what is dead shows only in the signals."""
    segments, n_windows, too_short, largest = Counter({rule.name: 0 for rule in grid.rules}), 0, 0, 0
    for row in rows:
        recording = recordings.read(row)
        largest = max(largest, recording.data.nbytes)
        found = find_segments(recording.events, grid.rules, sfreq=grid.sfreq, n_times=recording.data.shape[1])
        segments.update(segment.name for segment in found)
        too_short += sum(segment.stop - segment.start < grid.n_times for segment in found)
        n_windows += len(window_starts(found, grid.n_times, grid.step)[0])
    size = 4 * n_windows * len(grid.ch_names) * grid.n_times
    summary = {
        "n_recordings": len(rows),
        "segments": dict(segments),
        "segments_too_short": too_short,
        "n_windows": n_windows,
        "shape": [len(grid.ch_names), grid.n_times],
        "bytes": size,
        "memory_bytes": START_BYTES + round(COPIES * largest),
        "seconds": round(START_SECONDS + SECONDS_PER_RECORDING * len(rows) + size / BYTES_PER_SECOND, 1),
    }
    return Plan(output=output, summary=summary)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
