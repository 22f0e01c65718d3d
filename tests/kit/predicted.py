"""Predictions of the tests: made, and their tables."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import h5py
import numpy as np

from eegcli import predict
from eegcli.artifacts import folder
from eegcli.artifacts.table import Table, read_table, write_table
from eegcli.artifacts.windows import open_windows
from eegcli.artifacts.windows_writer import WindowFormat, create_windows
from eegcli.representations import Signals, prepare
from eegcli.settings import EpochSettings, PredictSettings
from tests.kit.marks import restate
from tests.kit.reporters import CapturingReporter


def predicted(run: Path, windows: Path, output: Path, **settings) -> tuple[Table, CapturingReporter]:
    """predictions.parquet of a call, and what was said."""
    reporter = CapturingReporter()
    made = predict.run(PredictSettings(run=run, windows=windows, output=output, threads=1, **settings), reporter=reporter)
    assert made.output == output
    return read_table(output / "predictions.parquet"), reporter


def summary(path: Path) -> dict:
    return json.loads((path / "summary.json").read_text())


def probabilities(table: Table) -> np.ndarray:
    """Columns of the outputs, side by side."""
    return np.stack([values for name, values in table.items() if name.startswith("p_") or name == "prediction"], axis=1)


def rearranged(source: Path, path: Path, rows: list[int], ch_names: list[str] | None = None) -> Path:
    """The windows of an artifact with other channels: these rows of it, under their own names or under others."""
    windows = open_windows(source)
    names = [windows.ch_names[row] for row in rows] if ch_names is None else ch_names
    artifact = folder.open_folder(path, "windows", EpochSettings(recordings=(Path("none"),)), inputs={"source": windows.digest}, version=1)
    form = WindowFormat(windows.representation, windows.units, windows.bands, None if windows.representation == "raw" else windows.n_times)
    with create_windows(path, (len(rows), *windows.x.shape[2:]), ch_names=names, sfreq=windows.sfreq, window_format=form) as writer:
        writer.append(windows.x[:][:, rows], {name: values for name, values in windows.table.items() if name != "content_hash"})
    artifact.finish()
    return path


def without_columns(source: Path, path: Path, *names: str) -> Path:
    """A copy of windows whose table lacks some columns."""
    shutil.copytree(source, path)
    write_table(
        path / "windows.parquet", {name: values for name, values in read_table(path / "windows.parquet").items() if name not in names}
    )
    restate(path)
    return path


def with_units(path: Path, units: str) -> Path:
    """State another unit of windows."""
    with h5py.File(path / "windows.h5", "r+") as file:
        file.attrs["units"] = np.bytes_(units)
    restate(path)
    return path


def represented(source: Path, path: Path, name: str) -> Path:
    """Raw windows in another representation, as `epoch` would have stored them."""
    windows = open_windows(source)
    represent = prepare(name, Signals(windows.ch_names, windows.sfreq, windows.n_times), bands=(), montage="auto")
    artifact = folder.open_folder(path, "windows", EpochSettings(recordings=(Path("none"),)), inputs={"source": windows.digest}, version=1)
    with create_windows(
        path, represent.shape, ch_names=windows.ch_names, sfreq=windows.sfreq, window_format=represent.window_format
    ) as writer:
        writer.append(represent(np.asarray(windows.x)), {name: values for name, values in windows.table.items() if name != "content_hash"})
    artifact.finish()
    return path
