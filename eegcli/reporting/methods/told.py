"""Settings that are put into words one by one; what no sentence has taken is told at the end, so that nothing is left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from eegcli.artifacts import folder
from eegcli.reporting.wording import shown
from eegcli.settings.setting import declared


class Told:
    """Settings of a stage on their way into sentences.

    Parameters
    ----------
    values : mapping of str to object
        Settings as they are stored.
    settings : type
        Their class, which knows the defaults and the flags.
    """

    def __init__(self, values: Mapping[str, Any], settings: type) -> None:
        self._left = dict(values)
        self._declared = declared(settings)
        # What is resolved to the value that a later setting was added with is as it was before there was that setting.
        self._neutral = {one.name: one.metadata.get("added_with") for one in fields(settings)}

    def take(self, name: str) -> Any:
        """Value of a setting, for a sentence that tells it; None where it is not stored."""
        return self._left.pop(name, None)

    def asked(self, name: str) -> Any:
        """Value of a setting that differs from its default, for a sentence that tells it; None otherwise."""
        value = self.take(name)
        return value if self._differs(name, value) else None

    def rest(self) -> str:
        """Phrase of the flags that differ from their defaults and that no sentence has taken; empty where there is none."""
        flags = [f"{self._declared[name].flags[-1]} {shown(value)}" for name, value in self._left.items() if self._differs(name, value)]
        return f"Further settings were {', '.join(flags)}" if flags else ""

    def _differs(self, name: str, value: Any) -> bool:
        field = self._declared.get(name)
        # A setting without a help is found out by the command itself.
        if field is None or not field.setting.help or value is None or _plain(value) == _plain(field.default):
            return False
        return field.default is not None or self._neutral[name] is None or _plain(value) != _plain(self._neutral[name])


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def provenance_of(path: Path) -> dict[str, Any]:
    """Provenance of an artifact, which is outside the promise of equal bytes; nothing where it is gone or cannot be read."""
    try:
        stored = json.loads((path / folder.PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}
