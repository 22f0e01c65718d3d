"""Two processes and one output: one writes, the other is refused, told, or shares the work."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eegcli import epoch, evaluate, preprocess, train
from eegcli.artifacts import folder as artifacts_folder
from eegcli.artifacts.at_work import GUARD
from eegcli.artifacts.folder import open_folder
from eegcli.artifacts.run import open_run
from eegcli.errors import AtWork, InputError
from eegcli.files.atomic import read_json
from eegcli.files.claim import owners, take
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, EvaluateSettings, PreprocessSettings, TrainSettings
from eegcli.train.configuration import VERSION
from eegcli.train.design import design_of
from tests.kit.cohorts import loud_windows
from tests.kit.marks import restate
from tests.kit.preloaded import Process
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import contents
from tests.kit.trees import make_tree


@contextlib.contextmanager
def somebody(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A living process that is at work in a folder."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"], text=True)
    try:
        with take(folder / f".{secrets.token_hex(4)}.claim") as mine:
            ticks = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
            owner = dataclasses.replace(mine.owner, process=process.pid, started=ticks, nonce=secrets.token_hex(8))
            mine.path.with_name(".somebody.claim").write_text(json.dumps(dataclasses.asdict(owner)))
        yield process
    finally:
        process.kill()
        process.wait()


def elsewhere(place: Path) -> None:
    """The claim of a process on another host, which gives signs of life."""
    with take(place.with_name(".mine.claim")) as mine:
        owner = dataclasses.replace(mine.owner, host="node-7", place="another machine", nonce="n")
    place.write_text(json.dumps(dataclasses.asdict(owner)))


@pytest.fixture
def windows(tmp_path):
    return loud_windows(tmp_path / "windows")


def training(windows: Path, output: Path, **wishes: object) -> TrainSettings:
    return TrainSettings(
        **{
            "windows": windows,
            "output": output,
            "arch": "vgg",
            "epochs": 1,
            "batch_size": 12,
            "threads": 1,
            "device": "cpu",
            "no_baseline": True,
            **wishes,
        }
    )


def begin(settings: TrainSettings) -> None:
    """Begin a run: write settings, provenance and nothing else, as a training does before anything is trained."""
    design = design_of(settings, Silent())
    open_folder(settings.output, "run", design.settings, inputs={"windows": design.windows.digest}, version=VERSION)


def test_other_settings_are_refused_while_the_first_is_still_before_its_first_checkpoint(windows, tmp_path):
    output = tmp_path / "run"
    begin(training(windows, output))
    with somebody(output) as process:
        with pytest.raises(
            InputError, match=f"process {process.pid} on .* is at work there, and this command has other settings .*lr"
        ) as raised:
            train.run(training(windows, output, lr=0.1), reporter=Silent())
        assert raised.value.exit_code == 3 and raised.value.cause == "at work"
    # He is dead, and has left nothing that is worth keeping: a typo does not stand in the way.
    train.run(training(windows, output, lr=0.1), reporter=Silent())
    assert open_run(output).settings.lr == 0.1


def test_force_never_removes_what_another_process_is_writing(windows, tmp_path):
    output = tmp_path / "run"
    train.run(training(windows, output), reporter=Silent())
    before = contents(output)
    with somebody(output) as process, pytest.raises(InputError, match=f"process {process.pid} .*--force would remove what it writes"):
        train.run(training(windows, output, force=True), reporter=Silent())
    assert contents(output).items() >= before.items()


def test_with_nothing_left_to_do_the_second_says_at_work_and_ends_with_75(windows, tmp_path):
    output = tmp_path / "run"
    begin(training(windows, output))
    elsewhere(output / ".network.claim")
    with pytest.raises(AtWork, match=r"on node-7.* at work on 1 of 1 network") as raised:
        train.run(training(windows, output), reporter=Silent())
    assert raised.value.exit_code == 75 and "--wait" in str(raised.value.hint)


def test_a_process_that_was_taken_for_dead_writes_nothing_when_it_wakes(windows, tmp_path):
    # It was suspended; meanwhile another host found its claims old, and makes a run of other settings there with --force.
    output = tmp_path / "run"

    def taken_over():
        shutil.rmtree(output)
        output.mkdir()
        elsewhere(output / ".network.claim")
        (output / "settings.json").write_text("{}")

    with pytest.raises(AtWork, match=r"has taken over, since this process gave no sign of life") as raised:
        train.run(
            training(windows, output, epochs=3), reporter=CapturingReporter(lambda message: taken_over() if "epoch 1/" in message else None)
        )
    assert raised.value.exit_code == 75
    assert sorted(file.name for file in output.rglob("*") if file.is_file()) == [".network.claim", "settings.json"]


def test_a_recording_is_not_written_into_a_folder_that_another_host_has_taken_over(tmp_path, monkeypatch):
    tree, output = make_tree(tmp_path / "tree", subjects=("01", "02")), tmp_path / "recordings"
    whole_write = preprocess.record.write_recording

    def taken_over(path, *wishes, **more):
        for place in [*output.glob(".*.claim"), *output.glob("sub-*/eeg/.*.claim")]:
            elsewhere(place)
        whole_write(path, *wishes, **more)

    monkeypatch.setattr(preprocess.record, "write_recording", taken_over)
    with pytest.raises(AtWork, match="node-7"):
        preprocess.run(PreprocessSettings(bids=tree, output=output, jobs=1), reporter=Silent())
    assert not list(output.glob("sub-*/eeg/*.h5")) and not (output / "failures").exists() and not (output / "done.json").exists()


def test_whoever_removes_a_large_artifact_is_seen_by_those_who_come_meanwhile(windows, tmp_path, monkeypatch):
    output = tmp_path / "run"
    train.run(training(windows, output), reporter=Silent())
    empty, seen = artifacts_folder._empty, []

    def slowly(path):
        seen.extend(file.name for file in owners(path) if file.name != GUARD)
        empty(path)
        seen.append(len([file for file in owners(path) if file.name != GUARD]))

    monkeypatch.setattr(artifacts_folder, "_empty", slowly)
    train.run(training(windows, output, lr=0.1, force=True), reporter=Silent())
    assert len(seen) == 2 and seen[1] == 1, "at work before anything is removed, and after it"
    assert open_run(output).settings.lr == 0.1


def test_nobody_enters_a_folder_while_a_living_process_looks_at_its_settings(windows, tmp_path, monkeypatch):
    output = tmp_path / "run"
    output.mkdir()
    elsewhere(output / GUARD)
    monkeypatch.setattr("eegcli.artifacts.at_work.GUARD_SECONDS", 0.1)
    with pytest.raises(AtWork, match=r"on node-7.* at work on its settings"):
        train.run(training(windows, output), reporter=Silent())
    assert [file.name for file in output.iterdir()] == [GUARD]


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """A recordings artifact, windows and a run, all finished."""
    root = tmp_path_factory.mktemp("chain")
    tree = make_tree(root / "tree", subjects=("01", "02"))
    preprocess.run(PreprocessSettings(bids=tree, output=root / "recordings", jobs=1), reporter=Silent())
    windows = loud_windows(root / "windows")
    train.run(training(windows, root / "run"), reporter=Silent())
    return root


@pytest.mark.parametrize("stage", ["epoch", "evaluate"])
def test_an_artifact_that_one_process_makes_is_waited_for_or_left(chain, tmp_path, stage):
    output = tmp_path / "output"
    if stage == "epoch":
        settings, run = EpochSettings(recordings=(chain / "recordings",), output=output, length=1.0), epoch.run
    else:
        settings, run = EvaluateSettings(run=chain / "run", output=output, device="cpu", resamples=20), evaluate.run
    run(settings, reporter=Silent())
    whole = contents(output)
    (output / "done.json").unlink()  # unfinished, with the same settings
    with somebody(output) as process:
        with pytest.raises(AtWork, match=f"process {process.pid} .*at work"):
            run(settings, reporter=Silent())
        threading.Timer(1.0, process.kill).start()
        threading.Timer(1.2, process.wait).start()
        run(dataclasses.replace(settings, wait=True), reporter=Silent())
    assert contents(output) == whole


def test_a_finished_artifact_is_recognised_where_nothing_may_be_written(chain, monkeypatch):
    monkeypatch.setattr("eegcli.artifacts.folder.entering", None)  # it would write
    before = contents(chain / "recordings")
    settings = EpochSettings(recordings=(chain / "recordings",), output=chain / "windows-again", length=1.0)
    monkeypatch.undo()
    epoch.run(settings, reporter=Silent())
    monkeypatch.setattr("eegcli.artifacts.folder.entering", None)
    epoch.run(settings, reporter=Silent())
    assert contents(chain / "recordings") == before


def test_a_recording_that_another_process_cleans_is_left_and_no_failure(tmp_path):
    tree, output = make_tree(tmp_path / "tree", subjects=("01", "02", "03")), tmp_path / "recordings"
    settings = PreprocessSettings(bids=tree, output=output, jobs=1)
    preprocess.run(settings, reporter=Silent())
    whole = contents(output)
    signal_file = next(output.glob("sub-02/eeg/*.h5"))
    for path in (signal_file, signal_file.with_suffix(".json"), output / "done.json", output / "recordings.parquet"):
        path.unlink()
    place = signal_file.with_name(f".{signal_file.stem}.claim")
    elsewhere(place)
    with pytest.raises(AtWork, match="at work on 1 of 3 recordings"):
        preprocess.run(settings, reporter=Silent())
    assert not (output / "failures").exists() or not list((output / "failures").glob("*"))
    place.unlink()
    preprocess.run(settings, reporter=Silent())
    assert contents(output) == whole


def test_a_network_of_other_settings_is_not_taken_for_the_runs_own(windows, tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    train.run(training(windows, a, seeds=2), reporter=Silent())
    train.run(training(windows, b, seeds=2, lr=0.01), reporter=Silent())
    for name in ("model.safetensors", "metrics.json"):
        (a / "seed-01" / name).write_bytes((b / "seed-01" / name).read_bytes())
    restate(a)
    with pytest.raises(Exception, match="seed-01: its network was made with other settings"):
        open_run(a)
    (a / "done.json").unlink()
    train.run(training(windows, a, seeds=2), reporter=Silent())
    assert read_json(a / "seed-01/metrics.json")["settings_digest"] == open_run(a).digest


TWO = """
import sys
from pathlib import Path
from eegcli import errors, train
from eegcli.reporter import Silent
from eegcli.settings import TrainSettings

settings = TrainSettings(
    windows=Path(sys.argv[1]), output=Path(sys.argv[2]), epochs=2, batch_size=12, threads=1, device="cpu", seeds=3, wait=True, no_baseline=True,
    checkpoint_minutes=0.1 / 60,
)
try:
    train.run(settings, reporter=Silent())
except errors.EegcliError as error:
    print(error, file=sys.stderr)
    raise SystemExit(error.exit_code)
"""


@pytest.mark.slow
@pytest.mark.parametrize("times", [2, pytest.param(12, marks=pytest.mark.exhaustive)])
def test_two_processes_share_the_networks_of_a_run_and_one_may_be_killed_at_any_moment(commands, windows, tmp_path, times):
    alone = Process(commands, "-c", TWO, windows, tmp_path / "alone", cwd=tmp_path)
    begun = time.monotonic()
    assert alone.wait() == 0
    seconds, whole = time.monotonic() - begun, contents(tmp_path / "alone")
    moments = random.Random(4)
    for number in range(times):
        output = tmp_path / f"both-{number}"
        two = [Process(commands, "-c", TWO, windows, output, cwd=tmp_path) for _ in range(2)]
        if number:
            time.sleep(moments.uniform(0.05, seconds))
            with contextlib.suppress(ProcessLookupError):
                os.kill(two[0].pid, signal.SIGKILL)
            two[0].wait()
        else:
            assert two[0].wait() == 0
        assert two[1].wait() == 0
        # One that is killed when all is done leaves the sign that it was there; it is nobody's.
        found = {name: digest for name, digest in contents(output).items() if not name.endswith(".claim")}
        assert found == whole and not owners(output), f"killed at moment {number}"
        shutil.rmtree(output)
