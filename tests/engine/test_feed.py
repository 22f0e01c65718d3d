"""Feeds: resident, read ahead and direct ones give the same batches, bit by bit, from any batch on, and leave no thread behind."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from eegcli.artifacts.windows import Windows, open_windows
from eegcli.engine import reading, resident
from eegcli.engine.aligned import aligned
from eegcli.engine.examples import Examples
from eegcli.engine.feed import Batch, Feed, ReadingFeed, ResidentFeed, feed_of
from eegcli.engine.inference import output_batches
from eegcli.engine.order import Order, StreamedOrder
from eegcli.engine.prefetched import DEPTH, prefetched
from eegcli.engine.resident import ResidentArray, is_small
from eegcli.errors import ArtifactError
from eegcli.study.persons import AS_LABELLED
from tests.kit.cohorts import loud_windows

CPU = torch.device("cpu")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def windows(tmp_path_factory) -> Windows:
    return open_windows(loud_windows(tmp_path_factory.mktemp("feed") / "windows"))


@pytest.fixture
def examples(windows) -> Examples:
    rows = np.sort(np.random.default_rng(0).permutation(len(windows))[:100])
    return Examples(windows.checked, rows, np.arange(100.0))


@pytest.fixture
def ahead(monkeypatch):
    """Every array is read by a background thread."""
    monkeypatch.setattr(reading, "reads_ahead", lambda *_: True)


def plain(examples: Examples, order: Order | StreamedOrder, epoch: int, start: int) -> list[Batch]:
    """Batches as anybody would read them."""
    x = np.asarray(examples.x[np.arange(len(examples.x))])
    places = order.batches(epoch)[start:]
    return [Batch(torch.tensor(x[examples.rows[own]]), torch.tensor(examples.labels[own]).float(), own) for own in places]


def require_equal(feed: Feed, expected: list[Batch], epoch: int, start: int) -> None:
    found = list(feed.batches(epoch, start))
    assert len(found) == len(expected)
    for one, two in zip(found, expected, strict=True):
        assert torch.equal(one.x, two.x) and torch.equal(one.labels, two.labels) and (one.places == two.places).all()
        assert one.x.is_contiguous() and one.x.dtype == one.labels.dtype == torch.float32


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("eegcli-read")]


@pytest.mark.parametrize("start", [0, 1, 14, 15])
@pytest.mark.parametrize("buffer", [None, 30])
def test_every_feed_gives_the_batches_of_the_order_from_any_of_them_on(examples, monkeypatch, buffer, start):
    order = Order(100, 7, 3) if buffer is None else StreamedOrder(examples.rows, 9, buffer, 7, 3)
    expected = plain(examples, order, 2, start)
    on_device = replace(examples, x=ResidentArray(examples.x, CPU))
    require_equal(feed_of(examples, order, CPU), expected, 2, start)
    require_equal(ResidentFeed(on_device, order), expected, 2, start)
    monkeypatch.setattr(reading, "reads_ahead", lambda *_: True)
    require_equal(ReadingFeed(examples, order, CPU), expected, 2, start)


def test_the_feed_is_chosen_by_where_the_windows_are(examples):
    order = Order(100, 7, 3)
    assert isinstance(feed_of(examples, order, CPU), ReadingFeed)
    held = replace(examples, x=ResidentArray(examples.x, CPU))
    assert isinstance(feed_of(held, order, CPU), ResidentFeed)
    assert isinstance(feed_of(held, order, torch.device("meta")), ReadingFeed)


@pytest.mark.parametrize(("free", "small"), [(2 * 144 * 8 * 64 * 4, False), (2 * 144 * 8 * 64 * 4 + 1, True)])
def test_windows_are_resident_where_they_take_less_than_half_of_the_free_memory(windows, monkeypatch, free, small):
    assert not is_small(windows.checked, CPU), "a CPU has them in its page cache"
    monkeypatch.setattr(resident, "free_bytes", lambda device: free)
    assert is_small(windows.checked, torch.device("cuda:0")) is small


@pytest.mark.parametrize("how", [None, "subject"])
def test_a_resident_array_is_loaded_in_blocks_and_aligned_on_the_way(windows, monkeypatch, how):
    monkeypatch.setattr(resident, "LOAD_BYTES", 10 * 8 * 64 * 4)
    x = aligned(windows, how, AS_LABELLED)
    sizes = []

    class Watched:
        shape, dtype = x.shape, x.dtype

        def __len__(self) -> int:
            return len(x)

        def __getitem__(self, rows):
            sizes.append(len(rows))
            return x[rows]

    held = ResidentArray(Watched(), CPU)  # type: ignore[arg-type]
    assert max(sizes) == 10 and sum(sizes) == len(windows)
    whole = np.concatenate([x[np.arange(start, start + 10)] for start in range(0, 140, 10)] + [x[np.arange(140, 144)]])
    np.testing.assert_array_equal(held.held.numpy(), whole)
    np.testing.assert_array_equal(held[[3, 5]], x[[3, 5]])


def test_validation_reads_the_same_whatever_holds_the_windows(windows, monkeypatch):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(8 * 64, 2))
    rows = np.arange(3, 144, 2)
    expected = model(torch.tensor(np.asarray(windows.x[rows]))).detach().double().numpy()
    for x in (windows.x, windows.checked, ResidentArray(windows.checked, CPU)):
        np.testing.assert_array_equal(np.concatenate(list(output_batches(model, x, rows, CPU))), expected)
    monkeypatch.setattr(reading, "reads_ahead", lambda *_: True)
    np.testing.assert_array_equal(np.concatenate(list(output_batches(model, windows.checked, rows, CPU))), expected)
    assert list(output_batches(model, windows.checked, rows[:0], CPU)) == []


def test_no_more_than_a_few_batches_are_read_ahead():
    read = []

    def slow(rows: np.ndarray) -> np.ndarray:
        read.append(rows)
        return np.zeros((len(rows), 2), np.float32)

    batches = [np.arange(3)] * 50
    with closing(prefetched(slow, batches, CPU, nullcontext())) as found:
        for number, _ in enumerate(found, 1):
            assert len(read) <= number + DEPTH
    assert len(read) == 50


@pytest.mark.usefixtures("ahead")
def test_the_reading_thread_ends_with_the_feed(examples):
    feed = ReadingFeed(examples, Order(100, 7, 3), CPU)
    list(feed.batches(0))
    assert not readers()
    with closing(feed.batches(0)) as batches:
        next(batches)
        assert readers()
    assert not readers()
    with pytest.raises(KeyError), closing(feed.batches(0)) as batches:
        for batch in batches:
            raise KeyError(len(batch))
    assert not readers()


def test_a_changed_window_is_the_same_error_on_whichever_thread_it_is_read(tmp_path, monkeypatch):
    path = loud_windows(tmp_path / "windows")
    with (path / "windows.h5").open("r+b") as file:
        file.seek(int(open_windows(path).x.offset) + 77 * 8 * 64 * 4)
        file.write(b"\x01\x02\x03\x04")
    told = []
    for is_ahead in (False, True):
        monkeypatch.setattr(reading, "reads_ahead", lambda *_, answer=is_ahead: answer)
        examples = Examples(open_windows(path).checked, np.arange(144), np.zeros(144))
        with pytest.raises(ArtifactError, match="window 77 ") as error:
            list(ReadingFeed(examples, Order(144, 10, 0), CPU).batches(0))
        told.append((error.value.message, error.value.exit_code))
        assert not readers()
    assert told[0] == told[1] and told[0][1] == 4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_on_a_gpu_the_batches_are_the_same(examples):
    device, order = torch.device("cuda:0"), Order(100, 7, 3)
    expected = [replace(batch, x=batch.x.to(device), labels=batch.labels.to(device)) for batch in plain(examples, order, 0, 2)]
    require_equal(ReadingFeed(examples, order, device), expected, 0, 2)
    require_equal(ResidentFeed(replace(examples, x=ResidentArray(examples.x, device)), order), expected, 0, 2)


@pytest.mark.exhaustive
def test_random_batches_of_six_gigabytes_take_little_memory(tmp_path):
    """In a process of its own; the benchmark's worker makes a sparse file, whose pages are as many as those of any other."""
    if not Path("/proc/self/status").exists():
        pytest.skip("memory is asked of Linux")
    command = [sys.executable, ROOT / "benchmarks" / "feed.py", "--part", "memory-ahead", "--folder", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["peak_bytes"] < 1.5e9
    assert measured["peak_bytes"] - measured["before_bytes"] < 0.1e9, "a few batches of 1.7 MB"


def test_on_a_cpu_a_thread_reads_ahead_what_the_page_cache_cannot_hold(windows, monkeypatch):
    assert not reading.reads_ahead(windows.checked, CPU) and reading.reads_ahead(windows.checked, torch.device("cuda:0"))
    pages = {"SC_PHYS_PAGES": 2 * windows.x.nbytes // 4096, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(reading.os, "sysconf", pages.__getitem__)
    assert reading.reads_ahead(windows.checked, CPU)
    assert not reading.reads_ahead(aligned(windows, "subject", AS_LABELLED), torch.device("cuda:0"))
