"""Container recipes, as far as a machine without a daemon can tell: syntax, paths that are copied, versions."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def containerfile() -> list[tuple[str, str]]:
    """Instructions of the Containerfile: (name, arguments)."""
    text = "\n".join(line for line in (DOCS / "Containerfile").read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def sections() -> dict[str, str]:
    """Header and sections of the definition file of Apptainer."""
    parts = re.split(r"^%(\w+).*$", (DOCS / "eegcli.def").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {"header": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def scripts() -> list[str]:
    return [rest for name, rest in containerfile() if name == "RUN"] + [
        sections()[name] for name in ("post", "environment", "runscript", "test")
    ]


@pytest.mark.parametrize("script", scripts())
def test_shell_lines_are_sound(script, tmp_path):
    subprocess.run(["bash", "-n", "-c", script], check=True)
    if shutil.which("shellcheck"):
        (tmp_path / "script.sh").write_text(f"#!/bin/sh\nTORCH_INDEX=x\n{script}\n")
        subprocess.run(["shellcheck", "--exclude=SC2034", tmp_path / "script.sh"], check=True)


def test_the_instructions_are_those_of_a_containerfile():
    names = [name for name, _ in containerfile()]
    assert names[0] == "FROM" and set(names) <= {"FROM", "ARG", "COPY", "RUN", "ENV", "WORKDIR", "ENTRYPOINT", "CMD"}
    assert {"files", "post", "runscript", "test"} <= set(sections())


def test_both_begin_with_a_python_that_the_project_states():
    images = [rest for name, rest in containerfile() if name == "FROM"] + re.findall(r"^From: (.*)$", sections()["header"], re.MULTILINE)
    assert len(images) == 2
    for image in images:
        version = re.fullmatch(r"python:(3\.\d+)-slim", image)[1]
        assert f"Programming Language :: Python :: {version}" in PROJECT["classifiers"]


def test_what_is_copied_is_what_the_build_makes():
    copied = [rest.split()[0] for name, rest in containerfile() if name == "COPY"] + [sections()["files"].split()[0]]
    assert copied == ["dist/*.whl", "dist"], "where `python -m build` puts the wheel"
    assert all("/tmp/eegcli/*.whl" in script for script in (scripts()[0], sections()["post"]))


def test_the_version_of_torch_is_that_of_the_project():
    run = next(rest for name, rest in containerfile() if name == "RUN")
    assert re.search(r'"(torch\S+)"', run)[1] in PROJECT["dependencies"]


def test_what_is_written_lies_outside_the_image():
    variables = dict(pair.split("=") for name, rest in containerfile() if name == "ENV" for pair in rest.split())
    assert {"MPLCONFIGDIR", "XDG_STATE_HOME", "EEGCLI_CACHE"} == set(variables) and all(
        value.startswith("/tmp/") for value in variables.values()
    )
