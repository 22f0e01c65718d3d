"""Conversion to BrainVision of recordings in formats that BIDS does not allow: by mne-bids and pybv, in single precision."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from eegcli.bids.entities import RecordingName, parse
from eegcli.bids.errors import RecordingError
from eegcli.bids.reading import quiet
from eegcli.errors import UnavailableError


def write_brainvision(raw: Any, target: RecordingName, folder: Path, *, positions: bool = False) -> list[str]:
    """Write a recording as BrainVision: its three files, without sidecars but those of digitised positions.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        With its samples in memory.
    target : RecordingName
        Name that it gets.
    folder : Path
        Folder that the files come into; it is there.
    positions : bool
        True where the positions in the file were digitised: they become electrodes.tsv and coordsystem.json.

    Returns
    -------
    list of str
        What MNE and mne-bids said.

    Raises
    ------
    RecordingError
        If it cannot be written.
    UnavailableError
        If pybv is not installed.
    """
    import mne_bids

    entities, aside = target.name.entities, folder / "written"
    try:
        with quiet() as notes:
            if not (positions and _has_landmarks(raw)):
                raw.set_montage(None)  # mne-bids refuses positions without the landmarks of the head
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
    except ImportError as error:
        raise UnavailableError("BrainVision cannot be written: pybv is not installed", hint="pip install pybv") from error
    except Exception as error:
        raise RecordingError(f"cannot be written as BrainVision ({' '.join(str(error).split())[:200]})", cause="format") from error
    for written in sorted(path.directory.iterdir()):
        if written.suffix in (".vhdr", ".eeg", ".vmrk"):
            written.replace(folder / written.name)
        elif positions and (name := _of_positions(written.name)) is not None:
            # Named after the recording: a cap that was put on again is digitised again.
            written.replace(folder / f"{target.stem}_{name}")
    shutil.rmtree(aside)
    return notes


def _has_landmarks(raw: Any) -> bool:
    """Test that positions were digitised with nasion and both ears."""
    montage = raw.get_montage()
    return montage is not None and all(montage.get_positions()[name] is not None for name in ("nasion", "lpa", "rpa"))


def _of_positions(file: str) -> str | None:
    """Name of a sidecar of positions without the entities of its recording; None for any other file."""
    name = parse(file)
    if name is None or name.suffix not in ("electrodes", "coordsystem"):
        return None
    space = f"space-{name.entities['space']}_" if "space" in name.entities else ""
    return f"{space}{name.suffix}{name.extension}"
