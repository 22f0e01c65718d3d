"""Ranking of causes: what is broken before what is suspect, causes before what follows from them, the earlier topic first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.checks.causes import ranked
from eegcli.checks.finding import NOTHING, Finding
from eegcli.registry import CheckEntry
from eegcli.registry.checks import TOPICS


def entry(topic: str, *, symptom: bool = False) -> CheckEntry:
    return CheckEntry("nowhere:nothing", (), "", topic, symptom=symptom)


def order(*found: tuple[str, CheckEntry, Finding]) -> list[str]:
    return [cause.check for cause in ranked(found)]


def test_a_symptom_stands_behind_a_cause_whatever_its_weight():
    flat = ("flat", entry("training", symptom=True), Finding("flat", "broken", weight=1.0))
    unit = ("unit", entry("data"), Finding("unit", "broken", weight=0.4))
    assert order(flat, unit) == ["unit", "flat"]
    assert order(flat) == ["flat"]


def test_a_cause_that_is_only_suspect_takes_nothing_from_a_symptom():
    flat = ("flat", entry("training", symptom=True), Finding("flat", "broken", weight=1.0))
    noise = ("noise", entry("data"), Finding("noise", "suspect", weight=1.0))
    assert order(noise, flat) == ["flat", "noise"]


def test_of_equal_weights_the_earlier_topic_is_first():
    found = [(topic, entry(topic), Finding(topic, "broken")) for topic in reversed(TOPICS)]
    assert order(*found) == list(TOPICS)


def test_what_is_ok_or_was_not_judged_is_no_cause():
    assert ranked([("a", entry("data"), Finding("a", "ok")), ("b", entry("data"), Finding("b", None))]) == []


def test_that_nothing_is_to_be_learnt_is_told_with_its_verdict():
    (cause,) = ranked([("a", entry("result"), Finding("a", NOTHING, why="the baseline is at chance"))])
    assert (cause.verdict, cause.weight) == ("nothing to learn", 1.0)


verdicts = st.sampled_from(["ok", "suspect", "broken", NOTHING, None])


@given(st.lists(st.tuples(verdicts, st.sampled_from(TOPICS), st.booleans(), st.floats(0.01, 1.0)), max_size=12))
def test_weights_are_shares_and_fall(items):
    found = [
        (str(number), entry(topic, symptom=symptom), Finding("x", verdict, weight=weight))
        for number, (verdict, topic, symptom, weight) in enumerate(items)
    ]
    causes = ranked(found)
    weights = [cause.weight for cause in causes]
    assert len(causes) == sum(verdict not in ("ok", None) for verdict, *_ in items)
    assert weights == sorted(weights, reverse=True)
    assert not weights or sum(weights) == pytest.approx(1.0)
