"""The page on the demo data says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eegcli.fetch.demo.cohort import FAULTS, PLANTED, TRIMMED, ideal_accuracy
from eegcli.fetch.demo.head import CH_NAMES, GROUPS, N_BACKGROUND
from eegcli.fetch.demo.world_texts import make_world_truth
from eegcli.fetch.demo.worlds import WORLDS
from eegcli.settings import FetchSettings

DOCS = Path(__file__).parents[3] / "docs"
PAGE = " ".join((DOCS / "demo-data.md").read_text(encoding="utf-8").split())
WORLD_TABLES = [(DOCS / name).read_text(encoding="utf-8") for name in ("demo-data.md", "planted.md")]


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


@pytest.mark.parametrize("effect", WORLDS)
def test_both_pages_name_every_world_and_where_its_effect_lies(effect):
    planted = make_world_truth([], FetchSettings(source="demo", effect=effect))["planted"]
    for page in WORLD_TABLES:
        row = re.search(rf"\| `{effect}` \|[^\n]*", page).group()
        if planted["band_hz"] is not None and effect != "connectivity":
            assert "from {:g} to {:g} Hz".format(*planted["band_hz"]) in row
    if planted["channels"] is not None:
        names = set(re.findall(r"\b[A-Z]+[a-z]?[0-9z]\b", re.search(rf"\| `{effect}` \|[^\n]*", WORLD_TABLES[1]).group()))
        assert set(planted["channels"]) <= names
