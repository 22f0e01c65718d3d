"""The digest of what was selected: data sets that were fetched stay complete when there is more to select by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eegcli.fetch import chosen
from eegcli.fetch.elsewhere import _digest_of_selection
from eegcli.settings import FetchSettings, Selected
from tests.kit.releases import with_field

ASKED = FetchSettings(source="s3://bucket/toy", subject=("01",), metadata_only=True)


@pytest.mark.parametrize("several", [False, True])
def test_a_wish_that_came_later_has_no_part_where_nobody_has_it(monkeypatch, several):
    before = _digest_of_selection(ASKED, several=several)
    monkeypatch.setattr(chosen, "Selected", type(with_field(Selected(), "any")))
    later = with_field(ASKED, "any")

    assert "warp" in chosen.selection_options(later)
    assert _digest_of_selection(later, several=several) == before
    assert _digest_of_selection(replace(later, warp="some"), several=several) != before


def test_a_wish_at_its_default_selects_nothing(monkeypatch):
    monkeypatch.setattr(chosen, "Selected", type(with_field(Selected(), "any")))
    later = with_field(FetchSettings(source="demo"), "any")

    assert not chosen.is_selective(later)
    assert chosen.is_selective(replace(later, warp="some"))
    assert chosen.is_selective(replace(later, subject=("01",)))
