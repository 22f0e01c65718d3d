"""Schedules against torch's own schedulers, and the batches of an update."""

from __future__ import annotations

import pytest
import torch

from eegcli.engine.schedule import Schedule
from eegcli.errors import InputError
from eegcli.registry import Training

LR = 0.02


def schedule(*, n_batches: int = 5, epochs: int = 7, **extras) -> Schedule:
    return Schedule.of(Training(epochs=epochs, batch_size=8, optimizer="adam", lr=LR, weight_decay=0.0, **extras), n_batches)


def torchs(scheduler, n: int, **options) -> list[float]:
    """Rates of a scheduler of torch's, one per update."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
    rates, course = [], scheduler(optimizer, **options)
    for _ in range(n):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < n:
            course.step()
    return rates


def test_constant_is_the_learning_rate_itself():
    assert {schedule().rate(batch) for batch in range(35)} == {LR}


def test_cosine_is_torchs():
    rates = [schedule(schedule="cosine").rate(batch) for batch in range(35)]
    assert rates == pytest.approx(torchs(torch.optim.lr_scheduler.CosineAnnealingLR, 35, T_max=35), rel=1e-12)


@pytest.mark.parametrize("epochs", [1, 7])
def test_onecycle_is_torchs(epochs):
    n = 5 * epochs
    rates = [schedule(schedule="onecycle", epochs=epochs).rate(batch) for batch in range(n)]
    expected = torchs(torch.optim.lr_scheduler.OneCycleLR, n, max_lr=LR, total_steps=n, cycle_momentum=False)
    assert rates == pytest.approx(expected, rel=1e-12)


def test_onecycle_has_a_rate_for_the_shortest_trainings():
    for n in range(1, 6):  # torch's divides by zero or rises backwards in some of them
        rates = [schedule(schedule="onecycle", n_batches=n, epochs=1).rate(batch) for batch in range(n)]
        assert all(0 < rate <= LR for rate in rates)


@pytest.mark.parametrize(("warmup", "n"), [("8steps", 8), ("2", 10), ("0.5", 2)])
def test_a_warm_up_rises_by_equal_parts_and_the_rest_follows(warmup, n):
    rates = [schedule(warmup=warmup).rate(batch) for batch in range(35)]
    assert rates[:n] == pytest.approx([LR * (update + 1) / n for update in range(n)])
    assert set(rates[n:]) == {LR}
    rest = [schedule(warmup=warmup, schedule="cosine").rate(batch) for batch in range(n, 35)]
    assert rest == pytest.approx(torchs(torch.optim.lr_scheduler.CosineAnnealingLR, 35 - n, T_max=35 - n), rel=1e-12)


def test_batches_of_an_update_share_a_rate_and_an_epoch_ends_with_an_update():
    found = schedule(accumulate=2, schedule="cosine", epochs=2)  # five batches: two, two, one
    assert [found.ends_update(batch) for batch in range(10)] == [False, True, False, True, True] * 2
    assert (found.updates_per_epoch, found.n_updates) == (3, 6)
    each = torchs(torch.optim.lr_scheduler.CosineAnnealingLR, 6, T_max=6)
    assert [found.rate(batch) for batch in range(10)] == pytest.approx([each[update] for update in (0, 0, 1, 1, 2, 3, 3, 4, 4, 5)])


def test_a_warm_up_as_long_as_the_training_is_refused_with_its_length():
    with pytest.raises(InputError, match="--warmup 35steps: the whole training has 35 updates"):
        schedule(warmup="35steps")
