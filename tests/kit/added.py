"""A program with one line more in a table of the registry: nothing but that line and the file it names is new."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND_LINE = "from eegcli.cli.main import main; main()"


def run_with(line: str, *arguments: str | Path, cwd: Path = ROOT, program: str = COMMAND_LINE) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own in which a table has the line from the start.

    Parameters
    ----------
    line : str
        Python that adds to a table; it may import `eegcli.registry`, and nothing that reads the table.
    *arguments : str or Path
        Of the command line.
    cwd : Path
    program : str
        Python that is run then; the command line by default.
    """
    command = [sys.executable, "-c", f"{line}\n{program}", *map(str, arguments)]
    path = os.pathsep.join([str(ROOT), str(ROOT / "docs"), str(ROOT / "completions")])
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=os.environ | {"PYTHONPATH": path}, check=False)
