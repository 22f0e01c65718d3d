"""Names of outputs: beside the input, after it, wherever nobody gives one; the command line and Python agree since stages derive them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import xxhash

from eegcli.remote.cache import is_copy

LONGEST = 80  # bytes of a text from data in a name; file systems allow 255 for the whole
_SUFFIXES = ("-recordings", "-windows")


def derived_output(source: Path, suffix: str) -> Path:
    """Path of an output beside its input: `demo` -> `demo-recordings` -> `demo-windows`.

    Parameters
    ----------
    source : Path
        The input. The output of one in the cache lies in the current folder.
    suffix : str
        Put in place of the input's own suffix.
    """
    whole = source if source.name not in ("", "..") else source.resolve()
    if is_copy(whole):
        whole = Path(whole.name)
    name = whole.name
    for ending in _SUFFIXES:
        name = name.removesuffix(ending)
    return whole.with_name(f"{name}-{suffix}")


def pooled_output(sources: Sequence[Path], suffix: str) -> Path:
    """Path of an output of one input, or of several: `pooled-windows` beside the first of them."""
    return derived_output(sources[0], suffix) if len(sources) == 1 else sources[0].with_name(f"pooled-{suffix}")


def part_of_name(text: str) -> str:
    """Part of a folder's name, made of a text that comes from data: the name of a column or of an architecture.

    Letters and digits of any alphabet, dots, dashes and underscores stay; all else becomes a dash. A text that had to be changed beyond
    spaces, or shortened, ends in a digest of itself, so that two columns never share a folder.

    Examples
    --------
    >>> part_of_name("sex"), part_of_name("group/arm")
    ('sex', 'group-arm-8b9a80')
    """
    fit = re.sub(r"[^\w.-]+", "-", text).strip(".-")
    shortened = fit.encode()[:LONGEST].decode(errors="ignore")
    if shortened == text.replace(" ", "-"):
        return shortened
    return f"{shortened}-{xxhash.xxh3_64_hexdigest(text.encode())[:6]}".lstrip("-")
