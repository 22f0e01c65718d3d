"""Faults of the windows themselves: units, channels, values, order, as people have made them; each in three sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import _planted_in_channels as channels
import _planted_in_values as values
import numpy as np
from _faulty import Base, Fault, Planted, changed

from eegcli.artifacts import folder
from eegcli.artifacts.windows import ARRAY, open_windows
from eegcli.artifacts.windows_writer import create_windows
from eegcli.settings import EpochSettings

Columns = values.Columns
Change = Callable[[np.ndarray, Columns, int], np.ndarray]
DATA = "data"


def _by_values(change: Change) -> Callable[[Base, int, Path], Planted]:
    """Plant by a change of the array alone: ``change(array, table, size)``."""

    def plant(base: Base, size: int, path: Path) -> Planted:
        return Planted(changed(base, path / "windows", x=lambda array, table: change(array.astype(np.float64), table, size)))

    return plant


def _by_rows(rows: Callable[[Columns, int], np.ndarray], change: Change | None = None) -> Callable[[Base, int, Path], Planted]:
    """Plant by taking some windows, once or several times, and by a change of those that are taken."""

    def plant(base: Base, size: int, path: Path) -> Planted:
        def array_of(array: np.ndarray, table: Columns) -> np.ndarray:
            taken = rows(table, size)
            part = array[taken].astype(np.float64)
            return part if change is None else change(part, {name: column[taken] for name, column in table.items()}, size)

        def table_of(table: Columns) -> Columns:
            taken = rows(table, size)
            return {name: column[taken] for name, column in table.items()}

        return Planted(changed(base, path / "windows", x=array_of, table=table_of))

    return plant


def _copies(table: Columns, size: int) -> np.ndarray:
    """Rows: a third of them twice, each five times, or one of each recording in place of all."""
    n = len(table["subject"])
    if size == 0:
        return np.sort(np.concatenate([np.arange(n), np.arange(0, n, 3)]))
    if size == 1:
        return np.sort(np.tile(np.arange(0, n, 5), 5))
    return np.unique(table["recording"].astype(str), return_index=True)[1][
        np.unique(table["recording"].astype(str), return_inverse=True)[1]
    ]


def _with_noise(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    return x + 0.02 * values.spread_of(x) * values.random_of(size).standard_normal(x.shape) if size == 2 else x


def _few(table: Columns, size: int) -> np.ndarray:
    """Rows: evenly 24, 60 and 120."""
    n = len(table["subject"])
    return np.unique(np.linspace(0, n - 1, (120, 60, 24)[size]).astype(int))


def overlapping(base: Base, size: int, path: Path) -> Planted:
    """Windows that share 60, 80 and 95 % of their samples with the next."""
    share = (0.6, 0.8, 0.95)[size]

    def cut(array: np.ndarray, table: Columns) -> np.ndarray:
        found = array.copy()
        step = max(1, round((1 - share) * array.shape[2]))
        recording = table["recording"].astype(str)
        for name in np.unique(recording):
            rows = np.flatnonzero(recording == name)
            whole = np.concatenate(list(array[rows]), axis=1)
            for place, row in enumerate(rows):
                found[row] = whole[:, place * step : place * step + array.shape[2]]
        return found

    return Planted(changed(base, path / "windows", x=cut))


def short(base: Base, size: int, path: Path) -> Planted:
    """Windows of 0.25, 0.125 and 0.07 s."""
    n_times = (32, 15, 9)[size]
    return Planted(changed(base, path / "windows", x=lambda array, table: array[:, :, :n_times]), ("--fit-window",))


def wrong_rate(base: Base, size: int, path: Path) -> Planted:
    """A rate of half, twice, and twice the true one (of a recording with mains in it)."""
    windows = open_windows(base.windows)
    array: Any = np.array(windows.x)
    if size == 2:
        array = array + values.hum(array, 1.0, size)
    sfreq = windows.sfreq * (0.5, 2.0, 2.0)[size]
    artifact = folder.open_folder(path / "windows", "windows", EpochSettings(recordings=Path("none")), inputs={"fault": "rate"}, version=1)
    with create_windows(path / "windows", array.shape[1:], ch_names=windows.ch_names, sfreq=sfreq) as writer:
        writer.append(array, {name: np.array(column) for name, column in windows.table.items() if name not in ("content_hash", "window")})
    artifact.finish()
    return Planted(path / "windows")


def changed_since(base: Base, size: int, path: Path) -> Planted:
    """An array that was written to after it was cut: one window, one in ten, and all in another order."""
    planted = changed(base, path / "windows")
    windows = open_windows(planted)
    array = np.memmap(planted / ARRAY, dtype="<f4", mode="r+", offset=int(windows.x.offset), shape=windows.x.shape)
    if size == 2:
        array[:] = np.array(array)[values.random_of(2).permutation(len(array))]
    else:
        array[:: (len(array), 10)[size]] *= np.float32(1.01)
    array.flush()
    return Planted(planted)


def _fault(name: str, expected: str | tuple[str, ...], plant: Callable[[Base, int, Path], Planted]) -> Fault:
    return Fault(name, DATA, (expected,) if isinstance(expected, str) else expected, plant)


FAULTS: list[Fault] = [
    _fault("unit", "scale", _by_values(values.unit)),
    _fault("unit of some subjects", "scale-of-recordings", _by_values(values.unit_of_some)),
    _fault("unit of some channels", "scale-of-channels", _by_values(channels.unit_of_channels)),
    _fault("gain of channels of some subjects", "scale-of-channels", _by_values(channels.gain_of_channels_of_some)),
    _fault("DC left in", "offset", _by_values(values.constant)),
    _fault("DC left in for some subjects", "offset", _by_values(values.constant_of_some)),
    _fault("drift left in", "offset", _by_values(values.drift)),
    _fault("clipping", "clipping", _by_values(values.clipped)),
    _fault("clipping in some subjects", "clipping", _by_values(values.clipped_in_some)),
    _fault("whole numbers", "quantisation", _by_values(values.rounded)),
    _fault("whole numbers in some subjects", "quantisation", _by_values(values.rounded_in_some)),
    _fault("not finite", "finite-values", _by_values(values.not_a_number)),
    _fault("flat channels, reference left in", "flat-channels", _by_values(channels.flat)),
    _fault("flat channels of some subjects", "flat-channels", _by_values(channels.flat_in_some)),
    _fault("copied channels", "copied-channels", _by_values(channels.copied)),
    _fault("mirrored channels", "copied-channels", _by_values(channels.mirrored)),
    _fault("bridged channels of some subjects", "copied-channels", _by_values(channels.copied_in_some)),
    _fault("negated channels of some subjects", "polarity", _by_values(channels.negated)),
    _fault("another order of channels", "channel-order", _by_values(channels.permuted)),
    _fault("an order of its own", "channel-order", _by_values(channels.permuted_each)),
    _fault("code for missing samples", "missing-codes", _by_values(values.missing)),
    _fault("another reference in some subjects", "reference", _by_values(channels.other_reference)),
    _fault("another rate in some subjects", "sampling-rate", _by_values(values.stretched)),
    _fault("repeated samples", "sampling-rate", _by_values(values.held)),
    _fault("rhythms filtered away", "band", _by_values(values.filtered_away)),
    _fault("trigger", "not-eeg", _by_values(channels.trigger)),
    _fault("trigger in some subjects", "not-eeg", _by_values(channels.trigger_in_some)),
    _fault("ECG", "not-eeg", _by_values(channels.heart)),
    _fault("EMG", "not-eeg", _by_values(channels.muscle)),
    _fault("EOG", "not-eeg", _by_values(channels.eyes)),
    _fault("counter", "not-eeg", _by_values(channels.counter)),
    _fault("dead windows", "dead-windows", _by_values(values.dead)),
    _fault("dead windows of some subjects", "dead-windows", _by_values(values.dead_in_some)),
    _fault("padding", "padding", _by_values(values.padded)),
    _fault("padding in some subjects", "padding", _by_values(values.padded_in_some)),
    _fault("line noise", "line-noise", _by_values(values.mains)),
    _fault("line noise in some subjects", "line-noise", _by_values(values.mains_in_some)),
    _fault("axes", "axes", _by_values(values.axes)),
    _fault("samples in no order", "axes", _by_values(values.in_no_order)),
    _fault("movements", "outliers", _by_values(values.loud)),
    _fault("sums of channels", "rank", _by_values(channels.summed)),
    _fault("copied windows", "repeated-windows", _by_rows(_copies, _with_noise)),
    _fault("few windows", "few-windows", _by_rows(_few)),
    _fault("overlap", "overlap", overlapping),
    _fault("short windows", "window-length", short),
    _fault("wrong sampling rate", "sampling-rate", wrong_rate),
    _fault("changed since they were cut", "changed-windows", changed_since),
]
