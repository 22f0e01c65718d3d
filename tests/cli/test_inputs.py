"""Main inputs of commands."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from eegcli.cli.inputs import main_input
from eegcli.errors import InputError, UsageError


def artifact(path: Path, kind: str) -> None:
    path.mkdir()
    (path / "settings.json").write_text(json.dumps({"kind": kind}))


def test_the_only_artifact_here_is_taken_and_said(tmp_path, monkeypatch):
    artifact(tmp_path / "a-windows", "windows")
    artifact(tmp_path / "a-recordings", "recordings")
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    assert main_input(None, "windows", said.append) == Path("a-windows")
    assert "a-windows" in said[0]
    artifact(tmp_path / "b-windows", "windows")
    with pytest.raises(UsageError, match="a-windows, b-windows"):
        main_input(None, "windows")


@pytest.mark.parametrize(("text", "expected"), [("X\n", "X"), ('{"data": {"output": "X"}}\n', "X")])
def test_a_path_comes_from_standard_input(tmp_path, monkeypatch, text, expected):
    monkeypatch.chdir(tmp_path)
    Path("X").mkdir()
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main_input("-", "windows") == Path(expected)


@pytest.mark.parametrize("text", ["", "\n\n", "a\nb\n", '{"data": null}'])
def test_anything_but_one_path_is_refused(monkeypatch, text):
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    with pytest.raises(InputError):
        main_input("-", "windows")
