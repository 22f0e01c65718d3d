"""Windows of other caps: channels by name, what is missing only where it is asked for, and contents compared as a network is given them."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli import evaluate
from eegcli.artifacts.run import open_run
from eegcli.artifacts.windows import open_windows
from eegcli.engine.fitted import fitted
from eegcli.errors import InputError
from eegcli.preprocess.interpolation import interpolate
from eegcli.preprocess.signal import Signal
from eegcli.reporter import Silent
from eegcli.settings import EvaluateSettings
from tests.kit import cohorts
from tests.kit.evaluations import read
from tests.kit.predicted import predicted, probabilities, rearranged, represented, summary

EVERY = list(range(len(cohorts.CH_NAMES)))


def test_channels_in_another_order_and_spelling_give_the_same_to_the_bit(run, others, tmp_path):
    turned = rearranged(others, tmp_path / "turned", [3, 7, 0, 6, 1, 5, 2, 4], ["EEG O1", "FP1", "Fz", "t4", "Cz", "T3-Ref", "Pz", "O2"])
    expected, _ = predicted(run, others, tmp_path / "p")
    found, reporter = predicted(run, turned, tmp_path / "q")
    np.testing.assert_array_equal(probabilities(found), probabilities(expected))
    assert summary(tmp_path / "q")["runs"][0]["fitted"] == {"reordered": True, "left_out": [], "interpolated": []}
    assert any("in the order of the network" in info for info in reporter.infos)
    assert summary(tmp_path / "p")["runs"][0]["fitted"] is None


def test_channels_that_the_network_does_not_take_are_left_out_and_said(run, others, tmp_path):
    wider = rearranged(others, tmp_path / "wider", [*EVERY, 3], [*cohorts.CH_NAMES, "X1"])
    expected, _ = predicted(run, others, tmp_path / "p")
    found, reporter = predicted(run, wider, tmp_path / "q")
    np.testing.assert_array_equal(probabilities(found), probabilities(expected))
    assert any("1 channel that the network does not take left out: X1" in warning for warning in reporter.warnings)
    assert summary(tmp_path / "q")["runs"][0]["fitted"]["left_out"] == ["X1"]


def test_missing_channels_are_interpolated_only_where_that_is_asked_for(run, others, tmp_path):
    fewer = rearranged(others, tmp_path / "fewer", EVERY[:-1])
    with pytest.raises(InputError, match=r"channels that the network needs are missing \(Fp1\)") as refused:
        predicted(run, fewer, tmp_path / "p")
    assert "--interpolate-missing" in str(refused.value.hint) and not (tmp_path / "p").exists()
    _, reporter = predicted(run, fewer, tmp_path / "p", interpolate_missing=True)
    assert summary(tmp_path / "p")["marked"] == "1 channel interpolated"
    assert any("1 channel interpolated from the others: Fp1" in warning for warning in reporter.warnings)
    with pytest.raises(InputError, match="only 5 channels with a known position"):
        predicted(run, rearranged(others, tmp_path / "five", EVERY[:5]), tmp_path / "q", interpolate_missing=True)
    nameless = cohorts.windows(tmp_path / "nameless", subjects=[30], ch_names=[*cohorts.CH_NAMES[:-1], "B7"])
    odd = cohorts.train(cohorts.windows(tmp_path / "odd", ch_names=[*cohorts.CH_NAMES[:-1], "Q1"], effect=4.0), tmp_path / "odd-run")
    with pytest.raises(InputError, match="where Q1 would lie is not known by name"):
        predicted(odd, nameless, tmp_path / "r", interpolate_missing=True)


def test_an_interpolated_channel_is_that_of_preprocess(run, others, tmp_path):
    fewer = open_windows(rearranged(others, tmp_path / "fewer", EVERY[:-1]))
    x = fitted(open_run(run), fewer, interpolate_missing=True, reporter=Silent()).checked[np.arange(3)]
    np.testing.assert_array_equal(x[:, :-1], fewer.x[:3])
    # The same splines on a recording: places of electrodes are MNE's there, and those of our table here.
    expected = np.stack(
        [interpolate(Signal(np.asarray(one, dtype=np.float64), fewer.ch_names, cohorts.SFREQ), ("Fp1",)) for one in fewer.x[:3]]
    )
    assert np.corrcoef(x[:, -1].ravel(), expected.ravel())[0, 1] > 0.99
    constant = np.full_like(fewer.x[:3], 7.0)
    fit = fitted(open_run(run), fewer, interpolate_missing=True, reporter=Silent()).fit
    np.testing.assert_allclose(fit(constant), 7.0, rtol=1e-6)


def test_other_rates_lengths_and_representations_are_refused(run, tmp_path):
    shorter = cohorts.windows(tmp_path / "shorter", subjects=[40, 41], n_times=64)
    with pytest.raises(InputError, match="64 samples at 64 Hz, the network takes 128 at 64 Hz") as refused:
        predicted(run, shorter, tmp_path / "p")
    hint = str(refused.value.hint)
    assert "eegcli preprocess DATASET" in hint and "&& eegcli epoch DATASET-for-run-recordings --length 2 --channels Fz,Cz" in hint


def test_evaluate_fits_channels_alike_and_compares_contents_as_they_are_given(run, cohort, others, tmp_path):
    turned = rearranged(others, tmp_path / "turned", EVERY[::-1])
    for name, windows in (("e", others), ("f", turned)):
        evaluate.run(EvaluateSettings(run=run, windows=windows, output=tmp_path / name, threads=1, resamples=20), reporter=Silent())
    one, two = (read(tmp_path, name) for name in ("e", "f"))
    assert two.pop("fitted") == {"reordered": True, "left_out": [], "interpolated": []}
    assert one == two
    renamed = rearranged(cohorts.windows(tmp_path / "renamed", dataset="renamed", effect=4.0), tmp_path / "known", EVERY[::-1])
    with pytest.raises(InputError, match="windows seen in training"):
        evaluate.run(EvaluateSettings(run=run, windows=renamed, output=tmp_path / "g", threads=1), reporter=Silent())


@pytest.mark.exhaustive
def test_band_powers_are_fitted_and_maps_only_of_the_same_channels(tmp_path):
    bands = represented(cohorts.windows(tmp_path / "raw", effect=4.0), tmp_path / "bands", "bands")
    other = represented(
        cohorts.windows(tmp_path / "more", subjects=range(30, 34), effect=4.0, dataset="elsewhere"), tmp_path / "others", "bands"
    )
    run = cohorts.train(bands, tmp_path / "run")
    expected, _ = predicted(run, other, tmp_path / "p")
    found, _ = predicted(run, rearranged(other, tmp_path / "turned", EVERY[::-1]), tmp_path / "q")
    np.testing.assert_array_equal(probabilities(found), probabilities(expected))
    with pytest.raises(InputError, match="missing"):
        predicted(run, rearranged(other, tmp_path / "fewer", EVERY[:-1]), tmp_path / "r", interpolate_missing=True)
