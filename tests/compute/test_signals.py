"""A stop signal ends any command with the code that a scheduler understands."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import sys, time
from eegcli.cli.options import SessionOptions
from eegcli.cli.session import calling
with calling("evaluate", SessionOptions()):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 75), (signal.SIGUSR1, 75), (signal.SIGUSR2, 75), (signal.SIGINT, 130)])
def test_a_command_without_a_loop_of_its_own_ends_with_one_line(number, code):
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.send_signal(number)
    _, error = process.communicate(timeout=120)
    assert process.returncode == code
    assert len(error.splitlines()) == 1 and "Traceback" not in error
