"""Every command of docs/published.md, run on simulated files of the shapes of the real ones: less of them, and an epoch or two."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.files.atomic import read_json
from tests.kit import published
from tests.kit.pages import blocks_of, sections

PAGE = Path(__file__).parents[2] / "docs" / "published.md"
MARK = "epoch chosen on the test set: optimistic"
PARTICIPANTS = 4

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def environment(commands: Path) -> dict[str, str]:
    """Environment of the page's shell: one epoch in place of hundreds."""
    return {
        **os.environ,
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "EEGCLI_TRAIN_EPOCHS": "1",
        "EEGCLI_TRAIN_THREADS": "1",
        "EEGCLI_EVALUATE_RESAMPLES": "50",
    }


def paste(blocks: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Run blocks in a shell that stops at the first error; give standard output and error."""
    assert blocks
    said = ""
    for block in blocks:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=environment, capture_output=True, text=True)
        said += done.stdout + done.stderr
        assert done.returncode == 0, f"{block}\n{said[-4000:]}"
    return said


def test_no_block_of_the_page_is_left_out_of_these_tests():
    tested = {"Simulated files", "EEGNet and DeepConvNet on BCI competition III", "Two networks on DEAP"}
    assert {name for name in sections(PAGE) if blocks_of(PAGE, name)} == tested
    assert [block.split() for block in blocks_of(PAGE, "Simulated files")] == [["python", "-m", "tests.kit.published", *published.MAKERS]]


def test_simulated_files_have_the_exact_shapes(tmp_path):
    import pickle

    for path in published.bci_iiib(tmp_path / "bci", n_trials=540).iterdir():
        with np.load(path) as file:
            assert (file["signal"].shape, file["signal"].dtype, set(file["label"])) == ((540, 750, 2), np.float64, {1, 2})
            assert np.isnan(file["signal"]).any() == path.name.startswith("S4b")
    [path] = published.deap(tmp_path / "deap", n_participants=1).iterdir()
    contents = pickle.loads(path.read_bytes())  # our own file
    assert contents["data"].shape == (40, 40, 8064) and contents["labels"].shape == (40, 4)


@pytest.mark.exhaustive
def test_bci_iii_iiib_as_the_laboratory_trained_it_and_the_honest_number(environment, tmp_path):
    published.bci_iiib(tmp_path / "bci-iiib", n_trials=20)
    said = paste(blocks_of(PAGE, "EEGNet and DeepConvNet on BCI competition III"), tmp_path, environment)
    windows = open_windows(tmp_path / "bci-iiib-windows")
    assert windows.x.shape == (80, 2, 750)
    splits = read_table(tmp_path / "eegnet-elu" / "splits.parquet")
    assert np.unique(splits["split"].astype(str), return_counts=True)[1].tolist() == [40, 40]
    settings = read_json(tmp_path / "eegnet-elu" / "settings.json")["settings"]
    assert (settings["batch_size"], settings["optimizer"], settings["lr"]) == (64, "adam", 0.001)
    assert read_json(tmp_path / "eegnet-elu" / "metrics.json")["n_parameters"] == 17_874
    assert read_json(tmp_path / "dropout-0.5" / "metrics.json")["n_parameters"] == 150_977
    assert "highest test accuracy % *" in said and said.count(f"* {MARK}") == 3
    for figure in ("eegnet-activations", "deepconvnet-activations", "dropout"):
        assert (tmp_path / f"{figure}.png").exists()
    honest = read_json(tmp_path / "eegnet-honest" / "evaluation" / "metrics.json")
    assert honest["marked"] == "participants are on both sides"
    assert "test_accuracy" not in read_table(tmp_path / "eegnet-honest" / "history.parquet")


@pytest.mark.exhaustive
def test_deap_by_both_protocols_of_the_report_and_the_honest_one(environment, tmp_path):
    published.deap(tmp_path / "deap", n_participants=PARTICIPANTS, n_channels=32)
    fewer = [re.sub(r"--cv 32\b", f"--cv {PARTICIPANTS}", block) for block in blocks_of(PAGE, "Two networks on DEAP")]
    # 1180 and 100 of 1280 trials are as many of 160 as these; a flag of the page goes before the variable.
    said = paste(fewer, tmp_path, {**environment, "EEGCLI_TRAIN_SPLIT": "148,0,12"})
    windows = open_windows(tmp_path / "deap-windows")
    assert (windows.x.shape, windows.representation) == ((160, 32, 99), "stats99")
    for network, n_parameters in (("dnn", 18_847_501), ("cnn", 4_021_777)):
        metrics = read_json(tmp_path / f"{network}-split" / "metrics.json")
        assert metrics["n_parameters"] == n_parameters
        assert metrics["marked"] == f"participants are on both sides; {MARK}"
        assert {name: counts["n_units"] for name, counts in metrics["sets"].items()} == {"train": 148, "validation": 0, "test": 12}
        folds = read_table(tmp_path / f"{network}-participants" / "splits.parquet")
        for fold in range(PARTICIPANTS):
            tested = folds["subject"][(folds["fold"] == fold) & (folds["split"] == "test")]
            assert len(tested) == 40 and set(tested) == {f"s{fold + 1:02d}"}
        assert (tmp_path / f"{network}-participants" / "evaluation" / "folds.png").exists()
        honest = read_json(tmp_path / f"{network}-honest" / "evaluation" / "metrics.json")
        assert honest["marked"] is None and honest["unit"] != "subject"
    for name, mixed in (("logistic-random", True), ("logistic-participants", False)):
        table = read_table(tmp_path / name / "splits.parquet")
        sides = {
            subject
            for subject, split in zip(table["subject"][table["fold"] == 0], table["split"][table["fold"] == 0], strict=True)
            if split == "test"
        }
        assert (len(sides) > 1) == mixed
    assert (tmp_path / "deap.png").exists() and "dnn-random [1]" in said
