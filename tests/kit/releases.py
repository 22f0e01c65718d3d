"""A later release of the program: a higher version, and classes of settings with one more field."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import field, make_dataclass
from typing import Any

import pytest


def raise_version(monkeypatch: pytest.MonkeyPatch, version: str = "9.8.7") -> None:
    """A later release, wherever its number was imported."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "eegcli" and hasattr(module, "__version__"):
            monkeypatch.setattr(module, "__version__", version)


def with_field(settings: Any, default: Any, **metadata: Any) -> Any:
    """The same settings, of a class that has one more field, `warp`."""
    more = [("warp", Any, field(default=default, metadata=metadata))]
    later = make_dataclass(type(settings).__name__, more, bases=(type(settings),), frozen=True, kw_only=True)
    return later(**{f.name: getattr(settings, f.name) for f in dataclasses.fields(settings)})
