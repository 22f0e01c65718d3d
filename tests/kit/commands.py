"""Commands of the suite: in this process, or in one of their own.

A process of its own costs 2 to 5 s of CPU, for the imports of MNE or PyTorch. It is needed where the process is what is
tested: signals, pipes of a shell, a crash, exit code and streams as the system sees them. Everything else runs here.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

from typer import rich_utils

from eegcli.cli.main import main

Completed = subprocess.CompletedProcess[str]
COLOURS = ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS")  # Typer writes escapes into pipes where these are set


def eegcli_process(*arguments: object, cwd: Path | None = None, stdin: str = "", check: bool = False, **environment: str) -> Completed:
    """Run a command in a process of its own; with `check`, it must end with 0."""
    command = [sys.executable, "-m", "eegcli", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=cwd, env={**_plain(), **environment})
    return _checked(done) if check else done


def eegcli(*arguments: object, cwd: Path | None = None, stdin: str = "", check: bool = False, **environment: str) -> Completed:
    """Run a command in this process, by the entry point that a shell calls: same arguments, same exit code, same two streams."""
    words = ["eegcli", *map(str, arguments)]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, {**_plain(), **environment}, clear=True))
        stack.enter_context(mock.patch.object(rich_utils, "FORCE_TERMINAL", None))
        stack.enter_context(mock.patch.object(sys, "argv", words))
        # Click would name the program that is running: "python -m pytest".
        stack.enter_context(mock.patch.object(sys.modules["__main__"], "__package__", None, create=True))
        stack.enter_context(mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        stack.enter_context(contextlib.chdir(cwd or Path.cwd()))
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    said = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    done = subprocess.CompletedProcess(words, code, *said)
    return _checked(done) if check else done


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in COLOURS}


def _checked(done: Completed) -> Completed:
    assert done.returncode == 0, done.stderr
    return done
