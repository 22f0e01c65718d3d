"""Controls: what a run is trained again with, and what cannot be trained again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eegcli import controls
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.errors import InputError
from eegcli.settings import EvaluateSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter
from tests.kit.shared import once_for_all_workers


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A run, one of labels of one's own, and one that is a control itself."""

    def make(path: Path) -> None:
        windows = cohorts.windows(path / "w", subjects=range(12), n_windows=2)
        table = path / "labels.tsv"
        table.write_text("participant_id\tgroup\n" + "".join(f"sub-{number:02d}\t{'ab'[number % 3 == 0]}\n" for number in range(12)))
        cohorts.train(windows, path / "run", normalise="train")
        cohorts.train(windows, path / "labelled", target="group", labels=table)
        cohorts.train(windows, path / "control", shuffle_labels=3)

    return once_for_all_workers(tmp_path_factory, "controls", make)


def permuted(run: Path, n: int = 2, **settings) -> CapturingReporter:
    reporter = CapturingReporter()
    controls.train_permuted(EvaluateSettings(run=run, retrain=True, permutations=n, threads=1, device="cpu", **settings), reporter=reporter)
    return reporter


def test_a_run_is_trained_again_with_labels_permuted_and_all_else_as_it_was(folder):
    permuted(folder / "run")
    run = open_run(folder / "run")
    for number in (1, 2):
        again = open_run(folder / "run" / "controls" / f"permuted-{number:04d}")
        assert again.settings.shuffle_labels == number and again.settings.shuffle_within == "subject"
        kept = ("arch", "target", "normalise", "split", "seeds", "classes", "kind")
        assert {name: getattr(again.settings, name) for name in kept} == {name: getattr(run.settings, name) for name in kept}
    before = (folder / "run" / "controls" / "permuted-0001" / "model.safetensors").stat().st_mtime_ns
    permuted(folder / "run", 3)  # what is there is not trained again
    assert (folder / "run" / "controls" / "permuted-0001" / "model.safetensors").stat().st_mtime_ns == before


def test_labels_of_ones_own_are_named_again(folder):
    with pytest.raises(InputError, match="a table of labels"):
        permuted(folder / "labelled")
    permuted(folder / "labelled", 1, labels=folder / "labels.tsv")
    truth = read_table(folder / "labelled" / "controls" / "permuted-0001" / "splits.parquet")["truth"]
    assert sorted(np.unique(truth)) == ["a", "b"]


def test_a_control_has_none_and_a_dry_run_tells_the_cost(folder):
    with pytest.raises(InputError, match="was trained on shuffled labels itself"):
        permuted(folder / "control")
    reporter = permuted(folder / "run", 40, dry_run=True)
    assert any("--retrain: 40 trainings of about" in line for line in reporter.infos)
    assert not (folder / "run" / "controls" / "permuted-0040").exists()
