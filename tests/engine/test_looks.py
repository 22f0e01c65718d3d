"""Looks within an epoch, patience, averaged weights and augmentation: what is kept, and exact resume with all of them."""

from __future__ import annotations

from dataclasses import replace
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
from eegcli.errors import Stopped
from eegcli.models.head import NUMBER, SOFTMAX
from eegcli.registry import Training
from eegcli.reporter import Silent
from tests.engine.test_keeper import StopAfter, sets
from tests.kit.reporters import CapturingReporter

CPU = torch.device("cpu")
PLAIN = Training(epochs=6, batch_size=8, optimizer="adam", lr=0.05, weight_decay=0.0)  # 4 batches in an epoch
EVERYTHING = replace(
    PLAIN, augment=("noise", "mixup", "sign-flip"), label_smoothing=0.1, ema=0.9, patience=2, validate_every=3, optimizer="adamax"
)


def train(
    folder: Path, hyper: Training, *, by_test: bool = False, stop: StopAfter | None = None, reporter: Silent | None = None, head=SOFTMAX
) -> tuple[nn.Module, Fitted]:
    parts = sets()
    context = Context(CPU, 1, folder, stop or StopAfter(), reporter or Silent())
    with exact(1, CPU):
        torch.manual_seed(0)
        outputs = 2 if head is SOFTMAX else 1
        model = nn.Sequential(nn.Flatten(), nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, outputs))
        fitted = loop.fit(model, *parts[:2], Objective(head), hyper, seed=1, context=context, test=parts[2] if by_test else None)
    return model, fitted


def same_weights(one: nn.Module, two: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))


def balanced_accuracy(model: nn.Module, examples: Examples) -> float:
    with torch.inference_mode():
        right = model(torch.from_numpy(examples.x[examples.rows])).argmax(1).numpy() == examples.labels
    return float(np.mean([right[examples.labels == k].mean() for k in (0, 1)]))


def test_looks_within_an_epoch_change_nothing_of_the_training_and_the_best_of_them_is_kept(tmp_path):
    _, plain = train(tmp_path / "plain", PLAIN)
    model, looked = train(tmp_path / "looked", replace(PLAIN, validate_every=1))
    assert [(row["epoch"], row["batch"]) for row in looked.history] == [(epoch, batch) for epoch in range(1, 7) for batch in range(1, 5)]
    ends = [{name: value for name, value in row.items() if name != "batch"} for row in looked.history if row["batch"] == 4]
    assert ends == plain.history
    scores = [row["validation_balanced_accuracy"] for row in looked.history]
    assert looked.kept_row == 1 + scores.index(max(scores))
    assert looked.kept["batch"] != 4, "else this test shows nothing"
    assert looked.kept_epoch == looked.kept["epoch"]
    assert balanced_accuracy(model, sets()[1]) == pytest.approx(max(scores))


def test_the_training_figures_of_a_look_are_those_of_the_epoch_so_far(tmp_path):
    # One batch of the looked-at training is the whole of one with fewer windows: its mean loss is that of its windows.
    _, looked = train(tmp_path, replace(PLAIN, validate_every=1, lr=1e-12))
    losses = [row["train_loss"] for row in looked.history[:4]]
    sizes = np.array([8, 8, 8, 6])
    of_batches = np.diff([0, *(np.cumsum(sizes) * losses)]) / sizes
    assert np.ptp(of_batches) < 0.6 and of_batches.min() > 0.4, "losses of batches of an untrained network lie near that of a guess"


def test_without_a_better_look_for_so_many_epochs_the_training_ends(tmp_path):
    hyper, heard = replace(PLAIN, epochs=30, patience=3), CapturingReporter()
    model, fitted = train(tmp_path / "a", hyper, reporter=heard)
    scores = [row["validation_balanced_accuracy"] for row in fitted.history]
    assert len(scores) < 30 and len(scores) == fitted.kept_epoch + 3
    assert scores.index(max(scores)) + 1 == fitted.kept_epoch
    assert any("stopped: 3 epochs without a better look" in line for line in heard.messages)
    # Up to there it is the training without patience.
    _, whole = train(tmp_path / "b", replace(hyper, patience=0, epochs=len(scores)))
    assert whole.history == fitted.history
    assert balanced_accuracy(model, sets()[1]) == pytest.approx(max(scores))


def test_where_the_test_set_chooses_patience_still_asks_the_validation_set_alone(tmp_path):
    hyper = replace(PLAIN, epochs=30, patience=3)
    _, honest = train(tmp_path / "a", hyper)
    _, by_test = train(tmp_path / "b", hyper, by_test=True)
    assert [{name: value for name, value in row.items() if "test" not in name} for row in by_test.history] == honest.history
    assert chosen_on_validation(by_test.history, Objective(SOFTMAX)) == honest.kept_row != by_test.kept_row


def test_averaged_weights_are_looked_at_and_kept_and_the_training_itself_is_the_same(tmp_path):
    _, plain = train(tmp_path / "a", PLAIN)
    model, averaged = train(tmp_path / "b", replace(PLAIN, ema=0.9))
    assert [row["train_loss"] for row in averaged.history] == [row["train_loss"] for row in plain.history]
    assert [row["validation_loss"] for row in averaged.history] != [row["validation_loss"] for row in plain.history]
    assert balanced_accuracy(model, sets()[1]) == pytest.approx(averaged.kept["validation_balanced_accuracy"])


def test_label_smoothing_is_of_the_loss_that_is_learnt_by_alone(tmp_path):
    still = replace(PLAIN, epochs=1, lr=1e-12)
    _, plain = train(tmp_path / "a", still)
    _, smooth = train(tmp_path / "b", replace(still, label_smoothing=0.3))
    assert smooth.history[0]["validation_loss"] == pytest.approx(plain.history[0]["validation_loss"], abs=1e-6)
    assert smooth.history[0]["train_loss"] != pytest.approx(plain.history[0]["train_loss"], abs=1e-3)


def test_augmentation_is_of_training_windows_alone_and_leaves_dropout_and_order_as_they_are(tmp_path):
    still = replace(PLAIN, epochs=2, lr=1e-12)
    _, plain = train(tmp_path / "a", still)
    _, flipped = train(tmp_path / "b", replace(still, augment=("amplitude:low=0.999999,high=1.000001",)))
    for one, two in zip(plain.history, flipped.history, strict=True):
        assert two["train_loss"] == pytest.approx(one["train_loss"], abs=1e-5), "the same batches, the same masks"
        assert two["validation_loss"] == pytest.approx(one["validation_loss"], abs=1e-5)
    _, noisy = train(tmp_path / "c", replace(still, augment=("noise:sd=3,p=1",)))
    assert noisy.history[0]["train_loss"] != pytest.approx(plain.history[0]["train_loss"], abs=1e-3)


@pytest.mark.parametrize("head", [SOFTMAX, NUMBER])
@pytest.mark.parametrize("looks", range(1, 26))
def test_with_everything_a_training_stopped_at_any_batch_or_look_goes_on_to_the_same_bits(tmp_path, looks, head):
    hyper = EVERYTHING if head is SOFTMAX else replace(EVERYTHING, label_smoothing=0.0)
    whole, fitted = train(tmp_path / "whole", hyper, by_test=True, head=head)
    with pytest.raises(Stopped):
        train(tmp_path / "stopped", hyper, by_test=True, stop=StopAfter(looks), head=head)
    assert (tmp_path / "stopped" / checkpoint.NAME).exists()
    again, resumed = train(tmp_path / "stopped", hyper, by_test=True, head=head)
    assert resumed == fitted
    assert same_weights(whole, again)


def test_a_training_that_patience_ended_ends_again_where_it_was_killed_before_it_was_written(tmp_path):
    hyper = replace(PLAIN, epochs=30, patience=2)
    whole, fitted = train(tmp_path, hyper)
    looks = 7 * len(fitted.history)
    for stop in range(looks, 0, -1):  # from the last look on: the state after the last epoch is among them
        folder = tmp_path / str(stop)
        try:
            train(folder, hyper, stop=StopAfter(stop))
        except Stopped:
            again, resumed = train(folder, hyper)
            assert resumed == fitted and same_weights(whole, again)
            return
    raise AssertionError("it was never stopped")
