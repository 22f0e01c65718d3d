"""Contents of an artifact: the size and digest of each file as its done mark states them, and whether the files still are these.

Files are digested whole, but for the array of windows: each window has a hash of its own in the table (`artifacts/checked.py`), so
that `windows.h5` is never read twice; stated of it is the digest of what lies around the array.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eegcli.errors import ArtifactError
from eegcli.files.causes import unreadable
from eegcli.files.claim import ENDING
from eegcli.files.digest import digest_of, digest_of_file

SETTINGS, DONE, PROVENANCE = "settings.json", "done.json", "provenance.json"
VARYING = (PROVENANCE, "timing.parquet", "profile.parquet", "trace.json")  # outside the promise of equal bytes
FIGURES = (".png", ".html")  # for people: one that was removed is missed by nobody else
REPORT = "report.html"  # of a run: no part of it, for each evaluation writes it anew
BY_ROW = "windows.h5"
CHECKSUM = "checksum"  # of a JSON file itself
DIGESTS = {"digests", "Content"}  # of other files, in a done mark and in a recording's sidecar
CHANGED = "changed"  # the cause of such an error
HINT = "Nothing made from it can be trusted: bring back the file that was written, or make the artifact again with --force."


@dataclass(frozen=True)
class Contents:
    """Contents of an artifact as its done mark states them; what it states nothing of, as older versions did not, is taken as it is.

    Attributes
    ----------
    path : Path
        The artifact's folder.
    sizes : mapping of str to int or None
        By the path of the file in it; None where it varies between equal artifacts.
    digests : mapping of str to str
        By the path of the file in it (xxh3-128).
    """

    path: Path
    sizes: Mapping[str, int | None] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def stated(cls, path: Path, done: Mapping[str, Any]) -> Contents:
        """Contents of the artifact in `path`, as its done mark states them."""
        sizes, digests = done.get("files"), done.get("digests")
        return cls(path, sizes if isinstance(sizes, dict) else {}, digests if isinstance(digests, dict) else {})

    def check(self, *files: Path | str) -> None:
        """Read files and see that they are what was written.

        Parameters
        ----------
        *files : Path or str
            Files of the artifact: paths, or names below its folder.

        Raises
        ------
        ArtifactError
            Naming the first that is not.
        """
        for file in files:
            path = file if isinstance(file, Path) else self.path / file
            stated = self.digests.get(self._name(path))
            if stated is not None and read_digest(path, like=stated) != stated:
                raise changed(path)

    def check_sizes(self) -> None:
        """See that every file is there in its size, but for figures that were removed; contents are not read.

        Raises
        ------
        ArtifactError
            Naming the first that is not.
        """
        for name, size in self.sizes.items():
            path = self.path / name
            try:
                there = path.stat().st_size
            except FileNotFoundError:
                if size is None or path.suffix in FIGURES:
                    continue
                raise ArtifactError(f"{path}: not found", hint=HINT, cause="damaged") from None
            except OSError as error:
                raise unreadable(path, error, f"cannot be read ({error.strerror})") from error
            if size is not None and there != size:
                raise ArtifactError(f"{path}: {there:,} bytes, where {size:,} were written", hint=HINT, cause="damaged")

    def _name(self, path: Path) -> str:
        return path.relative_to(self.path).as_posix()


def changed(path: Path | str, what: str = "") -> ArtifactError:
    """The error of something that is not what was written: the file, or that part of it."""
    return ArtifactError(
        f"{path}: {f'{what} ' if what else ''}is not what was written (changed by hand, or damaged)", hint=HINT, cause=CHANGED
    )


def sizes_of(path: Path) -> dict[str, int | None]:
    """Size of every file of an artifact, by its path in it; None where it varies. Artifacts within it have lists of their own."""
    sizes: dict[str, int | None] = {}
    for place, names, files in os.walk(path):
        here = Path(place)
        names[:] = [name for name in names if not name.endswith(".tmp") and not (here == path and (here / name / SETTINGS).exists())]
        for name in files:
            if name.endswith((".tmp", ENDING)) or (here == path and name in (DONE, REPORT)):
                continue
            relative = (here / name).relative_to(path).as_posix()
            sizes[relative] = None if name in VARYING else (here / name).stat().st_size
    return sizes


def digests_of(path: Path, names: Iterable[str], known: Mapping[str, str | None]) -> dict[str, str]:
    """Digests of files of an artifact.

    Parameters
    ----------
    path : Path
        The artifact's folder.
    names : iterable of str
        Paths of the files in it.
    known : mapping of str to str or None
        Digests that need not be worked out; None: nothing is stated of this file.
    """
    result = {
        name: known[name] if name in known else read_digest(path / name)
        for name in sorted(names)
        if name in known or (path / name).exists()
    }
    return {name: digest for name, digest in result.items() if digest is not None}


def read_digest(path: Path, *, like: str = "") -> str:
    """Read a file of an artifact and digest it.

    Parameters
    ----------
    path : Path
    like : str, optional
        The digest that is expected: one that leaves out some bytes says which, so that a damaged file need not be understood.

    Returns
    -------
    str
        xxh3-128, hexadecimal; of an array of windows ``OFFSET+SIZE:`` before it, the bytes of the array, which are left out.

    Raises
    ------
    ArtifactError
        If it is not there, or cannot be read.
    """
    try:
        if not like and path.name == BY_ROW:
            from eegcli.artifacts.hdf5 import place_of

            like = f"{'+'.join(map(str, place_of(path, 'x')))}:"
        around, colon, _ = like.rpartition(":")
        offset, _, size = around.partition("+")
        return around + colon + digest_of_file(path, without=(int(offset), int(size)) if around else (0, 0))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: not found", hint=HINT, cause="damaged") from None
    except OSError as error:
        raise unreadable(path, error, f"cannot be read ({error.strerror})") from error


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Content of a JSON file with a checksum of its own."""
    return {**content, CHECKSUM: digest_of(content)}


def fits_seal(content: Mapping[str, Any]) -> bool:
    """Test that the content of a JSON file fits its checksum; one without is taken as it is where an older version wrote it."""
    if CHECKSUM not in content:  # 0.1.0 stated sizes alone; whatever states digests was written with a checksum
        return not (DIGESTS & content.keys())
    return bool(content[CHECKSUM] == digest_of({key: value for key, value in content.items() if key != CHECKSUM}))


def check_seal(name: str, content: Mapping[str, Any]) -> None:
    """See that the content of a JSON file fits its checksum.

    Raises
    ------
    ArtifactError
        If it does not.
    """
    if not fits_seal(content):
        raise changed(name)
