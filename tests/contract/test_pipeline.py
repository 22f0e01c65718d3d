"""The whole pipeline, as a shell runs it: one line of data per command, resuming, killing, any number of jobs."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eegcli.artifacts.table import read_table
from tests.kit.commands import eegcli
from tests.kit.files import contents, times
from tests.kit.preloaded import Process
from tests.kit.shared import once_for_all_workers

TRAIN = ["--arch", "logistic", "--target", "sex", "--split", "2,2,2"]
FETCH = ["fetch", "demo", "--subjects", "6", "--blocks", "1"]
EXPLAIN = ["--n-windows", "10"]  # what is asked here does not need all: 10 s of CPU instead of 18
STAGES = {
    "preprocess": ["preprocess", "demo", "--recipe", "hbn", "--jobs", "1"],
    "epoch": ["epoch", "demo-recordings", "--recipe", "hbn"],
    "train": ["train", "demo-windows", *TRAIN],
    "evaluate": ["evaluate", "demo-run-logistic-sex"],
    "explain": ["explain", "demo-run-logistic-sex", *EXPLAIN],
}
PRODUCTS = {
    "preprocess": "demo-recordings",
    "epoch": "demo-windows",
    "train": "demo-run-logistic-sex",
    "evaluate": "demo-run-logistic-sex/evaluation",
    "explain": "demo-run-logistic-sex/explanation",
}


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """A small demo data set."""

    def make(folder: Path) -> None:
        done = eegcli(*FETCH, "--jobs", 1, cwd=folder, check=True)
        assert done.stdout == "demo\n"

    return once_for_all_workers(tmp_path_factory, "pipeline-demo", make) / "demo"


@pytest.fixture(scope="session")
def undisturbed(demo, tmp_path_factory) -> Path:
    """The pipeline on it, command by command, run once and left alone."""

    def make(folder: Path) -> None:
        shutil.copytree(demo, folder / "demo", copy_function=os.link)
        for name, arguments in STAGES.items():
            done = eegcli(*arguments, cwd=folder, check=True)
            assert done.stdout == PRODUCTS[name].partition("/")[0] + "\n"

    return once_for_all_workers(tmp_path_factory, "pipeline", make)


@pytest.fixture
def folder(demo, tmp_path) -> Path:
    """A folder of its own with the demo data set in it (hard links)."""
    shutil.copytree(demo, tmp_path / "demo", copy_function=os.link)
    return tmp_path


@pytest.fixture
def finished(undisturbed, tmp_path) -> Path:
    """A copy of the whole pipeline's folder."""
    return shutil.copytree(undisturbed, tmp_path / "finished")


@pytest.mark.slow
def test_a_pipe_prints_one_path_and_makes_what_separate_commands_make(folder, undisturbed, commands):
    me = commands / "eegcli"
    pipe = f"{me} preprocess demo --recipe hbn --jobs 2 | {me} epoch - --recipe hbn | {me} train - {' '.join(TRAIN)} | {me} evaluate - | {me} explain - {' '.join(EXPLAIN)}"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", pipe], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "demo-run-logistic-sex\n"
    for name in ("demo-recordings", "demo-windows", "demo-run-logistic-sex"):
        ours, theirs = contents(folder / name), contents(undisturbed / name)
        assert list(ours) == list(theirs)
        assert [path for path in ours if ours[path] != theirs[path]] == [], "one job or two, pipe or not: the same bytes"


def test_what_the_evaluation_promises_is_there(undisturbed):
    metrics = json.loads((undisturbed / "demo-run-logistic-sex/evaluation/metrics.json").read_text())
    assert metrics["unit"] == "subject"
    for level in ("window", "vote"):
        figures = metrics["splits"]["test"][level]
        assert {"n", "accuracy", "balanced_accuracy", "auc", "ci95", "majority_rate"} <= set(figures)
        low, high = figures["ci95"]
        assert 0 <= low <= figures["accuracy"] <= high <= 1
    assert metrics["splits"]["test"]["vote"]["n"] == 2
    assert metrics["leak_checks"] and all(check["passed"] for check in metrics["leak_checks"])
    methods = json.loads((undisturbed / "demo-run-logistic-sex/explanation/metrics.json").read_text())["methods"]
    assert {"name", "band_share", "chance", "controls", "passed"} <= set(methods[0])


@pytest.mark.parametrize("arguments", [FETCH, *STAGES.values()], ids=lambda arguments: arguments[0])
def test_the_same_command_again_does_nothing(finished, arguments):
    before, start = times(finished), time.process_time()
    done = eegcli(*arguments, cwd=finished, check=True)
    assert time.process_time() - start < 20, "imports take seconds, redoing the work takes longer"
    assert len(done.stdout.splitlines()) == 1
    assert times(finished) == before


def working_seconds(folder: Path) -> float:
    """From the first file of a finished artifact to its done mark."""
    return (folder / "done.json").stat().st_mtime - (folder / "settings.json").stat().st_mtime


def look(folder: Path) -> dict[str, int]:
    """Files of a folder into which somebody writes: one may be gone before it is looked at."""
    with contextlib.suppress(FileNotFoundError):
        return times(folder)
    return {}


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.slow
def test_killed_at_any_moment_and_run_again_it_makes_the_same_bytes(undisturbed, finished, commands, name):
    if name == "train":
        shutil.rmtree(finished / PRODUCTS["train"])
    fresh = finished / PRODUCTS[name]
    arguments = [*STAGES[name][:-1], "2"] if name == "preprocess" else STAGES[name]
    rng, works = random.Random(name), working_seconds(undisturbed / PRODUCTS[name])
    shutil.rmtree(fresh, ignore_errors=True)
    kills, latest = 0, 0.7
    while kills < 3:
        before = look(fresh)
        process = Process(commands, *arguments, cwd=finished)
        # From its first file on: a moment in which it works, however slow the machine is.
        while look(fresh) == before and not process.poll():
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, latest * works))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if process.wait() == 0:  # it was quicker, today, than when it was timed
            shutil.rmtree(fresh)
            latest /= 2
            continue
        kills += 1
        for path in fresh.rglob("*.parquet"):
            read_table(path)  # what has its name is whole
    eegcli(*arguments, cwd=finished, check=True)
    assert list(fresh.rglob(".*.tmp")) == []
    ours, theirs = contents(fresh), contents(undisturbed / PRODUCTS[name])
    if name == "train":
        theirs = {name: value for name, value in theirs.items() if not name.startswith(("evaluation", "explanation", "report"))}
    assert list(ours) == list(theirs)
    assert [path for path in ours if ours[path] != theirs[path]] == []


def test_a_failing_first_command_ends_the_pipe_with_one_line_each(tmp_path):
    me = f"{sys.executable} -m eegcli"
    pipe = f"{me} preprocess no-such-folder | {me} epoch - | {me} train -; echo ${{PIPESTATUS[@]}}"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == "3 3 3\n"
    assert len(done.stderr.splitlines()) == 3
    assert done.stderr.count("did the command before it fail?") == 2


def test_a_changed_setting_is_refused_and_named_and_force_redoes_it(finished):
    done = eegcli("epoch", "demo-recordings", "--recipe", "hbn", "--length", "1", cwd=finished)
    assert done.returncode == 3 and "length: 2.0 there, 1.0 here" in done.stderr and done.stdout == ""
    eegcli("epoch", "demo-recordings", "--recipe", "hbn", "--length", "1", "--force", cwd=finished, check=True)
    done = eegcli("train", "demo-windows", *TRAIN, cwd=finished)
    assert done.returncode == 3 and "inputs.windows" in done.stderr, "the run was made from other windows"


def test_two_at_once_make_one_whole_artifact(folder, undisturbed, commands):
    command = [commands / "eegcli", "preprocess", "demo", "--recipe", "hbn", "--jobs", "1"]
    processes = [subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    results = [process.communicate() for process in processes]
    ends = [process.returncode for process in processes]
    assert 0 in ends and set(ends) <= {0, 75}, results  # the one that has nothing left while the other is at work says so
    assert contents(folder / "demo-recordings") == contents(undisturbed / "demo-recordings")


def test_a_cohort_with_faults_goes_on_with_what_is_good(tmp_path):
    eegcli("fetch", "demo", "--subjects", "2", "--blocks", "1", "--with-faults", "--jobs", "1", cwd=tmp_path, check=True)
    done = eegcli("preprocess", "demo", "--recipe", "hbn", "--jobs", "1", cwd=tmp_path)
    assert done.returncode == 5 and done.stdout == "demo-recordings\n", done.stderr
    table = read_table(tmp_path / "demo-recordings/recordings.parquet")
    assert sorted(table["status"].tolist()) == ["failed", "failed", "ok", "ok", "ok", "ok"]
    done = eegcli("epoch", "demo-recordings", "--recipe", "hbn", cwd=tmp_path)
    assert done.returncode == 5 and done.stdout == "demo-windows\n"
    windows = read_table(tmp_path / "demo-windows/windows.parquet")
    assert sum(value is None for value in windows["sex"]) > 0, "the subject missing from participants.tsv is kept, without a label"
    again = ("preprocess", "demo", "--recipe", "hbn", "--jobs", "1")
    eegcli(*again, "--max-failures", "50%", cwd=tmp_path, check=True)
    answer = json.loads(eegcli(*again, "--json", cwd=tmp_path).stdout)
    assert (answer["exit_code"], answer["status"]) == (5, "partial")
    assert (answer["data"]["ok"], answer["data"]["skipped"], answer["data"]["failed"]) == (0, 4, 2)
    assert {error["name"] for error in answer["errors"]} == set(table["recording"][table["status"] == "failed"])


@pytest.mark.parametrize("name", ["fetch", *STAGES])
def test_a_dry_run_says_what_would_be_done_and_writes_nothing(finished, name):
    arguments = ["fetch", "demo"] if name == "fetch" else STAGES[name]
    output = [] if name in ("fetch", "evaluate", "explain") else ["-o", "new"]
    before = sorted(finished.rglob("*"))
    done = eegcli(*arguments, *output, "--dry-run", cwd=finished, check=True)
    assert done.stdout == "" and "Would be done" in done.stderr
    answer = json.loads(eegcli(*arguments, *output, "--dry-run", "--json", cwd=finished, check=True).stdout)
    assert answer["exit_code"] == 0 and "settings" in answer["data"]
    expected = {"bytes", "bytes_out"} & set(answer["data"]) | {"memory_bytes", "seconds"}
    assert len(expected) == 3 and all(answer["data"][name] > 0 for name in expected)
    assert sorted(finished.rglob("*")) == before


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own: full after a few megabytes, or read-only."""
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_read_only_output_is_one_clear_line(demo, tmp_path):
    with small_disk(tmp_path / "disk", "ro") as disk:
        done = eegcli("preprocess", demo, "-o", disk / "out", cwd=tmp_path)
    assert done.returncode == 6 and done.stdout == ""
    assert str(disk / "out") in done.stderr and "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if "error:" in line]) == 1


def test_a_disk_that_fills_up_loses_nothing_that_is_done(demo, undisturbed, commands, tmp_path):
    with small_disk(tmp_path / "disk", "size=3m") as disk:
        command = [commands / "eegcli", "preprocess", demo, "--recipe", "hbn", "--jobs", "1", "-o", disk / "out"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 6 and "the disk is full" in done.stderr and done.stdout == ""
        kept = sorted(disk.rglob("*.h5"))
        assert 0 < len(kept) < 10
        for path in kept:
            assert path.read_bytes() == (undisturbed / "demo-recordings" / path.relative_to(disk / "out")).read_bytes()
        assert not list(disk.rglob(".*.tmp"))
