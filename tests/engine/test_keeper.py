"""Kept epoch: chosen by the validation set, by the test set where that is asked for, the last one where nobody chooses."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from eegcli.engine import checkpoint, loop
from eegcli.engine.context import Context
from eegcli.engine.device import exact
from eegcli.engine.examples import Examples
from eegcli.engine.keeper import chosen_on_validation
from eegcli.engine.objective import Fitted, Objective
from eegcli.errors import InputError, Stopped
from eegcli.models.head import NUMBER, SOFTMAX
from eegcli.registry import Training
from eegcli.reporter import Silent

CPU = torch.device("cpu")
EPOCHS = 12


class StopAfter:
    """Asks to stop at the n-th look; 0 is never."""

    def __init__(self, looks: int = 0) -> None:
        self.looks, self.left = looks, looks

    @property
    def requested(self) -> bool:
        self.left -= 1
        return self.looks > 0 and self.left < 0

    def raise_if_requested(self) -> None:
        if self.looks > 0 and self.left < 0:
            raise Stopped("enough")


def sets(n_train: int = 30, n_validation: int = 40, n_test: int = 40) -> list[Examples]:
    """Three sets of windows with little in common, so that they do not agree on an epoch."""
    rng = np.random.default_rng(2)
    n = n_train + n_validation + n_test
    labels = rng.integers(0, 2, n).astype(float)
    x = (rng.standard_normal((n, 2, 3)) + 0.4 * labels[:, None, None]).astype(np.float32)
    bounds = np.cumsum([0, n_train, n_validation, n_test])
    return [Examples(x, np.arange(start, stop), labels[start:stop]) for start, stop in itertools.pairwise(bounds)]


def train(
    folder: Path, parts: list[Examples], *, by_test: bool, stop: StopAfter | None = None, head=SOFTMAX, epochs: int = EPOCHS
) -> tuple[nn.Module, Fitted]:
    hyper = Training(epochs=epochs, batch_size=8, optimizer="adam", lr=0.05, weight_decay=0.0)
    context = Context(CPU, 1, folder, stop or StopAfter(), Silent())
    with exact(1, CPU):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Flatten(), nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 2 if head is SOFTMAX else 1))
        fitted = loop.fit(model, *parts[:2], Objective(head), hyper, seed=1, context=context, test=parts[2] if by_test else None)
    return model, fitted


def accuracy(model: nn.Module, examples: Examples) -> float:
    with torch.inference_mode():
        found = model(torch.from_numpy(examples.x[examples.rows])).argmax(1).numpy()
    return float(np.mean(found == examples.labels))


def test_the_test_set_chooses_only_where_it_is_asked_and_changes_nothing_else(tmp_path):
    parts = sets()
    honest, by_validation = train(tmp_path / "a", parts, by_test=False)
    optimistic, by_test = train(tmp_path / "b", parts, by_test=True)

    scores = [row["test_accuracy"] for row in by_test.history]
    assert by_test.kept_epoch == 1 + scores.index(max(scores))
    assert by_test.kept_epoch != by_validation.kept_epoch, "else this test shows nothing"
    assert accuracy(optimistic, parts[2]) == pytest.approx(max(scores))
    # The training itself is the same: only another of its epochs is kept.
    assert [{name: value for name, value in row.items() if "test" not in name} for row in by_test.history] == by_validation.history
    assert chosen_on_validation(by_test.history, Objective(SOFTMAX)) == by_validation.kept_epoch
    assert by_test.history[by_validation.kept_epoch - 1]["test_accuracy"] == pytest.approx(accuracy(honest, parts[2]))


def test_every_epoch_has_the_figures_of_a_plain_look_at_the_test_set(tmp_path):
    parts = sets()
    for epochs in (1, 3):
        model, fitted = train(
            tmp_path / str(epochs), [parts[0], Examples(parts[0].x, np.arange(0), np.zeros(0)), parts[1]], by_test=False, epochs=epochs
        )
        _, looked = train(tmp_path / f"looked-{epochs}", parts, by_test=True, epochs=epochs)
        assert fitted.kept_epoch == epochs
        assert looked.history[-1]["test_accuracy"] == pytest.approx(accuracy(model, parts[2]))


def test_without_validation_the_last_epoch_is_kept_and_nothing_is_said_of_that_set(tmp_path):
    parts = sets(n_validation=0)
    _, fitted = train(tmp_path / "a", parts, by_test=False)
    assert fitted.kept_epoch == EPOCHS
    assert list(fitted.history[0]) == ["epoch", "train_loss", "train_accuracy"]
    _, by_test = train(tmp_path / "b", parts, by_test=True)
    scores = [row["test_accuracy"] for row in by_test.history]
    assert by_test.kept_epoch == 1 + scores.index(max(scores)) < EPOCHS
    assert chosen_on_validation(by_test.history, Objective(SOFTMAX)) is None


@pytest.mark.parametrize("n_validation", [0, 40])
@pytest.mark.parametrize("by_test", [False, True])
@pytest.mark.parametrize("looks", [1, 4, 5, 6, 13])
def test_a_stopped_training_goes_on_to_the_same_bits(tmp_path, looks, by_test, n_validation):
    parts = sets(n_validation=n_validation)
    whole, fitted = train(tmp_path / "whole", parts, by_test=by_test, epochs=3)
    with pytest.raises(Stopped):
        train(tmp_path / "stopped", parts, by_test=by_test, epochs=3, stop=StopAfter(looks))
    assert (tmp_path / "stopped" / checkpoint.NAME).exists()
    again, resumed = train(tmp_path / "stopped", parts, by_test=by_test, epochs=3)
    assert resumed == fitted
    assert all(torch.equal(one, two) for one, two in zip(whole.state_dict().values(), again.state_dict().values(), strict=True))


def test_a_number_is_chosen_by_r_squared_of_the_test_set(tmp_path):
    _, fitted = train(tmp_path, sets(), by_test=True, head=NUMBER)
    scores = [row["test_r2"] for row in fitted.history]
    assert fitted.kept_epoch == 1 + scores.index(max(scores))


def test_a_test_window_that_is_not_finite_is_named(tmp_path):
    parts = sets()
    parts[2].x[parts[2].rows[3]] = np.nan
    with pytest.raises(InputError, match=f"window {parts[2].rows[3]} holds values that are not finite"):
        train(tmp_path, parts, by_test=True)
