"""Training whose subjects are recentred, against a plain loop: the means of each epoch, the figures that choose it, and its exact resume."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from eegcli.compute.signals import Stop
from eegcli.engine import checkpoint, examples, loop
from eegcli.engine.context import Context
from eegcli.engine.device import exact
from eegcli.engine.examples import Examples
from eegcli.engine.feed import Batch, Mixed
from eegcli.engine.inference import outputs
from eegcli.engine.objective import Objective
from eegcli.engine.recentring import Recentring
from eegcli.errors import Stopped
from eegcli.models import build
from eegcli.models.head import SOFTMAX
from eegcli.models.normalisation import normalised
from eegcli.registry import Training
from eegcli.reporter import Silent

SFREQ, N_CHANS, N_TIMES, N_SUBJECTS, N_WINDOWS = 64.0, 3, 64, 7, 9
CPU = torch.device("cpu")
HYPER = Training(epochs=3, batch_size=16, optimizer="adamw", lr=0.02, weight_decay=0.01)
TRAIN, VALIDATION = np.arange(5), np.arange(5, 7)  # subjects


class StopAfter:
    """Asks to stop at the n-th look."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    @property
    def requested(self) -> bool:
        self.left -= 1
        return self.left < 0

    def raise_if_requested(self) -> None:
        if self.left < 0:
            raise Stopped("enough")


def cohort() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows, subjects and labels; skulls differ by far more than the two tasks of each subject do."""
    rng = np.random.default_rng(0)
    subject, labels = np.repeat(np.arange(N_SUBJECTS), N_WINDOWS), np.tile(np.arange(N_WINDOWS) % 2, N_SUBJECTS)
    gains = np.exp(rng.normal(0, 1, (N_SUBJECTS, N_CHANS, 1)))
    x = 5 * rng.standard_normal((len(subject), N_CHANS, N_TIMES)) * gains[subject]
    x[labels == 1, 0] *= 1.5
    return x.astype(np.float32), subject, labels.astype(float)


X, SUBJECT, LABELS = cohort()
UNLABELLED = [3, 20, 50]  # belong to the means, and to no set


def of(subjects: np.ndarray) -> Examples:
    rows = np.setdiff1d(np.flatnonzero(np.isin(SUBJECT, subjects)), UNLABELLED)
    return Examples(X, rows, LABELS[rows])


def network(normalise: str | None = None) -> torch.nn.Module:
    torch.manual_seed(0)
    model = build("covwave", n_chans=N_CHANS, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ, n_sources=4)
    return normalised(model, None if normalise is None else {"how": normalise}, (N_CHANS, N_TIMES))


def fit(folder: Path, hyper: Training = HYPER, stop: StopAfter | Stop | None = None, *, normalise: str | None = None):
    context = Context(CPU, 1, folder, stop or Stop(), Silent())
    with exact(1, CPU):
        model = network(normalise)
        torch.manual_seed(1)
        fitted = loop.fit(
            model, of(TRAIN), of(VALIDATION), Objective(SOFTMAX), hyper, seed=3, context=context, sfreq=SFREQ, recentred_by=SUBJECT
        )
    return model, fitted


def by_hand(model: torch.nn.Module, subjects: np.ndarray) -> torch.Tensor:
    """Mean features of subjects over all their windows, zeros of the others."""
    means = torch.zeros(N_SUBJECTS, len(model.centre))
    with torch.no_grad():
        for one in subjects:
            means[one] = model.eval().features(torch.from_numpy(X[one == SUBJECT])).mean(dim=0)
    return means


def test_the_loop_is_a_plain_one_that_takes_the_means_before_each_epoch(tmp_path):
    with exact(1, CPU):
        model, (train, validation) = network(), (of(TRAIN), of(VALIDATION))
        torch.manual_seed(1)
        optimizer = torch.optim.AdamW(model.parameters(), lr=HYPER.lr, weight_decay=HYPER.weight_decay)
        losses, states = [], []
        for epoch in range(HYPER.epochs):
            means = by_hand(model, TRAIN)
            model.standardise.mean.copy_(means[TRAIN].mean(dim=0))
            model.train()
            order = np.random.default_rng([3, epoch]).permutation(len(train))
            for start in range(0, len(train), HYPER.batch_size):
                rows = train.rows[np.sort(order[start : start + HYPER.batch_size])]
                features = model.features(torch.from_numpy(X[rows])) - means[SUBJECT[rows]] + model.standardise.mean.clone()
                optimizer.zero_grad()
                functional.cross_entropy(model.output(features), torch.from_numpy(LABELS[rows]).long()).backward()
                optimizer.step()
            model.eval()
            means = by_hand(model, VALIDATION)
            with torch.no_grad():
                features = model.features(torch.from_numpy(X[validation.rows])) - means[SUBJECT[validation.rows]] + model.standardise.mean
                losses.append(functional.cross_entropy(model.output(features), torch.from_numpy(validation.labels).long()).item())
            states.append({name: value.clone() for name, value in model.state_dict().items()})
    found, fitted = fit(tmp_path)
    assert [row["validation_loss"] for row in fitted.history] == pytest.approx(losses, rel=1e-4)
    for name, value in found.state_dict().items():
        torch.testing.assert_close(value, states[fitted.kept_row - 1][name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("changed", [{}, {"ema": 0.8}, {"augment": ("mixup:alpha=1",)}, {"validate_every": 2}])
@pytest.mark.parametrize("normalise", [None, "window"])
def test_the_figures_that_choose_the_epoch_are_those_of_a_prediction(tmp_path, changed, normalise):
    model, fitted = fit(tmp_path, replace(HYPER, **changed), normalise=normalise)
    validation = of(VALIDATION)
    found = outputs(model, X, validation.rows, device=CPU, reporter=Silent(), subject=SUBJECT)
    loss = functional.cross_entropy(torch.from_numpy(found), torch.from_numpy(validation.labels).long()).item()
    assert fitted.kept["validation_loss"] == pytest.approx(loss, rel=1e-5)
    plain = outputs(model, X, validation.rows, device=CPU, reporter=Silent())
    assert abs(plain - found).max() > 0.01


@pytest.mark.parametrize("changed", [{}, {"ema": 0.8, "augment": ("mixup:alpha=1",), "validate_every": 2}])
def test_stopped_again_and_again_training_ends_with_the_same_bits(tmp_path, monkeypatch, changed):
    monkeypatch.setattr(examples, "BATCH", 16)  # means of an epoch and of a look take several turns
    hyper = replace(HYPER, **changed)
    whole = fit(tmp_path / "whole", hyper)
    for looks in (1, 2, *(9,) * 200):  # of the means of an epoch no checkpoint keeps anything: three looks would never get behind them
        try:
            stopped = fit(tmp_path / "stopped", hyper, StopAfter(looks))
            break
        except Stopped:
            assert (tmp_path / "stopped" / checkpoint.NAME).exists()
    assert whole[1].history == stopped[1].history
    assert all(torch.equal(a, b) for a, b in zip(whole[0].state_dict().values(), stopped[0].state_dict().values(), strict=True))


@pytest.mark.parametrize("looks", [pytest.param(n, marks=() if n % 7 == 0 else pytest.mark.exhaustive) for n in range(1, 46)])
def test_stopped_at_any_place_training_goes_on_to_the_same_bits(tmp_path, monkeypatch, looks):
    monkeypatch.setattr(examples, "BATCH", 16)
    whole = fit(tmp_path / "whole")
    try:
        stopped = fit(tmp_path / "stopped", stop=StopAfter(looks))
    except Stopped:
        stopped = fit(tmp_path / "stopped")
    assert whole[1].history == stopped[1].history
    assert all(torch.equal(a, b) for a, b in zip(whole[0].state_dict().values(), stopped[0].state_dict().values(), strict=True))


def test_of_mixed_windows_the_means_of_both_subjects_are_taken_by_their_shares():
    model, train = network(), of(TRAIN)
    model.train()(torch.from_numpy(X))
    recentring = Recentring(model, train, SUBJECT, CPU)
    list(recentring.measure())
    places, others, share = np.array([0, 12, 30]), np.array([30, 0, 12]), torch.tensor(0.25)
    x = torch.from_numpy(X[train.rows[places]])
    means, model = by_hand(model, TRAIN), model.eval()
    own, other = (means[SUBJECT[train.rows[which]]] for which in (places, others))
    with torch.no_grad():
        found = recentring.outputs(x, recentring.means_of(Batch(x, torch.zeros(3), places, Mixed(torch.zeros(3), share, others))))
        expected = model.output(model.features(x) - (0.75 * own + 0.25 * other) + means[TRAIN].mean(dim=0))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_a_network_that_cannot_be_recentred_while_it_learns_says_so():
    closed = build("tangent-space", n_chans=N_CHANS, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ)
    with pytest.raises(TypeError, match="TangentSpace is not recentred while it learns"):
        closed.recentre(torch.zeros(6))
