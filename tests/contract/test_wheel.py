"""The wheel: what is in it, and that it installs and runs where there is no compiler and no source tree."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from eegcli.version import __version__

ROOT = Path(__file__).parents[2]
SHARED = {
    "share/bash-completion/completions/eegcli": "completions/eegcli.bash",
    "share/zsh/site-functions/_eegcli": "completions/_eegcli",
    "share/fish/vendor_completions.d/eegcli.fish": "completions/eegcli.fish",
    "share/man/man1/eegcli.1": "docs/man/eegcli.1",
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    # Without isolation, for that would download the build backend.
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    built = subprocess.run(build, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = folder.glob("*.whl")
    assert wheel.name == f"eegcli-{__version__}-py3-none-any.whl", "pure Python, for every system"
    return wheel


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    inside = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "eegcli").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in contents if name.startswith("eegcli/")} == inside
    assert {Path(name).suffix for name in inside} >= {".py", ".toml", ".tsv", ".typed", ".j2"}
    data = f"eegcli-{__version__}.data/data"
    assert {name for name in contents if name.startswith(data)} == {f"{data}/{name}" for name in SHARED}
    assert all(contents[f"{data}/{name}"] == (ROOT / source).read_bytes() for name, source in SHARED.items())
    assert contents[f"eegcli-{__version__}.dist-info/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()
    assert not [
        name for name in contents if name.split("/")[0] not in ("eegcli", f"eegcli-{__version__}.data", f"eegcli-{__version__}.dist-info")
    ]


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """An environment of its own that sees this one's libraries, but neither the source tree nor a compiler."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--no-deps", "--no-index", "--quiet", wheel]
    subprocess.run(pip, check=True, env={**outside(), "CC": "/bin/false", "CXX": "/bin/false"})
    libraries = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    here = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (Path(libraries) / "libraries.pth").write_text("\n".join(here), encoding="utf-8")
    return folder


def outside() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


def test_it_runs_where_it_is_installed(installed, tmp_path):
    def run(*arguments: str | Path) -> str:
        return subprocess.run([*map(str, arguments)], check=True, capture_output=True, text=True, cwd=tmp_path, env=outside()).stdout

    assert run(installed / "bin" / "eegcli", "--version") == f"eegcli {__version__}\n"
    assert "logistic" in run(installed / "bin" / "eegcli", "models")
    place = run(installed / "bin" / "python", "-c", "import eegcli, eegcli.config as c; c.read_recipe('hbn'); print(eegcli.__file__)")
    assert Path(place).is_relative_to(installed)
    assert all((installed / name).read_bytes() == (ROOT / source).read_bytes() for name, source in SHARED.items())
