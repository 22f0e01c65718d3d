"""Parallel work: order, isolation of failures, stop signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from eegcli.compute.mapping import map_items
from eegcli.compute.threads import available_cores, default_jobs
from eegcli.errors import InputError, UnavailableError, UsageError
from eegcli.reporter import Silent


def square(x: int) -> int:
    if x == 3:
        raise InputError("three is broken", hint="use four", cause="broken")
    if x == 5:
        raise ValueError("five\nsurprises")
    return x * x


def full(x: int) -> int:
    raise UnavailableError("the disk is full")


def product(seed: int) -> bytes:
    matrix = np.random.default_rng(seed).standard_normal((200, 200))
    return (matrix @ matrix).tobytes()


@pytest.mark.parametrize("jobs", [1, 2])
def test_outcomes_come_in_order_and_a_failure_stops_nobody(jobs):
    outcomes = map_items(square, range(7), jobs=jobs, reporter=Silent(), label="Squaring")
    assert [outcome.value for outcome in outcomes] == [0, 1, 4, None, 16, None, 36]
    broken, surprise = outcomes[3].failure, outcomes[5].failure
    assert broken is not None and (broken.error, broken.cause) == ("three is broken", "broken")
    assert surprise is not None and surprise.error == "ValueError: five"
    assert "surprises" in (outcomes[5].traceback or "")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_stops_everything_since_the_others_would_meet_it_too(jobs):
    with pytest.raises(UnavailableError, match="the disk is full"):
        map_items(full, range(4), jobs=jobs, reporter=Silent(), label="Filling")


def test_results_do_not_depend_on_the_number_of_jobs():
    one, two = (map_items(product, range(4), jobs=jobs, reporter=Silent(), label="Multiplying") for jobs in (1, 2))
    assert [outcome.value for outcome in one] == [outcome.value for outcome in two]


def test_slurm_s_grant_comes_before_the_affinity(monkeypatch):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "7")
    assert available_cores() == 7
    monkeypatch.delenv("SLURM_CPUS_PER_TASK")
    monkeypatch.setattr("eegcli.compute.threads.quota_cores", lambda: None)
    assert available_cores() == len(os.sched_getaffinity(0))
    with pytest.raises(UsageError):
        default_jobs(0)


def where(_: int) -> tuple[int, list[int]]:
    from threadpoolctl import threadpool_info

    product(0)
    time.sleep(0.1)
    return os.getpid(), [pool["num_threads"] for pool in threadpool_info()]


def test_processes_times_threads_never_exceed_what_slurm_granted(monkeypatch):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "2")
    warnings = []
    reporter = Silent()
    monkeypatch.setattr(reporter, "warn", warnings.append, raising=False)
    outcomes = map_items(where, range(8), jobs=16, reporter=reporter, label="Looking")
    assert len({outcome.value[0] for outcome in outcomes}) <= 2
    assert all(set(outcome.value[1]) == {1} for outcome in outcomes)
    assert warnings == ["--jobs 16: Slurm granted 2 cores (SLURM_CPUS_PER_TASK); taking 2"]


def test_a_job_that_asked_for_no_cores_per_task_keeps_to_those_of_its_node(monkeypatch):
    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "1")
    assert available_cores() == 1


PROGRAM = """
import sys, time
from eegcli.compute.mapping import map_items
from eegcli.errors import EegcliError
from eegcli.reporter import Silent

def slow(x):
    time.sleep(0.3)
    open(f"{sys.argv[1]}/{x}", "w").close()

class Loud(Silent):
    def progress(self, items, label, total=None):
        for item in items:
            print("one", flush=True)
            yield item

try:
    map_items(slow, range(40), jobs=1, reporter=Loud(), label="Waiting")
except EegcliError as error:
    sys.exit(error.exit_code)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 75), (signal.SIGUSR1, 75), (signal.SIGINT, 130)])
def test_a_stop_signal_finishes_the_item_and_ends_with_its_code(tmp_path, number, code):
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "one\n"
    process.send_signal(number)
    assert process.wait(timeout=120) == code
    assert 1 <= len(list(tmp_path.iterdir())) < 10
