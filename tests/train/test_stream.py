"""`train --stream`: windows at an address give the weights of the same command on windows here, byte by byte."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from eegcli import evaluate, explain, train
from eegcli.artifacts import blocks
from eegcli.artifacts.run import open_run
from eegcli.artifacts.windows import open_windows
from eegcli.errors import ArtifactError, Stopped, UnavailableError, UsageError
from eegcli.files.atomic import read_json
from eegcli.reporter import Silent
from eegcli.settings import EvaluateSettings, ExplainSettings, TrainSettings
from eegcli.train import trainer
from tests.kit import commands
from tests.kit.cohorts import loud_windows
from tests.kit.own import own
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import QUICK, contents
from tests.kit.serving import Served, serving
from tests.train.test_resume import StopAfter

WINDOW = 8 * 64 * 4  # bytes
STREAMED = QUICK | {"stream": True, "shuffle_buffer": 30, "arch": "eegnet"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("served")
    loud_windows(root / "bucket" / "far-windows")
    with serving(root) as served:
        yield served


@pytest.fixture
def served(server, monkeypatch) -> Served:
    """144 windows in 12 blocks."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 12 * WINDOW)
    server.forget()
    server.before = None
    return server


def here(served: Served, output: Path, reporter: Silent | None = None, **wishes):
    settings = TrainSettings(windows=served.root / "bucket" / "far-windows", output=output, **(STREAMED | wishes))
    return train.run(settings, reporter=reporter or Silent())


def there(served: Served, output: Path, reporter: Silent | None = None, **wishes):
    where = {"windows": Path("far-windows"), "address": f"{served.url}/bucket/far-windows"}
    return train.run(TrainSettings(**where, output=output, **(STREAMED | wishes)), reporter=reporter or Silent())


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"cache_gb": 3 * 12 * WINDOW / 1e9},
        {"target": "age", "kind": "regression"},
        {"cv": 3, "seeds": 2, "epochs": 1},
        {"align": "subject", "target": "task"},
        {"normalise": "train", "report_epoch": "published"},
        pytest.param({"no_baseline": False}, marks=pytest.mark.exhaustive),
        {"arch": "logistic"},
    ],
    ids=lambda wishes: "-".join(wishes) or "plain",
)
def test_the_run_is_the_same_to_the_byte_wherever_the_windows_lie(served, tmp_path, wishes):
    one, two = here(served, tmp_path / "here", **wishes), there(served, tmp_path / "there", **wishes)
    assert contents(one.output) == contents(two.output)
    assert not any(thread.name.startswith(("eegcli-fetch", "eegcli-read")) for thread in threading.enumerate())


def test_a_network_of_ones_own_is_streamed_too(served, tmp_path):
    arch = f"{own(tmp_path)}:Net"
    assert contents(here(served, tmp_path / "a", arch=arch).output) == contents(there(served, tmp_path / "b", arch=arch).output)


def test_the_order_of_a_stream_is_another_training_and_is_written_down(served, tmp_path):
    plain = here(served, tmp_path / "plain", stream=False, shuffle_buffer=None)
    streamed = here(served, tmp_path / "streamed")
    assert contents(plain.output)["model.safetensors"] != contents(streamed.output)["model.safetensors"]
    trainings = [read_json(run.output / "metrics.json")["training"] for run in (plain, streamed)]
    assert trainings[1] == trainings[0] | {"shuffle_buffer": 30}
    assert TrainSettings(stream=True).shuffle_buffer == 8192 and TrainSettings().shuffle_buffer is None


def test_each_block_is_asked_for_once_where_there_is_room(served, tmp_path):
    there(served, tmp_path / "run", epochs=5)
    spans = [span for _, span in served.asked("windows.h5") if span != "bytes=0-65535"]
    assert len(spans) == len(set(spans)) == 12 - 2, "nobody asks for the blocks of the two test subjects"
    served.forget()
    there(served, tmp_path / "run", epochs=5)
    assert [span for _, span in served.asked("windows.h5")] == ["bytes=0-65535"], "a finished run is finished, wherever its windows lie"


@pytest.mark.parametrize("looks", [1, 4, 9])
def test_a_stopped_stream_goes_on_to_the_same_bytes(served, tmp_path, monkeypatch, looks):
    whole = here(served, tmp_path / "whole")
    monkeypatch.setattr(trainer, "stop_signals", lambda: StopAfter(looks))
    with pytest.raises(Stopped):
        there(served, tmp_path / "stopped")
    assert not any(thread.name.startswith(("eegcli-fetch", "eegcli-read")) for thread in threading.enumerate())
    monkeypatch.undo()
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 12 * WINDOW)
    assert contents(there(served, tmp_path / "stopped").output) == contents(whole.output)


def test_a_server_that_goes_away_ends_with_6_and_the_training_goes_on_when_it_is_back(served, tmp_path, monkeypatch):
    asked = []

    def leaving(name: str) -> None:
        asked.append(name)
        if name.endswith("windows.h5") and len(asked) > 15:
            raise ConnectionError

    monkeypatch.setattr("eegcli.remote.limits.Limits.pause", lambda *_: 0.0)
    served.before = leaving
    small = {"cache_gb": 3 * 12 * WINDOW / 1e9}
    with pytest.raises(UnavailableError, match="the server no longer answers") as error:
        there(served, tmp_path / "run", **small)
    assert error.value.exit_code == 6
    served.before = None
    assert contents(there(served, tmp_path / "run", **small).output) == contents(here(served, tmp_path / "whole").output)


def test_a_window_that_is_not_what_was_cut_ends_with_4(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 12 * WINDOW)
    path = loud_windows(tmp_path / "bucket" / "far-windows")
    with (path / "windows.h5").open("r+b") as file:
        for row in range(5, 144, 12):  # of every subject, whoever is trained on
            file.seek(int(open_windows(path).x.offset) + row * WINDOW)
            file.write(b"\x01\x02\x03\x04")
    with serving(tmp_path) as served, pytest.raises(ArtifactError, match=r"window \d+ \(sub-.*, 5 s\)") as error:
        there(served, tmp_path / "run")
    assert error.value.exit_code == 4


def test_a_streamed_run_is_evaluated_where_its_windows_are(served, tmp_path):
    far, near = there(served, tmp_path / "far").output, here(served, tmp_path / "near").output
    assert open_run(far).windows_digest == open_run(near).windows_digest
    for run in (far, near):
        evaluate.run(EvaluateSettings(run=run, resamples=50, device="cpu", threads=1), reporter=Silent())
    assert contents(far / "evaluation") == contents(near / "evaluation")
    copy = shutil.copytree(served.root / "bucket" / "far-windows", tmp_path / "elsewhere")
    served.before = lambda name: (_ for _ in ()).throw(AssertionError(name))
    evaluate.run(EvaluateSettings(run=far, windows=copy, resamples=50, device="cpu", threads=1, force=True), reporter=Silent())


@pytest.mark.exhaustive
def test_a_streamed_run_is_explained_where_its_windows_are(served, tmp_path):
    far, near = there(served, tmp_path / "far").output, here(served, tmp_path / "near").output
    for run in (far, near):
        explain.run(ExplainSettings(run=run, method=("saliency",), n_windows=4, device="cpu", threads=1), reporter=Silent())
    assert contents(far / "explanation") == contents(near / "explanation")


def test_a_closed_form_says_that_it_has_no_order(served, tmp_path):
    heard = CapturingReporter()
    closed = {"arch": "logistic", "epochs": None, "batch_size": None}
    here(served, tmp_path / "near", heard, **closed, shuffle_buffer=None)
    assert "logistic is fitted in closed form: --stream is not used" in heard.warnings
    heard = CapturingReporter()
    there(served, tmp_path / "far", heard, **closed, shuffle_buffer=None)
    assert not any("closed form" in warning for warning in heard.warnings)
    heard = CapturingReporter()
    here(served, tmp_path / "buffer", heard, **closed, stream=False)
    assert "logistic is fitted in closed form: --shuffle-buffer is not used" in heard.warnings
    assert len({contents(tmp_path / name)["model.safetensors"] for name in ("near", "far", "buffer")}) == 1


def test_a_cache_of_nothing_is_a_usage_error(served, tmp_path):
    with pytest.raises(UsageError, match="--cache-gb must be above 0, not 0"):
        there(served, tmp_path / "run", cache_gb=0)


def test_the_command_streams_what_it_would_copy(served, tmp_path):
    words = ("train", f"{served.url}/bucket/far-windows/", "--arch", "eegnet", "--epochs", "1", "--device", "cpu", "--threads", "1")
    cache = tmp_path / "cache"
    done = commands.eegcli(*words, "--stream", "--no-baseline", "--json", cwd=tmp_path, EEGCLI_CACHE=str(cache), check=True)
    data = json.loads(done.stdout)["data"]
    assert data["output"] == "far-run-eegnet-sex" and (tmp_path / "far-run-eegnet-sex" / "model.safetensors").exists()
    assert not cache.exists(), "no copy was made"
    assert read_json(tmp_path / "far-run-eegnet-sex" / "provenance.json")["windows"] == f"{served.url}/bucket/far-windows"
    plan = json.loads(commands.eegcli(*words, "--stream", "--dry-run", "--json", cwd=tmp_path, check=True).stdout)["data"]
    assert plan["training"]["shuffle_buffer"] == 8192
