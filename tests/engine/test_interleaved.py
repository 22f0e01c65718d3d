"""Work that takes turns in one process: its random states, its streams on a GPU, and how it ends."""

from __future__ import annotations

import contextlib
import signal

import pytest
import torch

from eegcli.compute.outcome import Outcome
from eegcli.compute.signals import Stop
from eegcli.engine import interleaved
from eegcli.engine.captured import stream_of_training
from eegcli.engine.turns import at_a_stretch
from eegcli.errors import InputError, Stopped, UnavailableError
from eegcli.reporter import Silent
from tests.kit.reporters import CapturingReporter

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)


def drawing(seed: int, *, stop: Stop, reporter: Silent):
    """Draw a number a turn from torch's own generator, so many as the seed says, after it was seeded."""
    torch.manual_seed(seed)
    drawn = []
    for _ in range(seed):
        drawn.append(float(torch.rand(())))
        yield
    return drawn


def answers(work, items, *, at_once: int, stop: Stop | None = None, reporter: Silent | None = None):
    names = [f"item {item}" for item in items]
    given = interleaved.results(
        work, items, names, at_once=at_once, threads=1, device=CPU, stop=stop or Stop(), reporter=reporter or Silent()
    )
    with contextlib.closing(given):
        return list(given)


@pytest.mark.parametrize("at_once", [1, 2, 3, 10])
def test_each_draws_what_it_draws_by_itself_and_the_state_outside_stays(at_once):
    items = [3, 5, 2, 4]
    alone = [at_a_stretch(drawing)(seed, stop=Stop(), reporter=Silent()) for seed in items]
    torch.manual_seed(9)
    before = torch.get_rng_state()
    given = answers(drawing, items, at_once=at_once)
    assert torch.equal(torch.get_rng_state(), before)
    assert {index: answer.value for index, answer in given} == dict(enumerate(alone))


def test_they_take_turns_and_the_next_one_begins_where_one_is_done():
    seen = []

    def noting(item, *, stop, reporter):
        for turn in range(item):
            seen.append((item, turn))
            yield

    answers(noting, [1, 3, 2], at_once=2)
    assert seen == [(1, 0), (3, 0), (3, 1), (3, 2), (2, 0), (2, 1)]


def test_what_fails_is_an_outcome_and_the_others_go_on():
    def failing(item, *, stop, reporter):
        yield
        if item == 2:
            raise InputError("it diverged", cause="odd")
        yield
        return item

    given = dict(answers(failing, [1, 2, 3], at_once=3))
    assert given[1].failure.error == "it diverged" and given[1].value is None
    assert [given[index].value for index in (0, 2)] == [1, 3]


def stoppable(item, *, stop, reporter):
    """Work without end that keeps what it did when it is stopped."""
    while True:
        yield
        if stop.requested:
            kept.append(item)
            stop.raise_if_requested()
        reporter.info(f"{item} works")


kept: list[int] = []


@pytest.fixture(autouse=True)
def nothing_kept():
    kept.clear()


def test_a_signal_stops_all_of_them_with_everything_kept_and_begins_nothing_new():
    stop = Stop()

    def heard(message: str) -> None:
        if message == "2 works":
            stop.signal = signal.SIGINT

    with pytest.raises(Stopped, match=r"Ctrl-C") as error:
        answers(stoppable, [1, 2, 3], at_once=2, stop=stop, reporter=CapturingReporter(heard))
    assert error.value.exit_code == 130 and sorted(kept) == [1, 2]


def test_who_is_stopped_where_nobody_else_listens_stops_the_others():
    def told(item, *, stop, reporter):
        yield
        if item == 1:
            raise Stopped("stopped by SIGTERM")
        yield from stoppable(item, stop=stop, reporter=reporter)

    with pytest.raises(Stopped, match="SIGTERM"):
        answers(told, [1, 2], at_once=2)
    assert kept == [2]


def test_an_error_that_all_would_meet_is_given_and_the_others_keep_what_they_did():
    def lacking(item, *, stop, reporter):
        yield
        if item == 1:
            raise UnavailableError("the disk is full")
        yield from stoppable(item, stop=stop, reporter=reporter)

    given = interleaved.results(lacking, [2, 1], ["", ""], at_once=2, threads=1, device=CPU, stop=Stop(), reporter=Silent())
    index, answer = next(given)
    assert index == 1 and isinstance(answer, UnavailableError)
    given.close()  # as whoever raises it does
    assert kept == [2]


def test_torch_is_exact_until_the_last_one_is_done():
    seen = []

    def looking(item, *, stop, reporter):
        with interleaved.exact(1, CPU):  # as a training has it
            for _ in range(item):
                yield
        seen.append((item, torch.get_num_threads(), torch.backends.cudnn.deterministic))

    before = torch.backends.cudnn.deterministic
    given = interleaved.results(looking, [2, 4], ["", ""], at_once=2, threads=1, device=CPU, stop=Stop(), reporter=Silent())
    assert all(isinstance(answer, Outcome) for _, answer in given)
    assert seen == [(2, 1, True), (4, 1, True)] and torch.backends.cudnn.deterministic == before


class Stream:
    """Stream of a GPU that is not here."""

    def __init__(self, *_: object) -> None:
        self.waited_for: list[Stream] = []

    def wait_stream(self, other: Stream) -> None:
        self.waited_for.append(other)


class Generator:
    """Generator of a GPU that is not here: its state is an object, which can be put in another one's place."""

    def __init__(self) -> None:
        self.state = {"offset": 0}

    def clone_state(self) -> Generator:
        other = Generator()
        other.state = dict(self.state)
        return other

    def graphsafe_get_state(self) -> Generator:
        held = Generator()
        held.state = self.state
        return held

    def graphsafe_set_state(self, other: Generator) -> None:
        self.state = other.state


def test_on_a_gpu_each_has_a_stream_and_a_state_of_its_own(monkeypatch):
    default, generator, entered = Stream(), Generator(), [Stream()]
    entered[0] = default

    @contextlib.contextmanager
    def on(stream):
        entered.append(stream)
        yield
        entered.pop()

    monkeypatch.setattr(torch.cuda, "init", lambda: None)
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", on)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda _: entered[-1])
    monkeypatch.setattr(torch.cuda, "default_stream", lambda _: default)
    monkeypatch.setattr(torch.cuda, "default_generators", [generator])
    monkeypatch.setattr(interleaved, "exact", lambda *_: contextlib.nullcontext())
    seen = []

    def launching(item, *, stop, reporter):
        for _ in range(3):
            generator.state["offset"] += item
            seen.append((item, stream_of_training(CUDA), id(generator.state), generator.state["offset"]))
            yield

    outside = generator.state
    list(interleaved.results(launching, [1, 10], ["", ""], at_once=2, threads=1, device=CUDA, stop=Stop(), reporter=Silent()))
    assert [(item, offset) for item, _, _, offset in seen] == [(1, 1), (10, 10), (1, 2), (10, 20), (1, 3), (10, 30)]
    assert generator.state is outside and outside["offset"] == 0 and entered == [default]
    streams = {item: {stream for one, stream, *_ in seen if one == item} for item in (1, 10)}
    states = {item: {state for one, _, state, _ in seen if one == item} for item in (1, 10)}
    assert all(len(found) == 1 for found in (*streams.values(), *states.values()))  # one of each, from the first turn to the last
    assert streams[1] != streams[10] and states[1] != states[10] and None not in streams[1] | streams[10]
    assert all(stream.waited_for == [default] for found in streams.values() for stream in found)  # windows are copied before
    assert stream_of_training(CUDA) is None
