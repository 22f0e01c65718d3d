"""The page on the demo data says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eegcli.fetch.demo.cohort import FAULTS, PLANTED, TRIMMED, ideal_accuracy
from eegcli.fetch.demo.head import CH_NAMES, GROUPS, N_BACKGROUND

PAGE = " ".join((Path(__file__).parents[3] / "docs" / "demo-data.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.group)
def test_the_page_gives_the_planted_numbers(planted):
    low, high = planted.centre - 2 * planted.width, planted.centre + 2 * planted.width
    row = f"| {planted.group.replace('_', ' ')} | {low:g}-{high:g} Hz | {planted.moment['F']:g} nAm | {planted.moment['M']:g} nAm | {planted.spread:g} |"
    assert row in PAGE
    assert f"outer {100 * TRIMMED:g} %" in PAGE


def test_the_page_gives_the_accuracy_of_the_ideal_observer():
    assert f"sex of {100 * ideal_accuracy():.0f} % of persons" in PAGE


def test_the_page_gives_the_sources():
    assert f"{N_BACKGROUND} dipoles" in PAGE
    assert f"{len(CH_NAMES)} instead of 129 channels" in PAGE
    for group in GROUPS.values():
        for electrode in group.electrodes:
            assert re.search(rf"\b{electrode}\b", PAGE)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_page_names_every_fault(fault):
    assert f"sub-DEMO{fault}" in PAGE
