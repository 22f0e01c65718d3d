"""Positions of a recording's electrodes: those of electrodes.tsv, else those that its own file has."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.bids.digitised import Stated, head_of, read_electrodes
from eegcli.bids.scan import RecordingFile
from eegcli.bids.sidecars import Sidecars
from eegcli.study.electrodes import DIGITISED, IN_FILE, UNKNOWN
from eegcli.study.sphere import apart, fit_sphere, known, seen_from, turn

Floats = NDArray[np.float64]

MAX_COPY = 0.5  # degrees: nobody's electrodes lie so near to those of a template
MIN_SHARED = 0.9  # of the channels that a template has to know


def stated_positions(recording: RecordingFile, sidecars: Sidecars, raw: Any, picks: list[int]) -> Stated:
    """Find the positions that the files of a recording state.

    Parameters
    ----------
    recording : RecordingFile
    sidecars : Sidecars
    raw : mne.io.BaseRaw
        The opened file.
    picks : list of int
        Its EEG channels.

    Returns
    -------
    Stated
        Of electrodes.tsv, which was digitised; where there is none, or it cannot be used, of the file. A FIF file with landmarks has
        digitised positions, unless they are those of a template; other formats state a cap's.
    """
    names = [raw.ch_names[index] for index in picks]
    tables, systems = sidecars.find(recording, "electrodes", ".tsv"), sidecars.find(recording, "coordsystem", ".json")
    digitised = read_electrodes(tables, systems, names)
    if digitised is not None and digitised.source != UNKNOWN:
        return digitised
    positions = _in_file(raw, picks)
    said = digitised.warnings if digitised else ()
    notes = digitised.notes if digitised else ()
    if not known(positions).any():
        return Stated(positions, UNKNOWN, None, said, notes)
    sphere = head_of(positions) if recording.extension == ".fif" and _has_landmarks(raw) else None
    if sphere is None or _is_copied(names, seen_from(positions, sphere)):
        return Stated(positions, IN_FILE, None, said, notes)
    return Stated(positions, DIGITISED, tuple(sphere.centre.tolist()), said, notes)


def _in_file(raw: Any, picks: list[int]) -> Floats:
    positions = np.array([raw.info["chs"][index]["loc"][:3] for index in picks], dtype=float).reshape(-1, 3)
    positions[~np.isfinite(positions).all(axis=1) | (np.abs(positions).sum(axis=1) == 0)] = np.nan
    return positions


def _has_landmarks(raw: Any) -> bool:
    from mne.io.constants import FIFF

    points = raw.info["dig"] or ()
    landmarks = [point for point in points if point["kind"] == FIFF.FIFFV_POINT_CARDINAL and point["coord_frame"] == FIFF.FIFFV_COORD_HEAD]
    return len(landmarks) >= 3


def _is_copied(names: list[str], directions: Floats) -> bool:
    """Test for the positions of one of MNE's montages, whatever their size and turn."""
    for montage in _montages():
        there = [name for name in names if name in montage]
        if len(there) < MIN_SHARED * len(names):
            continue
        template = np.array([montage.get(name, (np.nan,) * 3) for name in names])
        sphere = fit_sphere(template)
        if sphere is None:
            continue
        onto = seen_from(template, sphere)
        both = known(onto) & known(directions)
        rotation = turn(directions, onto)
        if rotation is not None and float(np.median(apart(directions[both] @ rotation, onto[both]))) < MAX_COPY:
            return True
    return False


@cache
def _montages() -> tuple[dict[str, Floats], ...]:
    import mne

    names = mne.channels.get_builtin_montages()
    return tuple(mne.channels.make_standard_montage(name).get_positions()["ch_pos"] for name in names if "artinis" not in name)
