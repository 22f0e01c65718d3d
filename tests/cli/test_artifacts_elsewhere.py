"""Artifacts at a distance: a command given an address does what it does with a path, and writes here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.kit import cohorts
from tests.kit.builders import recording, recordings_artifact
from tests.kit.commands import Completed, eegcli
from tests.kit.files import contents
from tests.kit.serving import serving


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory) -> Path:
    """Recordings, windows and a run made of them, finished."""
    root = tmp_path_factory.mktemp("made")
    recordings_artifact(root / "demo-recordings", {f"{i:02d}": recording(i) for i in range(3)}, sex=["F", "M", "F"])
    windows = cohorts.windows(root / "toy-windows", subjects=range(12))
    cohorts.train(windows, root / "toy-run")
    return root


@pytest.fixture
def served(artifacts, tmp_path):
    shutil.copytree(artifacts, tmp_path / "served" / "bucket")
    with serving(tmp_path / "served", autoindex=False) as server:
        yield server


@pytest.fixture
def command(tmp_path, served, monkeypatch):
    """A command of the suite, in this process: what it imports costs seconds."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", served.url)
    monkeypatch.setenv("EEGCLI_CACHE", str(tmp_path / "cache"))

    def command(*arguments: str) -> Completed:
        return eegcli(*arguments)

    command.here = here
    return command


@pytest.mark.parametrize("scheme", ["s3", "http"])
def test_epoch_of_an_address_is_epoch_of_a_path_and_lies_here(command, served, artifacts, tmp_path, scheme):
    address = "s3://bucket/demo-recordings" if scheme == "s3" else f"{served.url}/bucket/demo-recordings"
    done = command("epoch", address)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "demo-windows\n"
    locally = command("epoch", str(artifacts / "demo-recordings"), "-o", str(tmp_path / "local-windows"))
    assert locally.returncode == 0
    assert contents(command.here / "demo-windows") == contents(tmp_path / "local-windows")
    served.forget()
    again = command("epoch", address)
    assert again.returncode == 0 and not [path for path, _ in served.asked() if not path.endswith("done.json")], "the copy is in the cache"


def test_a_changed_artifact_is_noticed(command, served, tmp_path):
    address = f"{served.url}/bucket/demo-recordings"
    assert command("epoch", address).returncode == 0
    there = tmp_path / "served" / "bucket" / "demo-recordings"
    shutil.rmtree(there)
    recordings_artifact(there, {f"{i:02d}": recording(i) for i in range(4)}, sex=["F", "M", "F", "M"])
    changed = command("epoch", address)
    assert changed.returncode == 3 and "another configuration" in changed.stderr, "exactly as with a path"
    assert json.loads(command("epoch", address, "--force", "--json").stdout)["data"]["n_windows"] > 0


def test_a_run_is_evaluated_and_explained_in_a_folder_here(command, served, artifacts, tmp_path):
    run, windows = f"{served.url}/bucket/toy-run", f"{served.url}/bucket/toy-windows"
    done = command("evaluate", run, "--windows", windows, "--resamples", "50")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "toy-run\n" and (command.here / "toy-run" / "evaluation" / "metrics.json").exists()
    local = shutil.copytree(artifacts / "toy-run", tmp_path / "local" / "toy-run")
    assert command("evaluate", str(local), "--windows", str(artifacts / "toy-windows"), "--resamples", "50").returncode == 0
    assert (local / "evaluation" / "metrics.json").read_bytes() == (command.here / "toy-run" / "evaluation" / "metrics.json").read_bytes()
    explained = command("explain", done.stdout.strip(), "--windows", windows, "--method", "saliency", "--n-windows", "5")
    assert explained.returncode == 0, explained.stderr
    assert not (tmp_path / "served" / "bucket" / "toy-run" / "evaluation").exists()
    assert not list((tmp_path / "cache").rglob("evaluation")), "the cache holds copies, nothing else"


def test_info_of_windows_fetches_no_window(command, served, tmp_path):
    cohorts.windows(tmp_path / "served" / "bucket" / "large-windows", subjects=range(20), n_times=2048)
    served.forget()
    facts = json.loads(command("info", f"{served.url}/bucket/large-windows", "--json").stdout)["data"]
    assert facts["shape"] == [240, 8, 2048] and facts["kind"] == "windows" and facts["path"].startswith("http")
    assert served.sent < facts["bytes"] / 50
    assert json.loads(command("info", f"{served.url}/bucket/toy-run", "--json").stdout)["data"]["arch"] == "logistic"


def test_training_on_an_address_is_training_on_a_path(command, served, artifacts, tmp_path):
    here = command("train", f"{served.url}/bucket/toy-windows", "--arch", "majority")
    assert here.stdout == "toy-run-majority-sex\n", here.stderr
    command("train", str(artifacts / "toy-windows"), "--arch", "majority", "-o", str(tmp_path / "local-run"))
    assert contents(command.here / "toy-run-majority-sex") == contents(tmp_path / "local-run")


@pytest.mark.parametrize("missing", ["done.json", "windows.h5"])
def test_an_unfinished_or_broken_artifact_is_refused(command, served, tmp_path, missing):
    (tmp_path / "served" / "bucket" / "toy-windows" / missing).unlink()
    for address in (f"{served.url}/bucket/toy-windows", "s3://bucket/toy-windows"):
        done = command("train", address, "--arch", "majority")
        assert done.returncode in (3, 4) and done.stdout == ""
        assert ("unfinished" if missing == "done.json" else "windows.h5") in done.stderr


def test_an_address_of_nothing_is_said_in_one_line(command, served):
    done = command("train", f"{served.url}/bucket/nothing")
    assert done.returncode == 3 and "not an artifact of eegcli" in done.stderr


def test_artifacts_of_older_versions_need_an_index_page(command, served, tmp_path):
    for done in (tmp_path / "served" / "bucket").glob("*/done.json"):
        value = json.loads(done.read_text())
        done.write_text(json.dumps({name: value[name] for name in value if name not in ("files", "digests", "checksum")}))
    refused = command("evaluate", f"{served.url}/bucket/toy-run", "--windows", f"{served.url}/bucket/toy-windows")
    assert refused.returncode == 3 and "nothing lists its files" in refused.stderr
    served.autoindex = True
    taken = command("evaluate", f"{served.url}/bucket/toy-run", "--windows", f"{served.url}/bucket/toy-windows", "--resamples", "50")
    assert taken.returncode == 0, taken.stderr


def test_a_done_mark_cannot_name_files_outside_the_artifact(command, served, tmp_path):
    path = tmp_path / "served" / "bucket" / "toy-windows" / "done.json"
    value = json.loads(path.read_text())
    value["files"]["../../../escaped"] = 5
    path.write_text(json.dumps(value))
    done = command("train", f"{served.url}/bucket/toy-windows")
    assert done.returncode == 4 and "no path of an artifact" in done.stderr
    assert not list(tmp_path.rglob("escaped"))


def test_a_fetch_that_is_killed_goes_on(command, served, tmp_path):
    cohorts.windows(tmp_path / "served" / "bucket" / "large-windows", subjects=range(20), n_times=2048)  # 16 MB: two blocks
    served.bytes_per_second = 8e6
    address = f"{served.url}/bucket/large-windows"
    environment = {**os.environ, "EEGCLI_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(Path(__file__).parents[2])}
    program = f"from eegcli.artifacts.elsewhere import bring; from eegcli.reporter import Silent; bring({address!r}, reporter=Silent())"
    process = subprocess.Popen([sys.executable, "-c", program], env=environment)
    end = time.monotonic() + 120
    while served.sent < 9e6 and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not list((tmp_path / "cache").rglob("done.json"))
    served.bytes_per_second = None
    time.sleep(0.3)
    done = command("train", address, "--arch", "majority")
    assert done.returncode == 0, done.stderr


def test_two_commands_fetch_one_copy(served, tmp_path):
    served.bytes_per_second = 2e6
    environment = {**os.environ, "EEGCLI_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(Path(__file__).parents[2])}
    program = f"from eegcli.artifacts.elsewhere import bring; from eegcli.reporter import Silent; bring({served.url + '/bucket/toy-windows'!r}, reporter=Silent())"
    both = [subprocess.Popen([sys.executable, "-c", program], env=environment) for _ in range(2)]
    assert [process.wait(180) for process in both] == [0, 0]
    assert len(served.asked("windows.h5")) == 1


def test_a_cache_that_cannot_be_written_serves_what_it_has(command, served, tmp_path, monkeypatch):
    address = f"{served.url}/bucket/toy-windows"
    assert command("train", address, "--arch", "majority", "-o", "first").returncode == 0
    (tmp_path / "file").write_text("")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("EEGCLI_CACHE", str(tmp_path / "file"))
        refused = command("train", address, "--arch", "majority", "-o", "second")
    assert refused.returncode == 6 and "EEGCLI_CACHE" in refused.stderr
    # What a read-only folder is to others, a lock that cannot be made is to everybody: a copy that is whole needs none.
    for lock in (tmp_path / "cache").rglob(".lock"):
        lock.unlink()
        lock.mkdir()
    assert command("train", address, "--arch", "majority", "-o", "third").returncode == 0
