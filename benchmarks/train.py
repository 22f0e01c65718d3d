"""Benchmark of training on a CPU: whole steps beside a bare loop of PyTorch, beside the same in channels-last, and beside braindecode with skorch.

All arms take turns in one process, another one first in each round, on the same windows in memory, in single precision; each ratio is the median over
rounds of windows per second, ours over theirs. `bare` and `channels_last` run the layers as they are published; before each round they are given our
weights, so that the losses of the first step can be compared. `bf16` is ours with ``--precision bf16``, where the CPU has such arithmetic: its figure is how much
faster it is than ours in single precision, and how far its losses are off. `skorch` is the same network in braindecode's `EEGClassifier`, where braindecode can be
imported.

    python benchmarks/train.py [--json] [--quick] [--archs eegnet,shallow] [--shapes 24x256] [--batch-size 64] [--threads 1] [--rounds 11] [--steps 2]
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import truediv
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count

from eegcli import registry
from eegcli.engine.examples import Examples
from eegcli.engine.feed import Feed, feed_of
from eegcli.engine.hyperparameters import OPTIMIZERS
from eegcli.engine.objective import Objective
from eegcli.engine.order import Order
from eegcli.engine.precision import lack_of
from eegcli.engine.update import Update
from eegcli.models import build
from eegcli.models.head import head_of
from eegcli.models.reordered import Reordered
from eegcli.registry import Training

ARCHS = ("eegnet", "shallow", "deepconvnet", "vgg", "scnn")
# Shape and batch of each measurement of all; the first one of an architecture stands in `ratios`. None: the architecture's own batch.
CASES: dict[str, tuple[tuple[str, int | None], ...]] = {
    "eegnet": (("24x256", 64), ("19x256", 64), ("19x256", 16), ("2x750", 64)),
    "shallow": (("24x256", 64), ("19x256", 64), ("2x750", 64)),
    "deepconvnet": (("24x256", 64), ("19x256", 64), ("2x750", 64)),
    "vgg": (("24x256", None),),
    "scnn": (("24x256", None),),
}
SFREQ = 128.0
CPU = torch.device("cpu")
Arm = Callable[[], list[float]]  # runs the steps of a round; the losses, where the arm tells them


def windows(shape: tuple[int, int], n: int) -> Examples:
    """Noise of 10 µV, of two classes, which a rhythm of 10 Hz tells apart."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2.0
    rhythm = 5 * np.sin(2 * np.pi * 10 / SFREQ * np.arange(shape[1]))
    x = 10 * rng.standard_normal((n, *shape)) + labels[:, None, None] * rhythm
    return Examples(x.astype(np.float32), np.arange(n), labels)


def ours(update: Update, feed: Feed) -> list[float]:
    """Steps as `train` takes them: its feed and its update."""
    losses, sums = [], torch.zeros(2, dtype=torch.float64)
    for number, batch in enumerate(feed.batches(0)):
        figures = update.step(batch, number)
        sums += figures
        losses.append(float(figures[0]) / len(batch))
    return losses


def torchs_optimizer(training: Training, model: nn.Module) -> torch.optim.Optimizer:
    """The optimiser as torch makes it where nobody asks for a form of it."""
    kind = getattr(torch.optim, OPTIMIZERS[training.optimizer])
    optimizer: torch.optim.Optimizer = kind(model.parameters(), lr=training.lr, weight_decay=training.weight_decay)
    return optimizer


def bare(model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, labels: torch.Tensor, batch_size: int) -> list[float]:
    """Steps of a plain loop over tensors in memory."""
    losses = []
    constrain = getattr(model, "constrain", None)
    for start in range(0, len(x), batch_size):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[start : start + batch_size]), labels[start : start + batch_size])
        loss.backward()
        optimizer.step()
        if constrain is not None:
            constrain()
        losses.append(float(loss.detach()))
    return losses


def skorch(model: nn.Module, arch: str, examples: Examples, batch_size: int) -> Arm:
    """The same network in braindecode's classifier, without validation and without words."""
    from braindecode import EEGClassifier

    training = registry.MODELS[arch].training
    assert training is not None
    classifier = EEGClassifier(
        model,
        criterion=nn.CrossEntropyLoss,
        optimizer=getattr(torch.optim, OPTIMIZERS[training.optimizer]),
        optimizer__lr=training.lr,
        optimizer__weight_decay=training.weight_decay,
        batch_size=batch_size,
        train_split=None,
        max_epochs=1,
        verbose=0,
        classes=[0, 1],
    )
    labels = examples.labels.astype(np.int64)

    def run() -> list[float]:
        classifier.partial_fit(examples.x, labels)
        return []

    return run


def as_published(model: nn.Module) -> nn.Module:
    """A copy of a network whose layers run as they stand."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(module, Reordered):
            module.as_published = True
    return model


def arms_of(arch: str, shape: tuple[int, int], batch_size: int, steps: int) -> tuple[dict[str, Arm], dict[str, nn.Module], str | None]:
    """The arms by name, the networks of those whose weights can be set, and why there is no arm of skorch."""
    training = registry.MODELS[arch].training
    assert training is not None
    torch.manual_seed(0)
    network = build(arch, n_chans=shape[0], n_times=shape[1], n_outputs=2, sfreq=SFREQ).train()
    examples = windows(shape, steps * batch_size)
    x, labels = torch.from_numpy(examples.x), torch.from_numpy(examples.labels).long()
    plain = {"bare": as_published(network), "channels_last": as_published(network).to(memory_format=torch.channels_last)}
    fast, order = copy.deepcopy(network), Order(len(examples), batch_size, 0)
    update = Update(fast, Objective(head_of(arch, "classification")), training, CPU, n_batches=order.n_batches)
    feed = feed_of(examples, order, CPU)
    places = torch.from_numpy(np.concatenate(order.batches(0)))
    x, labels = x[places], labels[places]  # all arms learn from the same batches
    arms: dict[str, Arm] = {"ours": lambda: ours(update, feed)}
    networks = {"ours": fast, **plain}
    if not lack_of("bf16", CPU):
        half = networks["bf16"] = copy.deepcopy(network)
        in_half = Update(
            half, Objective(head_of(arch, "classification")), replace(training, precision="bf16"), CPU, n_batches=order.n_batches
        )
        arms["bf16"] = lambda: ours(in_half, feed)
    for name, model in plain.items():
        of_plain = torchs_optimizer(training, model)
        arms[name] = lambda model=model, of_plain=of_plain: bare(model, of_plain, x, labels, batch_size)
    reason = None
    try:
        arms["skorch"] = skorch(as_published(network), arch, examples, batch_size)
    except ImportError as error:
        reason = f"braindecode cannot be imported ({error})"
    return arms, networks, reason


def of_fused_convolution(x: Any, weight: Any, *_: Any, out_shape: Any, **__: Any) -> int:
    """Operations of a convolution that oneDNN computes with its ReLU, from the shapes of windows, weights and maps."""
    return conv_flop_count(x, weight, out_shape)


def of_fused_linear(_bias: Any, x: Any, weight: Any, *_: Any, **__: Any) -> int:
    """Operations of a linear layer with its ReLU, from shapes: (batch, n_features) and (n_features, n_outputs)."""
    return 2 * x[0] * x[1] * weight[1]


def arithmetic(model: nn.Module, shape: tuple[int, int], batch_size: int) -> int:
    """Floating-point operations of a step that torch counts: those of convolutions and matrix products, without Fourier transforms."""
    model = copy.deepcopy(model)
    fused = {torch.ops.mkldnn._convolution_pointwise: of_fused_convolution, torch.ops.aten._addmm_activation: of_fused_linear}
    with FlopCounterMode(display=False, custom_mapping=fused) as counter:
        model(torch.randn(batch_size, *shape)).sum().backward()
    return int(counter.get_total_flops())


def sgemm(clock: Callable[[], float]) -> float:
    """GFLOP/s of a product of two matrices of 1024 x 1024."""
    one = torch.randn(1024, 1024)
    start = clock()
    for _ in range(4):
        one @ one
    return 4 * 2 * 1024**3 / (clock() - start) / 1e9


def measure(
    arch: str, shape: tuple[int, int], batch_size: int | None, rounds: int, clock: Callable[[], float], steps: int = 2
) -> dict[str, Any]:
    """One architecture on windows of one shape, in rounds of some steps of each arm."""
    training = registry.MODELS[arch].training
    assert training is not None
    batch_size = batch_size or training.batch_size
    arms, networks, reason = arms_of(arch, shape, batch_size, steps)
    seconds: dict[str, list[float]] = {name: [] for name in arms}
    differences: dict[str, float] = {name: 0.0 for name in networks if name != "ours"}
    products, first_losses = [], []
    for number in range(rounds + 1):  # the first one warms up
        state = {name: value.clone() for name, value in networks["ours"].state_dict().items()}
        losses = {}
        turn = number % len(arms)  # who begins finds the caches full of something else
        for name, arm in (*list(arms.items())[turn:], *list(arms.items())[:turn]):
            if name in networks:
                networks[name].load_state_dict(state)
            torch.manual_seed(number)  # dropout
            start = clock()
            losses[name] = arm()
            if number:
                seconds[name].append(clock() - start)
        products.append(sgemm(clock))
        first_losses.append(losses["ours"][0])
        for name in differences:
            off = abs(losses[name][0] - losses["ours"][0]) / max(1.0, abs(losses[name][0]))
            differences[name] = max(differences[name], off)
    ratios = {
        name: statistics.median(theirs / own for theirs, own in zip(seconds[name], seconds["ours"], strict=True))
        for name in arms
        if name not in ("ours", "bf16")
    }
    speeds = {name: steps * batch_size / statistics.median(taken) for name, taken in seconds.items()}
    return {
        "arch": arch,
        "shape": list(shape),
        "batch_size": batch_size,
        "rounds": rounds,
        "ratios": {name: round(value, 3) for name, value in ratios.items()},
        **({"bf16": round(statistics.median(map(truediv, seconds["ours"], seconds["bf16"])), 3)} if "bf16" in arms else {}),
        "windows_per_s": {name: round(value, 1) for name, value in speeds.items()},
        "gflops": {
            name: round(arithmetic(networks[name], shape, batch_size) / batch_size * speeds[name] / 1e9, 2) for name in ("ours", "bare")
        },
        "sgemm_gflops": round(statistics.median(products), 1),
        "loss": [round(min(first_losses), 4), round(max(first_losses), 4)],
        "loss_difference": differences,
        **({} if reason is None else {"left_out": {"skorch": reason}}),
    }


def cases(arguments: argparse.Namespace) -> Iterator[tuple[str, tuple[int, int], int | None]]:
    """Architecture, shape and batch of each measurement."""
    for arch in arguments.archs.split(","):
        wanted = CASES.get(arch, (("24x256", None),))
        if arguments.shapes:
            wanted = tuple((shape, arguments.batch_size) for shape in arguments.shapes.split(","))
        for shape, batch_size in wanted[: 1 if arguments.quick else None]:
            n_chans, _, n_times = shape.partition("x")
            yield arch, (int(n_chans), int(n_times)), 8 if arguments.quick else arguments.batch_size or batch_size


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="one shape of each, batches of 8, two rounds: does it run?")
    parser.add_argument("--archs", default=",".join(ARCHS), help="architectures that take raw windows")
    parser.add_argument("--shapes", help="channels x samples (default: for each architecture those of the documentation)")
    parser.add_argument("--batch-size", type=int, help="windows of a step")
    parser.add_argument("--threads", type=int, default=1, help="of torch; with one, seconds are those of the processor, else of the clock")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--steps", type=int, default=2, help="of each arm in a round")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", module="skorch|braindecode|mne")
    torch.set_num_threads(arguments.threads)
    clock = time.process_time if arguments.threads == 1 else time.perf_counter
    found = []
    for arch, shape, batch_size in cases(arguments):
        found.append(measure(arch, shape, batch_size, 2 if arguments.quick else arguments.rounds, clock, arguments.steps))
        print(json.dumps(found[-1]), file=sys.stderr)
    firsts: dict[str, dict[str, Any]] = {}
    for one in found:
        firsts.setdefault(one["arch"], one)
    result = {
        "benchmark": "train",
        "torch": torch.__version__,
        "vectors": torch.backends.cpu.get_cpu_capability(),
        "threads": arguments.threads,
        "ratios": {arch: one["ratios"] for arch, one in firsts.items()},
        "gflops": {arch: one["gflops"] for arch, one in firsts.items()},
        "sgemm_gflops": round(statistics.median(one["sgemm_gflops"] for one in found), 1),
        "loss_difference": {arch: one["loss_difference"] for arch, one in firsts.items()},
        "cases": found,
    }
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"{result['vectors']}, {arguments.threads} thread(s), sgemm {result['sgemm_gflops']} GFLOP/s")
    for one in found:
        said = ", ".join(f"{value:.2f} x {name}" for name, value in one["ratios"].items())
        print(
            f"{one['arch']:<12} {one['shape'][0]:>2} x {one['shape'][1]}, batch {one['batch_size']}: {said}; {one['windows_per_s']['ours']} windows/s, "
            f"{one['gflops']['ours']} GFLOP/s; losses differ by {one['loss_difference']['bare']:.1e}"
        )


if __name__ == "__main__":
    main()
