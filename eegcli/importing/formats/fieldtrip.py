"""FieldTrip's structures of trials in a `.mat`: raw data, a matrix per trial, and time-locked data with `keeptrials`, one array.

The format: fieldtriptoolbox.org/development/datastructure.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.errors import InputError, counted
from eegcli.importing.formats.contents import CHANNELS, SAMPLES, TRIALS, Cell, Contents, Refused, Stacked, Stored, Variable

_FIELDS = {"trial", "time", "label"}
_DIMORD = "rpt_chan_time"
# Fields whose sizes may be those of the trials, and that are no labels.
_OTHERS = {*_FIELDS, "trialinfo", "sampleinfo", "cfg", "hdr", "elec", "grad", "opto", "fsample", "dimord", "avg", "var", "dof", "cov"}


def trials_of_fieldtrip(tree: Mapping[str, Any], path: Path) -> tuple[str, Contents] | None:
    """Trials of the one structure in a file that is FieldTrip's, with its name (empty where its fields are variables); None where there is none.

    Raises
    ------
    InputError
        If its trials are not equally long, or its channels not those that it names.
    """
    found = [(name, fields) for name, fields in (("", tree), *tree.items()) if isinstance(fields, Mapping) and fields.keys() >= _FIELDS]
    if len(found) != 1:
        return None
    name, fields = found[0]
    label, dimord = fields["label"], fields.get("dimord", _DIMORD)
    names = tuple([label] if isinstance(label, str) else label.values if isinstance(label, Cell) else ())
    trial: Any = _stacked(fields["trial"], path) if isinstance(fields["trial"], Cell) else fields["trial"]
    if not hasattr(trial, "take") or len(trial.shape) != 3 or dimord not in (_DIMORD, "") or not all(isinstance(one, str) for one in names):
        return None
    if trial.shape[1] != len(names):
        raise InputError(f"{path}: {counted(trial.shape[1], 'channel')} a trial, but {len(names)} names of channels")
    key = f"{name}.trial" if name else "trial"
    variables: dict[str, Variable] = {key: trial}
    info = fields.get("trialinfo")
    if info is not None and not isinstance(info, (Refused, str, Mapping)):
        variables["trialinfo"] = info
    return name, Contents(
        variables,
        array=key,
        axes=(TRIALS, CHANNELS, SAMPLES),
        ch_names=names,
        sfreq=_rate(fields),
        remarks=(f"its trialinfo holds {info.what}, and is not read: --labels names a file of labels",)
        if isinstance(info, Refused)
        else (),
    )


def others(tree: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Variables of the file beside the structure."""
    return {key: value for key, value in tree.items() if (key != name if name else key not in _OTHERS)}


def _stacked(cell: Cell, path: Path) -> Stored | None:
    arrays = [item for item in cell.values if hasattr(item, "take") and len(item.shape) == 2]
    if not arrays or len(arrays) < len(cell.values):
        return None
    shapes = sorted({item.shape for item in arrays})
    if len(shapes) > 1:
        raise InputError(
            f"{path}: trials of {shapes[0][1]} to {max(shape[1] for shape in shapes)} samples",
            hint="Trials are equally long: cut them in FieldTrip.",
        )
    return Stacked(tuple(arrays))


def _rate(fields: Mapping[str, Any]) -> float | None:
    """Sampling frequency: what is said, else what the times of the first trial make."""
    said: Any = fields.get("fsample")
    time: Any = fields["time"]
    if hasattr(said, "take") and np.prod(said.shape) == 1:
        return float(np.ravel(said.take(0, 0, 1))[0])
    if isinstance(said, (int, float)):
        return float(said)
    first: Any = time.values[0] if isinstance(time, Cell) and time.values else time
    if not hasattr(first, "take") or np.prod(first.shape) < 2:
        return None
    times = np.ravel(first.take(0, 0, first.shape[0]))
    # Times are written with rounding errors: 499.9999 Hz is 500.
    return round(float((len(times) - 1) / (times[-1] - times[0])), 3)
