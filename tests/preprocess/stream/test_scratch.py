"""Scratch of a stream: never more than the budget, and full while the next recording is fetched."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from eegcli import preprocess
from eegcli.errors import UnavailableError, UsageError
from eegcli.files.scratch import claimed_scratch
from eegcli.preprocess.stream import delivery
from eegcli.settings import PreprocessSettings
from tests.kit.serving import serving_apart
from tests.kit.trees import make_tree, noise, recording, write_edf, write_set


def test_a_recording_larger_than_the_budget_fails_alone_with_a_clear_line(stream, bucket):
    write_edf(recording(bucket, "04"), noise(seconds=200.0))
    budget = (recording(bucket, "01").stat().st_size * 3) / 1e9
    result = stream(scratch_gb=budget)
    assert result.ok == 3
    assert [f.error for f in result.failures if f.cause == "fetch"] == [
        f"cannot be fetched: its {(recording(bucket, '04').stat().st_size + delivery.SLACK) / 1e6:.2f} MB "
        f"do not fit into the {budget * 1e3:.2f} MB of scratch"
    ]
    assert stream(scratch_gb=1).ok == 1


def test_no_scratch_at_all_is_a_usage_error(stream):
    with pytest.raises(UsageError, match="must be above 0"):
        stream(scratch_gb=0.0)


class Sampled:
    """The largest sum of file sizes in a folder, seen while a block runs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.most, self._end = folder, 0, threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._end.wait(0.002):
            total = 0
            for place, _, files in os.walk(self.folder):
                for name in files:
                    try:
                        total += (Path(place) / name).lstat().st_size
                    except OSError:
                        continue
            self.most = max(self.most, total)

    def __enter__(self) -> Sampled:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


@pytest.mark.parametrize("jobs", [1, 2])
def test_scratch_never_holds_more_than_the_budget(stream, bucket, scratch, jobs):
    for number in range(10, 18):
        write_set(bucket / f"sub-{number}" / "eeg" / f"sub-{number}_task-rest_eeg.set", noise(seed=number, seconds=100.0))
    largest = max(path.stat().st_size for path in bucket.rglob("*_eeg.set"))
    budget = 2 * (largest + delivery.SLACK)
    with Sampled(scratch) as sampled:
        assert stream(jobs=jobs, scratch_gb=budget / 1e9).ok == 12
    assert largest <= sampled.most <= budget


def test_fetching_overlaps_processing(tmp_path, scratch, heard):
    """One job: the wall time is near the longer of both, not their sum."""
    tree = make_tree(tmp_path / "served" / "bucket" / "toy", ())
    n, names = 8, [f"E{i}" for i in range(1, 25)]
    for number in range(n):
        write_set(tree / f"sub-{number:02d}" / "eeg" / f"sub-{number:02d}_task-rest_eeg.set", noise(24, 60.0, 250.0, number), names, 250.0)
    total = sum(path.stat().st_size for path in tree.rglob("*.set"))

    def took(bids: Path, output: str, **settings: object) -> float:
        begun = time.perf_counter()
        asr = {"asr_cutoff": "20"}  # costs enough to be seen beside what every command costs
        result = preprocess.run(PreprocessSettings(bids=bids, output=tmp_path / output, jobs=1, **asr, **settings), reporter=heard)
        assert result.ok == (1 if settings.get("subject") else n)
        return time.perf_counter() - begun

    with serving_apart(tree.parents[1]) as url:
        took(Path("toy"), "warm-up", source="s3://bucket/toy", stream=True, endpoint_url=url, subject=("00",))
    ratios = []
    for attempt in range(3):  # another process may take the cores now and then
        process = took(tree, f"local-{attempt}")
        fetch = process  # both as long as each other: where overlap shows most
        with serving_apart(tree.parents[1], bytes_per_second=total / fetch) as url:
            both = took(Path("toy"), f"streamed-{attempt}", source="s3://bucket/toy", stream=True, endpoint_url=url)
        # Nothing overlaps the first transfer and the last processing.
        ratios.append((both - fetch / n) / (process + fetch))
        print(f"processing {process:.2f} s, streaming {both:.2f} s")
        if ratios[-1] < 0.8:
            return
    pytest.fail(f"of the sum of fetching and processing, streaming took {ratios}; 0.5 is perfect")


def test_scratch_of_a_living_process_is_left_alone(scratch):
    with claimed_scratch("eegcli-stream-") as mine, claimed_scratch("eegcli-stream-") as other:
        assert mine.is_dir() and other.is_dir() and mine != other
    assert not list(scratch.iterdir())


def test_scratch_can_be_named(stream, tmp_path, scratch):
    (tmp_path / "elsewhere").mkdir()
    with Sampled(tmp_path / "elsewhere") as sampled:
        stream(scratch=tmp_path / "elsewhere")
    assert sampled.most > 0
    with pytest.raises(UnavailableError, match="--scratch"):
        stream(output="other", scratch=tmp_path / "nowhere")
