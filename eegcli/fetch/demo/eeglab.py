"""EEGLAB `.set` files: header and data in one file, the same bytes for the same content."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from eegcli.fetch.demo.paradigm import Event

# scipy writes the time of day and the platform here.
HEADER = b"MATLAB 5.0 MAT-file, Platform: any, Created by: eegcli".ljust(116)


def set_bytes(
    data: np.ndarray,
    *,
    name: str,
    sfreq: float,
    ch_names: Sequence[str],
    ch_pos: np.ndarray,
    reference: str,
    events: Sequence[Event],
    comments: str = "",
) -> bytes:
    """Make the content of a one-file EEGLAB data set.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times), float32
        µV.
    name : str
        Name of the data set.
    sfreq : float
        Hz.
    ch_names : sequence of str
        Channels.
    ch_pos : ndarray, shape (n_channels, 3)
        Positions around the head's centre (right, front, up), m.
    reference : str
        The channel that the others are measured against.
    events : sequence of Event
        Markers.
    comments : str
        What the data are.

    Returns
    -------
    bytes
        A MATLAB 5 file whose variables are the fields of EEGLAB's `EEG`, as EEGLAB writes them since 2021.
    """
    from scipy.io import savemat

    n_channels, n_times = data.shape
    # EEGLAB's axes are nose, left ear, top; its nets are given in cm.
    nose, left, top = 100 * ch_pos[:, 1], -100 * ch_pos[:, 0], 100 * ch_pos[:, 2]
    fields = {
        "setname": name,
        "filename": f"{name}.set",
        "filepath": "",
        "comments": comments,
        "nbchan": float(n_channels),
        "trials": 1.0,
        "pnts": float(n_times),
        "srate": float(sfreq),
        "xmin": 0.0,
        "xmax": (n_times - 1) / sfreq,
        "times": [],
        "data": data,
        "icaact": [],
        "icawinv": [],
        "icasphere": [],
        "icaweights": [],
        "icachansind": [],
        "chanlocs": _structs(
            labels=list(ch_names), X=list(nose), Y=list(left), Z=list(top), type=["EEG"] * n_channels, ref=[reference] * n_channels
        ),
        "ref": reference,
        # EEGLAB counts samples from one.
        "event": _structs(
            type=[event.value for event in events],
            latency=[float(event.sample) + 1 for event in events],
            duration=[0.0] * len(events),
            event_code=[event.code for event in events],
        ),
        "epoch": [],
        "saved": "yes",
    }
    file = io.BytesIO()
    savemat(file, fields, format="5", oned_as="row")
    content = file.getbuffer()
    content[: len(HEADER)] = HEADER
    return bytes(content)


def _structs(**columns: Sequence[object]) -> np.ndarray:
    # A MATLAB structure array: one record per element.
    length = len(next(iter(columns.values())))
    records = np.empty((1, length), dtype=[(name, object) for name in columns])
    for name, values in columns.items():
        for place, value in enumerate(values):
            records[name][0, place] = value
    return records
