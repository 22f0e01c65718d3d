"""Names that a test adds to a table of the registry: commands in this process, TAB and the documentation made anew."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

import eegcli.cli.tree
from eegcli.cli.main import app

ROOT = Path(__file__).parents[2]


def command(*arguments: str) -> dict[str, Any]:
    """Run a command with ``--json`` in this process, whose tables have the added name; gives its answer."""
    result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    answer: dict[str, Any] = json.loads(result.stdout)
    assert answer["exit_code"] == result.exit_code
    return answer


def tab(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Complete a line in bash: candidates at its end, from a script generated now."""
    script = tmp_path / "eegcli.bash"
    script.write_text(_module("completions/bash.py", monkeypatch).render(_fresh_tree().read_tree()), encoding="utf-8")
    words = [piece for chunk in line.split(" ") for piece in re.findall("[=:]|[^=:]+", chunk) or [""]]
    call = 'source "$1"; COMP_LINE=$2 COMP_POINT=${#2}; shift 2; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _eegcli; echo "${COMPREPLY[*]}"'
    command = ["bash", "--norc", "-c", call, "bash", str(script), line, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path).stdout.split()


def reference(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that makes the tables of the documentation."""
    return _module("docs/reference.py", monkeypatch)


def _fresh_tree() -> ModuleType:
    """The command tree as a new process would read it: its words are taken from the tables when it is imported."""
    spec = importlib.util.find_spec(eegcli.cli.tree.__name__)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name: this one stands in for the imported one while it is executed.
    before = sys.modules[spec.name]
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        sys.modules[spec.name] = before
    return module


def _module(path: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str((ROOT / path).parent))
    return importlib.import_module(Path(path).stem)
