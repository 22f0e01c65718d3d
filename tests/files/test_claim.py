"""Claims: one owner at a time, whoever dies."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from eegcli.files import claim
from eegcli.files.claim import Claim, Owner, owners, take

HOLDER = """
import sys, time
from pathlib import Path
from eegcli.files.claim import Claim, take
held = take(Path(sys.argv[1]))
print("held" if isinstance(held, Claim) else held.process, flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds a claim."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / ".a.claim")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_claim_has_one_owner_who_is_named(tmp_path, holder):
    held = take(tmp_path / ".a.claim")
    assert isinstance(held, Owner) and held.process == holder.pid
    assert f"process {holder.pid}" in str(held) and os.uname().nodename in str(held)
    assert list(owners(tmp_path).values()) == [held]


def test_a_process_that_was_killed_is_known_to_be_dead_at_once(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert owners(tmp_path) == {}
    begun = time.monotonic()
    with take(tmp_path / ".a.claim") as mine:
        assert isinstance(mine, Claim) and time.monotonic() - begun < 1
    assert list(tmp_path.iterdir()) == []


def test_claims_of_the_dead_are_swept_and_those_of_the_living_stay(tmp_path, holder):
    with take(tmp_path / "deep" / ".b.claim") as mine:
        (tmp_path / ".c.claim").write_text(json.dumps({**mine.owner.__dict__, "started": "1"}))
        claim.sweep(tmp_path)
        assert {path.name for path in tmp_path.rglob(".*.claim")} == {".a.claim", ".b.claim"}


def test_a_number_of_a_process_that_is_used_again_is_another_process(tmp_path):
    with take(tmp_path / ".a.claim") as mine:
        stored = json.loads(mine.path.read_text())
        mine.path.write_text(json.dumps({**stored, "started": "1", "nonce": "other"}))
        assert owners(tmp_path) == {}


@pytest.mark.parametrize(("age", "alive"), [(0, True), (claim.DEAD_SECONDS - 20, True), (claim.DEAD_SECONDS + 1, False)])
def test_a_process_of_another_host_is_known_by_its_heartbeat(tmp_path, age, alive):
    path = tmp_path / ".a.claim"
    with take(path) as mine:
        elsewhere = replace(mine.owner, host="node-7", place="another boot", nonce="n7")
    path.write_text(json.dumps(elsewhere.__dict__))
    os.utime(path, (time.time() - age,) * 2)
    held = take(path)
    assert held == elsewhere if alive else isinstance(held, Claim)
    if isinstance(held, Claim):
        held.release()


def test_two_containers_of_one_name_do_not_take_each_others_processes_for_their_own(tmp_path):
    path = tmp_path / ".a.claim"
    with take(path) as mine:
        inside = replace(mine.owner, process=999_999_999, place=f"{mine.owner.place} other", nonce="c")
    path.write_text(json.dumps(inside.__dict__))
    assert take(path) == inside, "no such number here, but it beats"


def test_the_heart_beats_while_a_claim_is_held_and_no_longer(tmp_path, monkeypatch):
    monkeypatch.setattr(claim, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(claim._Heart, "_current", None)
    held = take(tmp_path / ".a.claim")
    assert isinstance(held, Claim)
    os.utime(held.path, (0, 0))
    end = time.monotonic() + 5
    while held.path.stat().st_mtime == 0 and time.monotonic() < end:
        time.sleep(0.02)
    assert held.path.stat().st_mtime > 0
    held.release()
    assert not held.path.exists()
    end = time.monotonic() + 5
    while any(thread.name == "eegcli-claims" for thread in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.02)


def test_who_was_taken_over_learns_of_it_and_leaves_the_other_alone(tmp_path):
    mine = take(tmp_path / ".a.claim")
    assert isinstance(mine, Claim) and not mine.is_lost()
    theirs = replace(mine.owner, nonce="theirs")
    mine.path.write_text(json.dumps(theirs.__dict__))
    assert mine.is_lost()
    mine.release()
    assert json.loads(mine.path.read_text())["nonce"] == "theirs"


def test_a_claim_that_is_damaged_is_taken_over_when_nobody_touches_it(tmp_path):
    path = tmp_path / ".a.claim"
    path.write_text("{")
    os.utime(path, (time.time() - claim.DEAD_SECONDS - 1,) * 2)
    with take(path) as mine:
        assert isinstance(mine, Claim)


@pytest.fixture
def threads_switch_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("threads_switch_often")
def test_of_many_that_find_a_dead_claim_one_takes_it(tmp_path):
    path = tmp_path / ".a.claim"
    for _ in range(60):
        with take(path) as mine:
            dead = replace(mine.owner, process=999_999_999, nonce="dead")
        path.write_text(json.dumps(dead.__dict__))
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(take, [path] * 8))
        held = [one for one in found if isinstance(one, Claim)]
        assert len(held) == 1
        held[0].release()
        assert list(tmp_path.iterdir()) == []


def test_a_claim_that_is_another_by_the_time_it_is_replaced_stays(tmp_path):
    held = take(tmp_path / ".a.claim")
    assert isinstance(held, Claim)
    assert not claim._replace(held.path, "the nonce of a dead one", replace(held.owner, nonce="late"))
    assert not held.is_lost()
    held.release()
    assert list(tmp_path.iterdir()) == []


def test_who_died_with_the_right_to_replace_a_dead_claim_does_not_keep_it(tmp_path):
    path = tmp_path / ".a.claim"
    with take(path) as mine:
        dead = replace(mine.owner, process=999_999_999, nonce="dead")
    path.write_text(json.dumps(dead.__dict__))
    (tmp_path / ".a.claim-dead.claim").write_text(json.dumps(replace(dead, nonce="died too").__dict__))
    with take(path) as mine:
        assert isinstance(mine, Claim)
        assert not mine.is_lost()
    assert list(tmp_path.iterdir()) == []


def test_a_claim_is_released_on_a_full_disk(tmp_path, monkeypatch):
    held = take(tmp_path / ".a.claim")

    def refuse(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", refuse)
    held.release()
    assert list(tmp_path.iterdir()) == []


def test_who_lost_its_claim_while_it_slept_does_not_remove_that_of_another(tmp_path):
    path = tmp_path / ".a.claim"
    slept = take(path)
    other = replace(slept.owner, nonce="other")
    assert claim._replace(path, slept.owner.nonce, other)
    slept.release()
    assert claim._read(path) == other


def test_without_hard_links_exclusive_creation_will_do(tmp_path, monkeypatch):
    def refuse(*args: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    with take(tmp_path / ".a.claim") as mine:
        assert isinstance(mine, Claim)
        assert isinstance(take(tmp_path / ".a.claim"), Owner)
    assert Path(tmp_path / ".a.claim").exists() is False
