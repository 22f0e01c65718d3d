"""Pointers from a recording's header to its other files, which a rename leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath

from eegcli.bids.formats.contents import lacking
from eegcli.bids.scan import RecordingFile

RENAMED = "the header names its other files as before a rename; those that lie beside it are read"


def pointed(
    recording: RecordingFile, stated: str, endings: tuple[str, ...], *, fits: Callable[[Path], bool] = lambda path: False
) -> tuple[Path, bool]:
    """Find the file that a header points to.

    Parameters
    ----------
    recording : RecordingFile
        The header; its companions are the files that can be meant.
    stated : str
        As the header names it, perhaps with folders, or with `$b` for the header's own name.
    endings : tuple of str
        Extensions, in lower case.
    fits : callable, optional
        Tests that a file of a third name, which no other recording has, can be meant; left out, none can.

    Returns
    -------
    file : Path
    other : bool
        True if it has another name than the header says.

    Raises
    ------
    RecordingError
        If it is not there, or several could be meant.

    Notes
    -----
    A file with the header's own name goes first, as BIDS has it: what a copied header names may be there, too, and be another recording's.
    """
    base = recording.path.name.removesuffix(recording.name.extension)
    name = _last(stated).replace("$b", base)
    choices = [path for path in recording.companions if path.suffix.lower() in endings]
    own = [path for path in choices if path.stem == base]
    own.sort(key=lambda path: (path.name != name, endings.index(path.suffix.lower())))  # one beside the one that is named is something else
    named = [path for path in choices if path.name == name] or [path for path in choices if path.name.lower() == name.lower()]
    others = [path for path in choices if fits(recording.root / path)]
    for group in (own, named, others if len(others) == 1 else []):
        if group:
            return recording.root / group[0], group[0].name != name
    beside = recording.root / recording.path.parent / name
    if name and beside.suffix.lower() in endings and beside.is_file():
        return beside, False
    if len(others) > 1:
        raise lacking(
            f"it names {name or 'no file'}, which is not here, and several could be meant: {', '.join(path.name for path in others)}"
        )
    raise lacking(f"it names {name or f'no {endings[0]}'}, which is not here, nor is {base}{endings[0]}")


def _last(stated: str) -> str:
    return PureWindowsPath(PurePosixPath(stated.strip()).name).name
