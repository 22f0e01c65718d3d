"""Relevance along an axis, and its precision at k, against slower computations; and that every kind of explanation tells of one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.artifacts.explanation import Attribution, Explanation
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.registry import EXPLANATION_KINDS
from eegcli.reporting import relevance
from eegcli.reporting.relevance import Axis, axes_of, precision_at_k

FREQS = np.arange(0, 32.5, 0.5)
CH_NAMES = ("Fz", "Cz", "Pz", "O1")


def explanation(**methods: object) -> Explanation:
    return Explanation(
        classes=("F", "M"),
        ch_names=CH_NAMES,
        sfreq=64.0,
        freqs=FREQS,
        window=np.arange(4),
        class_index=np.arange(4) % 2,
        input_spectrum=np.ones((2, 4, len(FREQS))),
        methods=methods,  # type: ignore[arg-type]
    )


def attribution(spectrum: np.ndarray) -> Attribution:
    return Attribution(np.ones((4, 4, 128), np.float32), spectrum, spectrum.mean(axis=-1) if spectrum.size else np.ones((2, 4)))


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.booleans()), min_size=1, max_size=40))
def test_precision_is_the_share_of_true_ones_among_as_many_as_are_true(pairs):
    relevance_, is_true = np.array([one for one, _ in pairs]), np.array([own for _, own in pairs])
    k, n = sum(is_true), len(pairs)
    score = precision_at_k(relevance_, is_true)
    if k in (0, n) or len(set(relevance_)) == 1:
        assert score is None
        return
    highest = sorted(range(n), key=lambda item: -relevance_[item])[:k]
    assert score is not None
    assert list(score.highest) == highest
    assert score.precision == pytest.approx(sum(is_true[item] for item in highest) / k)
    assert score.chance == pytest.approx(k / n)


def test_random_relevance_scores_chance():
    rng = np.random.default_rng(1)
    scores = [precision_at_k(rng.random(24), np.arange(24) < 4) for _ in range(4000)]
    assert np.mean([score.ratio for score in scores if score]) == pytest.approx(1.0, abs=0.05)


def test_values_that_are_not_finite_are_not_scored():
    assert precision_at_k(np.array([1.0, np.nan, 0.0]), np.array([True, False, False])) is None


def test_a_band_is_right_where_half_of_it_is_true_or_it_holds_half_of_what_is():
    low, high = np.array(list(EXPLAIN_HALF_OPEN.values())).T
    names = list(EXPLAIN_HALF_OPEN)
    axis = Axis(np.zeros(len(low)), low, high)
    assert [name for name, own in zip(names, axis.within(6, 8), strict=True) if own] == ["theta"]
    assert [name for name, own in zip(names, axis.within(9, 11), strict=True) if own] == ["alpha"]


def test_every_kind_of_explanation_tells_of_an_axis():
    assert set(relevance._KINDS) == set(EXPLANATION_KINDS)


def test_channels_are_those_of_the_band_that_was_asked_for():
    spectrum = np.full((2, 4, len(FREQS)), 0.01)
    spectrum[:, 0, (FREQS >= 6) & (FREQS <= 8)] = 1.0  # Fz
    spectrum[:, 3, (FREQS >= 9) & (FREQS <= 11)] = 3.0  # O1
    one = explanation(saliency=attribution(spectrum))
    for band, channel in (((6.0, 8.0), "Fz"), ((9.0, 11.0), "O1")):
        region = axes_of(one, "saliency", band)["region"]
        assert region.of_band
        assert CH_NAMES[int(np.argmax(region.relevance))] == channel
    whole = axes_of(one, "saliency")["region"]
    assert not whole.of_band
    assert CH_NAMES[int(np.argmax(whole.relevance))] == "O1"


def test_a_steeper_class_does_not_count_for_more():
    spectrum = np.full((2, 4, len(FREQS)), 1e-6)
    spectrum[0, 1, 20], spectrum[1, 2, 40] = 1000.0, 1.0
    found = axes_of(explanation(saliency=attribution(spectrum)), "saliency")["band"]
    values = dict(zip(found.low, found.relevance, strict=True))
    assert values[FREQS[20]] == pytest.approx(values[FREQS[40]], rel=1e-2)


def test_windows_without_samples_have_no_axis_of_frequencies():
    axes = axes_of(explanation(saliency=attribution(np.zeros((2, 4, 0)))), "saliency", (6.0, 8.0))
    assert set(axes) == {"region"} and not axes["region"].of_band


def test_a_kind_of_another_version_tells_of_nothing():
    assert axes_of(explanation(new=SimpleNamespace(kind="dream")), "new") == {}
