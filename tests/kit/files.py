"""Files of a folder, compared by content; files of Python, parsed once."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Collection
from pathlib import Path

VARYING = ("provenance.json", "timing.parquet", "profile.parquet", "trace.json")  # outside the promise of equal bytes


def contents(folder: Path, *, without: Collection[str] = ()) -> dict[str, str]:
    """SHA-256 of every file whose bytes are promised, by its path in the folder; files named in `without` are left out, too."""
    outside = {*VARYING, *without}
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in outside)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def times(folder: Path) -> dict[str, int]:
    """Times at which files were written (ns), by their paths in the folder."""
    return {
        path.relative_to(folder).as_posix(): path.lstat().st_mtime_ns
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "done.json"
    }


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """Syntax tree of a file that no test changes: a process parses each file once, whatever number of rules reads it."""
    return ast.parse(path.read_text(encoding="utf-8"))
