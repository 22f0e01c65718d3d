"""ASR of any recording: repair, repeatability, and a clear word where it cannot work."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from eegcli.bids.errors import RecordingError
from eegcli.preprocess.asr import repair
from tests.preprocess.asr.conftest import mixture

SFREQ = 128.0


@pytest.fixture(scope="module")
def dirty():
    return mixture(16, 60.0, SFREQ)


@pytest.fixture(scope="module")
def repaired(dirty):
    return repair(dirty, SFREQ)


def test_bursts_are_taken_out_and_the_rest_is_left(dirty, repaired):
    burst = (np.abs(dirty) > 20 * np.median(np.abs(dirty))).any(axis=0)
    assert np.linalg.norm(repaired.data[:, burst]) < 0.2 * np.linalg.norm(dirty[:, burst])
    assert 0.01 < repaired.fraction_changed < 0.5
    unchanged = (repaired.data == dirty).all(axis=0)
    assert unchanged.mean() == pytest.approx(1 - repaired.fraction_changed, rel=1e-12)
    assert repaired.variance_removed == pytest.approx(1 - repaired.data.var(axis=1).sum() / dirty.var(axis=1).sum())
    assert repaired.dimensions_removed > 0.0


def test_the_input_is_not_touched(dirty):
    before = dirty.copy()
    repair(dirty, SFREQ)
    np.testing.assert_array_equal(dirty, before)


def test_threads_memory_order_and_repeats_do_not_change_a_bit(dirty, repaired):
    for threads, data in [(1, dirty), (2, dirty), (2, np.asfortranarray(dirty)), (2, np.repeat(dirty, 2, axis=1)[:, ::2])]:
        with threadpool_limits(threads):
            again = repair(data, SFREQ)
        np.testing.assert_array_equal(again.data, repaired.data)
        np.testing.assert_array_equal(again.mixing, repaired.mixing)


@settings(max_examples=8, deadline=None)
@given(scale=st.sampled_from([1e-6, 0.1, 1e3]), sign=st.sampled_from([-1.0, 1.0]))
def test_unit_and_sign_scale_through(dirty, repaired, scale, sign):
    other = repair(dirty * scale * sign, SFREQ)
    np.testing.assert_array_equal(other.calibration_mask, repaired.calibration_mask)
    np.testing.assert_allclose(other.data / (scale * sign), repaired.data, rtol=1e-9, atol=1e-9)


def test_the_order_of_channels_does_not_matter(dirty, repaired):
    order = np.random.default_rng(0).permutation(len(dirty))
    np.testing.assert_allclose(repair(dirty[order], SFREQ).data, repaired.data[order], atol=1e-8)


def test_an_average_reference_costs_a_rank_and_no_more(dirty):
    referenced = dirty - dirty.mean(axis=0)
    result = repair(referenced, SFREQ)
    assert np.linalg.matrix_rank(result.mixing, tol=1e-6 * np.linalg.norm(result.mixing)) == len(dirty) - 1
    np.testing.assert_allclose(result.data.mean(axis=0), 0.0, atol=1e-8)
    assert 0.0 < result.fraction_changed < 0.5


def test_a_doubled_channel_is_repaired_like_its_twin(dirty):
    result = repair(np.vstack([dirty, dirty[3]]), SFREQ)
    np.testing.assert_allclose(result.data[-1], result.data[3], atol=1e-8)
    assert result.fraction_changed > 0.0


def test_a_direction_that_the_clean_signal_lacks_is_taken_away():
    data = mixture(8, 60.0, SFREQ, bursts=0)
    data[7] = data[6]
    burst = slice(3000, 3128)
    data[7, burst] += np.random.default_rng(1).standard_normal(128) * 50 * data.std()
    result = repair(data, SFREQ)
    assert np.abs(result.data[7, burst] - result.data[6, burst]).max() < 0.01 * np.abs(data[7, burst] - data[6, burst]).max()


def test_a_stricter_cutoff_changes_more(dirty):
    changed = [repair(dirty, SFREQ, cutoff=cutoff).fraction_changed for cutoff in (3.0, 10.0, 30.0)]
    assert changed[0] > changed[1] >= changed[2]


def spoiled(kind):
    data = mixture(16, 60.0, SFREQ)
    if kind == "missing":
        data[2, 100] = np.nan
    elif kind == "infinite":
        data[2, 100] = np.inf
    elif kind == "flat":
        data[4] = 7.0
    elif kind == "all flat":
        data[:] = 0.0
    elif kind == "short":
        data = data[:, : int(14.9 * SFREQ)]
    elif kind == "more channels than samples":
        data = np.random.default_rng(0).standard_normal((3000, 2000))
    elif kind == "empty":
        data = data[:, :0]
    elif kind == "no channel":
        data = data[:0]
    elif kind == "mostly constant":
        data[5, : data.shape[1] * 9 // 10] = 0.0
    elif kind == "hardly clean":
        # Power without any level of its own: nothing is usual, so nothing is clean.
        data *= np.exp(np.random.default_rng(0).standard_normal((1, data.shape[1] // 128 + 1)) * 4).repeat(128, axis=1)[:, : data.shape[1]]
        data = data[:, : int(20 * SFREQ)]
    return data


@pytest.mark.parametrize(
    "kind",
    [
        *("missing", "infinite", "flat", "all flat", "short", "more channels than samples", "empty", "no channel"),
        *("mostly constant", "hardly clean"),
    ],
)
def test_what_cannot_be_cleaned_is_refused_in_one_line(kind):
    with pytest.raises(RecordingError) as error:
        repair(spoiled(kind), SFREQ)
    assert "\n" not in error.value.message
    assert error.value.cause


@pytest.mark.parametrize("sfreq", [50.0, 82.0])
def test_a_slow_sampling_is_refused(dirty, sfreq):
    with pytest.raises(RecordingError, match="Hz"):
        repair(dirty, sfreq)


@pytest.mark.parametrize("cutoff", [0.0, -1.0, float("nan")])
def test_an_impossible_cutoff_is_refused(dirty, cutoff):
    with pytest.raises(ValueError, match="cutoff"):
        repair(dirty, SFREQ, cutoff=cutoff)


@pytest.mark.slow
def test_memory_stays_below_channels_squared_times_samples():
    import subprocess
    import sys

    script = (
        "import resource, numpy as np\n"
        "from tests.preprocess.asr.conftest import mixture\n"
        "from eegcli.preprocess.asr import repair\n"
        "data = mixture(128, 300.0, 128.0, bursts=20)\n"
        "repair(data[:, :5000], 128.0)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "repair(data, 128.0)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)\n"
    )
    # In a process of its own, as a peak never falls.
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 250e6
