"""A split rule is a file and a line: one that a test adds trains, is planned, completed and documented."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from eegcli import registry
from eegcli.artifacts.table import read_table
from eegcli.registry import SplitEntry
from eegcli.settings import TrainSettings
from eegcli.train.split import _rule_of as rule_of
from tests.kit import added, cohorts

RULE = SplitEntry("tests.registry.added.alphabet:alphabet", "by the alphabet", "a primer")


@pytest.fixture(autouse=True)
def with_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.SPLITS, "alphabet", RULE)


@pytest.fixture(scope="module")
def windows(tmp_path_factory) -> Path:
    return cohorts.windows(tmp_path_factory.mktemp("windows") / "w", n_windows=2)


def test_it_is_planned_and_trained_on(windows, tmp_path):
    arguments = ("train", str(windows), "--arch", "majority", "--split", "alphabet", "--output", str(tmp_path / "run"), "--threads", "1")
    planned = added.command(*arguments, "--dry-run")
    assert planned["exit_code"] == 0 and not (tmp_path / "run").exists()
    assert added.command(*arguments)["exit_code"] == 0
    table = read_table(tmp_path / "run" / "splits.parquet")
    order = [name for _, name in sorted(zip(table["subject"], table["split"], strict=True))]
    assert order == ["train"] * 10 + ["validation"] * 5 + ["test"] * 5


def test_it_contradicts_other_rules_and_is_among_the_names_that_are_suggested(windows, tmp_path):
    refused = added.command("train", str(windows), "--split", "alphabet", "--cv", "4")
    assert refused["exit_code"] == 2
    assert refused["errors"][0]["error"] == "--cv and --split alphabet each decide who is tested: name one of them"
    assert "alphabet" in added.command("train", str(windows), "--split", "alphabetic")["errors"][0]["hint"]


def test_tab_and_the_documentation_have_it(tmp_path, monkeypatch):
    assert "alphabet" in added.tab("eegcli train --split ", tmp_path, monkeypatch)
    assert "| `--split alphabet` | by the alphabet | a primer |" in added.reference(monkeypatch).split_table()


def test_a_rule_with_a_setting_of_its_own_is_asked_for_where_that_is_not_its_default(monkeypatch):
    monkeypatch.setitem(registry.SPLITS, "alphabet", replace(RULE, setting="seeds"))  # of which the default is 1, not None
    assert rule_of(TrainSettings()) == "shares"
    assert rule_of(TrainSettings(seeds=2)) == "alphabet"


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({}, {"split": (0.6, 0.2, 0.2), "split_order": "shuffled"}),
        ({"split_file": Path("who.tsv")}, {}),
        ({"split": "provided"}, {"split": "provided"}),
        ({"cv": 4}, {"split_order": "shuffled"}),
        ({"cv": 4, "split": (0.5, 0.5, 0)}, {"split": (0.5, 0.5), "split_order": "shuffled"}),
        ({"holdout": "site=RU"}, {"split": (0.6, 0.2), "split_order": "shuffled"}),
        ({"holdout": "site=RU", "validation": "site=CBIC"}, {}),
    ],
)
def test_shares_and_order_that_had_no_say_are_not_told(wishes, told):
    settings = TrainSettings(windows=Path("w"), **wishes).told()
    assert {name: settings[name] for name in ("split", "split_order") if name in settings} == told
    assert settings.items() >= {name: value for name, value in wishes.items() if name != "split"}.items()
