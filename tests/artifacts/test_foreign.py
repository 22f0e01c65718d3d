"""A run received from elsewhere: its code is run where somebody says so, and is then what the run says."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import eegcli
from eegcli.artifacts.folder import SETTINGS
from eegcli.artifacts.run import open_run
from eegcli.errors import ArtifactError, EegcliError, InputError
from eegcli.torch import WindowsDataset
from tests.kit import cohorts, commands
from tests.kit.marks import restate
from tests.kit.own import NET, own

WHERE = ("--device", "cpu", "--threads", "1")


@pytest.fixture(scope="module")
def sent(tmp_path_factory) -> Path:
    """A folder with windows and a run of a network of somebody's own on them."""
    folder = tmp_path_factory.mktemp("sent")
    windows = cohorts.loud_windows(folder / "windows")
    cohorts.train(windows, folder / "run", arch=f"{own(folder)}:Net", epochs=1)
    (folder / "mynet.py").unlink()
    return folder


@pytest.fixture
def received(sent, tmp_path) -> Path:
    """The run, copied to somewhere else, beside its windows."""
    shutil.copytree(sent, tmp_path / "received")
    return tmp_path / "received" / "run"


def hostile(run: Path, source: str, **said: str) -> Path:
    """Change the source of a run, and all that the run says of it, so that it fits; the file that its code would make."""
    marker = run.parent / "was-run"
    text = source.format(marker=str(marker))
    (run / "network.py").write_text(text)
    model = json.loads((run / "model.json").read_text())
    model["foreign"] = {**model["foreign"], "sha256": hashlib.sha256(text.encode()).hexdigest(), **said}
    (run / "model.json").write_text(json.dumps(model))
    restate(run)
    return marker


EVIL = "open({marker!r}, 'w')\n" + NET.replace("{", "{{").replace("}", "}}")
OPENING = {
    "evaluate": ("evaluate", *WHERE),
    "evaluate --dry-run": ("evaluate", "--dry-run", *WHERE),
    "explain": ("explain", "--method", "saliency", "--n-windows", "4", *WHERE),
    "explain --dry-run": ("explain", "--dry-run", *WHERE),
}


@pytest.mark.parametrize("words", OPENING.values(), ids=OPENING)
def test_no_command_runs_the_code_of_a_run_unasked(received, words):
    marker = hostile(received, EVIL)
    done = commands.eegcli(words[0], received, *words[1:])
    assert done.returncode == 3 and not marker.exists()
    assert len(done.stderr.strip().splitlines()) == 1
    assert "mynet.py:Net is somebody's own code (mynet.py, which the run holds as network.py), which is not run unasked" in done.stderr
    assert not list(received.glob("e*/"))
    trusted = commands.eegcli(words[0], received, *words[1:], "--trust")
    assert trusted.returncode == 0 and marker.exists(), trusted.stderr


def test_neither_python_nor_the_commands_that_look_run_it(received, tmp_path):
    marker = hostile(received, EVIL)
    with pytest.raises(InputError, match="not run unasked"):
        eegcli.open_run(received)
    run = open_run(received)
    assert run.settings.arch == "mynet.py:Net" and len(run.history["epoch"]) == 1
    with pytest.raises(InputError, match="not run unasked"):
        run.model()
    for words in (("info", received), ("info", received, "--verify"), ("info", received.parent / "windows")):
        commands.eegcli(*words, check=True)
    assert "mynet.py, sha256: " in commands.eegcli("info", received).stdout
    assert len(WindowsDataset(received.parent / "windows", run=received, subset="test"))
    assert not marker.exists()
    assert eegcli.open_run(received, trust=True).model() is not None and marker.exists()


def test_the_file_named_again_is_run_and_not_that_of_the_run(received, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own(tmp_path)
    assert commands.eegcli("evaluate", received, "--arch", "./mynet.py:Net", *WHERE).returncode == 0
    Path("mynet.py").rename("renamed.py")
    for same in ("./renamed.py:Net", f"{received}/network.py:Net"):
        assert eegcli.open_run(received, arch=same).model() is not None
    own(tmp_path)
    marker = hostile(received, EVIL)
    other = commands.eegcli("evaluate", received, "--arch", "./mynet.py:Net", *WHERE)
    assert other.returncode == 3 and "not the network that the run was made with" in other.stderr
    assert not marker.exists()


def test_a_source_that_was_changed_is_refused_even_where_it_is_trusted(received):
    marker = received.parent / "was-run"
    (received / "network.py").write_text(EVIL.format(marker=str(marker)))
    restate(received)  # the done mark fits: what model.json says does not
    done = commands.eegcli("evaluate", received, "--trust", *WHERE)
    assert done.returncode == 4 and not marker.exists()
    assert "network.py: It is not the network that the run was made with" in done.stderr


def test_a_source_that_was_changed_is_found_by_its_digest(received):
    with (received / "network.py").open("a") as file:
        file.write("# a word\n")
    done = commands.eegcli("info", received, "--verify")
    assert done.returncode == 4 and "network.py" in done.stderr


def change_model(**values: object) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        path = run / "model.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return change


def change_settings(**values: object) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        path = run / SETTINGS
        stored = json.loads(path.read_text())
        path.write_text(json.dumps({**stored, "settings": {**stored["settings"], **values}}))

    return change


def link(run: Path) -> None:
    elsewhere = run.parent / "elsewhere.py"
    (run / "network.py").rename(elsewhere)
    (run / "network.py").symlink_to(elsewhere)


def file_of(text: str = NET, **values: str) -> dict[str, str]:
    return {"attribute": "Net", "file": "mynet.py", "sha256": hashlib.sha256(text.encode()).hexdigest(), **values}


def module_of(module: str, attribute: str) -> dict[str, object]:
    return {"attribute": attribute, "module": module, "distribution": None, "version": None, "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (link, "network.py: is a link"),
        (lambda run: (run / "network.py").unlink(), "network.py: not found"),
        (change_model(arch="../../x.py:Net", foreign=file_of(file="../../x.py")), "'../../x.py:Net' is no name of a network"),
        (change_model(arch="/x.py:Net", foreign=file_of(file="/x.py")), "'/x.py:Net' is no name of a network"),
        (change_model(arch="other.py:Net"), "'other.py:Net' is no name of a network"),
        (change_model(arch="os:system", foreign=module_of("os", "system"), options={"command": "touch was-run"}), "'os:system' is no name"),
        (change_model(arch="mynet.py:Net", foreign=module_of("os", "system")), "'mynet.py:Net' is no name"),
        (change_model(arch="torch.nn:Linear", foreign=module_of("torch.nn", "Linear")), "torch.nn:Linear is another one here"),
        (change_model(foreign=None), "the architecture 'mynet.py:Net' is unknown"),
        (change_model(arch="os:system", foreign=None), "the architecture 'os:system' is unknown"),
        (change_model(arch="power-net", foreign=None), "the architecture 'power-net' is unknown"),
        (change_model(foreign={}), "is no name of a network"),
        (change_model(foreign="evil"), "foreign cannot be 'evil'"),
        (change_model(arch="vgg"), "'vgg' is no name of a network"),
        (change_settings(arch="os:system"), "holds what this version cannot read (--arch: os:system"),
        (change_settings(arch="power-net"), "holds what this version cannot read (--arch: no architecture is named 'power-net'"),
    ],
)
def test_a_run_that_names_code_elsewhere_is_refused_even_where_it_is_trusted(received, monkeypatch, change, said):
    monkeypatch.chdir(received.parent)
    own(received.parent, EVIL.format(marker=str(received.parent / "was-run")), "x.py")
    change(received)
    if not (received / "network.py").is_symlink() and (received / "network.py").exists():
        restate(received)
    with pytest.raises(EegcliError) as caught:
        eegcli.open_run(received, trust=True).model()
    assert caught.value.exit_code == 4, caught.value.message
    assert said in caught.value.message
    assert not (received.parent / "was-run").exists()


def test_model_json_of_our_own_networks_says_nothing_of_code(sent, tmp_path):
    made = cohorts.train(sent / "windows", tmp_path / "own", arch="logistic")
    assert "foreign" not in json.loads((made / "model.json").read_text())
    assert not (made / "network.py").exists()


def test_an_architecture_of_the_table_with_foreign_code_contradicts_itself(received):
    change_model(arch="vgg", foreign=file_of())(received)
    restate(received)
    with pytest.raises(ArtifactError):
        eegcli.open_run(received, trust=True)
