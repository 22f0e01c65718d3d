"""Windows that are streamed: announced, fetched ahead in blocks into a bounded cache, checked, and the same as here."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest

from eegcli.artifacts import blocks
from eegcli.artifacts.blocks import BlockCache, Future
from eegcli.artifacts.remote_windows import open_remote_windows
from eegcli.artifacts.windows import open_windows
from eegcli.errors import ArtifactError, UnavailableError
from tests.kit.cohorts import windows
from tests.kit.serving import Served, serving

FAR = "bucket/far-windows"
N, ROW = 120, 8 * 128 * 4  # windows, bytes of each
PER_BLOCK = 10


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", PER_BLOCK * ROW + 1)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("served")
    windows(root / FAR, subjects=range(10))
    with serving(root) as served:
        yield served


@pytest.fixture
def served(server) -> Served:
    server.forget()
    server.before = None
    return server


def far(served: Served, cached: int = 12):
    opened = open_remote_windows(f"{served.url}/{FAR}", cache_bytes=cached * PER_BLOCK * ROW)
    served.forget()
    return opened.checked


def batches(seed: int = 0, size: int = 30) -> list[np.ndarray]:
    order = np.random.default_rng(seed).permutation(N)
    return [np.sort(order[start : start + size]) for start in range(0, N, size)]


def minimum(steps: list[int], capacity: int) -> int:
    """Fewest fetches with which a cache can serve steps that are known (Belady's algorithm, read off its definition)."""
    held, fetched = set(), 0
    for step, block in enumerate(steps):
        if block not in held:
            fetched += 1
            if len(held) == capacity:
                held.remove(max(held, key=lambda one: steps.index(one, step) if one in steps[step:] else math.inf))
            held.add(block)
    return fetched


def least_recent(steps: list[int], capacity: int) -> int:
    """Fetches of a cache that puts out what was not used for longest."""
    held, fetched = [], 0
    for block in steps:
        if block in held:
            held.remove(block)
        else:
            fetched, held = fetched + 1, held[-(capacity - 1) :] if capacity > 1 else []
        held.append(block)
    return fetched


@pytest.mark.parametrize("cached", [1, 5, 12, 50])
def test_what_is_announced_is_read_as_it_is_here(served, cached):
    x, here = far(served, cached), open_windows(served.root / FAR).x
    for seed in (0, 1):
        wanted = batches(seed)
        with x.announced(wanted, lambda: batches(1)):
            for rows in wanted:
                np.testing.assert_array_equal(x[rows], here[rows])
    assert cached < 12 or len(served.asked("windows.h5")) == 12, "a cache with room for all asks once for each block"


@pytest.mark.parametrize("capacity", [1, 3, 6, 9])
def test_the_cache_asks_for_little_more_than_the_least_and_holds_no_more_than_it_may(capacity):
    random = np.random.default_rng(capacity)
    steps = np.concatenate([random.permutation(12) for _ in range(20)]).tolist()
    fetched, at_once = [], [0]

    def fetch(block: int) -> np.ndarray:
        fetched.append(block)
        at_once[0] = max(at_once[0], len(cache._slots) + len(cache._pending))
        return np.full((2, 3), block, np.float32)

    cache = BlockCache(fetch, threading.Event(), (2, 3), capacity)
    with cache.fetching(Future(steps)):
        for step in steps:
            with cache.block(step) as content:
                assert (content == step).all()
    assert at_once[0] <= capacity
    least, recent = minimum(steps, capacity), least_recent(steps, capacity)
    assert least <= len(fetched) <= least + (recent - least) // 2


def test_what_comes_later_stays_in_the_cache(served):
    """The second of two epochs in the same order begins with what the first read first: a cache for half of the blocks still has some of it."""
    x, wanted = far(served, 6), [np.arange(start, start + 10) for start in range(0, N, 10)]
    for _ in range(2):
        with x.announced(wanted, lambda: wanted):
            for rows in wanted:
                x[rows]
    assert len(served.asked("windows.h5")) <= 22


def test_rows_that_nobody_announced_come_from_the_server(served):
    x, here = far(served), open_windows(served.root / FAR).x
    wanted = batches()
    np.testing.assert_array_equal(x[wanted[3]], here[wanted[3]])
    with x.announced(wanted):
        for rows in ([5], slice(3, 9), np.array([[7]]), 11, -1):
            np.testing.assert_array_equal(x[rows], here[rows])
        np.testing.assert_array_equal(x[wanted[0]], here[wanted[0]])


def test_fetching_ends_with_the_announcement_whatever_is_on_its_way(served):
    blocked = threading.Event()

    def wait(name: str) -> None:
        if name.endswith("windows.h5"):
            blocked.wait(0.2)

    x = far(served)
    served.before = wait
    with x.announced(batches()):
        assert any(thread.name == "eegcli-fetch" for thread in threading.enumerate())
    assert not any(thread.name == "eegcli-fetch" for thread in threading.enumerate())
    blocked.set()
    served.before = None
    with x.announced(batches()):
        assert len(x[batches()[0]]) == 30


def test_a_window_that_changed_on_the_server_is_named(tmp_path):
    windows(tmp_path / FAR, subjects=range(10))
    file = tmp_path / FAR / "windows.h5"
    offset = int(open_windows(tmp_path / FAR).x.offset)
    with file.open("r+b") as opened:
        opened.seek(offset + 57 * ROW + 100)
        opened.write(b"\x01\x02\x03\x04")
    with serving(tmp_path) as served:
        x = far(served)
        with pytest.raises(ArtifactError, match=r"window 57 \(sub-04_task-sums, 6 s\)") as error, x.announced([np.arange(60)]):
            x[np.arange(60)]
        assert error.value.exit_code == 4
        spans = [span for _, span in served.asked("windows.h5")]
        assert max(spans.count(span) for span in spans) == 2, "a block that may have been damaged on the way is fetched once more"


def test_a_server_that_is_gone_is_said_with_what_to_do(served, monkeypatch):
    x = far(served)
    monkeypatch.setattr(x._x._ranges._body.client, "limits", type(x._x._ranges._body.client.limits)(tries=2, pause_seconds=0.01))

    def gone(name: str) -> None:
        raise ConnectionError

    served.before = gone
    with pytest.raises(UnavailableError, match="the server no longer answers") as error, x.announced(batches()):
        x[batches()[0]]
    assert error.value.exit_code == 6 and "Run the same command again" in error.value.hint


def test_a_folder_for_temporary_files_that_is_not_there_is_said(served, monkeypatch, tmp_path):
    x = open_remote_windows(f"{served.url}/{FAR}").checked
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    monkeypatch.delenv("SLURM_TMPDIR", raising=False)
    with pytest.raises(UnavailableError, match="windows cannot be kept there"), x.announced(batches()):
        pass


def test_a_full_disk_of_scratch_is_said(served, monkeypatch):
    x = far(served)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(blocks.os, "pwrite", full)
    with pytest.raises(UnavailableError, match="No space left on device") as error, x.announced(batches()):
        x[batches()[0]]
    assert "--cache-gb" in error.value.hint
