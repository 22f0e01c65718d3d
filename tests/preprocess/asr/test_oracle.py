"""ASR against the arrays that the reference produced."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eegcli.preprocess.asr import clean_samples, remove_drifts, repair
from eegcli.preprocess.asr.drifts import drift_kernel
from eegcli.preprocess.asr.spectral import spectral_filter

CASES = [("real32_128", 5), ("real32_128", 20), ("syn24_128", 5), ("syn24_128", 20), ("syn24avg_128", 20)]
SFREQ = 128.0


def off(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


@pytest.mark.parametrize(("case", "cutoff"), CASES)
def test_calibration_equals_the_reference(oracle, case, cutoff):
    arrays = oracle(case)
    ours = repair(arrays["hp"], SFREQ, cutoff=cutoff)
    mixing, threshold = arrays[f"M_big_{cutoff}"], arrays[f"T_big_{cutoff}"]
    np.testing.assert_array_equal(ours.calibration_mask, arrays["mask_artifacts"])
    assert ours.calibration_seconds == arrays["mask_artifacts"].sum() / SFREQ
    assert off(ours.mixing, mixing) <= (1e-8 if "avg" in case else 1e-10)
    assert off(ours.threshold.T @ ours.threshold, threshold.T @ threshold) <= 1e-10
    state = f"iir_big_{cutoff}" if f"iir_big_{cutoff}" in arrays.files else "iir"
    assert off(ours.filter_state.T, arrays[state]) <= 1e-10


@pytest.mark.parametrize("case", ["real32_128", "syn24_128", "syn24avg_128"])
def test_repaired_signal_equals_the_reference(oracle, case):
    arrays = oracle(case)
    ours, theirs = repair(arrays["hp"], SFREQ, cutoff=20.0).data, arrays["out_big_20"]
    limit = 1e-9 if "avg" in case else 1e-10
    assert off(ours, theirs) <= limit
    assert np.abs(ours - theirs).max() <= 1e-6


@pytest.mark.parametrize(("case", "cutoff"), CASES[:4])
def test_final_windows_equal_the_reference(oracle, case, cutoff):
    arrays = oracle(case)
    repaired = repair(arrays["hp"], SFREQ, cutoff=cutoff).data
    ours = clean_samples(repaired, SFREQ, max_bad_channels=0.25, tolerances=(-math.inf, 7.0))
    np.testing.assert_array_equal(ours, arrays[f"mask_final_{cutoff}"])


@pytest.mark.parametrize("case", ["real32_128", "syn24_128", "syn24avg_128"])
@pytest.mark.parametrize(("name", "share", "tolerances"), [("mask_asr", 0.075, (-3.5, 5.5)), ("mask_final_on_hp", 0.25, (-math.inf, 7.0))])
def test_clean_samples_equal_the_reference(oracle, case, name, share, tolerances):
    arrays = oracle(case)
    np.testing.assert_array_equal(clean_samples(arrays["hp"], SFREQ, max_bad_channels=share, tolerances=tolerances), arrays[name])


def test_spectral_filter_equals_the_reference(oracle):
    arrays = oracle("syn24_128")
    b, a = spectral_filter(SFREQ)
    np.testing.assert_allclose(b, arrays["B"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(a, arrays["A"], rtol=0, atol=1e-12)


def test_drift_filter_equals_the_reference(oracle):
    arrays = oracle("real32_128")
    np.testing.assert_allclose(drift_kernel(SFREQ), arrays["hp_kernel"], rtol=0, atol=1e-14)
    assert off(remove_drifts(arrays["data"], SFREQ), arrays["hp"]) <= 1e-12


@pytest.mark.parametrize("cutoff", [10.0, 20.0, 30.0])
def test_asr_before_the_low_pass_leaves_less_of_the_artifacts(oracle, cutoff):
    # The order of the recipe hbn follows from this: after a low-pass, the spectral filter's emphasis above 16 Hz sees nothing.
    import mne

    dirty, truth = oracle("syn24_128")["hp"], oracle("syn24_128_truth")
    artifact = truth["artifact_mask"]

    def low_pass(data):
        return mne.filter.filter_data(data, SFREQ, None, 25.0, h_trans_bandwidth=0.25, verbose="ERROR")

    clean = low_pass(remove_drifts(truth["clean"].astype(float), SFREQ))
    before = low_pass(repair(dirty, SFREQ, cutoff=cutoff).data)
    after = repair(low_pass(dirty), SFREQ, cutoff=cutoff).data
    assert np.linalg.norm((before - clean)[:, artifact]) < 0.95 * np.linalg.norm((after - clean)[:, artifact])
    assert np.linalg.norm(before - clean) < np.linalg.norm(after - clean)
