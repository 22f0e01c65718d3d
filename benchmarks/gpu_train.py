"""Benchmark of training on a GPU: the whole published job of HBN (Truong, Makeig & Delorme 2021), its steps captured, against the same loop eager and skorch.

Windows are simulated in its sizes; capture, and the scoring of each epoch, are inside the times. Beside each time stands a floor that is counted, not measured.
Without a CUDA device the same code runs at smoke size, its steps rehearsed: then only the counts of operations mean anything, and the times are open.

    python benchmarks/gpu_train.py [--json] [--quick]
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch

from eegcli import models, registry
from eegcli.compute.signals import Stop
from eegcli.engine import loop
from eegcli.engine import update as update_module
from eegcli.engine.captured import PLAIN, Captured, Graph, Rehearsal, Watch
from eegcli.engine.context import Context
from eegcli.engine.device import exact, find_device
from eegcli.engine.examples import Examples
from eegcli.engine.feed import Batch
from eegcli.engine.interleaved import results
from eegcli.engine.objective import Objective
from eegcli.engine.reading import WindowArray
from eegcli.engine.resident import ResidentArray
from eegcli.engine.turns import Turns
from eegcli.engine.update import Update
from eegcli.models.head import SOFTMAX
from eegcli.models.layers import layers_of
from eegcli.reporter import Reporter, Silent

SHAPE, SFREQ = (24, 256), 128.0
N_TRAIN, N_VALIDATION, EPOCHS = 71_381, 39_868, 70  # of the published job
SMOKE, SMOKE_BATCH = (24, 8, 2), 8  # the same three, where there is no GPU
SIDE_EPOCHS = 3  # of a peer, and of ours beside it: ratios need no whole job
# Of a card of the H200's class: products in bf16 (in TF32 half of it; single precision has no tensor cores), and bytes to and from memory.
FLOPS, BYTES = {"bf16": 790e12, "tf32": 395e12, "fp32": 60e12}, 4.2e12
OPTIMIZER_BYTES = 28  # of each weight and update of Adamax: gradient, weight and two moments are read, three of them written
# Operations that launch nothing: views, memory that is asked for, and what the host reads of its own.
LAUNCHES_NOTHING = {
    "detach",
    "t",
    "view",
    "unsqueeze",
    "_unsafe_view",
    "empty_like",
    "empty_strided",
    "permute",
    "expand",
    "transpose",
    "_local_scalar_dense",
}


@dataclass(frozen=True)
class Job:
    """A training that is timed, and the longest time that is claimed for it (s)."""

    arch: str
    batch_size: int
    precision: str
    claim: float

    @property
    def name(self) -> str:
        """Name in the table."""
        return f"{self.arch}, batch {self.batch_size}, {self.precision}"


JOBS = (Job("vgg", 70, "bf16", 30), Job("vgg", 70, "tf32", 60), Job("scnn", 70, "bf16", 50), Job("vgg", 1024, "bf16", 12))
CLAIMS = {"eager": 2.5, "skorch": 6.0, "first_step_seconds": 3.0, "operations": 45, "operations_of_optimizer": 8}


@dataclass(frozen=True)
class Several:
    """Networks of one configuration that are trained at once (``--at-once``), and what is claimed: seconds, or times of one network by itself."""

    job: Job
    n: int
    at_once: int
    sizes: tuple[int, int, int]  # windows trained on and validated on, epochs
    claim: float | None = None
    claim_in_times: float | None = None


SEEDS = Several(JOBS[0], 10, 10, (N_TRAIN, N_VALIDATION, EPOCHS), claim=180)
FOLDS = Several(Job("eegnet", 64, "fp32", 0), 36 * 10, 10, (2_232, 744, 40), claim_in_times=4)


def examples(n: int, first: int, x: WindowArray) -> Examples:
    """Windows from `first` on, every other one of the second class."""
    rows = np.arange(first, first + n)
    return Examples(x, rows, (rows % 2).astype(float))


def fit(job: Job, device: torch.device, x: WindowArray, sizes: tuple[int, int, int], *, eager: bool = False) -> float:
    """Train a job from nothing and give its seconds."""
    n_train, n_validation, epochs = sizes
    hyper = replace(_training(job, device), epochs=epochs)
    with exact(torch.get_num_threads(), device), tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(0)
        model = _network(job)
        context = Context(device, torch.get_num_threads(), Path(folder), Stop(), Silent(), eager=eager)
        start = time.perf_counter()
        with contextlib.nullcontext() if eager else capturing(device):
            validation = examples(n_validation, n_train, x)
            loop.fit(model, examples(n_train, 0, x), validation, Objective(SOFTMAX), hyper, seed=0, context=context)
        _wait(device)
        return time.perf_counter() - start


def fit_several(several: Several, device: torch.device, x: WindowArray, at_once: int) -> float:
    """Train networks of a configuration, a seed each, so many at once, and give the seconds of all."""
    (n_train, n_validation, epochs), threads = several.sizes, torch.get_num_threads()
    hyper = replace(_training(several.job, device), epochs=epochs)
    sets = examples(n_train, 0, x), examples(n_validation, n_train, x)

    def work(seed: int, /, *, stop: Stop, reporter: Reporter) -> Turns[Any]:
        with exact(threads, device), tempfile.TemporaryDirectory() as folder:
            torch.manual_seed(seed)
            context = Context(device, threads, Path(folder), stop, reporter)
            return (yield from loop.in_turns(_network(several.job), *sets, Objective(SOFTMAX), hyper, seed=seed, context=context))

    names = [f"seed {seed}" for seed in range(several.n)]
    start = time.perf_counter()
    with capturing(device):
        for _, answer in results(
            work, range(several.n), names, at_once=at_once, threads=threads, device=device, stop=Stop(), reporter=Silent()
        ):
            if isinstance(answer, Exception):
                raise answer
            if answer.failure is not None:
                raise RuntimeError(answer.failure.error)
    _wait(device)
    return time.perf_counter() - start


def measure_several(several: Several, device: torch.device, x: WindowArray) -> dict[str, Any]:
    """Row of networks at once: their seconds beside those of one by itself, and of all of them one after the other where that is known from one."""
    one = fit_several(replace(several, n=1), device, x, 1)
    seconds = fit_several(several, device, x, several.at_once)
    return {
        "name": f"{several.n} of {several.job.name}, {several.at_once} at once",
        "seconds": seconds,
        "claim": several.claim,
        "claim_in_times": several.claim_in_times,
        "one_seconds": one,
        "times_of_one": seconds / one,
        "floor": several.n * floor(several.job, several.sizes),
    }


def fit_with_skorch(job: Job, device: torch.device, x: WindowArray, sizes: tuple[int, int, int]) -> float:
    """Train the same network with skorch and a DataLoader, without validation, in single precision with TF32, and give the seconds."""
    from skorch import NeuralNetClassifier

    n_train, _, epochs = sizes
    hyper = _training(job, device)
    torch.manual_seed(0)
    net = NeuralNetClassifier(
        _network(job),
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adamax,
        optimizer__weight_decay=hyper.weight_decay,
        lr=hyper.lr,
        max_epochs=epochs,
        batch_size=job.batch_size,
        train_split=None,
        device=str(device),
        verbose=0,
    )
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    start = time.perf_counter()
    net.fit(x[:n_train], np.arange(n_train) % 2)
    _wait(device)
    return time.perf_counter() - start


@contextlib.contextmanager
def capturing(device: torch.device) -> Iterator[None]:
    """Steps are captured inside the block; where there is no CUDA device they are rehearsed."""
    capture = Graph if device.type == "cuda" else Rehearsal
    with mock.patch.object(update_module, "capture_for", lambda *_, **__: capture):
        yield


def operations(job: Job) -> dict[str, Any]:
    """Operations of one step in the job's precision, all and those of the optimiser: each that reads or writes data as torch dispatches it on the CPU."""
    cpu = torch.device("cpu")
    hyper = replace(_training(job, cpu), precision=job.precision)
    batch = Batch(torch.randn(2, *SHAPE), torch.tensor([0.0, 1.0]), np.arange(2))
    with capturing(cpu):
        captured = Update(_network(job), Objective(SOFTMAX), hyper, cpu, n_batches=10)
    plain = Update(_network(job), Objective(SOFTMAX), hyper, cpu, n_batches=10)
    for number in range(PLAIN + 1):  # the first ones make what the later ones find
        for update in (captured, plain):
            update.step(batch, number)
    assert isinstance(captured._learn, Captured)
    labels = batch.labels.to(captured.objective.labels)  # as they are copied to where the step is captured
    return {
        "operations": _launched(lambda: captured._learn.learn(batch.x, labels)),  # type: ignore[union-attr]
        "operations_of_optimizer": _launched(captured.optimizer.apply),  # type: ignore[attr-defined]
        "operations_of_plain_step": _launched(lambda: plain.step(batch, PLAIN + 1)),
    }


def floor(job: Job, sizes: tuple[int, int, int]) -> float:
    """Least seconds of a job, counted: arithmetic, and the memory that the optimiser moves; launches and activations come on top."""
    n_train, n_validation, epochs = sizes
    layers = layers_of(_network(job), SHAPE)
    windows = 3 * n_train + n_validation  # learning goes there, and back twice: to the inputs and to the weights
    arithmetic = 2 * layers.multiply_adds * windows / FLOPS[job.precision]
    return epochs * (arithmetic + -(-n_train // job.batch_size) * OPTIMIZER_BYTES * layers.n_parameters / BYTES)


def measure(job: Job, device: torch.device, x: WindowArray, sizes: tuple[int, int, int], *, peers: bool) -> dict[str, Any]:
    """Row of a job: seconds, floor, operations; with `peers` the ratios to the same loop eager, and to skorch where it is installed."""
    first = fit(job, device, x, (job.batch_size, 2, 1))  # its workspaces are warm from then on
    row: dict[str, Any] = {
        "name": job.name,
        "seconds": fit(job, device, x, sizes),
        "claim": job.claim,
        "floor": floor(job, sizes),
        "first_step_seconds": min(first, fit(job, device, x, (job.batch_size, 2, 1))),
        **operations(job),
    }
    if peers:
        few = (*sizes[:2], min(SIDE_EPOCHS, sizes[2]))
        ours = fit(job, device, x, few)
        row["eager"] = fit(job, device, x, few, eager=True) / ours
        if importlib.util.find_spec("skorch") is not None:
            row["skorch"] = fit_with_skorch(job, device, x, few) / ours
    return row


def text(result: dict[str, Any]) -> str:
    """Table of the rows, and what is open."""
    lines = [
        f"{result['device']}: {result['n_train']} windows of 24 x 256, {result['epochs']} epochs, each scored on {result['n_validation']}"
    ]
    for row in result["jobs"]:
        ratios = ", ".join(f"{row[peer]:.1f}x {peer} (claim {CLAIMS[peer]:g}x)" for peer in ("eager", "skorch") if peer in row)
        lines.append(
            f"  {row['name']:<22} {row['seconds']:8.2f} s (claim {row['claim']} s, floor {row['floor']:.2f} s)  first step {row['first_step_seconds']:.2f} s  "
            f"{row['operations']} operations a step, {row['operations_of_optimizer']} the optimiser's (claims 45, 8; plain {row['operations_of_plain_step']})  {ratios}"
        )
    for row in result["several"]:
        claim = f"{row['claim']} s" if row["claim"] else f"{row['claim_in_times']:g} times one"
        lines.append(
            f"  {row['name']:<46} {row['seconds']:8.2f} s (claim {claim}, floor {row['floor']:.2f} s), {row['times_of_one']:.2f} times one by itself"
        )
    return "\n".join([*lines, *(f"  open: {what}" for what in result["open"])])


def _training(job: Job, device: torch.device) -> registry.Training:
    training = registry.MODELS[job.arch].training
    assert training is not None
    return replace(training, batch_size=job.batch_size, precision=job.precision if device.type == "cuda" else "fp32")


def _network(job: Job) -> torch.nn.Module:
    return models.build(job.arch, n_chans=SHAPE[0], n_times=SHAPE[1], n_outputs=2, sfreq=SFREQ)


def _launched(step: Any) -> int:
    with Watch() as watch:
        step()
    names = [name.partition("::")[2].partition(".")[0] for name in watch.names if not name.startswith("profiler")]
    # A mask of dropout, drawn, scaled and multiplied by, is one operation on a GPU (`native_dropout`).
    return sum(name not in LAUNCHES_NOTHING for name in names) - 2 * names.count("bernoulli_")


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main() -> None:
    """Print the table, or with --json one object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="smoke size, whatever the device")
    arguments = parser.parse_args()
    device = find_device("cuda" if torch.cuda.is_available() else "cpu")
    smoke = arguments.quick or device.type != "cuda"
    jobs, sizes = (JOBS[:1], SMOKE) if smoke else (JOBS, (N_TRAIN, N_VALIDATION, EPOCHS))
    jobs = tuple(replace(job, batch_size=SMOKE_BATCH) for job in jobs) if smoke else jobs
    x: WindowArray = np.random.default_rng(0).standard_normal((sum(sizes[:2]), *SHAPE), dtype=np.float32) * 10
    if device.type == "cuda":
        x = ResidentArray(x, device)  # as a run has it
    rows = []
    for job in jobs:
        rows.append(measure(job, device, x, sizes, peers=job is jobs[0]))
        print(f"{job.name}: {rows[-1]['seconds']:.1f} s", file=sys.stderr)
    several = [SEEDS, FOLDS]
    if smoke:
        several = [replace(one, n=3, at_once=3, sizes=SMOKE, job=replace(one.job, batch_size=SMOKE_BATCH)) for one in several]
    rows_of_several = []
    for one in several:
        rows_of_several.append(measure_several(one, device, x))
        print(f"{rows_of_several[-1]['name']}: {rows_of_several[-1]['seconds']:.1f} s", file=sys.stderr)
    result = {
        "benchmark": "gpu_train",
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "smoke": smoke,
        "n_train": sizes[0],
        "n_validation": sizes[1],
        "epochs": sizes[2],
        "jobs": rows,
        "several": rows_of_several,
        "claims": CLAIMS,
        "open": ["every time: this is the smoke size"] if smoke else [],
    }
    print(json.dumps(result) if arguments.json else text(result))


if __name__ == "__main__":
    main()
