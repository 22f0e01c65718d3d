"""A file that has its name is whole, whatever happens while it is written."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from eegcli.artifacts.contents import sizes_of
from eegcli.errors import ArtifactError, AtWork, UnavailableError
from eegcli.files.atomic import read_json, sweep, write_json, write_text, writing
from eegcli.files.claim import take


def test_an_error_leaves_the_old_file_and_no_temporary_one(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), writing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_sigkill_in_the_middle_leaves_no_file_of_that_name_and_the_next_start_sweeps(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from eegcli.files.atomic import writing\n"
        "with writing(Path(sys.argv[1])) as t:\n    t.write_text('half'); print('ready', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "a.txt")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    left = list(tmp_path.iterdir())
    assert len(left) == 1 and left[0].name != "a.txt"
    sweep(tmp_path)
    assert left[0].exists(), "the writer is alive: its file is not swept"
    process.send_signal(signal.SIGKILL)
    process.wait()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_library_writes_beside_its_file_goes_with_it(tmp_path):
    """Safetensors writes under a random name first: a kill there must leave nothing that nobody knows."""
    with writing(tmp_path / "a.safetensors", alone=True) as temporary:
        (temporary.parent / ".tmpAbCdEf").write_text("half")
        temporary.write_text("whole")
        assert sizes_of(tmp_path) == {}  # of a reader meanwhile
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]
    assert (tmp_path / "a.safetensors").read_text() == "whole"
    process = os.fork()
    if process == 0:
        with writing(tmp_path / "b.safetensors", alone=True) as temporary:
            (temporary.parent / ".tmpAbCdEf").write_text("half")
            os._exit(0)
    os.waitpid(process, 0)
    assert len(list(tmp_path.rglob("*"))) == 4, "a file, a temporary folder and what is in it"
    assert sizes_of(tmp_path) == {"a.safetensors": 5}
    sweep(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["a.safetensors"]


def test_a_file_of_its_own_folder_is_removed_where_writing_it_fails(tmp_path):
    with pytest.raises(ValueError, match="x"), writing(tmp_path / "a", alone=True) as temporary:
        (temporary.parent / "other").write_text("half")
        raise ValueError("x")
    assert list(tmp_path.iterdir()) == []


def test_a_dead_process_that_nobody_collected_is_not_alive(tmp_path):
    zombie = subprocess.Popen(["true"])  # not waited for
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    left = tmp_path / f".a.h5.{socket.gethostname()}.{zombie.pid}.tmp"
    left.write_text("half")
    sweep(tmp_path)
    zombie.wait()
    assert not left.exists()


def test_a_foreign_host_s_temporary_file_is_swept_only_when_old(tmp_path):
    fresh, stale = tmp_path / ".a.h5.other-node.1.tmp", tmp_path / ".b.h5.other-node.1.tmp"
    for path in (fresh, stale):
        path.write_text("x")
    os.utime(stale, (time.time() - 2 * 86400,) * 2)
    sweep(tmp_path)
    assert fresh.exists() and not stale.exists()
    assert socket.gethostname() != "other-node"


def test_json_of_equal_content_is_equal_bytes(tmp_path):
    write_json(tmp_path / "a", {"b": float("nan"), "a": (1, 2)})
    write_json(tmp_path / "b", {"a": [1, 2], "b": None})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("content", ["", "[1]", "{", "\xff"])
def test_broken_json_is_one_clear_line(tmp_path, content):
    (tmp_path / "a").write_bytes(content.encode("latin1"))
    with pytest.raises(ArtifactError, match=str(tmp_path / "a")):
        read_json(tmp_path / "a")


def test_a_full_disk_is_said_in_words():
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    from eegcli.files.causes import disk_errors

    with pytest.raises(UnavailableError, match="the disk is full"), disk_errors(Path("x")), open("/dev/full", "w") as file:  # noqa: PTH123
        file.write("x" * 100_000)


def test_who_lost_a_claim_on_a_folder_writes_nothing_in_it_any_more(tmp_path):
    here, beside = tmp_path / "here", tmp_path / "beside"
    write_text(here / "old.txt", "old")
    with take(here / ".a.claim") as mine:
        write_text(here / "new.txt", "held")
        mine.path.write_text(json.dumps(asdict(replace(mine.owner, host="node-7", nonce="other"))))
        for path in (here / "old.txt", here / "deep" / "new.txt"):
            with pytest.raises(AtWork, match=r"on node-7.* has taken over"):
                write_text(path, "late")
        with pytest.raises(AtWork), writing(here / "old.txt"):
            raise RuntimeError("whatever a library says of a temporary file that was swept away")
        write_text(beside / "a.txt", "of nobody's claim")
        assert [path.name for path in sorted(here.rglob("*")) if path.is_file()] == [".a.claim", "new.txt", "old.txt"]
        assert (here / "old.txt").read_text() == "old"
        mine.path.unlink()
        with pytest.raises(AtWork, match="another process has taken over"):
            write_text(here / "old.txt", "late")


def test_a_claim_that_cannot_be_read_at_this_moment_is_not_lost(tmp_path, monkeypatch):
    with take(tmp_path / ".a.claim") as mine:
        monkeypatch.setattr("eegcli.files.claim._read", lambda _: None)  # a network file system that has lost the handle
        assert not mine.is_lost()
        write_text(tmp_path / "a.txt", "whole")
