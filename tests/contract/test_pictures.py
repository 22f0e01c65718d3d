"""Pictures of the documentation: each is shown and drawn, by the script that says so, from a run's own filters."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from eegcli import explain
from eegcli.explain.methods.filters import gain
from eegcli.settings import ExplainSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SHOWN = {
    (page.parent / place).resolve(): words
    for page in [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
    for words, place in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
}


def test_every_picture_is_shown_somewhere_with_words_for_those_who_do_not_see_it():
    assert set(SHOWN) == {path.resolve() for path in (DOCS / "images").iterdir()}
    assert all(len(words.split()) >= 5 for words in SHOWN.values())


def test_pictures_are_small_and_ask_for_nothing():
    for path in (DOCS / "images").iterdir():
        assert path.stat().st_size < 300_000, path.name
        if path.suffix == ".svg":
            text = path.read_text(encoding="utf-8")
            assert not re.findall(r'(?:href|src)="(?!#)[^"]*"', text) and "<script" not in text


def test_the_script_draws_the_filters_of_a_run(tmp_path):
    run = cohorts.train(cohorts.windows(tmp_path / "w"), tmp_path / "run", arch="eegnet", epochs=1)
    explain.run(ExplainSettings(run=run, method=("filters",), n_windows=4, threads=1, device="cpu"), reporter=CapturingReporter())
    subprocess.run([sys.executable, DOCS / "pictures.py", run, "--output", tmp_path / "images"], check=True)
    drawn = {path.name for path in (tmp_path / "images").iterdir()}
    assert drawn == {path.name for path in DOCS.glob("images/*.svg")}


@pytest.mark.parametrize(("hertz", "left"), [(0, 1.0), (10, 0.48), (16, 0.0)])
def test_what_the_page_says_of_a_mean_of_eight_samples(hertz, left):
    """Against the closed form of a sum of eight waves, each a sample later."""
    found = gain(np.full((1, 1, 8), 1 / 8), np.array([float(hertz)]), 128.0)[0, 0]
    closed = abs(sum(np.exp(-2j * np.pi * hertz * k / 128) for k in range(8))) / 8
    assert found == pytest.approx(closed, abs=1e-12) and found == pytest.approx(left, abs=0.005)
    if 0 < left < 1:
        assert f"({left:g})" in (DOCS / "filters.md").read_text(encoding="utf-8")
