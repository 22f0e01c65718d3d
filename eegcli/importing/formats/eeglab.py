"""EEGLAB's `.set` of epochs, MATLAB 5 or 7.3, with samples inside or in an `.fdt`.

The format: EEGLAB's "EEG" structure, eeglab.org/tutorials/ConceptsGuide/Data_Structures.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.bids.formats.mat73 import is_mat73
from eegcli.errors import InputError, counted
from eegcli.importing.formats.contents import CHANNELS, SAMPLES, TRIALS, Cell, Contents, Refused, Stored, array_in, mapped
from eegcli.importing.formats.mat5 import read_mat5
from eegcli.importing.formats.mat73 import read_mat73

_STRUCTURE = "EEG"
_OTHERS = {"EOG": "eog", "VEOG": "eog", "HEOG": "eog", "ECG": "ecg", "EKG": "ecg", "EMG": "emg"}


def open_set(path: Path, stack: ExitStack) -> Contents:
    """Open a data set that is cut into epochs; the event at the time 0 of an epoch is its label.

    Raises
    ------
    InputError
        If it is continuous or damaged, or its samples are not here.
    """
    read = read_mat73 if is_mat73(path) else read_mat5
    tree = read(path, stack)
    fields = tree.get(_STRUCTURE, tree)
    if not isinstance(fields, Mapping) or not {"nbchan", "pnts", "srate", "data"} <= fields.keys():
        raise InputError(f"{path}: no EEGLAB data set")
    n_channels, n_times, trials = (int(_number(fields.get(name, 1))) for name in ("nbchan", "pnts", "trials"))
    sfreq = _number(fields["srate"])
    if trials < 2:
        raise InputError(
            f"{path}: continuous, not cut into epochs",
            hint="Put it into a BIDS data set (eegcli fetch takes a folder), and use preprocess and epoch.",
        )
    shape = (n_channels, n_times, trials)
    data = fields["data"]
    if isinstance(data, str):
        data = _beside(path, data, shape)
    if not hasattr(data, "take") or tuple(data.shape) != shape:
        raise InputError(
            f"{path}: its data are not {counted(n_channels, 'channel')} x {counted(n_times, 'sample')} x {counted(trials, 'epoch')}, as its header says"
        )
    names, types = _channels(fields.get("chanlocs"), n_channels)
    events = _labels(fields.get("event"), n_times, trials, sfreq, _number(fields.get("xmin", 0)))
    return Contents(
        {"data": data},
        array="data",
        axes=(CHANNELS, SAMPLES, TRIALS),
        ch_names=names,
        ch_types=types,
        sfreq=sfreq,
        unit="uV",
        labels={"event": events} if events is not None else {},
        remarks=() if events is not None else ("not every epoch has an event at its time 0: there is no column event",),
    )


def _beside(path: Path, name: str, shape: tuple[int, ...]) -> Stored:
    """Samples in a file of their own: the one of the same name, else the one that the header names (`importing.files` digests in this order)."""
    folder = path.parent
    for file in (path.with_suffix(".fdt"), path.with_suffix(".dat"), folder / Path(name.replace("\\", "/")).name):
        if file.is_file():
            return array_in(mapped(file), "<f4", 0, shape, fortran=True, name=str(file))
    raise InputError(f"{path}: its samples, {name}, are not here", hint="Copy the .fdt file beside it.")


def _number(value: Any) -> float:
    """One number, as either version of MATLAB stores it."""
    if isinstance(value, (int, float)):
        return float(value)
    if hasattr(value, "take") and np.prod(value.shape) == 1:
        return float(np.ravel(value.take(0, 0, 1))[0])
    raise InputError("an EEGLAB data set says a number by something else", hint="Save it again in EEGLAB.")


def _each(value: Any) -> list[dict[str, Any]]:
    """Elements of an array of structures: a list of dicts, or of 7.3 a dict of lists."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    if not isinstance(value, Mapping):
        return []
    columns = {name: item.values if isinstance(item, Cell) else item if isinstance(item, list) else [item] for name, item in value.items()}
    n = max(map(len, columns.values()), default=0)
    return [{name: items[row] for name, items in columns.items() if row < len(items)} for row in range(n)]


def _channels(value: Any, n_channels: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = _each(value)
    if len(found) != n_channels or not all(isinstance(item.get("labels"), str) and item["labels"] for item in found):
        return (), ()
    kinds = [item.get("type") for item in found]
    return tuple(item["labels"] for item in found), tuple(
        _OTHERS.get(kind.upper(), "eeg") if isinstance(kind, str) else "eeg" for kind in kinds
    )


def _labels(value: Any, n_times: int, trials: int, sfreq: float, begin: float) -> np.ndarray | None:
    """Type of the event at the time 0 of each epoch; None where an epoch has none."""
    result = np.full(trials, None, dtype=object)
    for event in _each(value):
        if isinstance(event.get("type"), Refused) or "latency" not in event or "epoch" not in event:
            continue
        epoch, latency = round(_number(event["epoch"])) - 1, _number(event["latency"])
        if 0 <= epoch < trials and abs((latency - 1 - epoch * n_times) / sfreq + begin) < 0.5 / sfreq and result[epoch] is None:
            kind = event.get("type")
            result[epoch] = kind if isinstance(kind, str) else f"{_number(kind):g}"
    return None if any(item is None for item in result) else result
