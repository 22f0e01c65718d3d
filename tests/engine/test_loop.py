"""The loop against a plain one, and its exact resume from any batch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from eegcli.engine import checkpoint, loop, ranks
from eegcli.engine.context import Context
from eegcli.engine.device import exact
from eegcli.engine.examples import BATCH as BATCH_OF_READING
from eegcli.engine.examples import Examples
from eegcli.engine.hyperparameters import OPTIMIZERS
from eegcli.engine.objective import Fitted, Objective
from eegcli.errors import ArtifactError, InputError, Stopped
from eegcli.models.head import SOFTMAX
from eegcli.registry import Training
from eegcli.reporter import Silent
from tests.kit.reporters import CapturingReporter

CPU = torch.device("cpu")
N_TRAIN, N_VALIDATION, BATCH, EPOCHS = 23, 300, 5, 3


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


def network() -> nn.Module:
    """(batch, 2, 3) -> (batch, 2), with a dropout whose mask follows the layout in memory."""
    return nn.Sequential(nn.Unflatten(1, (1, 2)), nn.Conv2d(1, 8, 2), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(16, 2))


def examples() -> tuple[Examples, Examples]:
    rng = np.random.default_rng(0)
    answers = rng.integers(0, 2, N_TRAIN + N_VALIDATION).astype(float)
    x = (rng.standard_normal((len(answers), 2, 3)) + answers[:, None, None]).astype(np.float32)
    rows = rng.permutation(len(answers))
    train, validation = np.sort(rows[:N_TRAIN]), np.sort(rows[N_TRAIN:])
    return Examples(x, train, answers[train]), Examples(x, validation, answers[validation])


def train(
    folder: Path,
    stop: StopAfter | None = None,
    *,
    seed: int = 3,
    optimizer: str = "adamax",
    reporter: Silent | None = None,
    threads: int = 1,
    checkpoint_seconds: float = 60.0,
):
    hyper = Training(epochs=EPOCHS, batch_size=BATCH, optimizer=optimizer, lr=0.01, weight_decay=0.001)
    context = Context(CPU, threads, folder, stop or StopAfter(), reporter or Silent(), checkpoint_seconds=checkpoint_seconds)
    objective = Objective(SOFTMAX, torch.tensor([0.7, 1.3]))
    with exact(threads, CPU):
        torch.manual_seed(seed)
        model = network()
        fitted = loop.fit(model, *examples(), objective, hyper, seed=seed, context=context)
    return model, fitted


def same(one: tuple[nn.Module, Fitted], two: tuple[nn.Module, Fitted]) -> bool:
    weights = zip(one[0].state_dict().values(), two[0].state_dict().values(), strict=True)
    return one[1] == two[1] and all(torch.equal(a, b) for a, b in weights)


def test_the_loop_is_the_plain_one(tmp_path):
    torch.manual_seed(3)
    model, (train_set, validation) = network().to(memory_format=torch.channels_last), examples()
    optimizer = torch.optim.Adamax(model.parameters(), lr=0.01, weight_decay=0.001)
    weight, best = torch.tensor([0.7, 1.3]), (-1.0, None)
    for epoch in range(EPOCHS):
        model.train()
        order = np.random.default_rng([3, epoch]).permutation(N_TRAIN)
        for start in range(0, N_TRAIN, BATCH):
            places = np.sort(order[start : start + BATCH])
            x, y = torch.tensor(train_set.x[train_set.rows[places]]), torch.tensor(train_set.labels[places]).long()
            optimizer.zero_grad()
            functional.cross_entropy(model(x), y, weight=weight).backward()
            optimizer.step()
        model.eval()
        right = model(torch.tensor(validation.x[validation.rows])).argmax(1).numpy() == validation.labels
        score = np.mean([right[validation.labels == k].mean() for k in (0, 1)])
        if score > best[0]:
            best = (score, {name: value.clone() for name, value in model.state_dict().items()}, epoch + 1)
    found, fitted = train(tmp_path)
    assert fitted.kept_epoch == best[2]
    assert fitted.history[best[2] - 1]["validation_balanced_accuracy"] == pytest.approx(best[0])
    for name, value in found.state_dict().items():
        torch.testing.assert_close(value, best[1][name])


def test_the_history_has_a_row_per_epoch_with_the_promised_columns(tmp_path):
    _, fitted = train(tmp_path)
    assert [row["epoch"] for row in fitted.history] == [1, 2, 3]
    looked_at = ["validation_loss", "validation_accuracy", "validation_balanced_accuracy"]
    assert list(fitted.history[0]) == ["epoch", "train_loss", "train_accuracy", *looked_at]


def test_of_equally_good_epochs_the_earliest_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(Objective, "validation_row", lambda *_: {"validation_loss": 1.0, "validation_balanced_accuracy": 0.5})
    _, fitted = train(tmp_path)
    assert fitted.kept_epoch == 1


# Five batches and two reads of the validation set make an epoch; the last looks lie behind the end.
@pytest.mark.parametrize("looks", range(1, 26))
def test_stopped_at_any_batch_training_goes_on_to_the_same_bits(tmp_path, looks):
    whole = train(tmp_path / "whole")
    try:
        stopped = train(tmp_path / "stopped", StopAfter(looks))
    except Stopped:
        assert (tmp_path / "stopped" / checkpoint.NAME).exists()
        stopped = train(tmp_path / "stopped")
    assert same(whole, stopped)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_stopped_again_and_again_every_optimiser_ends_with_the_same_bits(tmp_path, optimizer):
    whole = train(tmp_path / "whole", optimizer=optimizer)
    for _ in range(40):
        try:
            assert same(whole, train(tmp_path / "often", StopAfter(3), optimizer=optimizer))
            return
        except Stopped:
            continue
    pytest.fail("forty starts do not reach the end")


class Limited(nn.Sequential):
    """The network with weights of its last layer that may not exceed a limit."""

    def constrain(self) -> None:
        with torch.no_grad():
            self[-1].weight.clamp_(-0.0625, 0.0625)


def test_a_constraint_holds_after_every_update_and_a_resumed_training_has_the_same_bits(tmp_path, monkeypatch):
    free, _ = train(tmp_path / "free")
    assert free[-1].weight.abs().max() > 0.07
    made = network
    monkeypatch.setattr(f"{__name__}.network", lambda: Limited(*made()))
    seen, save = [], checkpoint.Checkpoint.save

    def saved(self):
        if any(self.parts["progress"].facts().values()):  # before the first update no limit has been applied
            seen.append(float(self.parts["update"].model[-1].weight.abs().max().detach()))
        save(self)

    whole = train(tmp_path / "whole")
    assert whole[0][-1].weight.abs().max() <= 0.0625
    monkeypatch.setattr(checkpoint.Checkpoint, "save", saved)
    for _ in range(40):
        try:
            assert same(whole, train(tmp_path / "often", StopAfter(3)))
            break
        except Stopped:
            continue
    assert len(seen) > 5 and max(seen) <= 0.0625


def test_another_seed_gives_other_weights(tmp_path):
    assert not same(train(tmp_path / "a", seed=1), train(tmp_path / "b", seed=2))
    assert same(train(tmp_path / "c", seed=1), train(tmp_path / "d", seed=1))


def test_a_resume_with_other_threads_is_said(tmp_path):
    with pytest.raises(Stopped):
        train(tmp_path, StopAfter(4))
    heard = CapturingReporter()
    train(tmp_path, reporter=heard, threads=2)
    assert "1 epochs" not in heard.infos[0]
    assert "going on from the checkpoint: 0 epochs and 5 batches" in heard.infos[0]
    assert "threads was 1 and is 2 now" in heard.warnings[0]


def test_each_epoch_says_loss_score_and_time_left(tmp_path):
    heard = CapturingReporter()
    train(tmp_path, reporter=heard)
    assert len(heard.infos) == EPOCHS
    assert heard.infos[0].startswith("epoch 1/3: loss ")
    assert "; validation loss " in heard.infos[0]
    assert heard.infos[-1].endswith("0:00:00 left")


def test_a_checkpoint_stands_before_the_first_batch_and_after_each_one_if_that_is_asked_for(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(checkpoint.Checkpoint, "save", lambda self: written.append(tuple(self.parts["progress"].facts().values())))
    train(tmp_path, checkpoint_seconds=0.0)
    # Two more after the last batch: the validation set is looked at in two parts.
    assert written[:9] == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 5), (0, 5), (1, 0)]


def test_a_validation_that_was_stopped_goes_on_behind_what_it_has_seen(tmp_path, monkeypatch):
    whole = train(tmp_path / "whole")
    with pytest.raises(Stopped):
        train(tmp_path / "stopped", StopAfter(5))  # five batches, and the first part of the validation set
    seen, batches = [], ranks.output_batches
    monkeypatch.setattr(ranks, "output_batches", lambda model, x, rows, device: seen.append(len(rows)) or batches(model, x, rows, device))
    assert same(whole, train(tmp_path / "stopped"))
    assert seen[0] == N_VALIDATION - BATCH_OF_READING


@pytest.mark.parametrize("place", [-1, -100, 200])
def test_a_checkpoint_in_which_a_bit_flipped_is_named(tmp_path, place):
    with pytest.raises(Stopped):
        train(tmp_path, StopAfter(2))
    path = tmp_path / checkpoint.NAME
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="damaged") as error:
        train(tmp_path)
    assert str(path) in error.value.hint


def test_a_checkpoint_that_is_cut_is_named(tmp_path):
    with pytest.raises(Stopped):
        train(tmp_path, StopAfter(2))
    path = tmp_path / checkpoint.NAME
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ArtifactError, match="damaged") as error:
        train(tmp_path)
    assert f"rm {path}" in error.value.hint


def restated(path: Path, change) -> None:
    """Rewrite a checkpoint with other facts, and a digest that fits them: as another version of the program would have written it."""
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["eegcli"])
    change(facts)
    save_file(load_file(path), path, {"eegcli": json.dumps(facts)})


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts.update(format=0, eegcli="9.9"),
        lambda facts: facts.update(average={}, eegcli="9.9"),  # a part that is not known here
        lambda facts: (facts.pop("random"), facts.update(eegcli="9.9")),
    ],
)
def test_a_checkpoint_of_another_version_is_refused_in_one_line(tmp_path, change):
    with pytest.raises(Stopped):
        train(tmp_path, StopAfter(2))
    restated(tmp_path / checkpoint.NAME, change)
    with pytest.raises(ArtifactError, match=r"checkpoint of another version of eegcli \(9\.9\)") as error:
        train(tmp_path)
    assert "\n" not in error.value.message and "rm " in error.value.hint


def test_a_resume_with_another_torch_is_said(tmp_path, monkeypatch):
    with pytest.raises(Stopped):
        train(tmp_path, StopAfter(4))
    heard = CapturingReporter()
    monkeypatch.setattr(torch, "__version__", "2.99.0")
    train(tmp_path, reporter=heard)
    assert "torch was 2" in heard.warnings[0] and "is 2.99.0 now" in heard.warnings[0]


def test_a_checkpoint_of_another_network_is_refused(tmp_path, monkeypatch):
    with pytest.raises(Stopped):
        train(tmp_path, StopAfter(2))
    monkeypatch.setattr(f"{__name__}.network", lambda: nn.Sequential(nn.Flatten(), nn.Linear(6, 2)))
    with pytest.raises(ArtifactError, match="of another network"):
        train(tmp_path)


def test_a_training_that_diverges_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.network", lambda: nn.Sequential(nn.Flatten(), nn.Linear(6, 2), Blow()))
    with pytest.raises(InputError, match="training diverged") as error:
        train(tmp_path)
    assert "--lr (now 0.01)" in error.value.hint


class Blow(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * float("inf")


@pytest.mark.parametrize("which", [0, 1])
def test_a_window_that_is_not_finite_is_named(tmp_path, monkeypatch, which):
    sets = examples()
    row = sets[which].rows[7]
    sets[which].x[row, 0, 1] = np.nan
    monkeypatch.setattr(f"{__name__}.examples", lambda: sets)
    with pytest.raises(InputError, match=f"window {row} holds values that are not finite"):
        train(tmp_path)
