"""Positions of electrodes in electrodes.tsv, brought to MNE's head coordinates by mne-bids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eegcli.bids.formats.contents import VIEW, one_line
from eegcli.bids.scan import RecordingFile
from eegcli.bids.sidecars import Sidecars
from eegcli.files.scratch import scratch

_TABLES = (("electrodes", ".tsv"), ("coordsystem", ".json"))


def positions_of_tables(recording: RecordingFile, sidecars: Sidecars, names: Sequence[str], notes: list[str]) -> np.ndarray | None:
    """Read the positions that `electrodes.tsv` and `coordsystem.json` give.

    Parameters
    ----------
    recording : RecordingFile
    sidecars : Sidecars
    names : sequence of str
        Channels of the recording.
    notes : list of str
        Gets what mne-bids says of tables that it cannot use.

    Returns
    -------
    ndarray, shape (n_channels, 3), m
        In MNE's head coordinates, NaN where unknown; None where there are no such tables, or none that can be used.

    Notes
    -----
    mne-bids is shown a data set of links to these tables and of a recording of the same channels that holds nothing, so that positions do
    not depend on the recording's format.
    """
    import mne_bids

    tables = [found[0] for suffix, extension in _TABLES if (found := sidecars.find(recording, suffix, extension))]
    if len(tables) < len(_TABLES):
        return None
    with scratch(VIEW) as folder:
        view = folder / recording.path.parent
        view.mkdir(parents=True)
        for path in tables:
            (view / path.name).symlink_to(path)
        header = view / f"{recording.path.name.removesuffix(recording.name.extension)}.vhdr"
        _write_empty(header, names)
        try:
            raw = mne_bids.read_raw_bids(mne_bids.get_bids_path_from_fname(header, check=False))
        except Exception as error:
            notes.append(f"mne-bids: {one_line(error)}")
            return None
        positions = np.array([channel["loc"][:3] for channel in raw.info["chs"]], dtype=float)
    positions[~np.isfinite(positions).all(axis=1) | (np.abs(positions).sum(axis=1) == 0)] = np.nan
    return positions if np.isfinite(positions).any() else None


def _write_empty(header: Path, names: Sequence[str]) -> None:
    channels = "".join(f"Ch{number}={name.replace(',', chr(92) + '1')},,1,µV\n" for number, name in enumerate(names, start=1))
    header.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={header.with_suffix('.eeg').name}\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\n"
        f"NumberOfChannels={len(names)}\nSamplingInterval=1000\n[Binary Infos]\nBinaryFormat=INT_16\n[Channel Infos]\n{channels}",
        encoding="utf-8",
    )
    header.with_suffix(".eeg").write_bytes(bytes(4 * len(names)))
