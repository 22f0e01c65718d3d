"""Positions of electrodes in HDF5 files of artifacts: attributes, as few and as small as they are quick to read."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from eegcli.artifacts.hdf5 import attribute, text, untext
from eegcli.study.electrodes import SOURCES, Electrodes

_POSITIONS, _SOURCES, _CENTRE = "positions", "position_sources", "head_centre"


def write_electrodes(file: Any, electrodes: Electrodes) -> None:
    """Write the electrodes of an open file; the bytes they take depend on the number of channels alone."""
    file.attrs[_POSITIONS] = np.asarray(electrodes.positions, float)
    file.attrs[_SOURCES] = text(electrodes.sources).astype(f"S{max(map(len, SOURCES))}")
    file.attrs[_CENTRE] = np.asarray(electrodes.centre, float)


def read_electrodes(file: Any) -> Electrodes | None:
    """Read the electrodes of an open file; None where it was written before they were kept."""
    if not h5py.h5a.exists(file.id, _POSITIONS.encode()):
        return None
    centre = tuple(attribute(file, _CENTRE).tolist())
    return Electrodes(attribute(file, _POSITIONS), untext(attribute(file, _SOURCES)), centre)
