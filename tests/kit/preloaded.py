"""A server of processes in which the libraries are imported already: for tests whose shell starts dozens of commands.

Importing MNE and PyTorch costs each command 3 to 5 s of CPU, and most of them work for less than one. Here a server imports
them once; the `eegcli` that `start` puts into a folder asks it for a process. That is a real one (forked): with the
caller's arguments, environment, folder and streams, a group of its own that can be killed, and its own exit code. What depends
on a cold start (`tests/contract/test_startup.py`, memory, Slurm's tree of processes) must not use it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from eegcli.cli.main import main
from tests.kit.figures import draw_small

LIBRARIES = (
    "mne",
    "mne_bids",
    "torch",
    "torch._dynamo",
    "sklearn.linear_model",
    "sklearn.metrics",
    "scipy.signal",
    "h5py",
    "pyarrow.parquet",
    "matplotlib",
)
STAGES = ("fetch", "preprocess", "epoch", "train", "evaluate", "explain", "describe")
ROOT = Path(__file__).parents[2]
START_SECONDS = 240.0  # of CPU 5; beside other work on a slow machine far more

CLIENT = """
import array, json, os, signal, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect({address!r})
asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
line.sendall(len(asked).to_bytes(8, "big") + asked)
line.sendmsg([b"f"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
answers = line.makefile()
process = int(answers.readline())
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
    signal.signal(number, lambda number, frame: os.kill(process, number))
code = int(answers.readline())
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


class Process:
    """A command in a process of the server's, or, after the argument `-c`, a program in Python.

    Parameters
    ----------
    commands : Path
        The folder that `start` filled.
    *arguments : object
        Of the command, or `"-c", source, ...` as of `python`.
    cwd : Path
        The folder in which it runs.
    stdout : int, optional
        A descriptor to write to; what is written without it is lost.

    Attributes
    ----------
    pid : int
        The process, and its group.
    """

    def __init__(self, commands: Path, *arguments: object, cwd: Path, stdout: int | None = None) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(commands.parent / "socket"))
        asked = json.dumps([[str(argument) for argument in arguments], str(cwd), dict(os.environ)]).encode()
        self._line.sendall(len(asked).to_bytes(8, "big") + asked)
        with Path(os.devnull).open("r+b") as nothing:
            streams = [nothing.fileno(), nothing.fileno() if stdout is None else stdout, nothing.fileno()]
            socket.send_fds(self._line, [b"f"], streams)
        self._answers = self._line.makefile("rb", buffering=0)  # `poll` would not see an answer that lies in a buffer
        self.pid = int(self._answers.readline())

    def poll(self) -> bool:
        """Tell whether it has ended."""
        return bool(select.select([self._line], [], [], 0)[0])

    def wait(self) -> int:
        """Wait for its end; the exit code, or the signal's number below zero."""
        code = int(self._answers.readline())
        self._answers.close()
        self._line.close()
        return code


def start(folder: Path) -> int:
    """Start a server and wait until it listens; `folder / "bin"` is for the PATH, with an `eegcli` in it. Gives its process."""
    address = folder / "socket"
    (folder / "bin").mkdir()
    (folder / "client.py").write_text(CLIENT.format(address=str(address)))
    command = folder / "bin" / "eegcli"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS {shlex.quote(str(folder / "client.py"))} "$@"\n')
    command.chmod(0o755)
    guardian = os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid()
    server = subprocess.Popen([sys.executable, "-m", "tests.kit.preloaded", address, str(guardian)], cwd=ROOT, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + START_SECONDS
    while not address.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            raise RuntimeError("the server of processes does not start")
        time.sleep(0.02)
    return server.pid


def serve(address: str, guardian: int) -> None:
    """Answer requests; returns in each process that is to run a command. The server ends with the tests' first process, `guardian`."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{address}.new")
        listener.listen(64)
        listener.settimeout(5.0)
        Path(f"{address}.new").rename(address)
        while True:
            try:
                line, _ = listener.accept()
            except TimeoutError:
                try:
                    os.kill(guardian, 0)
                except ProcessLookupError:
                    sys.exit()
                continue
            with line:
                if os.fork() == 0:
                    listener.close()
                    if _run(line):
                        return
                    os._exit(0)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _run(line: socket.socket) -> bool:
    """Fork the command's process: True there; in the one that waits for it, False when it has ended and its code is told."""
    size = int.from_bytes(line.recv(8, socket.MSG_WAITALL), "big")
    arguments, folder, environment = json.loads(line.recv(size, socket.MSG_WAITALL))
    _, streams, _, _ = socket.recv_fds(line, 1, 3)
    begin, told = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(told)
        os.read(begin, 1)  # until the caller knows its number
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        for descriptor in (*streams, begin, line.detach()):
            os.close(descriptor)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        tempfile.tempdir = None  # as TMPDIR of the caller has it
        sys.argv = ["eegcli", *arguments]
        return True
    for stream in (*streams, begin):
        os.close(stream)
    line.sendall(f"{process}\n".encode())
    os.close(told)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with contextlib.suppress(OSError):  # the caller may have been killed
        line.sendall(f"{code}\n".encode())
    return False


def run() -> None:
    """Run what was asked for: a command, or a program after `-c`."""
    if sys.argv[1:2] == ["-c"]:
        source = sys.argv.pop(2)
        sys.argv.pop(0)
        exec(compile(source, "-c", "exec"), {"__name__": "__main__"})
    else:
        main()


def finish(command: Callable[[], None]) -> NoReturn:
    """Run a command and end the process as Python does, but leave the libraries' objects alone: to free them all takes 1.5 s."""
    code = 0
    try:
        command()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in (*LIBRARIES, *(f"eegcli.{stage}" for stage in STAGES)):
        importlib.import_module(name)
    draw_small()
    gc.collect()
    gc.freeze()  # else the first collection in each process copies all pages of the libraries
    del __package__  # Click would name this program in its messages
    serve(sys.argv[1], int(sys.argv[2]))
    finish(run)
