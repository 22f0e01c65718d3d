"""A training that is stopped or killed goes on to the same bytes."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eegcli import train
from eegcli.errors import InputError, Stopped
from eegcli.files.atomic import read_json
from eegcli.settings import TrainSettings
from eegcli.train import network, shares, trainer
from tests.kit.cohorts import loud_windows
from tests.kit.preloaded import Process
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import contents, run
from tests.kit.shared import once_for_all_workers


class StopAfter:
    """Stop flag, as `stop_signals` gives it, that asks to stop at the n-th look."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def __enter__(self) -> StopAfter:
        return self

    def __exit__(self, *_: object) -> None: ...

    @property
    def requested(self) -> bool:
        self.left -= 1
        return self.left < 0

    def raise_if_requested(self) -> None:
        if self.left < 0:
            raise Stopped("enough")


@pytest.mark.parametrize("looks", [1, 5, 9])
def test_a_stopped_run_goes_on_to_the_same_bytes(make_windows, monkeypatch, looks):
    windows = make_windows()
    whole = run(windows, "whole", seeds=2)
    monkeypatch.setattr(trainer, "stop_signals", lambda: StopAfter(looks))
    with pytest.raises(Stopped):
        run(windows, "stopped", seeds=2)
    monkeypatch.undo()
    assert contents(whole.output) != contents(windows.with_name("stopped"))
    stopped = run(windows, "stopped", seeds=2)
    assert contents(whole.output) == contents(stopped.output)


@pytest.mark.parametrize("looks", [5, 9])
def test_running_statistics_go_on_to_the_same_bytes(make_windows, monkeypatch, looks):
    windows = make_windows()
    whole = run(windows, "whole", arch="covwave")
    monkeypatch.setattr(trainer, "stop_signals", lambda: StopAfter(looks))
    with pytest.raises(Stopped):
        run(windows, "stopped", arch="covwave")
    monkeypatch.undo()
    assert contents(run(windows, "stopped", arch="covwave").output) == contents(whole.output)


def test_finished_folds_are_not_trained_again(make_windows, monkeypatch):
    windows = make_windows()
    monkeypatch.setattr(trainer, "stop_signals", lambda: StopAfter(15))
    with pytest.raises(Stopped):
        run(windows, cv=3)
    monkeypatch.undo()
    heard = CapturingReporter()
    run(windows, cv=3, reporter=heard)
    assert "fold 0: is finished" in heard.messages
    assert any(line.startswith("fold 1: going on from the checkpoint") for line in heard.messages)


def test_an_unfinished_run_keeps_its_number_of_threads(make_windows, monkeypatch):
    windows = make_windows()
    monkeypatch.setattr(trainer, "stop_signals", lambda: StopAfter(3))
    with pytest.raises(Stopped):
        run(windows, threads=1)
    monkeypatch.undo()
    monkeypatch.setattr(shares, "default_threads", lambda threads=None: threads or 2)
    assert read_json(run(windows, threads=None).output / "metrics.json")["threads"] == 1
    assert read_json(run(windows, "fresh", threads=None).output / "metrics.json")["threads"] == 2


def test_what_failed_at_once_does_not_stand_in_the_way_of_other_settings(make_windows):
    windows = make_windows(spoil=True)
    for wishes in ({}, {"lr": 0.5}):  # the second finds no work of the first that would have to be forced away
        with pytest.raises(InputError, match="holds values that are not finite"):
            run(windows, **wishes)


def test_a_signal_while_windows_are_measured_ends_the_command_at_once(make_windows, monkeypatch):
    def measured(*_):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60.0)

    windows = make_windows()
    monkeypatch.setattr(network, "fit_scaler", measured)
    begun = time.monotonic()
    with pytest.raises(Stopped, match="SIGTERM"):
        run(windows, normalise="train")
    assert time.monotonic() - begun < 30.0
    monkeypatch.undo()
    assert contents(run(windows, normalise="train").output) == contents(run(windows, "whole", normalise="train").output)


COMMAND = """
import sys
from pathlib import Path
from eegcli import errors, train
from eegcli.reporter import Silent
from eegcli.settings import TrainSettings

class Begun(Silent):
    def progress(self, items, label, total=None):
        print(label, flush=True)
        yield from items

settings = TrainSettings(
    windows=Path(sys.argv[1]), output=Path(sys.argv[2]), epochs=3, batch_size=12, threads=1, device="cpu", seeds=2, no_baseline=True,
    checkpoint_minutes=0.2 / 60,
)
try:
    train.run(settings, reporter=Begun())
except errors.EegcliError as error:
    raise SystemExit(error.exit_code)
"""


@contextlib.contextmanager
def begun(commands: Path, windows: Path, output: Path) -> Iterator[Process]:
    """Give a training whose first epoch has begun; whatever is left of it ends with the block."""
    out, into = os.pipe()
    process = Process(commands, "-c", COMMAND, windows, output, cwd=windows.parent, stdout=into)
    os.close(into)
    with os.fdopen(out, "rb") as said:
        said.readline()
        yield process


@pytest.fixture(scope="session")
def undisturbed(commands, tmp_path_factory) -> tuple[Path, Path, float]:
    """Windows, a run on them that nobody stopped, and how long it took (s)."""

    def make(folder: Path) -> None:
        with begun(commands, loud_windows(folder / "windows"), folder / "whole") as process:
            start = time.monotonic()
            assert process.wait() == 0
        (folder / "seconds").write_text(str(time.monotonic() - start))

    folder = once_for_all_workers(tmp_path_factory, "undisturbed-training", make)
    return folder / "windows", folder / "whole", float((folder / "seconds").read_text())


@pytest.mark.slow
@pytest.mark.parametrize(("how", "code", "times"), [(signal.SIGKILL, -9, 3), (signal.SIGTERM, 75, 1), (signal.SIGINT, 130, 1)])
def test_killed_training_resumes_to_the_same_bytes(undisturbed, commands, tmp_path, how, code, times):
    windows, whole, lasts = undisturbed
    killed = tmp_path / "killed"
    chance = random.Random(times)
    for _ in range(times):
        with begun(commands, windows, killed) as process:
            time.sleep(chance.uniform(0.0, lasts / (2 * times + 2)))  # the machine may be faster this time
            os.kill(process.pid, how)
            assert process.wait() == code
        assert not (killed / "done.json").exists()
    with begun(commands, windows, killed) as process:
        assert process.wait() == 0
    assert contents(whole) == contents(killed)
    assert not [path for path in killed.rglob("*") if ".tmp" in path.name]


def test_a_kill_within_the_write_of_the_weights_leaves_nothing(tmp_path):
    """Before it is whole a file has a random name, which safetensors chose: it must not stay in the run, nor in its list of files."""
    settings = TrainSettings(
        windows=loud_windows(tmp_path / "windows"), output=tmp_path / "run", arch="logistic", threads=1, device="cpu", no_baseline=True
    )
    process = os.fork()
    if process == 0:

        def half(_: object, path: Path) -> None:
            (path.parent / ".tmpAbCdEf").write_text("half")
            os._exit(9)

        network.save_file = half
        train.run(settings, reporter=CapturingReporter())
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 9
    assert list(settings.output.rglob(".tmp*")), "it was killed where it should be"
    train.run(settings, reporter=CapturingReporter())
    assert not [path for path in settings.output.rglob("*") if ".tmp" in path.name]
    assert ".tmp" not in (settings.output / "done.json").read_text()
