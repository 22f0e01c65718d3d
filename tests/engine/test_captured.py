"""The step that a device captures: its twin against the plain update, its operations counted, and what cannot be captured."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import torch
from torch import nn

from eegcli import models
from eegcli.engine import captured
from eegcli.engine import update as update_module
from eegcli.engine.adamax import CapturableAdamax
from eegcli.engine.captured import PLAIN, Captured, Graph, Rehearsal, Watch, capture_for
from eegcli.engine.device import exact
from eegcli.engine.feed import Batch
from eegcli.engine.hyperparameters import OPTIMIZERS, make_optimizer
from eegcli.engine.objective import Objective
from eegcli.engine.precision import Precision
from eegcli.engine.update import Update
from eegcli.errors import UnavailableError
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.head import SOFTMAX
from eegcli.registry import Training

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
ADAMAX = Training(epochs=3, batch_size=4, optimizer="adamax", lr=0.002, weight_decay=0.001)
# Operations that launch nothing: other views of the same values, and memory that is asked for.
LAUNCHES_NOTHING = {"detach", "t", "view", "unsqueeze", "_unsafe_view", "empty_like", "empty_strided", "_local_scalar_dense"}


def batches(n: int) -> list[Batch]:
    """Batches of four windows, every third one of two: (24, 256) each, labels 0 and 1."""
    rng = torch.Generator().manual_seed(0)
    sizes = [2 if number % 3 == 2 else 4 for number in range(n)]
    return [
        Batch(torch.randn(size, 24, 256, generator=rng), torch.randint(0, 2, (size,), generator=rng).float(), np.arange(size))
        for size in sizes
    ]


def trained(
    monkeypatch, arch: str, hyper: Training, capture: type | None, n: int = 9, **options: float
) -> tuple[Update, list[torch.Tensor]]:
    """An update after `n` batches, and the figures of each; its step captured by `capture`, or plain."""
    with monkeypatch.context() as patch:
        patch.setattr(update_module, "capture_for", lambda *_, **__: capture)
        with exact(1, CPU):
            torch.manual_seed(1)
            model = models.build(arch, n_chans=24, n_times=256, n_outputs=2, sfreq=128.0, **options)
            update = Update(model, Objective(SOFTMAX, torch.tensor([0.8, 1.2])), hyper, CPU, n_batches=3)
            return update, [update.step(batch, number).clone() for number, batch in enumerate(batches(n))]


def equal(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("arch", ["eegnet", "shallow"])
@pytest.mark.parametrize("extras", [{}, {"schedule": "cosine", "warmup": "1", "clip_norm": 0.5}], ids=["plain", "extras"])
def test_the_twin_of_a_captured_step_has_the_bits_of_the_plain_one(monkeypatch, arch, extras):
    hyper = Training(**{**vars(ADAMAX), **extras})
    plain, figures = trained(monkeypatch, arch, hyper, None)
    twin, of_twin = trained(monkeypatch, arch, hyper, Rehearsal)
    assert isinstance(twin.optimizer, torch.optim.Adamax) and len(twin._learn._captured) == 2  # one for each size of batch
    assert equal(plain.tensors(), twin.tensors())  # weights, running statistics, moments, steps
    assert all(torch.equal(a, b) for a, b in zip(figures, of_twin, strict=True))


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_the_capturable_form_of_other_optimisers_is_torchs_fused_one_and_goes_where_the_plain_one_goes(name):
    hyper = Training(**{**vars(ADAMAX), "optimizer": name})
    one, other = (nn.Linear(33, 17) for _ in range(2))
    other.load_state_dict(one.state_dict())
    fused, plain = make_optimizer(hyper, one, capturable=True), make_optimizer(hyper, other)
    assert fused.param_groups[0]["fused"] and fused.param_groups[0]["capturable"] and torch.is_tensor(fused.param_groups[0]["lr"])
    rng = torch.Generator().manual_seed(0)
    for number in range(20):
        for a, b in zip(one.parameters(), other.parameters(), strict=True):
            a.grad = torch.randn(a.shape, generator=rng)
            b.grad = a.grad.clone()
        fused.param_groups[0]["lr"].fill_(0.01 / (1 + number))
        plain.param_groups[0]["lr"] = 0.01 / (1 + number)
        fused.step()
        plain.step()
    torch.testing.assert_close(one.weight, other.weight, rtol=1e-6, atol=1e-7)


def test_adamax_in_eight_operations_has_the_bits_and_the_state_of_torchs():
    for decay in (0.0, 0.01):
        ours, theirs = (nn.Sequential(nn.Linear(33, 17), nn.Linear(17, 5, bias=False)) for _ in range(2))
        theirs.load_state_dict(ours.state_dict())
        one, other = (
            CapturableAdamax(ours.parameters(), lr=0.01, weight_decay=decay),
            torch.optim.Adamax(theirs.parameters(), lr=0.01, weight_decay=decay),
        )
        rng = torch.Generator().manual_seed(0)
        for number in range(50):
            for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
                a.grad = torch.randn(a.shape, generator=rng) * 10.0 ** -(number % 12)
                b.grad = a.grad.clone()
            one.param_groups[0]["lr"] = other.param_groups[0]["lr"] = 0.01 / (1 + number)
            one.step()
            other.step()
        assert equal(ours.state_dict(), theirs.state_dict())
        mine, its = one.state_dict()["state"], other.state_dict()["state"]
        assert all(equal(mine[index], its[index]) for index in its) and mine.keys() == its.keys()


@pytest.mark.parametrize(("first", "then"), [(None, Rehearsal), (Rehearsal, None)], ids=["plain-captured", "captured-plain"])
def test_a_captured_training_goes_on_from_the_checkpoint_of_a_plain_one_and_the_other_way_round(monkeypatch, first, then):
    whole, _ = trained(monkeypatch, "eegnet", ADAMAX, None, dropout=0.0)
    begun, _ = trained(monkeypatch, "eegnet", ADAMAX, first, n=4, dropout=0.0)
    resumed, _ = trained(monkeypatch, "eegnet", ADAMAX, then, n=0, dropout=0.0)
    resumed.load({name: value.clone() for name, value in begun.tensors().items()}, begun.facts())
    with exact(1, CPU):
        for number, batch in list(enumerate(batches(9)))[4:]:
            resumed.step(batch, number)
    assert equal(whole.tensors(), resumed.tensors())


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="without oneDNN nothing is fused on a CPU")
@pytest.mark.parametrize(("precision", "most"), [("fp32", 70), ("bf16", 75)])
def test_a_step_of_vgg_launches_few_operations_8_of_them_the_optimisers(monkeypatch, precision, most):
    """Every operation that reads or writes data counts; on a GPU a mask of dropout is one (`native_dropout`), and three here."""
    hyper = Training(**{**vars(ADAMAX), "precision": precision})
    update, _ = trained(monkeypatch, "vgg", hyper, Rehearsal, n=5)
    replayed = update._learn._captured[4]
    update.optimizer.prepare()
    with Watch() as whole:
        replayed.learn(replayed.x, replayed.labels)
    with Watch() as optimizer:
        update.optimizer.apply()
    count, of_optimizer = launched(whole), launched(optimizer)
    assert len(of_optimizer) <= 8
    assert count.count("bernoulli_") == 2 and len(count) - 2 * 2 <= most
    plain, _ = trained(monkeypatch, "vgg", ADAMAX, None, n=2)
    with Watch() as eager:
        plain.step(batches(1)[0], 2)
    assert len(launched(eager)) > 2.5 * len(count)


def launched(watch: Watch) -> list[str]:
    names = [name.partition("::")[2].partition(".")[0] for name in watch.names if not name.startswith("profiler")]
    return [name for name in names if name not in LAUNCHES_NOTHING]


def test_an_operation_that_waits_is_found_and_the_step_stays_plain(monkeypatch):
    update, _ = trained(monkeypatch, "covwave", Training(**{**vars(ADAMAX), "optimizer": "adamw"}), Rehearsal, n=4)
    assert update._learn.waits_for == {"aten::_linalg_eigh"} and not update._learn._captured


@pytest.mark.parametrize(
    "forward",
    [lambda x: x * x.mean().item(), lambda x: x[x.sum(dim=1) != 0], lambda x: x + torch.tensor(1.0)],
    ids=["item", "index", "constant"],
)
def test_what_asks_the_host_is_not_captured(forward):
    step = Captured(lambda x, labels: forward(x).sum(), Rehearsal)
    for _ in range(PLAIN + 2):
        step(torch.ones(3, 2), torch.zeros(3))
    assert step.waits_for and not step._captured


def test_updates_before_a_capture_count_like_all_others():
    seen: list[float] = []
    step = Captured(lambda x, _: seen.append(x[0, 0].clone()) or x.sum(), Rehearsal)
    sums = [float(step(torch.full((n, 2), float(value)), torch.zeros(n))) for value, n in enumerate([3, 3, 3, 3, 1, 3, 1, 1])]
    assert [float(value) for value in seen] == list(range(8))
    assert sums == [2.0 * n * value for value, n in enumerate([3, 3, 3, 3, 1, 3, 1, 1])]


def test_steps_are_captured_by_rule():
    network, hyper = nn.Linear(2, 2), ADAMAX
    assert capture_for(network, hyper, CUDA) is Graph
    assert capture_for(network, hyper, CPU) is None
    assert capture_for(network, hyper, CUDA, eager=True) is None
    assert {name for name in OPTIMIZERS if capture_for(network, Training(**{**vars(hyper), "optimizer": name}), CUDA)} == set(
        captured.CAPTURABLE
    )
    for asks in ({"accumulate": 2}, {"precision": "fp16"}):
        assert capture_for(network, Training(**{**vars(hyper), **asks}), CUDA) is None
    foreign = ForeignNetwork.__new__(ForeignNetwork)
    assert capture_for(foreign, hyper, CUDA) is None


class FakeGraph:
    """Graph of a device that is not here: it does again what was captured."""

    captured: torch.Tensor

    def replay(self) -> None:
        self.captured += 1


def test_a_graph_copies_each_batch_to_where_it_was_captured_and_gives_what_it_wrote(monkeypatch):
    made = []

    @contextlib.contextmanager
    def capturing(graph, *, stream, capture_error_mode):
        made.append((graph, stream, capture_error_mode))
        yield

    monkeypatch.setattr(torch.cuda, "CUDAGraph", FakeGraph)
    monkeypatch.setattr(torch.cuda, "graph", capturing)
    x, labels, seen = torch.ones(3, 2), torch.zeros(3), []
    graph = Graph(lambda x, labels: seen.extend([x, labels]) or torch.zeros(2), x, labels)
    made[0][0].captured = graph.figures
    assert made[0][1:] == (None, "thread_local")  # a feed that copies meanwhile, on another thread, must not spoil it
    figures = graph.replay(torch.full((3, 2), 7.0), torch.ones(3))
    assert seen[0].eq(7).all() and seen[1].eq(1).all() and len(seen) == 2  # the step's own code is not run again
    assert figures.tolist() == [1, 1] and x.eq(1).all()
    # One of several that run at once is captured on its own stream, for workspaces of libraries belong to a stream.
    monkeypatch.setattr(captured, "stream_of_training", lambda _: "its own")
    Graph(lambda x, labels: torch.zeros(2), x, labels)
    assert made[1][1:] == ("its own", "thread_local")


def test_plain_steps_on_a_gpu_run_on_a_stream_beside_and_are_waited_for(monkeypatch):
    told = []

    class Stream:
        def __init__(self, name: object) -> None:
            self.name = name

        def wait_stream(self, other: Stream) -> None:
            told.append((self.name, "waits for", other.name))

    @contextlib.contextmanager
    def on(stream):
        told.append(("on", stream.name))
        yield

    here = Stream("here")
    monkeypatch.setattr(torch.cuda, "current_stream", lambda _: here)
    monkeypatch.setattr(torch.cuda, "default_stream", lambda _: here)
    monkeypatch.setattr(torch.cuda, "Stream", lambda _: Stream("aside"))
    monkeypatch.setattr(torch.cuda, "stream", on)
    with captured._aside(CUDA):
        told.append("step")
    assert told == [("aside", "waits for", "here"), ("on", "aside"), "step", ("here", "waits for", "aside")]
    told.clear()
    monkeypatch.setattr(torch.cuda, "default_stream", lambda _: Stream("default"))  # one of several that take turns is beside it already
    with captured._aside(CUDA):
        told.append("step")
    assert told == ["step"]


@pytest.mark.parametrize(("precision", "last"), [("fp32", False), ("bf16", True), ("tf32", True)])
def test_weights_lie_channels_last_on_a_gpu_where_tensor_cores_compute(precision, last):
    elsewhere = torch.device("meta")  # a device that is no CPU, and everywhere
    for device, expected in ((elsewhere, last), (CPU, True)):
        weight = update_module.laid_out(nn.Conv2d(4, 8, 3), device, Precision(precision, device)).weight
        assert weight.device == device and weight.is_contiguous(memory_format=torch.channels_last) == expected
    grouped = update_module.laid_out(nn.Conv2d(4, 8, 3, groups=4), CPU, Precision(precision, CPU)).weight  # (8, 1, 3, 3) lies either way
    assert grouped.stride() == ((9, 1, 3, 1) if precision == "fp32" else (9, 9, 3, 1))


def test_a_device_that_cannot_capture_says_how_to_go_on(monkeypatch):
    class Refusing:
        def __init__(self, *_: object, **__: object) -> None:
            raise RuntimeError("CUDA error: operation not permitted when stream is capturing\nmore")

    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: None)
    monkeypatch.setattr(torch.cuda, "graph", Refusing)
    with pytest.raises(UnavailableError, match=r"operation not permitted when stream is capturing\)$") as error:
        Graph(lambda x, _: x.sum(), torch.ones(2), torch.ones(2))
    assert error.value.hint == "Use --eager."
