"""Faults that are planted in windows, labels, splits, networks and trainings, for doctor to find: what a fault is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.windows import open_windows
from eegcli.artifacts.windows_writer import create_windows
from eegcli.settings import EpochSettings


@dataclass(frozen=True)
class Base:
    """Healthy windows, in which a fault is planted.

    Attributes
    ----------
    name : str
    windows : Path
    target : str
        That can be learnt from them.
    arguments : tuple of str
        Options of `train` that go with them.
    """

    name: str
    windows: Path
    target: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planted:
    """Question to doctor: windows or a run, and options of `train`."""

    windows: Path
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes
    ----------
    name, topic : str
    expected : tuple of str
        Checks of `registry.CHECKS`, one of which has to come first: the true cause.
    plant : callable
        ``plant(base, size, folder)``: plants it in one of three sizes (0 small, 1, 2 large), within a new folder.
    """

    name: str
    topic: str
    expected: tuple[str, ...]
    plant: Callable[[Base, int, Path], Planted]


def changed(
    base: Base,
    path: Path,
    *,
    x: Callable[[np.ndarray, dict[str, np.ndarray]], np.ndarray] | None = None,
    table: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]] | None = None,
    ch_names: tuple[str, ...] | None = None,
) -> Path:
    """Copy windows with their array, their table or both changed, as a finished artifact with hashes of its own.

    Parameters
    ----------
    base : Base
    path : Path
        Of the copy.
    x : callable, optional
        ``x(array, table)``: the new array, shape (n_windows, n_channels, n_times).
    table : callable, optional
        ``table(table)``: the new table; as many rows.
    ch_names : tuple of str, optional
        Names of the channels, where they change.
    """
    windows = open_windows(base.windows)
    array: Any = np.array(windows.x)
    columns = {name: np.array(values) for name, values in windows.table.items() if name not in ("content_hash", "window")}
    if x is not None:
        array = x(array, columns)
    if table is not None:
        columns = table(columns)
    artifact = folder.open_folder(path, "windows", EpochSettings(recordings=Path("none")), inputs={"fault": path.name}, version=1)
    with create_windows(path, array.shape[1:], ch_names=list(ch_names or windows.ch_names), sfreq=windows.sfreq) as writer:
        for start in range(0, len(array), 1024):
            part = slice(start, start + 1024)
            writer.append(array[part], {name: values[part] for name, values in columns.items()})
    artifact.finish()
    return path
