"""`eegcli fetch` that is stopped or killed, and two at once."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from eegcli.artifacts.table import read_table
from eegcli.bids.scan import find_recordings
from eegcli.reporter import Silent
from tests.kit.proxy import Fault, Proxy, parse_range
from tests.kit.reporters import CapturingReporter
from tests.kit.toy import data_set, here, put, rest_of, run, start, wait_for_bytes


@pytest.mark.parametrize(("number", "code"), [pytest.param(signal.SIGTERM, 75, marks=pytest.mark.exhaustive), (signal.SIGKILL, -9)])
def test_a_stopped_fetch_goes_on_and_brings_nothing_twice(s3, request, tmp_path, number, code):
    files = data_set(2, ("rest",), size=18 << 20)
    source = put(s3, request, files)
    with Proxy(s3.host, s3.port, lambda asked: Fault(bytes_per_second=16 << 20) if asked.path.endswith(".fdt") else None) as proxy:
        process = start(source, tmp_path / "out", proxy.url, "--jobs", "2")
        wait_for_bytes(proxy, 18 << 20, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code and out == "", err
        assert "Traceback" not in err
        proxy.rule, before, first = (lambda _: None), sum(proxy.sent.values()), len(proxy.asked)
        done = start(source, tmp_path / "out", proxy.url)
        out, err = done.communicate(timeout=180)
        assert (done.returncode, out) == (0, f"{tmp_path / 'out'}\n"), err
        again = [asked for asked in proxy.asked[first:] if asked.range]
        assert sum(parse_range(asked.range)[1] - parse_range(asked.range)[0] + 1 for asked in again) <= (36 << 20) - (16 << 20)
        assert sum(proxy.sent.values()) - before < 28 << 20
    assert here(tmp_path / "out") == rest_of(files, "01", "02")
    assert not list(tmp_path.rglob(".*eegcli*"))


def test_two_fetches_into_one_folder_bring_everything_once(s3, request, tmp_path):
    files = data_set(4, size=200_000)
    source = put(s3, request, files)
    with Proxy(s3.host, s3.port, lambda asked: Fault(bytes_per_second=2e6) if asked.path.endswith(".fdt") else None) as proxy:
        both = [start(source, tmp_path / "out", proxy.url, "--task", task) for task in ("rest", "film")]
        answers = [process.communicate(timeout=180) for process in both]
        assert [process.returncode for process in both] == [0, 0], answers
        assert sum("waiting for it" in err for _, err in answers) <= 1
        signals = [path for path in proxy.paths() if path.endswith(".fdt")]
        assert len(signals) == len(set(signals)) == 8
    assert len(find_recordings(tmp_path / "out")) == 8
    assert all(content == files[path] for path, content in here(tmp_path / "out").items())
    assert set(read_table(tmp_path / "out/fetch.parquet")["path"]) == set(here(tmp_path / "out"))


def test_a_second_fetch_waits_for_the_first(s3, request, tmp_path):
    from eegcli.files.lease import lease

    source = put(s3, request, data_set(1))
    entered, listening = threading.Event(), CapturingReporter()

    def hold():
        with lease(tmp_path / "out", Silent()):
            entered.set()
            time.sleep(0.6)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait()
    begin = time.monotonic()
    run(source, tmp_path / "out", s3.url, reporter=listening)
    holder.join()
    assert time.monotonic() - begin > 0.4
    assert any("another fetch writes there" in line and str(os.getpid()) in line for line in listening.messages)
