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

VARYING = {"provenance.json", "timing.parquet"}  # outside the promise of equal bytes
TRAIN = ["--arch", "logistic", "--target", "sex", "--split", "6,2,2"]


def eegcli(*arguments: str, cwd: Path, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "eegcli", *arguments], input=stdin, capture_output=True, text=True, cwd=cwd)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in VARYING
    }


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """A small demo data set."""
    folder = tmp_path_factory.mktemp("demo")
    eegcli("fetch", "demo", "--subjects", "10", "--blocks", "1", cwd=folder)
    return folder / "demo"


@pytest.fixture(scope="session")
def undisturbed(demo, tmp_path_factory) -> Path:
    """The pipeline on it, run once and left alone."""
    folder = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(demo, folder / "demo", copy_function=os.link)
    for arguments in (
        ["preprocess", "demo", "--recipe", "hbn", "--jobs", "1"],
        ["epoch", "demo-recordings", "--recipe", "hbn"],
        ["train", "demo-windows", *TRAIN],
        ["evaluate", "demo-run-logistic-sex"],
        ["explain", "demo-run-logistic-sex"],
    ):
        eegcli(*arguments, cwd=folder)
    return folder


@pytest.fixture
def folder(demo, tmp_path) -> Path:
    """A folder of its own with the demo data set in it (hard links)."""
    shutil.copytree(demo, tmp_path / "demo", copy_function=os.link)
    return tmp_path


def test_a_pipe_prints_one_path_and_makes_what_separate_commands_make(folder, undisturbed):
    me = f"{sys.executable} -m eegcli"
    pipe = f"{me} preprocess demo --recipe hbn --jobs 2 | {me} epoch - --recipe hbn | {me} train - {' '.join(TRAIN)} | {me} evaluate - | {me} explain -"
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


@pytest.mark.parametrize(
    "arguments",
    [
        ["fetch", "demo", "--subjects", "10", "--blocks", "1"],
        ["preprocess", "demo", "--recipe", "hbn"],
        ["epoch", "demo-recordings", "--recipe", "hbn"],
        ["train", "demo-windows", *TRAIN],
        ["evaluate", "demo-run-logistic-sex"],
        ["explain", "demo-run-logistic-sex"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_the_same_command_again_does_nothing(undisturbed, arguments):
    before = {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*") if path.is_file()}
    start = time.monotonic()
    done = eegcli(*arguments, cwd=undisturbed)
    assert time.monotonic() - start < 20, "a loaded machine is slow, redoing the work is slower"
    assert len(done.stdout.splitlines()) == 1
    assert before == {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "product"),
    [
        (["preprocess", "demo", "--recipe", "hbn", "--jobs", "2"], "demo-recordings"),
        (["epoch", "demo-recordings", "--recipe", "hbn"], "demo-windows"),
        (["train", "demo-windows", *TRAIN], "demo-run-logistic-sex"),
        (["evaluate", "demo-run-logistic-sex"], "demo-run-logistic-sex"),
        (["explain", "demo-run-logistic-sex"], "demo-run-logistic-sex"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
@pytest.mark.slow
def test_killed_at_any_moment_and_run_again_it_makes_the_same_bytes(undisturbed, tmp_path, arguments, product):
    folder = tmp_path / "work"
    shutil.copytree(undisturbed, folder)
    fresh = (
        product
        if arguments[0] in ("preprocess", "epoch", "train")
        else f"{product}/{'evaluation' if arguments[0] == 'evaluate' else 'explanation'}"
    )
    if arguments[0] == "train":
        shutil.rmtree(folder / product)
    shutil.rmtree(folder / fresh, ignore_errors=True)
    rng = random.Random(arguments[0])
    start = time.monotonic()
    eegcli(*arguments, cwd=folder)
    whole = time.monotonic() - start
    shutil.rmtree(folder / fresh)
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-m", "eegcli", *arguments],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(rng.uniform(0.3, 1.0) * whole)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for path in (folder / fresh).rglob("*.parquet"):
            read_table(path)  # what has its name is whole
    eegcli(*arguments, cwd=folder)
    assert list((folder / fresh).rglob(".*.tmp")) == []
    ours, theirs = contents(folder / fresh), contents(undisturbed / fresh)
    if arguments[0] == "train":
        theirs = {name: value for name, value in theirs.items() if not name.startswith(("evaluation", "explanation"))}
    assert list(ours) == list(theirs)
    assert [path for path in ours if ours[path] != theirs[path]] == []


def test_a_failing_first_command_ends_the_pipe_with_one_line_each(tmp_path):
    me = f"{sys.executable} -m eegcli"
    pipe = f"{me} preprocess no-such-folder | {me} epoch - | {me} train -; echo ${{PIPESTATUS[@]}}"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == "3 3 3\n"
    assert len(done.stderr.splitlines()) == 3
    assert done.stderr.count("did the command before it fail?") == 2


def test_a_changed_setting_is_refused_and_named_and_force_redoes_it(undisturbed, tmp_path):
    folder = tmp_path / "work"
    shutil.copytree(undisturbed, folder)
    done = eegcli("epoch", "demo-recordings", "--recipe", "hbn", "--length", "1", cwd=folder, check=False)
    assert done.returncode == 3 and "length: 2.0 there, 1.0 here" in done.stderr and done.stdout == ""
    eegcli("epoch", "demo-recordings", "--recipe", "hbn", "--length", "1", "--force", cwd=folder)
    done = eegcli("train", "demo-windows", *TRAIN, cwd=folder, check=False)
    assert done.returncode == 3 and "inputs.windows" in done.stderr, "the run was made from other windows"


def test_two_at_once_make_one_whole_artifact(folder, undisturbed):
    command = [sys.executable, "-m", "eegcli", "preprocess", "demo", "--recipe", "hbn", "--jobs", "1"]
    processes = [subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    results = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], results
    assert contents(folder / "demo-recordings") == contents(undisturbed / "demo-recordings")


def test_a_cohort_with_faults_goes_on_with_what_is_good(tmp_path):
    done = eegcli("fetch", "demo", "--subjects", "2", "--blocks", "1", "--with-faults", cwd=tmp_path)
    done = eegcli("preprocess", "demo", "--recipe", "hbn", cwd=tmp_path, check=False)
    assert done.returncode == 5 and done.stdout == "demo-recordings\n", done.stderr
    table = read_table(tmp_path / "demo-recordings/recordings.parquet")
    assert sorted(table["status"].tolist()) == ["failed", "failed", "ok", "ok", "ok", "ok"]
    done = eegcli("epoch", "demo-recordings", "--recipe", "hbn", cwd=tmp_path, check=False)
    assert done.returncode == 5 and done.stdout == "demo-windows\n"
    windows = read_table(tmp_path / "demo-windows/windows.parquet")
    assert sum(value is None for value in windows["sex"]) > 0, "the subject missing from participants.tsv is kept, without a label"
    done = eegcli("preprocess", "demo", "--recipe", "hbn", "--max-failures", "50%", cwd=tmp_path)
    answer = json.loads(eegcli("preprocess", "demo", "--recipe", "hbn", "--json", cwd=tmp_path, check=False).stdout)
    assert (answer["exit_code"], answer["status"]) == (5, "partial")
    assert (answer["data"]["ok"], answer["data"]["skipped"], answer["data"]["failed"]) == (0, 4, 2)
    assert {error["name"] for error in answer["errors"]} == set(table["recording"][table["status"] == "failed"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["fetch", "demo"],
        ["preprocess", "demo", "--recipe", "hbn", "-o", "new"],
        ["epoch", "demo-recordings", "--recipe", "hbn", "-o", "new"],
        ["train", "demo-windows", *TRAIN, "-o", "new"],
        ["evaluate", "demo-run-logistic-sex"],
        ["explain", "demo-run-logistic-sex"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_dry_run_says_what_would_be_done_and_writes_nothing(undisturbed, arguments):
    before = sorted(undisturbed.rglob("*"))
    done = eegcli(*arguments, "--dry-run", cwd=undisturbed)
    assert done.stdout == "" and "Would be done" in done.stderr
    answer = json.loads(eegcli(*arguments, "--dry-run", "--json", cwd=undisturbed).stdout)
    assert answer["exit_code"] == 0 and "settings" in answer["data"]
    expected = {"bytes", "bytes_out"} & set(answer["data"]) | {"memory_bytes", "seconds"}
    assert len(expected) == 3 and all(answer["data"][name] > 0 for name in expected)
    assert sorted(undisturbed.rglob("*")) == before


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
        done = eegcli("preprocess", str(demo), "-o", str(disk / "out"), cwd=tmp_path, check=False)
    assert done.returncode == 6 and done.stdout == ""
    assert str(disk / "out") in done.stderr and "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if "error:" in line]) == 1


def test_a_disk_that_fills_up_loses_nothing_that_is_done(demo, undisturbed, tmp_path):
    with small_disk(tmp_path / "disk", "size=3m") as disk:
        done = eegcli("preprocess", str(demo), "--recipe", "hbn", "--jobs", "1", "-o", str(disk / "out"), cwd=tmp_path, check=False)
        assert done.returncode == 6 and "the disk is full" in done.stderr and done.stdout == ""
        kept = sorted(disk.rglob("*.h5"))
        assert 0 < len(kept) < 10
        for path in kept:
            assert path.read_bytes() == (undisturbed / "demo-recordings" / path.relative_to(disk / "out")).read_bytes()
        assert not list(disk.rglob(".*.tmp"))
