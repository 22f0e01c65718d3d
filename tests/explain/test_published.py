"""Published claims beside a run's values, on spectra that are made to agree or not."""

import numpy as np
import pytest

from eegcli.artifacts.explained import Synthesis
from eegcli.artifacts.explanation import Explanation
from eegcli.explain.published import CLAIMS, published

FREQS = np.arange(0, 31, 0.5)


def explanation(peak, *, classes=("F", "M"), method="activation-maximisation"):
    base = 10 / np.maximum(FREQS, 1)
    male = 1.1 * base + 3 * np.exp(-(((FREQS - peak) / 1.0) ** 2))
    spectrum = np.stack([np.stack([one] * 2) for one in ((base, male) if classes[0] == "F" else (male, base))])
    nothing = np.zeros(0)
    result = Synthesis(np.array(classes), nothing, spectrum, spectrum, spectrum, nothing, nothing, nothing)
    return Explanation(classes, ("Cz", "Pz"), 64.0, FREQS, nothing, nothing, spectrum, {method: result})


@pytest.mark.parametrize(("peak", "holds"), [(7.0, True), (10.0, False)])
@pytest.mark.parametrize("classes", [("F", "M"), ("M", "F")])
def test_the_frequency_where_males_are_higher_is_set_beside_the_claim(peak, holds, classes):
    (row,) = published(explanation(peak, classes=classes), "sex")
    assert row["value"] == peak and row["holds"] is holds and (row["low"], row["high"]) == (6.0, 8.0)


def test_best_samples_have_two_claims():
    rows = published(explanation(10.0, method="best-samples"), "sex")
    assert [row["holds"] for row in rows] == [True, True]
    assert rows[0]["value"] == 1.0  # all of 1 to 30 Hz
    assert rows[1]["value"] == 10.0


def test_other_targets_and_classes_have_no_claims():
    assert published(explanation(7.0), "task") == []
    assert published(explanation(7.0, classes=("a", "b")), "sex") == []
    assert {claim.method for claim in CLAIMS} == {"best-samples", "saliency-replacement", "activation-maximisation"}
