"""Main inputs of commands: as typed, from standard input, or the only one of its kind here."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from eegcli.errors import ArtifactError, InputError, UnavailableError, UsageError, counted
from eegcli.remote.address import is_address
from eegcli.remote.cache import is_copy
from eegcli.reporter import Reporter, Silent

ARRAYS = "arrays"  # files of others, which are no artifacts


def main_input(value: str | None, kind: str, say: object = None, reporter: Reporter | None = None) -> Path:
    """Find the main input: as typed, from standard input (`-`), or the only one of its kind here.

    The address of an artifact elsewhere becomes the path of a copy in the cache.

    Parameters
    ----------
    value : str or None
        What the user typed.
    kind : str
        ``dataset``, ``recordings``, ``windows``, ``run`` or ``arrays``.
    say : callable, optional
        Told which artifact was taken where none was named.
    reporter : Reporter, optional
        Told of what is fetched.

    Raises
    ------
    InputError
        If standard input is empty, or the path does not exist.
    UsageError
        If nothing was named and there is none, or more than one, in the current folder.
    """
    value = as_typed(value)
    if value is not None:
        return named_input(value, kind, reporter)
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


def as_typed(value: str | None) -> str | None:
    """Read the input as the user named it: on the command line, or on standard input (`-`).

    Raises
    ------
    InputError
        If standard input is empty.
    """
    return _from_standard_input() if value == "-" else value


def named_input(value: str, kind: str, reporter: Reporter | None = None) -> Path:
    """The path of an input that was named: itself, or of a copy of what lies at an address.

    Raises
    ------
    InputError
        If there is nothing.
    UsageError
        If an address stands where a data set is needed: it is fetched, or streamed.
    """
    if is_address(value):
        if kind == ARRAYS:
            raise UsageError(f"{value}: the arrays are not here", hint="Download them first.")
        if kind == "dataset":
            raise UsageError(f"{value}: the data set is not here", hint=f"Fetch it first (eegcli fetch {value}), or add --stream.")
        from eegcli.artifacts.elsewhere import bring

        return bring(value, reporter=reporter or Silent())
    path = Path(value)
    if not path.exists():
        raise InputError(f"{value}: not found", hint=_elsewhere(value) if kind == "dataset" else None)
    return path


def local_run(run: Path, reporter: Reporter) -> Path:
    """A run whose results can be written in it: itself, or of a copy in the cache another one in the current folder.

    Raises
    ------
    InputError
        If something else of that name lies there.
    UnavailableError
        If nothing can be written there.
    """
    if not is_copy(run):
        return run
    here = Path(run.name)
    if here.exists():
        if _digest_of_settings(here) != _digest_of_settings(run):
            raise InputError(
                f"{here}: lies here already, and is another run than the one at that address", hint="Name a folder with --output."
            )
        return here
    temporary = here.with_name(f".{here.name}.{os.getpid()}.tmp")
    try:
        shutil.copytree(run, temporary)
        temporary.rename(here)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise UnavailableError(f"{here}: cannot be written ({error.strerror or error})", hint="Name a folder with --output.") from error
    reporter.info(f"The run is now in {here}; results are written there.")
    return here


def _digest_of_settings(run: Path) -> object:
    try:
        return json.loads((run / "settings.json").read_text(encoding="utf-8")).get("digest")
    except (OSError, ValueError, AttributeError):
        return None


def name_of_source(value: str, endpoint_url: str | None = None) -> str | None:
    """The name of a source elsewhere, of which its outputs are named; None for a folder here."""
    from eegcli.fetch import default_output
    from eegcli.remote.sources import is_remote, open_source

    # A folder goes before a source of the same name: `ds005505` is what `fetch ds005505` leaves here.
    if not is_remote(value) or Path(value).exists():
        return None
    open_source(value, endpoint_url=endpoint_url)  # one data set, not several
    return default_output(value).name


def _elsewhere(value: str) -> str | None:
    from eegcli.remote.sources import is_remote

    return f"Fetch it first (eegcli fetch {value}), or add --stream." if is_remote(value) else None


def _from_standard_input() -> str:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("- reads a path from standard input, which is a terminal", hint="Pipe a command into this one, or name the path.")
    raw = getattr(sys.stdin, "buffer", None)  # a path is bytes, whatever encoding of text is set
    text = (sys.stdin.read() if raw is None else os.fsdecode(raw.read())).strip()
    if not text:
        raise InputError("no artifact on standard input; did the command before it fail?")
    if text.startswith("{"):  # the command before it ran with --json
        try:
            text = str(json.loads(text)["data"]["output"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError("no artifact on standard input: JSON without data.output") from error
    if len(text.splitlines()) != 1:
        raise InputError(f"one artifact path is needed on standard input, there are {counted(len(text.splitlines()), 'line')}")
    return text


def _word(kind: str) -> str:
    return {"dataset": "BIDS data set", "run": "run", ARRAYS: "array file"}.get(kind, f"{kind} artifact")


def _is_a(path: Path, kind: str) -> bool:
    if kind == ARRAYS:
        from eegcli.importing.formats import SUFFIXES

        return path.is_file() and path.suffix.lower() in SUFFIXES
    if not path.is_dir():
        return False
    if kind == "dataset":
        from eegcli.bids.description import is_dataset

        try:
            return is_dataset(path)
        except ArtifactError:  # a settings.json of somebody else's
            return False
    settings = path / "settings.json"
    try:
        return settings.is_file() and json.loads(settings.read_text(encoding="utf-8")).get("kind") == kind
    except (OSError, ValueError, AttributeError):
        return False
