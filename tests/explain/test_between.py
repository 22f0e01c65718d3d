"""Differences between classes over subjects: places, names and p of every method that has means of subjects."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from eegcli.explain.between import difference_of_class, rows_of, summary_of

RANDOM = np.random.default_rng(0)
CHANNELS, N_PEOPLE = ("C3", "Cz", "C4"), 12


def explained(effect: float, classes: tuple[str, ...] = ("F", "M")) -> SimpleNamespace:
    """An explanation of twelve people, six of each class, whose attribution to Cz and at 10 Hz differs."""
    pairs = np.stack([np.arange(N_PEOPLE), np.arange(N_PEOPLE) % 2], axis=1)
    freqs = np.arange(0.0, 33.0)
    of_channels = RANDOM.standard_normal((N_PEOPLE, 3))
    of_channels[:, 1] += effect * pairs[:, 1]
    spectrum = RANDOM.standard_normal((N_PEOPLE, len(freqs)))
    spectrum[:, 10] += effect * pairs[:, 1]
    course = RANDOM.standard_normal((N_PEOPLE, 20))
    result = SimpleNamespace(subject_class=pairs, subject_profile=of_channels, subject_spectrum=spectrum, subject_course=course)
    return SimpleNamespace(classes=classes, methods={"saliency": result}, ch_names=CHANNELS, rows_named=CHANNELS, freqs=freqs, sfreq=10.0)


def test_each_place_has_its_difference_with_an_interval_and_p():
    explanation = explained(8.0)
    rows = rows_of(explanation, "saliency", np.zeros((3, 3), dtype=bool))
    assert {row["class"] for row in rows} == {"F"}  # of two classes the other one's is the negative
    of_channels = {row["place"]: row for row in rows if row["along"] == "channel"}
    assert tuple(of_channels) == CHANNELS
    assert of_channels["Cz"]["high"] < 0 and of_channels["Cz"]["p"] < 0.05 <= of_channels["C3"]["p"]
    lowest = min((row for row in rows if row["along"] == "frequency"), key=lambda row: row["difference"])
    assert lowest["place"] == "10" and lowest["p"] < 0.05
    assert [row["place"] for row in rows if row["along"] == "time"][:3] == ["0", "0.1", "0.2"]
    values, label = explanation.methods["saliency"].subject_profile[:, 1], np.arange(N_PEOPLE) % 2
    expected = stats.ttest_ind(values[label == 0], values[label == 1], equal_var=False).confidence_interval()
    assert (of_channels["Cz"]["low"], of_channels["Cz"]["high"]) == pytest.approx((expected.low, expected.high))
    summary = summary_of(rows)
    assert summary["channel"]["F"] == min(row["p"] for row in of_channels.values())


def test_parts_of_an_occlusion_have_their_names():
    result = SimpleNamespace(
        subject_class=np.stack([np.arange(8), np.arange(8) % 2], axis=1),
        subject_importance=RANDOM.standard_normal((8, 4)),
        parts=np.array(["delta", "theta", "alpha", "beta"]),
    )
    explanation = SimpleNamespace(classes=("F", "M"), methods={"occlusion-band": result}, ch_names=CHANNELS)
    rows = rows_of(explanation, "occlusion-band", np.zeros((3, 3), dtype=bool))
    assert [row["place"] for row in rows] == ["delta", "theta", "alpha", "beta"] and {row["along"] for row in rows} == {"part"}


def test_a_number_has_no_classes_and_filters_no_people():
    assert rows_of(explained(0.0, classes=("age",)), "saliency", None) == []
    weights = SimpleNamespace(classes=("F", "M"), methods={"filters": SimpleNamespace()}, ch_names=CHANNELS)
    assert rows_of(weights, "filters", None) == []


def test_one_person_of_a_class_gives_no_interval_and_no_p():
    explanation = explained(0.0)
    result = explanation.methods["saliency"]
    for name in ("subject_class", "subject_profile", "subject_spectrum", "subject_course"):
        setattr(result, name, getattr(result, name)[[0, 1, 2]])
    rows = rows_of(explanation, "saliency", None)
    assert np.isnan([row["low"] for row in rows]).all()
    assert summary_of(rows)["channel"] == {"F": None} or summary_of(rows)["channel"]["F"] is None


def test_people_who_are_in_both_classes_are_compared_with_themselves():
    pairs = np.array([(person, label) for person in range(10) for label in (0, 1)])
    values = RANDOM.standard_normal((10, 1)).repeat(2, axis=0) * 100 + pairs[:, 1:]  # people differ by more than classes
    values += 0.1 * RANDOM.standard_normal(values.shape)
    found = difference_of_class(values, pairs, 1)
    assert found.difference == pytest.approx(1, abs=0.2) and found.low > 0.5
