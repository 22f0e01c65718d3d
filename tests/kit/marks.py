"""Done marks that fit what a test has changed by hand, so that something else than the change itself is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from eegcli.artifacts.content import content_hash
from eegcli.artifacts.contents import CHECKSUM
from eegcli.artifacts.folder import DONE, Folder
from eegcli.artifacts.table import read_table, write_table


def restate(path: Path) -> None:
    """State of the files of a finished artifact what they are now, as if they had been written so."""
    done = {name: value for name, value in json.loads((path / DONE).read_text()).items() if name not in ("files", "digests", CHECKSUM)}
    (path / DONE).unlink()
    Folder(path, done.pop("kind"), done.pop("digest"), finished=False).finish(**done)


def change_windows(path: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Change the array of a windows artifact, and all that is stated of it: as if it had been cut so."""
    with h5py.File(path / "windows.h5", "r+") as file:
        x = change(file["x"][:])
        file["x"][:] = x
    table = dict(read_table(path / "windows.parquet"))
    write_table(path / "windows.parquet", {**table, "content_hash": content_hash(x)})
    restate(path)
