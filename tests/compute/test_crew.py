"""A crew: processes side by side, asked to stop, killed, and told of."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eegcli.compute.crew import results
from eegcli.compute.signals import Stop
from eegcli.errors import InputError, Interrupted, Stopped, UnavailableError
from tests.kit.reporters import CapturingReporter

ROOT = Path(__file__).parents[2]


def work(item: str, /, *, stop: Stop, reporter: CapturingReporter) -> tuple[str, int]:
    """Do what the item says; gives it with the number of the process."""
    word, _, rest = item.partition(" ")
    if word == "say":
        reporter.info(rest)
        reporter.warn(f"{rest}!")
    elif word == "fail":
        raise InputError("not that", cause="odd")
    elif word == "break":
        raise ZeroDivisionError("by nothing")
    elif word == "full":
        raise UnavailableError("the disk is full")
    elif word == "die":
        os.kill(os.getpid(), getattr(signal, rest))
    elif word == "leave":
        os._exit(7)
    elif word == "wait":
        Path(rest).write_text(str(os.getpid()))
        for _ in range(3000):
            time.sleep(0.01)
            if stop.requested:
                Path(rest).with_suffix(".kept").touch()
                stop.raise_if_requested()
    return item, os.getpid()


def run(items: list[str], *, jobs: int = 2, stop: Stop | None = None, heard: CapturingReporter | None = None):
    names = [f"item {number}" for number in range(len(items))]
    return dict(results(work, items, names, jobs=jobs, stop=stop or Stop(), reporter=heard or CapturingReporter()))


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_item_is_worked_on_and_what_is_said_is_heard(jobs):
    heard = CapturingReporter()
    answers = run(["say a", "say b", "say c"], jobs=jobs, heard=heard)
    assert [answers[index].value[0] for index in range(3)] == ["say a", "say b", "say c"]
    processes = {answer.value[1] for answer in answers.values()}
    assert (processes == {os.getpid()}) if jobs == 1 else (os.getpid() not in processes and len(processes) <= 2)
    assert sorted(heard.infos) == ["a", "b", "c"] and sorted(heard.warnings) == ["a!", "b!", "c!"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_fails_is_named_and_the_others_go_on(jobs):
    answers = run(["fail", "say a", "break", "say b"], jobs=jobs)
    assert (answers[0].failure.name, answers[0].failure.error, answers[0].failure.cause) == ("item 0", "not that", "odd")
    assert answers[2].failure.error == "ZeroDivisionError: by nothing" and "in work" in answers[2].traceback
    assert [answers[index].value[0] for index in (1, 3)] == ["say a", "say b"]


def test_a_process_that_dies_costs_its_item_and_another_takes_its_place():
    answers = run(["die SIGKILL", "die SIGSEGV", "leave", "say a", "say b"])
    assert "killed by SIGKILL (the system may have run out of memory" in answers[0].failure.error
    assert answers[1].failure.error == "its process was killed by SIGSEGV"
    assert answers[2].failure.error == "its process ended with code 7"
    assert [answers[index].value[0] for index in (3, 4)] == ["say a", "say b"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_is_nobodys_own_and_ends_the_work(jobs):
    answers = run(["full"], jobs=jobs)
    assert isinstance(answers[0], UnavailableError)


class Later(Stop):
    """Stop flag that a signal sets when some files are there."""

    def __init__(self, number: signal.Signals, *files: Path) -> None:
        self.files, self.number, self.asked = files, number, None

    @property
    def signal(self) -> signal.Signals | None:
        return self.asked or (self.number if all(file.exists() for file in self.files) else None)

    @signal.setter
    def signal(self, number: signal.Signals | None) -> None:
        self.asked = number


@pytest.mark.parametrize(("number", "error"), [(signal.SIGTERM, Stopped), (signal.SIGINT, Interrupted)])
def test_all_are_asked_to_stop_and_nothing_new_is_begun(tmp_path, number, error):
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    with pytest.raises(error) as raised:
        run([f"wait {one}", f"wait {two}", f"wait {three}"], stop=Later(number, one, two))
    assert type(raised.value) is error
    assert one.with_suffix(".kept").exists() and two.with_suffix(".kept").exists() and not three.exists()


def test_one_that_is_asked_by_somebody_else_stops_all(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"

    class Asking(Later):
        """Kills the first process when both are at work, and says nothing."""

        @property
        def signal(self):
            if self.asked is None and one.exists() and two.exists() and two.read_text():
                os.kill(int(one.read_text()), signal.SIGUSR1)
            return self.asked

        signal = signal.setter(Later.signal.fset)

    with pytest.raises(Stopped):
        run([f"wait {one}", f"wait {two}"], stop=Asking(signal.SIGTERM))
    assert one.with_suffix(".kept").exists() and two.with_suffix(".kept").exists()


PARENT = """
import sys
from eegcli.compute.crew import results
from eegcli.compute.signals import Stop
from eegcli.reporter import Silent
from tests.compute.test_crew import work
list(results(work, sys.argv[1:], sys.argv[1:], jobs=2, stop=Stop(), reporter=Silent()))
"""


def test_none_outlives_the_process_that_gives_out_the_work(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, f"wait {one}", f"wait {two}"], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    deadline = time.monotonic() + 120
    while not (one.exists() and two.exists() and one.read_text() and two.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    processes = [int(file.read_text()) for file in (one, two)]
    while any(Path(f"/proc/{process}/stat").exists() and " Z " not in Path(f"/proc/{process}/stat").read_text() for process in processes):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not one.with_suffix(".kept").exists()
