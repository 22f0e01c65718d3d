"""Files come whole or not at all, whatever the server and the line do."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eegcli.errors import UnavailableError
from eegcli.remote.client import Client
from eegcli.remote.download import Fetched
from eegcli.remote.errors import TransferError
from eegcli.remote.file import RemoteFile
from eegcli.remote.limits import Limits
from eegcli.remote.transfer import fetch_file
from tests.kit.proxy import Asked, Fault, Proxy, parse_range
from tests.kit.servers import Nginx
from tests.kit.transfers import BLOCK, QUICK, client, left_behind, sha256

CONTENT = random.Random(1).randbytes(300_001)  # five blocks, the last a short one


@pytest.fixture
def serve(web: Nginx, folder_of: Path):
    """Put content on the server, behind a rule; gives the file as a listing would, and the proxy."""
    proxies = []

    def make(content: bytes = CONTENT, rule: Callable[[Asked], Fault | None] | None = None, **known) -> tuple[RemoteFile, Proxy]:
        (folder_of / "signal.set").write_bytes(content)
        proxy = Proxy("127.0.0.1", web.port, rule)
        proxies.append(proxy)
        url = f"{proxy.url}/{folder_of.name}/signal.set"
        return RemoteFile("sub-01/eeg/signal.set", **({"bytes": len(content), "etag": None, "sha256": None, "url": url} | known)), proxy

    yield make
    for proxy in proxies:
        proxy.__exit__()


def fetch(file: RemoteFile, target: Path, **options) -> Fetched:
    return fetch_file(file, target, **({"client": client(), "block": BLOCK, "jobs": 3} | options))


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK])
@pytest.mark.parametrize("jobs", [1, 3])
def test_a_file_of_any_size_comes_whole_and_nothing_else_is_left(serve, tmp_path, size, jobs):
    content = CONTENT[:size] + bytes(max(0, size - len(CONTENT)))
    file, _ = serve(content)
    result = fetch(file, tmp_path / "a.set", jobs=jobs)
    assert (tmp_path / "a.set").read_bytes() == content
    assert (result.bytes, result.sha256) == (size, sha256(content))
    assert left_behind(tmp_path) == ["a.set"]


def test_a_file_of_unknown_size_comes_whole(serve, tmp_path):
    file, _ = serve(bytes=None)
    assert fetch(file, tmp_path / "a.set").bytes == len(CONTENT)
    assert (tmp_path / "a.set").read_bytes() == CONTENT


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(0, BLOCK), max_size=12),
    size=st.integers(0, 3 * BLOCK),
    jobs=st.integers(1, 4),
    seed=st.integers(0, 1000),
)
def test_connections_cut_at_any_byte_give_the_same_bytes_in_the_end(serve, tmp_path, cuts, size, jobs, seed):
    content = random.Random(seed).randbytes(size)
    left = list(cuts)

    def rule(asked: Asked) -> Fault | None:
        return Fault(cut_after=left.pop()) if left and asked.method == "GET" else None

    file, proxy = serve(content, rule)
    patient = Client(Limits(tries=20, pause_seconds=0.001, longest_pause_seconds=0.005))
    result = fetch(file, tmp_path / "a.set", jobs=jobs, client=patient)
    assert (tmp_path / "a.set").read_bytes() == content
    assert result.sha256 == sha256(content)
    proxy.__exit__()


def test_a_cut_connection_goes_on_where_it_broke_off(serve, tmp_path):
    file, proxy = serve(
        rule=lambda asked: Fault(cut_after=40_000) if asked.number == 0 and asked.method == "GET" else None,
        etag=None,
        sha256=sha256(CONTENT),
    )
    fetch(file, tmp_path / "a.set", jobs=1)
    assert sum(proxy.sent.values()) == len(CONTENT)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_when_it_says(serve, tmp_path, status):
    times: list[float] = []

    def rule(asked: Asked) -> Fault | None:
        times.append(time.monotonic())
        return Fault(status=status, body=b"slow down", headers={"Retry-After": "1"}) if len(times) == 1 else None

    file, _ = serve(CONTENT[:1000], rule)
    fetch(file, tmp_path / "a.set")
    assert (tmp_path / "a.set").read_bytes() == CONTENT[:1000]
    assert times[1] - times[0] >= 1.0


def test_a_server_that_stays_busy_is_given_up_with_its_answer(serve, tmp_path):
    file, proxy = serve(CONTENT[:1000], lambda _: Fault(status=503))
    with pytest.raises(TransferError, match="503") as caught:
        fetch(file, tmp_path / "a.set")
    assert caught.value.cause == "unreachable" and len(proxy.asked) == QUICK.tries
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    "fault", [Fault(stall_after=50), Fault(bytes_per_second=200), Fault(drop=True)], ids=["stalls", "trickles", "drops"]
)
def test_a_connection_that_brings_nothing_is_given_up_for_another(serve, tmp_path, fault):
    file, _ = serve(CONTENT[:20_000], lambda asked: fault if asked.number == 0 else None)
    begin = time.monotonic()
    fetch(file, tmp_path / "a.set", jobs=1)
    assert (tmp_path / "a.set").read_bytes() == CONTENT[:20_000]
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize("by", [-10, 10])
def test_a_wrong_content_length_is_an_error_and_never_a_file(serve, tmp_path, by):
    file, _ = serve(CONTENT[:1000], lambda _: Fault(length_by=by))
    with pytest.raises(TransferError):
        fetch(file, tmp_path / "a.set")
    assert left_behind(tmp_path) == []


def test_a_wrong_content_length_once_costs_a_try(serve, tmp_path):
    file, _ = serve(CONTENT[:1000], lambda asked: Fault(length_by=-10) if asked.number == 0 else None)
    fetch(file, tmp_path / "a.set")
    assert (tmp_path / "a.set").read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize("known", [{}, {"bytes": None}, {"bytes": 28}], ids=["size known", "size unknown", "size of the page"])
def test_an_error_page_with_status_200_is_never_taken_for_the_file(serve, tmp_path, known):
    page = b"<html>502 Bad Gateway</html>"
    assert len(page) == 28
    file, _ = serve(CONTENT[:1000], lambda _: Fault(status=200, body=page, headers={"Content-Type": "text/html"}), **known)
    with pytest.raises(TransferError, match="web page") as caught:
        fetch(file, tmp_path / "a.set")
    assert caught.value.cause == "damaged on the way"
    assert left_behind(tmp_path) == []


def test_a_file_that_vanished_says_so(serve, tmp_path, folder_of):
    file, proxy = serve()
    (folder_of / "signal.set").unlink()
    with pytest.raises(TransferError, match="404") as caught:
        fetch(file, tmp_path / "a.set")
    assert caught.value.cause == "gone" and len(proxy.asked) == 1


def test_a_file_that_changes_in_the_middle_is_refused(serve, tmp_path, folder_of):
    def rule(asked: Asked) -> Fault | None:
        if asked.method == "GET" and (parse_range(asked.range) or (0, 0))[0] >= 2 * BLOCK:
            (folder_of / "signal.set").write_bytes(CONTENT[::-1])
            os.utime(folder_of / "signal.set", (1, 1))
        return None

    file, _ = serve(rule=rule)
    with pytest.raises(TransferError, match="changed on the server"):
        fetch(file, tmp_path / "a.set", jobs=1)
    assert not (tmp_path / "a.set").exists()


def test_bytes_that_are_not_those_of_the_checksum_are_refused_after_a_second_try(serve, tmp_path):
    for content in (CONTENT[:1000], CONTENT):
        file, proxy = serve(content, sha256="0" * 64)
        with pytest.raises(TransferError, match="SHA-256") as caught:
            fetch(file, tmp_path / "a.set")
        assert caught.value.cause == "damaged on the way"
        assert sum(proxy.sent.values()) == 2 * len(content)
        assert left_behind(tmp_path) == []


def test_the_checksums_of_listings_are_checked(serve, tmp_path):
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    git = hashlib.sha1(f"blob {len(CONTENT)}\0".encode() + CONTENT, usedforsecurity=False).hexdigest()
    for checksum in (f"md5:{md5}", f"git:{git}"):
        fetch(serve(checksum=checksum)[0], tmp_path / "good")
        with pytest.raises(TransferError, match="promised"):
            fetch(serve(checksum=checksum[:-1] + ("0" if checksum[-1] != "0" else "1"))[0], tmp_path / "bad")


def test_a_server_that_knows_no_ranges_gives_the_whole_file_once(serve, tmp_path):
    whole = {"headers": {"Content-Type": "application/octet-stream"}, "status": 200, "body": CONTENT}
    file, proxy = serve(rule=lambda asked: Fault(**whole), sha256=sha256(CONTENT))
    fetch(file, tmp_path / "a.set", jobs=3)
    assert (tmp_path / "a.set").read_bytes() == CONTENT
    assert len(proxy.asked) <= 4


def test_other_bytes_than_those_asked_for_are_refused(serve, tmp_path):
    answer = Fault(status=206, body=CONTENT[:BLOCK], headers={"Content-Range": f"bytes 0-{BLOCK - 1}/{len(CONTENT)}"})
    file, _ = serve(rule=lambda asked: answer if asked.range else None, sha256=sha256(CONTENT))
    with pytest.raises(TransferError, match="others came"):
        fetch(file, tmp_path / "a.set", jobs=1)


def test_another_server_is_not_followed(serve, tmp_path):
    file, _ = serve(rule=lambda _: Fault(status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"}))
    with pytest.raises(TransferError, match="another server"):
        fetch(file, tmp_path / "a.set")


def test_a_redirect_within_the_server_is_followed(serve, tmp_path, folder_of):
    file, _ = serve(
        CONTENT[:1000],
        lambda asked: Fault(status=302, headers={"Location": f"/{folder_of.name}/signal.set?x=1"}) if asked.number == 0 else None,
    )
    assert fetch(file, tmp_path / "a.set").bytes == 1000


KILLED = """
import sys
from pathlib import Path
from eegcli.remote.client import Client
from eegcli.remote.file import RemoteFile
from eegcli.remote.transfer import fetch_file
fetch_file(RemoteFile("a", int(sys.argv[2]), None, None, sys.argv[1]), Path(sys.argv[3]), jobs=2, block=int(sys.argv[4]), client=Client())
"""


def test_a_killed_fetch_goes_on_and_never_brings_a_whole_block_twice(serve, tmp_path):
    content = random.Random(2).randbytes(40 * BLOCK + 5)
    file, proxy = serve(content, lambda asked: Fault(bytes_per_second=20 * BLOCK))
    target = tmp_path / "a.set"
    journal = tmp_path / ".a.set.eegcli-journal"
    for lives in (1, 2):
        process = subprocess.Popen([sys.executable, "-c", KILLED, file.url, str(len(content)), str(target), str(BLOCK)])
        wanted = 200 + lives * 5 * 16
        while not journal.exists() or journal.stat().st_size < wanted:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not target.exists()
    time.sleep(0.2)
    noted = (len(journal.read_bytes().partition(b"\n")[2])) // 16
    assert noted >= 8
    proxy.rule = lambda _: None
    before = len(proxy.asked)
    fetch(file, target)
    assert target.read_bytes() == content
    ranges = [parse_range(asked.range) for asked in proxy.asked[before:] if asked.method == "GET"]
    assert len(ranges) == 41 - noted
    assert left_behind(tmp_path) == ["a.set"]


def test_a_journal_that_does_not_fit_its_bytes_costs_the_block_alone(serve, tmp_path):
    file, proxy = serve(
        sha256=sha256(CONTENT), rule=lambda asked: Fault(drop=True) if (parse_range(asked.range) or (0, 0))[0] >= 4 * BLOCK else None
    )
    with pytest.raises(TransferError):
        fetch(file, tmp_path / "a.set", jobs=1)
    part = tmp_path / ".a.set.eegcli-part"
    damaged = bytearray(part.read_bytes())
    damaged[BLOCK + 7] ^= 255
    part.write_bytes(damaged)
    proxy.rule, before = (lambda _: None), len(proxy.asked)
    fetch(file, tmp_path / "a.set", jobs=1)
    assert (tmp_path / "a.set").read_bytes() == CONTENT
    assert sorted(parse_range(asked.range)[0] for asked in proxy.asked[before:]) == [BLOCK, 4 * BLOCK]


@pytest.mark.parametrize("length", [0, 1, 50, 200])
def test_a_journal_that_breaks_off_anywhere_is_no_obstacle(serve, tmp_path, length):
    file, proxy = serve(
        sha256=sha256(CONTENT), rule=lambda asked: Fault(drop=True) if (parse_range(asked.range) or (0, 0))[0] >= 4 * BLOCK else None
    )
    with pytest.raises(TransferError):
        fetch(file, tmp_path / "a.set", jobs=1)
    journal = tmp_path / ".a.set.eegcli-journal"
    journal.write_bytes(journal.read_bytes()[:length])
    proxy.rule = lambda _: None
    fetch(file, tmp_path / "a.set")
    assert (tmp_path / "a.set").read_bytes() == CONTENT


def test_what_an_earlier_run_brought_of_another_content_is_thrown_away(serve, tmp_path, folder_of):
    file, proxy = serve(rule=lambda asked: Fault(drop=True) if (parse_range(asked.range) or (0, 0))[0] >= 2 * BLOCK else None)
    with pytest.raises(TransferError):
        fetch(file, tmp_path / "a.set", jobs=1)
    other = CONTENT[::-1]
    (folder_of / "signal.set").write_bytes(other)
    os.utime(folder_of / "signal.set", (1, 1))
    proxy.rule = lambda _: None
    fetch(file, tmp_path / "a.set")
    assert (tmp_path / "a.set").read_bytes() == other


def test_a_full_disk_ends_the_fetch_and_keeps_what_is_here(serve, tmp_path, monkeypatch):
    file, proxy = serve(sha256=sha256(CONTENT))
    original, written = os.pwrite, []

    def full(handle, data, offset):
        written.append(len(data))
        if sum(written) > 2 * BLOCK:
            raise OSError(28, "No space left on device")
        return original(handle, data, offset)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(UnavailableError, match="the disk is full"):
        fetch(file, tmp_path / "a.set", jobs=1)
    monkeypatch.undo()
    sent = sum(proxy.sent.values())
    fetch(file, tmp_path / "a.set", jobs=1)
    assert (tmp_path / "a.set").read_bytes() == CONTENT
    assert sum(proxy.sent.values()) - sent < len(CONTENT)
