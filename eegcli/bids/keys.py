"""Keys of fetched files, as `fetch` noted them: the same key as a link of git-annex has."""

from __future__ import annotations

import os
from pathlib import Path

from eegcli.artifacts.folder import contents_of
from eegcli.artifacts.table import read_table
from eegcli.errors import ArtifactError

MANIFEST = "fetch.parquet"


def fetched_keys(root: Path) -> dict[str, str]:
    """Keys of the files that `fetch` brought and nobody has changed since, by path.

    Parameters
    ----------
    root : Path
        The data set.

    Returns
    -------
    dict of str to str
        Empty where there is no manifest, or one without keys. A file of another size than the manifest says, or one that was
        written after the manifest, is not the one that was fetched.

    Raises
    ------
    ArtifactError
        If the manifest is not the one that `fetch` wrote: with other keys every recording would be cleaned again.
    """
    if (root / MANIFEST).exists():
        contents_of(root).check(MANIFEST)
    try:
        table = read_table(root / MANIFEST)
        written = (root / MANIFEST).stat().st_mtime_ns
    except (ArtifactError, OSError):
        return {}
    if "key" not in table:
        return {}
    rows = zip(table["path"], table["bytes"], table["key"], strict=True)
    return {path: key for path, size, key in rows if key is not None and _is_untouched(f"{root}/{path}", size, written)}


def _is_untouched(path: str, size: float, written: int) -> bool:
    try:
        status = os.stat(path)  # noqa: PTH116  # ten times as fast, and there are thousands
    except OSError:
        return False
    return status.st_size == size and status.st_mtime_ns <= written
