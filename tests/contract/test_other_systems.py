"""Systems without what only POSIX has: importing, `--help` and local locks do not depend on it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from eegcli.files import locks

# What Python for Windows lacks of what this code names.
ABSENT = """
import os, signal, sys
for name in ("fcntl", "pwd", "grp", "resource", "termios"):
    sys.modules[name] = None
for name in ("SIGUSR1", "SIGUSR2", "SIGHUP"):
    delattr(signal, name)
for name in ("O_CLOEXEC", "O_NOFOLLOW", "sched_getaffinity", "fdatasync", "pread", "pwrite", "getuid"):
    delattr(os, name)
"""


def python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", ABSENT + program], capture_output=True, text=True)


def test_every_module_of_ours_can_be_imported():
    # torch, MNE and matplotlib are not asked: on Linux, they look for what Linux has.
    light = "files", "remote", "compute.signals", "compute.threads", "artifacts.elsewhere", "cli", "fetch.bring", "reporter"
    names = "\n".join(f"import eegcli.{name}" for name in light)
    done = python(f"{names}\nimport eegcli.files.lease, eegcli.files.scratch, eegcli.remote.transfer, eegcli.fetch.elsewhere")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"], ["models"]])
def test_help_is_shown(arguments):
    done = python(f"import eegcli.cli.main as m\nsys.argv = ['eegcli', *{arguments!r}]\nm.main()")
    assert done.returncode == 0 and done.stdout, done.stderr


def test_stop_signals_are_those_that_exist():
    done = python("from eegcli.compute import signals\nwith signals.stop_signals(), signals.ending_on_stop(): print(len(signals._STOPS))")
    assert done.stdout == "1\n", done.stderr


def test_a_lock_is_for_one_process_alone(tmp_path):
    first, second = (os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR) for _ in range(2))
    assert locks.lock(first) and not locks.lock(second)
    os.close(first)
    assert locks.lock(second, wait=True)
    os.close(second)


def test_a_system_without_locks_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "fcntl", None)
    with pytest.raises(OSError, match="no locks"):
        locks.lock(0)
