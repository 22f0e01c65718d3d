"""An update with each of its extras: against plain computations, and resumed exactly from any batch."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from eegcli.engine import loop
from eegcli.engine.context import Context
from eegcli.engine.device import exact
from eegcli.engine.examples import Examples
from eegcli.engine.feed import Batch
from eegcli.engine.objective import Fitted, Objective
from eegcli.engine.update import Update
from eegcli.errors import InputError, Stopped
from eegcli.models.head import LOGIT, NUMBER, SOFTMAX
from eegcli.registry import Training
from eegcli.reporter import Silent
from tests.engine.test_loop import StopAfter

CPU = torch.device("cpu")
N, BATCH = 23, 5  # the last batch of an epoch holds three windows
PLAIN = Training(epochs=2, batch_size=BATCH, optimizer="sgd", lr=0.05, weight_decay=0.01)
CLASSES, WEIGHTS = Objective(SOFTMAX), torch.tensor([0.7, 1.9])


def network(n_outputs: int = 2, dropout: float = 0.0) -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (1, 2)), nn.Conv2d(1, 8, 2), nn.ReLU(), nn.Dropout(dropout), nn.Flatten(), nn.Linear(16, n_outputs)
    )


def windows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    answers = rng.integers(0, 2, N).astype(float)
    return (rng.standard_normal((N, 2, 3)) + answers[:, None, None]).astype(np.float32), answers


def train(
    folder: Path, hyper: Training, *, objective: Objective = CLASSES, stop: StopAfter | None = None, dropout: float = 0.0
) -> tuple[nn.Module, Fitted]:
    x, answers = windows()
    examples = Examples(x, np.arange(N), answers)
    with exact(1, CPU):
        torch.manual_seed(3)
        model = network(1 if objective.head in (LOGIT, NUMBER) else 2, dropout)
        context = Context(CPU, 1, folder, stop or StopAfter(), Silent())
        fitted = loop.fit(model, examples, replace(examples, rows=np.arange(0)), objective, hyper, seed=3, context=context)
    return model, fitted


def same(one: tuple[nn.Module, Fitted], two: tuple[nn.Module, Fitted]) -> bool:
    weights = zip(one[0].state_dict().values(), two[0].state_dict().values(), strict=True)
    return one[1] == two[1] and all(torch.equal(a, b) for a, b in weights)


@pytest.mark.parametrize(
    "objective",
    [Objective(SOFTMAX), Objective(SOFTMAX, WEIGHTS), Objective(LOGIT, WEIGHTS), Objective(NUMBER)],
    ids=["classes", "weighted", "logit", "number"],
)
@pytest.mark.parametrize("n", [2, 3, 7])
def test_accumulated_batches_are_one_batch_so_many_times_as_large(tmp_path, objective, n):
    # Of 23 windows in batches of 5: with two of them per update the last one has the three windows that are left, with seven of them all 23.
    apart, _ = train(tmp_path / "apart", replace(PLAIN, accumulate=n), objective=objective)
    together, _ = train(tmp_path / "together", replace(PLAIN, batch_size=n * BATCH), objective=objective)
    for one, other in zip(apart.parameters(), together.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)


def test_the_gradient_is_shortened_to_the_norm_where_it_is_longer(tmp_path):
    x, answers = (torch.from_numpy(part).float() for part in windows())
    for norm, shortened in ((0.01, True), (1e6, False)):
        torch.manual_seed(0)
        model = network()
        plain = copy.deepcopy(model)
        functional.cross_entropy(plain(x), answers.long()).backward()
        length = torch.cat([weight.grad.flatten() for weight in plain.parameters()]).norm()
        share = norm / length if shortened else 1.0
        expected = [weight - 0.05 * share * weight.grad for weight in plain.parameters()]
        update = Update(model, Objective(SOFTMAX), replace(PLAIN, clip_norm=norm, weight_decay=0.0), CPU, n_batches=1)
        update.step(Batch(x, answers, np.arange(N)), 0)
        for found, wanted in zip(model.parameters(), expected, strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-8)


def test_the_rate_of_each_update_is_the_schedules():
    x, answers = (torch.from_numpy(part).float() for part in windows())
    model = network()
    update = Update(
        model, Objective(SOFTMAX), replace(PLAIN, epochs=4, schedule="cosine", weight_decay=0.0, momentum=0.0), CPU, n_batches=1
    )
    for number, rate in enumerate(0.05 * (1 + np.cos(np.pi * np.arange(4) / 4)) / 2):
        before = copy.deepcopy(model)
        functional.cross_entropy(before(x), answers.long()).backward()
        update.step(Batch(x, answers, np.arange(N)), number)
        for found, weight in zip(model.parameters(), before.parameters(), strict=True):
            torch.testing.assert_close(found, weight - rate * weight.grad)


EXTRAS = {
    "accumulate": {"accumulate": 2},
    "schedule": {"schedule": "cosine", "warmup": "3steps"},
    "clip": {"clip_norm": 0.1, "schedule": "onecycle"},
    "bf16": {"precision": "bf16"},
    "fp16": {"precision": "fp16", "clip_norm": 0.5},
    "all": {"accumulate": 3, "schedule": "cosine", "warmup": "1", "clip_norm": 0.1, "precision": "fp16"},
}


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("optimizer", ["adamax", "sgd"])
def test_stopped_after_every_batch_training_goes_on_to_the_same_bits(tmp_path, extra, optimizer):
    hyper = replace(PLAIN, optimizer=optimizer, lr=0.01, **EXTRAS[extra])
    whole = train(tmp_path / "whole", hyper, dropout=0.5)
    for stops in range(1, 40):
        try:
            resumed = train(tmp_path / "often", hyper, dropout=0.5, stop=StopAfter(1))
        except Stopped:
            assert stops < 30
        else:
            break
    assert stops > 5 and same(whole, resumed)


@pytest.mark.parametrize("extra", ["accumulate", "schedule", "clip", "bf16"])
def test_an_extra_changes_what_is_learnt(tmp_path, extra):
    assert not same(train(tmp_path / "a", PLAIN), train(tmp_path / "b", replace(PLAIN, **EXTRAS[extra])))


def test_half_precision_stays_near_single_and_leaves_the_weights_single(tmp_path):
    single, of_single = train(tmp_path / "single", PLAIN)
    for precision in ("bf16", "fp16"):
        half, of_half = train(tmp_path / precision, replace(PLAIN, precision=precision))
        assert {weight.dtype for weight in half.parameters()} == {torch.float32}
        assert of_half.history[-1]["train_loss"] == pytest.approx(of_single.history[-1]["train_loss"], rel=0.01)
        assert max(float((a - b).detach().abs().max()) for a, b in zip(single.parameters(), half.parameters(), strict=True)) < 0.01


class Steep(nn.Module):
    """A layer whose outputs are as they are, and whose gradient is so many times as large."""

    def __init__(self, times: float) -> None:
        super().__init__()
        self.times = times

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.times - (x * (self.times - 1)).detach()


def test_an_overflow_that_the_scaler_leaves_out_is_no_lost_training():
    x, answers = (torch.from_numpy(part).float() for part in windows())
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 2), Steep(64.0))  # 65536 times the gradient is too much for fp16
    update = Update(model, Objective(SOFTMAX), replace(PLAIN, precision="fp16"), CPU, n_batches=30)
    before, figures, left_out = copy.deepcopy(model.state_dict()), [], 0
    for number in range(10):
        figures.append(update.step(Batch(x, answers, np.arange(N)), number))
        left_out += all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert 0 < left_out < 10
    assert torch.isfinite(torch.stack(figures)).all()
    assert update.scaler.get_scale() < 2.0**16


def test_gradients_that_never_fit_are_a_training_that_diverged(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.network", lambda *_: nn.Sequential(nn.Flatten(), nn.Linear(6, 2), Steep(float("inf"))))
    monkeypatch.setattr(Steep, "forward", lambda self, x: x + (x - x.detach()).abs().sqrt())  # the root of 0 has no finite slope
    with pytest.raises(InputError, match="training diverged"):
        train(tmp_path, replace(PLAIN, precision="fp16", epochs=20))


@pytest.mark.parametrize("extra", EXTRAS)
def test_a_loss_that_is_not_finite_is_one_clear_error(tmp_path, monkeypatch, extra):
    monkeypatch.setattr(f"{__name__}.network", lambda *_: nn.Sequential(nn.Flatten(), nn.Linear(6, 2), nn.Threshold(1e9, float("inf"))))
    with pytest.raises(InputError, match="training diverged") as error:
        train(tmp_path, replace(PLAIN, **EXTRAS[extra]))
    assert "--lr" in error.value.hint
