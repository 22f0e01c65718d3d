"""fetch.parquet: every file of a fetched data set, with its size and digest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import xxhash

from eegcli.artifacts.folder import DONE, PROVENANCE, SETTINGS, contents_of
from eegcli.artifacts.table import from_rows, read_table, write_table
from eegcli.files.causes import disk_errors
from eegcli.files.digest import digest_of_file

FILE = "fetch.parquet"
BIDSIGNORE = (FILE, SETTINGS, DONE, PROVENANCE)  # ours in the root of a BIDS data set
OK, NOT_FETCHED, FAILED, REFUSED = "ok", "not fetched", "failed", "refused"


@dataclass(frozen=True)
class Entry:
    """Manifest entry: a fetched file with its size, digest and status.

    Attributes
    ----------
    path : str
        Relative to the data set, with forward slashes.
    bytes : int or None
        Its size; None where a link to nowhere does not tell.
    digest : str or None
        ``xxh3-128:…`` or ``sha256:…``; None where the content was not read.
    source : str
        Where it came from.
    status : str
        ``ok``, ``not fetched``, ``failed`` or ``refused``.
    error : str or None
        Why it is not here.
    etag : str or None
        What the server called this content.
    key : str or None
        What the server said of this content before it came, as a key of git-annex: the same recording streamed has the same.
    """

    path: str
    bytes: int | None
    digest: str | None
    source: str
    status: str = OK
    error: str | None = None
    etag: str | None = None
    key: str | None = None


def describe(root: Path, path: Path, *, source: str, content: bytes | None = None) -> Entry:
    """The entry of a file below `root`; it is read unless its content is given."""
    digest = digest_of_file(root / path) if content is None else xxhash.xxh3_128_hexdigest(content)
    size = (root / path).stat().st_size if content is None else len(content)
    return Entry(path.as_posix(), size, f"xxh3-128:{digest}", source)


def write_manifest(root: Path, entries: Iterable[Entry]) -> None:
    """Write the manifest, a row per file in the order of their paths; the done mark that speaks of another one is removed."""
    with disk_errors(root):
        (root / DONE).unlink(missing_ok=True)
    write_table(root / FILE, from_rows(asdict(entry) for entry in sorted(entries, key=lambda entry: entry.path)))


def read_manifest(root: Path) -> list[Entry]:
    """Read the manifest.

    Raises
    ------
    ArtifactError
        If there is none, or it is damaged.
    """
    contents_of(root).check(FILE)
    table = read_table(root / FILE)
    sizes = [None if size != size else int(size) for size in table["bytes"]]  # NaN is missing
    names = [name for name in (f.name for f in fields(Entry)) if name in table and name != "bytes"]
    rows = zip(*(table[name].tolist() for name in names), strict=True)
    return [Entry(bytes=size, **dict(zip(names, row, strict=True))) for size, row in zip(sizes, rows, strict=True)]


def is_complete(root: Path) -> bool:
    """Test that every file of the manifest is there in its size; contents are not read."""
    if not (root / FILE).exists():
        return False
    return all(_is_there(root, entry) for entry in read_manifest(root))


def _is_there(root: Path, entry: Entry) -> bool:
    path = root / entry.path
    if entry.status == REFUSED:
        return True
    if entry.status == NOT_FETCHED:
        return path.is_symlink()
    return path.exists() and path.stat().st_size == entry.bytes
