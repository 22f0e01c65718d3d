"""JSON objects of sidecars as people write them; an error names the line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eegcli.errors import InputError, listed
from eegcli.files.text import read_text


@dataclass(frozen=True)
class JsonObject:
    """JSON object read from a file, and what has to be said of it.

    Attributes
    ----------
    value : dict
    remarks : tuple of str
        Without the file's name.
    """

    value: dict[str, Any]
    remarks: tuple[str, ...] = ()


def read_object(path: Path) -> JsonObject:
    """Read a file that holds one JSON object, in whatever encoding it is.

    Raises
    ------
    InputError
        If it cannot be read, or is no JSON object; the line is named.
    """
    text = read_text(path)
    twice: dict[str, None] = {}

    def join(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        joined: dict[str, Any] = {}
        for name, value in pairs:
            if name in joined and joined[name] != value:
                twice[name] = None
            joined[name] = value
        return joined

    content = text.content.removeprefix("\ufeff")
    try:
        value = json.loads(content, object_pairs_hook=join)
    except json.JSONDecodeError as error:
        before = content[: error.pos].rstrip()
        after = content[error.pos :].lstrip(", \t\r\n")
        too_many = before.endswith(",") or (content[error.pos : error.pos + 1] == "," and after[:1] in ("}", "]"))
        what = "a comma with nothing after it" if too_many and after[:1] in ("}", "]") else error.msg
        raise InputError(f"{path}: not JSON (line {error.lineno}: {what})") from error
    except RecursionError as error:
        raise InputError(f"{path}: not JSON (nested too deeply)") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: not a JSON object")
    repeated = (f"names {listed(twice)} twice, with other values: the last counts",) if twice else ()
    return JsonObject(value, (*text.remarks, *repeated))
