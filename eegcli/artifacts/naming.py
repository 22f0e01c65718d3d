"""Names of outputs: beside the input, after it, wherever nobody gives one; the command line and Python agree since stages derive them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eegcli.remote.cache import is_copy

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
