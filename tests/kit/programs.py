"""Programs with one line more in a table of the registry: nothing but that line and the file it names is new."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Several command lines in one process: each would import MNE or torch again.
COMMAND_LINES = """
import contextlib, io, json, sys
from eegcli.cli.main import main
ended = []
for arguments in json.loads(sys.argv[1]):
    sys.argv, out, err, code = ["eegcli", *arguments], io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    ended.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(ended))
"""


@dataclass(frozen=True)
class Ended:
    """Result of a command line: exit code and texts."""

    code: int
    stdout: str
    stderr: str


def program_with(line: str, program: str, *arguments: str, cwd: Path = ROOT) -> str:
    """Standard output of a program in a process of its own, in which a table has the line from the start.

    Parameters
    ----------
    line : str
        Python that adds to a table; it may import `eegcli.registry`, and nothing that reads the table.
    program : str
        Python that is run then.
    *arguments : str
    cwd : Path
    """
    path = os.pathsep.join([str(ROOT), str(ROOT / "docs"), str(ROOT / "completions")])
    command = [sys.executable, "-c", f"{line}\n{program}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=os.environ | {"PYTHONPATH": path}, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands_with(line: str, commands: Sequence[str], cwd: Path) -> list[Ended]:
    """Run command lines one after the other with the line in the table, as `program_with`."""
    answer = program_with(line, COMMAND_LINES, json.dumps([command.split() for command in commands]), cwd=cwd)
    return [Ended(*ended) for ended in json.loads(answer.splitlines()[-1])]
