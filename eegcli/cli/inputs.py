"""The main input of a command, and the derived name of its output."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from eegcli.errors import InputError, UsageError

_SUFFIXES = ("-recordings", "-windows")


def main_input(value: str | None, kind: str, say: object = None) -> Path:
    """Find the main input: as typed, from standard input (`-`), or the only one of its kind here.

    Parameters
    ----------
    value : str or None
        What the user typed.
    kind : str
        ``dataset``, ``recordings``, ``windows`` or ``run``.
    say : callable, optional
        Told which artifact was taken where none was named.

    Raises
    ------
    InputError
        If standard input is empty, or the path does not exist.
    UsageError
        If nothing was named and there is none, or more than one, in the current folder.
    """
    if value == "-":
        value = _from_standard_input()
    if value is not None:
        path = Path(value)
        if not path.exists():
            raise InputError(f"{value}: not found")
        return path
    found = [path for path in sorted(Path.cwd().iterdir()) if _is_a(path, kind)]
    if len(found) == 1:
        if callable(say):
            say(f"Taking {found[0].name}, the only {_word(kind)} here.")
        return Path(found[0].name)
    listed = f" ({', '.join(path.name for path in found)})" if found else ""
    raise UsageError(
        f"{'several' if found else 'no'} {_word(kind)}s here{listed}",
        hint="Name one as the first argument, or - to read its path from standard input.",
    )


def _from_standard_input() -> str:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("- reads a path from standard input, which is a terminal", hint="Pipe a command into this one, or name the path.")
    text = sys.stdin.read().strip()
    if not text:
        raise InputError("no artifact on standard input; did the command before it fail?")
    if text.startswith("{"):  # the command before it ran with --json
        try:
            text = str(json.loads(text)["data"]["output"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError("no artifact on standard input: JSON without data.output") from error
    if len(text.splitlines()) != 1:
        raise InputError(f"one artifact path is needed on standard input, there are {len(text.splitlines())} lines")
    return text


def _word(kind: str) -> str:
    return {"dataset": "BIDS data set", "run": "run"}.get(kind, f"{kind} artifact")


def _is_a(path: Path, kind: str) -> bool:
    if not path.is_dir():
        return False
    if kind == "dataset":
        return (path / "dataset_description.json").is_file() and not (path / "recordings.parquet").exists()
    settings = path / "settings.json"
    try:
        return settings.is_file() and json.loads(settings.read_text(encoding="utf-8")).get("kind") == kind
    except (OSError, ValueError, AttributeError):
        return False


def derived_output(source: Path, suffix: str) -> Path:
    """Where the output lies if nobody says: beside the input, `demo` -> `demo-recordings` -> `demo-windows`."""
    whole = source if source.name not in ("", "..") else source.resolve()
    name = whole.name
    for ending in _SUFFIXES:
        name = name.removesuffix(ending)
    return whole.with_name(f"{name}-{suffix}")
