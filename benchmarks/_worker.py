"""A process that works for a benchmark: in this interpreter, or in the peers'."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from _peers import Environment

ROOT = Path(__file__).parents[1]
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM")}


class Failed(Exception):
    """The process could not do what it was asked for; the message is one line."""


class Worker:
    """A script that answers each line on its stdin with a line of JSON: {"value": ...} or {"failed": "why"}.

    BLAS has one thread there. Used as a context: the process ends with it.
    """

    def __init__(self, script: Path, *arguments: object, environment: Environment | None = None) -> None:
        variables = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)}
        # A peer must not find this project's packages, nor the files beside the script.
        python = [sys.executable, "-P"] if environment is None else [str(environment.python), "-I"]
        self._talk = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed at exit
        self._process = subprocess.Popen(
            [*python, str(script), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._talk,
            text=True,
            env=variables,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._talk.close()

    def ask(self, line: str) -> Any:
        """Send a line and wait for its answer.

        Raises
        ------
        Failed
            If the answer says so, or the process has ended.
        """
        answer = ""
        try:
            print(line, file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            pass
        if not answer:
            self._talk.seek(0)
            said = self._talk.read().strip().splitlines()
            raise Failed(f"ended with status {self._process.wait()}" + (f": {said[-1]}" if said else ""))
        reply = json.loads(answer)
        if "failed" in reply:
            raise Failed(reply["failed"])
        return reply["value"]
