"""Moments at which a checkpoint is written: soon, by the clock, at epochs, and never for more than 1 % of the time."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch

from eegcli.compute.signals import Stop
from eegcli.engine import saver
from eegcli.engine.checkpoint import Checkpoint, Progress
from eegcli.engine.context import Context
from eegcli.engine.saver import Saver
from eegcli.reporter import Silent

CPU = torch.device("cpu")


class Training:
    """A training in a time of its own, a batch of which lasts `batch` seconds, and the saving of its checkpoint `save`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *, save: float, batch: float, per_epoch: int, between: float) -> None:
        self.now, self.save, self.batch, self.per_epoch = 0.0, save, batch, per_epoch
        self.saved: list[float] = []
        monkeypatch.setattr(saver.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(Checkpoint, "save", lambda _: self._saved())
        self.progress = Progress.at_the_start(CPU)
        context = Context(CPU, 1, folder, Stop(), Silent(), checkpoint_seconds=between)
        self.saver = Saver(Checkpoint(folder / "checkpoint", {}), self.progress, context, not_finite=AssertionError)

    def _saved(self) -> None:
        self.now += self.save
        self.saved.append(self.now)

    def run(self, seconds: float) -> list[float]:
        """Train for some time; the moments at which a checkpoint was whole."""
        self.saver.begin()
        while self.now < seconds:
            self.now += self.batch
            self.progress.batch += 1
            self.saver.save_if_due()
            if self.progress.batch == self.per_epoch:
                self.progress.next_epoch()
                self.saver.save_if_due()
        return self.saved


def test_one_stands_at_the_start_one_after_ten_seconds_and_then_one_a_minute(tmp_path, monkeypatch):
    saved = Training(tmp_path, monkeypatch, save=0.01, batch=0.25, per_epoch=10**9, between=60.0).run(190.0)
    assert saved == pytest.approx([0.01, 10.02, 70.03, 130.04, 190.05], abs=0.3)


@pytest.mark.parametrize(("save", "per_epoch"), [(0.01, 10**9), (0.01, 4), (0.01, 400), (3.0, 10**9), (3.0, 4), (3.0, 100)])
def test_all_of_them_take_one_hundredth_of_the_time_however_slow_the_disk(tmp_path, monkeypatch, save, per_epoch):
    training = Training(tmp_path, monkeypatch, save=save, batch=0.1, per_epoch=per_epoch, between=60.0)
    saved = training.run(3600.0)
    assert len(saved) > 2 and (len(saved) - 1) * save <= 0.01 * saved[-1]  # when the last one began
    # The first two, which come early whatever they cost, are made up for.
    assert max(later - earlier for earlier, later in itertools.pairwise(saved)) <= max(60.0, 200 * save) + save + 0.2


def test_the_end_of_an_epoch_is_saved_before_the_interval_has_gone_by(tmp_path, monkeypatch):
    saved = Training(tmp_path, monkeypatch, save=0.01, batch=1.0, per_epoch=25, between=60.0).run(99.0)
    assert saved == pytest.approx([0.01, 10.0, 25.0, 50.0, 75.0], abs=0.1)


def test_a_shorter_interval_is_kept_from_the_beginning(tmp_path, monkeypatch):
    saved = Training(tmp_path, monkeypatch, save=0.01, batch=0.3, per_epoch=10**9, between=2.0).run(30.0)
    assert all(2.0 <= later - earlier <= 2.4 for earlier, later in itertools.pairwise(saved)) and len(saved) > 12


def test_an_interval_of_zero_is_after_every_batch_whatever_it_costs(tmp_path, monkeypatch):
    training = Training(tmp_path, monkeypatch, save=3.0, batch=0.1, per_epoch=10**9, between=0.0)
    assert len(training.run(31.0)) == 11


def test_a_checkpoint_whose_sums_are_not_finite_is_never_written(tmp_path, monkeypatch):
    training = Training(tmp_path, monkeypatch, save=0.0, batch=1.0, per_epoch=10**9, between=0.0)
    training.saver.begin()
    training.progress.sums[0] = float("nan")
    with pytest.raises(AssertionError):
        training.saver.save_if_due()
    assert len(training.saved) == 1
