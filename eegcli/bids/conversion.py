"""Conversion to BrainVision of recordings in formats that BIDS does not allow: by mne-bids and pybv, in single precision."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from eegcli.bids.entities import RecordingName
from eegcli.bids.errors import RecordingError
from eegcli.bids.reading import quiet


def write_brainvision(raw: Any, target: RecordingName, folder: Path) -> None:
    """Write a recording as BrainVision: its three files, without sidecars.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        With its samples in memory.
    target : RecordingName
        Name that it gets.
    folder : Path
        Folder that the files come into; it is there.

    Raises
    ------
    RecordingError
        If it cannot be written.
    """
    import mne_bids

    entities, aside = target.name.entities, folder / "written"
    try:
        with quiet():
            path = mne_bids.BIDSPath(
                root=aside,
                subject=entities["sub"],
                session=entities.get("ses"),
                task=entities["task"],
                acquisition=entities.get("acq"),
                run=entities.get("run"),
                datatype="eeg",
            )
            mne_bids.write_raw_bids(raw, path, format="BrainVision", allow_preload=True, overwrite=True)
    except Exception as error:
        raise RecordingError(f"cannot be written as BrainVision ({' '.join(str(error).split())[:200]})", cause="format") from error
    for written in sorted(path.directory.iterdir()):
        if written.suffix in (".vhdr", ".eeg", ".vmrk"):
            written.replace(folder / written.name)
    shutil.rmtree(aside)
