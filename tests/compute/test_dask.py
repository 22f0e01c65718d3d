"""A dask cluster on loopback: its scheduler and workers are processes that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eegcli.compute.executors.slurm import walltime_seconds
from eegcli.compute.mapping import check_spread, map_items
from eegcli.errors import EegcliError, InputError, UnavailableError, UsageError
from eegcli.reporter import Silent
from eegcli.settings import Spread
from tests.kit.dask import Cluster
from tests.kit.reporters import CapturingReporter

ROOT = Path(__file__).parents[2]


def square(x: int) -> int:
    if x == 3:
        raise InputError("three is broken", cause="broken")
    if x == 5:
        raise ValueError("five surprises")
    return x * x


def marked(path: str) -> int:
    """Note the process, and take some time."""
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(0.3)
    return os.getpid()


def deadly(x: int) -> int:
    if x == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def threads(_: int) -> list[int]:
    import numpy as np
    from threadpoolctl import threadpool_info

    np.ones((8, 8)) @ np.ones((8, 8))
    return [pool["num_threads"] for pool in threadpool_info()]


@pytest.fixture
def cluster(tmp_path) -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    cluster = Cluster(tmp_path / "workers")
    yield cluster
    cluster.close()


def spread_over(cluster: Cluster) -> Spread:
    return Spread(executor="dask", scheduler=cluster.address)


def test_outcomes_come_in_order_on_one_thread_each_and_a_failure_stops_nobody(cluster):
    cluster.worker("--nthreads", "2")
    heard = CapturingReporter()
    options = {"jobs": None, "reporter": heard, "label": "Squaring", "spread": spread_over(cluster)}
    outcomes = map_items(square, range(7), **options)
    assert [outcome.value for outcome in outcomes] == [0, 1, 4, None, 16, None, 36]
    assert (outcomes[3].failure.error, outcomes[3].failure.cause) == ("three is broken", "broken")
    assert outcomes[5].failure.error == "ValueError: five surprises" and "test_dask" in outcomes[5].traceback
    heard.warnings.clear()
    for outcome in map_items(threads, range(4), **options):
        assert set(outcome.value) == {1}
    assert heard.warnings == ["dask workers with several threads do one recording at a time; start them with --nthreads 1 --nworkers N"]


def test_a_worker_that_is_killed_costs_nothing_but_what_it_was_doing(cluster, tmp_path):
    workers = [cluster.worker("--nthreads", "1", "--no-nanny") for _ in range(2)]
    notes = [str(tmp_path / f"{i:02d}") for i in range(16)]

    class Killing(Silent):
        """Kills the first worker once four items are done."""

        def progress(self, items, label, total=None):
            for done, item in enumerate(items):
                if done == 4:
                    workers[0].kill()
                yield item

    outcomes = map_items(marked, notes, jobs=None, reporter=Killing(), label="Marking", spread=spread_over(cluster))
    assert [outcome.failure for outcome in outcomes] == [None] * 16
    times_done = [len(Path(note).read_text().splitlines()) for note in notes]
    # What was finished, and told, is not done again.
    assert all(1 <= times <= 2 for times in times_done) and sum(times_done) <= 16 + 3


@pytest.fixture
def impatient(tmp_path) -> Iterator[Cluster]:
    """A cluster whose scheduler gives an item up at the first death: 5 s of CPU, 16 with the default."""
    pytest.importorskip("distributed")
    cluster = Cluster(tmp_path / "workers", deaths=0)
    yield cluster
    cluster.close()


def test_an_item_that_kills_its_workers_is_a_failure_and_the_others_go_on(impatient):
    impatient.worker("--nthreads", "1", "--nworkers", "2")
    outcomes = map_items(deadly, range(4), jobs=None, reporter=Silent(), label="Dying", spread=spread_over(impatient))
    assert [outcome.value for outcome in outcomes] == [0, None, 2, 3]
    assert outcomes[1].failure.cause == "worker died"


def test_a_scheduler_that_is_not_there_is_said_within_bounds(monkeypatch):
    dask = pytest.importorskip("eegcli.compute.executors.dask")
    pytest.importorskip("distributed")
    monkeypatch.setattr(dask, "CONNECT_SECONDS", 1.0)
    spread = Spread(executor="dask", scheduler="tcp://127.0.0.1:9")
    start = time.monotonic()
    with pytest.raises(UnavailableError, match="no dask scheduler answers there"):
        map_items(square, range(2), jobs=None, reporter=Silent(), label="Squaring", spread=spread)
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"executor": "dask"}, UsageError, "needs --scheduler"),
        ({"executor": "dask", "scheduler": "node01"}, UsageError, "neither an address nor a scheduler file"),
        ({"executor": "dask", "scheduler": "missing.json"}, UnavailableError, "no such file"),
        ({"executor": "slurm", "slurm_walltime": "soon"}, UsageError, "not a time such as"),
        ({"executor": "slurm", "slurm_memory": "much"}, UsageError, "not an amount such as"),
        ({"executor": "slurm", "slurm_workers": 0}, UsageError, "must be at least 1"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_begun(options, error, message):
    pytest.importorskip("dask_jobqueue")
    with pytest.raises(error, match=message):
        check_spread(Spread(**options))


def test_slurm_that_is_not_there_is_named(monkeypatch):
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UnavailableError, match="sbatch is not on the PATH"):
        check_spread(Spread(executor="slurm"))


def test_without_the_extra_the_reader_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UnavailableError, match="distributed is not installed") as caught:
        check_spread(Spread(executor="dask", scheduler="tcp://node01:8786"))
    assert caught.value.hint == "pip install 'eegcli[hpc]'"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 1800), ("10:30", 630), ("02:00:00", 7200), ("1-00", 86400), ("1-02:30", 95400), ("2-00:00:05", 172805)],
)
def test_times_are_read_as_sbatch_reads_them(text, seconds):
    assert walltime_seconds(text) == seconds


def test_a_stopped_client_leaves_a_cluster_that_can_be_used_again(cluster, tmp_path):
    cluster.worker("--nthreads", "1")
    program = (
        "import sys; from tests.compute.test_dask import *\n"
        "try: map_items(marked, sys.argv[2:], jobs=None, reporter=Silent(), label='x', spread=Spread(executor='dask', scheduler=sys.argv[1]))\n"
        "except EegcliError as error: sys.exit(error.exit_code)\n"
    )
    notes = [str(tmp_path / f"{i:02d}") for i in range(60)]
    process = subprocess.Popen([sys.executable, "-c", program, cluster.address, *notes], cwd=ROOT)
    deadline = time.monotonic() + 240
    while not Path(notes[0]).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    assert process.wait(240) == 75
    assert issubclass(UnavailableError, EegcliError) and not Path(notes[-1]).exists()
    again = map_items(square, range(2), jobs=None, reporter=Silent(), label="Squaring", spread=spread_over(cluster))
    assert [outcome.value for outcome in again] == [0, 1]
    assert len([note for note in notes if Path(note).exists()]) < 40
