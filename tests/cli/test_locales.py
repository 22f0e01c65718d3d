"""Every output works in any locale and encoding: names are bytes, and JSON can be read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eegcli.files.atomic import read_json, write_json
from tests.kit.cohorts import loud_windows

NAME = "données 脑电"
SETTINGS = {
    "C and nothing else": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "POSIX, ASCII": {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"},
    "Latin-1": {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "latin-1"},
    "UTF-8": {"LC_ALL": "C.UTF-8"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("locales") / NAME
    loud_windows(root / "windows")
    return root


# One of them here, all of them where there is time.
@pytest.mark.parametrize(
    "locale", [pytest.param(name, marks=[pytest.mark.exhaustive] * (name != "C and nothing else")) for name in SETTINGS]
)
def test_from_the_training_to_the_figures_in_any_locale(folder, tmp_path, locale):
    def call(*arguments: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "eegcli", *map(str, arguments)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONIO", "PYTHONUTF8"))}
        done = subprocess.run(command, input=given, capture_output=True, env=kept | SETTINGS[locale], cwd=tmp_path)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done

    output = folder / f"lauf-{len(locale)}"
    path = call("train", folder / "windows", "--arch", "majority", "--output", output).stdout
    assert os.fsdecode(path.rstrip(b"\n")) == str(output)
    assert call("evaluate", "-", "--resamples", "20", given=path).stdout == path
    assert read_json(output / "provenance.json")["windows"] == str(folder / "windows")
    assert json.loads(call("info", output, "--json").stdout)["data"]["path"] == str(output)
    assert NAME.encode() in call("info", output).stdout


def test_a_path_that_is_no_text_is_kept_in_json(tmp_path):
    odd = os.fsdecode(b"/data/caf\xe9")
    write_json(tmp_path / "a.json", {"windows": odd, "name": "é"})
    assert read_json(tmp_path / "a.json") == {"windows": odd, "name": "é"}
    assert os.fsencode(read_json(tmp_path / "a.json")["windows"]) == b"/data/caf\xe9"
