"""Positions of a recording's electrodes: those of electrodes.tsv, else those that its own file has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

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


def stated_positions(
    recording: RecordingFile, sidecars: Sidecars, names: Sequence[str], in_file: Floats, *, has_landmarks: bool = False
) -> Stated:
    """Find the positions that the files of a recording state.

    Parameters
    ----------
    recording : RecordingFile
    sidecars : Sidecars
    names : sequence of str
        Its EEG channels.
    in_file : ndarray, shape (n_channels, 3), m
        Their positions in the recording's own file, in head coordinates; NaN where it has none.
    has_landmarks : bool
        The file has nasion and ears, too: then its positions are digitised, unless they are those of a template. Others are a cap's.

    Returns
    -------
    Stated
        Of electrodes.tsv, which was digitised; where there is none, or it cannot be used, of the file.
    """
    tables, systems = (list(sidecars.find(recording, *kind)) for kind in (("electrodes", ".tsv"), ("coordsystem", ".json")))
    digitised = read_electrodes(tables, systems, names)
    if digitised is not None and digitised.source != UNKNOWN:
        return digitised
    found = Stated(in_file) if digitised is None else replace(digitised, positions=in_file)
    if not known(in_file).any():
        return found
    sphere = head_of(in_file) if has_landmarks else None
    if sphere is None or _is_copied(names, seen_from(in_file, sphere)):
        return replace(found, source=IN_FILE)
    return replace(found, source=DIGITISED, centre=tuple(sphere.centre.tolist()))


def _is_copied(names: Sequence[str], directions: Floats) -> bool:
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
