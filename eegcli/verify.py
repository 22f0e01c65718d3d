"""Verify: read every file of an artifact or a fetched data set, and see that it is what was written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eegcli.artifacts import folder
from eegcli.artifacts.checked import HASH, changed_window, first_changed
from eegcli.artifacts.contents import HINT, changed
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import ARRAY, open_windows
from eegcli.compute.threads import available_cores
from eegcli.errors import ArtifactError, EegcliError
from eegcli.files.atomic import read_json
from eegcli.files.causes import unreadable
from eegcli.files.digest import BLOCK, digest_of_file

MANIFEST = "fetch.parquet"
PART_BYTES = 64 << 20  # of an array of windows, to a thread
MAX_THREADS = 4  # hashing outruns a disk with one


@dataclass(frozen=True)
class Piece:
    """Piece of what is verified: a file, or a part of one.

    Attributes
    ----------
    name : str
        Path of the file, as messages name it.
    n_bytes : int
        Bytes that are read.
    check : callable
        Raises ArtifactError if it is not what was written.
    """

    name: str
    n_bytes: int
    check: Callable[[], None]


def verify(path: Path) -> dict[str, Any]:
    """Read what an artifact, or a data set that `fetch` brought, states a digest of, and see that it is what was written.

    Parameters
    ----------
    path : Path
        Folder of an artifact of any kind, evaluations and explanations in a run included, or of a fetched data set.

    Returns
    -------
    dict
        ``files`` and ``bytes`` that were read and are right; ``not_stated``: files of which only the size is known.

    Raises
    ------
    ArtifactError
        Naming the first file, or window, that is not what was written, and how many more are not.
    """
    path = Path(path)
    places = [path] if folder.kind_of(path) != "run" else [path, *_inside(path)]
    pieces: list[Piece] = []
    not_stated = 0
    for place in places:
        contents = folder.contents_of(place)
        contents.check_sizes()
        pieces += _files(place)
        not_stated += sum(size is not None and name not in contents.digests for name, size in contents.sizes.items())
        if folder.kind_of(place) == "windows" and (place / folder.DONE).exists():
            pieces += _windows(place)
    if (path / MANIFEST).exists():
        fetched = list(_fetched(path))
        pieces += [piece for piece in fetched if piece is not None]
        not_stated += fetched.count(None)
    wrong = _check_all(pieces)
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise ArtifactError(f"{wrong[0].message}{more}", hint=wrong[0].hint or HINT, cause=wrong[0].cause)
    return {"files": len({piece.name for piece in pieces}), "bytes": sum(piece.n_bytes for piece in pieces), "not_stated": not_stated}


def _check_all(pieces: list[Piece]) -> list[EegcliError]:
    """Check pieces with a few threads; the errors of those that are wrong, the first of each file, in order."""

    def trouble(piece: Piece) -> EegcliError | None:
        try:
            piece.check()
        except ArtifactError as error:
            return error
        return None

    # Hashing lets other threads run, and reading does, too.
    with ThreadPoolExecutor(min(available_cores(), MAX_THREADS)) as pool:
        found = list(pool.map(trouble, pieces))
    first: dict[str, EegcliError] = {}
    for piece, error in zip(pieces, found, strict=True):
        if error is not None:
            first.setdefault(piece.name, error)
    return list(first.values())


def _inside(run: Path) -> list[Path]:
    """Artifacts in the folder of a run that are finished: evaluations and explanations."""
    return [place for place in sorted(run.iterdir()) if place.is_dir() and (place / folder.DONE).exists()]


def _files(path: Path) -> Iterator[Piece]:
    """Files of an artifact of which its done mark states a digest; of an unfinished one, signals whose sidecar does."""
    contents = folder.contents_of(path)
    for name in sorted(contents.digests):
        size = contents.sizes.get(name)
        yield Piece(f"{path / name}", size if size and name != ARRAY else 0, lambda name=name: contents.check(name))  # type: ignore[misc]
    if not (path / folder.DONE).exists() and folder.kind_of(path) == "recordings":
        for sidecar in sorted(path.glob("sub-*/**/*_desc-clean_eeg.json")):
            signal, stated = sidecar.with_suffix(".h5"), read_json(sidecar).get("Content")
            if isinstance(stated, str):
                yield _piece(signal, f"xxh3-128:{stated}", None)


def _windows(path: Path) -> Iterator[Piece]:
    windows = open_windows(path)
    if HASH not in windows.table or not len(windows):
        return
    offset, row_bytes = int(windows.x.offset), windows.x.nbytes // len(windows)  # type: ignore[attr-defined]
    step = max(1, PART_BYTES // max(row_bytes, 1))

    def check(start: int, stop: int) -> None:
        row = first_changed(path / ARRAY, offset, windows.x.shape, windows.table, start, stop)
        if row is not None:
            raise changed_window(path / ARRAY, row, windows.table)

    for start in range(0, len(windows), step):
        stop = min(start + step, len(windows))
        yield Piece(f"{path / ARRAY}", (stop - start) * row_bytes, lambda start=start, stop=stop: check(start, stop))  # type: ignore[misc]


def _fetched(root: Path) -> Iterator[Piece | None]:
    """Files of a data set that are here, by its manifest; None for one of which only the size is known."""
    folder.contents_of(root).check(MANIFEST)
    table = read_table(root / MANIFEST)
    for path, size, digest, status in zip(*(table[name] for name in ("path", "bytes", "digest", "status")), strict=True):
        if status != "ok":
            continue
        known = int(size) if size == size else None
        yield _piece(root / path, digest, known)
        if digest is None:
            yield None


def _piece(path: Path, digest: str | None, size: int | None) -> Piece:
    def check() -> None:
        try:
            if size is not None and path.stat().st_size != size:
                raise ArtifactError(f"{path}: {path.stat().st_size:,} bytes, where {size:,} were written", cause="damaged")
            if digest is not None and _digest(path, digest.partition(":")[0]) != digest:
                raise changed(path)
        except FileNotFoundError:
            raise ArtifactError(f"{path}: not found", cause="damaged") from None
        except OSError as error:
            raise unreadable(path, error, f"cannot be read ({error.strerror})") from error

    return Piece(f"{path}", (size or 0) if digest is not None else 0, check)


def _digest(path: Path, algorithm: str) -> str:
    if algorithm == "xxh3-128":
        return f"xxh3-128:{digest_of_file(path)}"
    state, block = hashlib.new(algorithm, usedforsecurity=False), bytearray(BLOCK)
    with path.open("rb", buffering=0) as file:
        while n := file.readinto(block):
            state.update(memoryview(block)[:n])
    return f"{algorithm}:{state.hexdigest()}"
