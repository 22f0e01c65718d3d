"""Look up a name in a table of the registry, and import what an entry names."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from typing import Any

from eegcli.errors import UsageError


def lookup(kind: str, name: str, names: Iterable[str]) -> str:
    """Look a name up among `names`; an unknown one is an error that suggests the nearest.

    Raises
    ------
    UsageError
        If there is no such name; the hint lists the nearest, or all.
    """
    known = sorted(names)
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
    raise UsageError(f"no {kind} is named {name!r}", hint=hint)


def load(path: str) -> Any:
    """Import what an entry names as ``module:attribute``, or as ``module``."""
    module, _, attribute = path.partition(":")
    found = importlib.import_module(module)
    return getattr(found, attribute) if attribute else found
