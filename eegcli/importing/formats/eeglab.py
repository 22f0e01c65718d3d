"""EEGLAB's `.set` of epochs, MATLAB 5 or 7.3, with samples inside or in an `.fdt`.

The format: EEGLAB's "EEG" structure, eeglab.org/tutorials/ConceptsGuide/Data_Structures.html.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.bids.formats.mat73 import is_mat73
from eegcli.errors import InputError, counted
from eegcli.importing.formats.contents import CHANNELS, SAMPLES, TRIALS, Cell, Contents, Mapped, Stored, array_in, mapped
from eegcli.importing.formats.mat5 import read_mat5
from eegcli.importing.formats.mat73 import read_mat73

_STRUCTURE = "EEG"
_OF_ALL = ("condition", "group")  # texts of a whole data set, which tell it from others
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
    n_channels, n_times, trials = (int(_stated(fields, name, path)) for name in ("nbchan", "pnts", "trials"))
    sfreq = _stated(fields, "srate", path)
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
    events, several = _labels(fields.get("event"), n_times, trials, sfreq, _stated({"xmin": 0, **fields}, "xmin", path))
    labels = {"event": events} if events is not None else {}
    labels |= {name: np.full(trials, text, dtype=object) for name in _OF_ALL if (text := _text(fields.get(name)))}
    return Contents(
        {"data": data},
        array="data",
        axes=(CHANNELS, SAMPLES, TRIALS),
        ch_names=names,
        ch_types=types,
        sfreq=sfreq,
        unit="uV",
        labels=labels,
        subject=_text(fields.get("subject")) or None,
        remarks=(
            *(() if events is not None else ("not every epoch has an event at its time 0: there is no column event",)),
            *(("epochs with several events at their time 0 have all of their types in the column event: a/b",) if several else ()),
        ),
    )


def _beside(path: Path, name: str, shape: tuple[int, ...]) -> Stored:
    """Samples in a file of their own: the one of the same name, else the one that the header names (`importing.files` digests in this order).

    A `.fdt` has all channels of a sample together, a `.dat` all samples of a channel.
    """
    folder, n_bytes = path.parent, 4 * math.prod(shape)
    for file in (path.with_suffix(".fdt"), path.with_suffix(".dat"), folder / Path(name.replace("\\", "/")).name):
        if not file.is_file():
            continue
        if file.stat().st_size > n_bytes:
            raise InputError(
                f"{file}: {file.stat().st_size:,} bytes, but the header of {path.name} says {n_bytes:,}",
                hint="It is that of another data set, or of an earlier state: copy both files again.",
            )
        if file.suffix.lower() != ".dat":
            return array_in(mapped(file), "<f4", 0, shape, fortran=True, name=str(file))
        n_channels, n_times, trials = shape
        rows = array_in(mapped(file), "<f4", 0, (n_channels, trials, n_times), fortran=False, name=str(file))
        return Mapped(rows.array.transpose(0, 2, 1), rows.release)
    raise InputError(f"{path}: its samples, {name}, are not here", hint="Copy the .fdt file beside it.")


def _stated(fields: Mapping[str, Any], name: str, path: Path) -> float:
    """Number of the header; 1 where it is not there."""
    value = _number(fields.get(name, 1))
    if value is None:
        raise InputError(f"{path}: its header says {name} by something else than a number", hint="Save it again in EEGLAB.")
    return value


def _number(value: Any) -> float | None:
    """One number, as either version of MATLAB stores it; None where there is none."""
    if isinstance(value, (int, float)):
        return float(value)
    if hasattr(value, "take") and np.prod(value.shape) == 1:
        return float(np.ravel(value.take(0, 0, 1))[0])
    return None


def _text(value: Any) -> str:
    """Text or whole number of a field; empty where it says nothing."""
    if isinstance(value, str):
        return value.strip()
    number = _number(value)
    return "" if number is None or number != number else f"{number:g}"


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


def _labels(value: Any, n_times: int, trials: int, sfreq: float, begin: float) -> tuple[np.ndarray | None, bool]:
    """Types of the events at the time 0 of each epoch, and whether an epoch has several; None where an epoch has none.

    Of several none is left out, since nobody knows which of them says the condition.
    """
    found: list[list[str]] = [[] for _ in range(trials)]
    for event in _each(value):
        number, latency, kind = _number(event.get("epoch")), _number(event.get("latency")), _text(event.get("type"))
        if number is None or latency is None or not kind or kind == "boundary":
            continue
        epoch = round(number) - 1
        is_here = 0 <= epoch < trials and abs((latency - 1 - epoch * n_times) / sfreq + begin) < 0.5 / sfreq
        if is_here and kind not in found[epoch]:
            found[epoch].append(kind)
    if not all(found):
        return None, False
    result = np.empty(trials, dtype=object)
    result[:] = ["/".join(kinds) for kinds in found]
    return result, any(len(kinds) > 1 for kinds in found)
