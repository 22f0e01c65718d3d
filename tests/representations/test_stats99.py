"""Statistics of DEAP's flow against SciPy, written out slowly: every segment, every statistic, every z-score."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError, UsageError
from eegcli.representations import Signals, prepare
from eegcli.settings import EpochSettings
from tests.kit.builders import recording, recordings_artifact
from tests.kit.commands import eegcli
from tests.kit.statistics import slow


def represent(x: np.ndarray, sfreq: float = 128.0, **options: object) -> np.ndarray:
    return prepare("stats99", Signals(tuple(map(str, range(x.shape[1]))), sfreq, x.shape[2]), options=options)(x)


def skewed(*shape: int) -> np.ndarray:
    """Signals that drift and are skewed, so that no statistic is that of another segment."""
    rng = np.random.default_rng(0)
    return (10 * rng.gamma(2.0, size=shape) + np.cumsum(rng.standard_normal(shape), axis=-1) / 3).astype(np.float32)


@pytest.mark.parametrize(("n_times", "segment_samples"), [(8064, 807), (16_128, 1614)])
def test_nine_segments_and_what_remains_then_the_whole(n_times, segment_samples):
    x = skewed(2, 3, n_times)
    found = represent(x, segment_samples=segment_samples, stats_normalise="none")
    assert found.shape == (2, 3, 99)
    np.testing.assert_allclose(found, slow(x, segment_samples), rtol=2e-4, atol=2e-5)


def test_a_tenth_rounded_up_is_the_published_807_of_8064():
    x = skewed(1, 2, 8064)
    np.testing.assert_array_equal(represent(x), represent(x, segment_samples=807))


@pytest.mark.parametrize("n_times", [30, 31, 40, 255, 256, 1001])
def test_medians_of_even_and_odd_lengths(n_times):
    x = np.random.default_rng(n_times).integers(-3, 4, (4, 2, n_times)).astype(np.float32)  # many values are equal
    length = -(-n_times // 10)
    if n_times - 9 * length < 2:
        pytest.skip("no ten segments")
    found = prepare("stats99", Signals(("a", "b"), 100.0, n_times), options={"stats_normalise": "none"})(x)
    np.testing.assert_allclose(found[..., 1::9], slow(x, length)[..., 1::9], atol=1e-6)


def test_one_z_score_per_trial_as_the_code_has_it():
    x = skewed(3, 4, 8064)
    raw = slow(x, 807)
    np.testing.assert_allclose(represent(x), [(trial - trial.mean()) / trial.std() for trial in raw], rtol=2e-4, atol=1e-5)


def test_a_z_score_per_channel_as_the_text_lists_it():
    x = skewed(3, 4, 8064)
    raw = slow(x, 807)
    wanted = (raw - raw.mean(axis=2, keepdims=True)) / raw.std(axis=2, keepdims=True)
    np.testing.assert_allclose(represent(x, stats_normalise="channel"), wanted, rtol=2e-4, atol=1e-5)


def test_what_does_not_vary_has_no_skewness():
    x = skewed(1, 1, 8064)
    x[0, 0, :807] = 0.1  # whose mean is rounded
    found = represent(x, stats_normalise="none")[0, 0]
    assert found[4:7].tolist() == [0, 0, 0] and np.isnan(found[7:9]).all()
    assert np.isfinite(np.delete(found, [7, 8])).all()


def test_lengths_that_make_no_ten_segments_name_those_that_do():
    with pytest.raises(InputError, match="no nine segments of 900") as error:
        represent(skewed(1, 1, 8064), segment_samples=900)
    assert "807 to 895" in str(error.value.hint)
    with pytest.raises(InputError, match="windows of 15 samples"):
        represent(skewed(1, 1, 15))


def test_epoch_makes_it_too_and_other_representations_refuse_its_options(tmp_path):
    recordings_artifact(tmp_path / "recordings", {"01": recording(1, seconds=40.0)})
    arguments = ["epoch", "recordings", "--length", 10, "--representation", "stats99", "--stats-normalise", "channel", "-o", "w"]
    done = eegcli(*arguments, "--json", cwd=tmp_path, check=True)
    eegcli("epoch", "recordings", "--length", 10, "-o", "raw", cwd=tmp_path, check=True)
    made, raw = open_windows(tmp_path / "w"), open_windows(tmp_path / "raw")
    assert json.loads(done.stdout)["data"]["n_windows"] == 4 and (made.representation, made.units, made.n_times) == (
        "stats99",
        "z-score",
        640,
    )
    features = slow(raw.x, 64)
    wanted = (features - features.mean(axis=2, keepdims=True)) / features.std(axis=2, keepdims=True)
    np.testing.assert_allclose(made.x, wanted, rtol=1e-3, atol=1e-4)
    refused = eegcli("epoch", "recordings", "--segment-samples", 12, "-o", "never", cwd=tmp_path)
    assert refused.returncode == 2 and "--segment-samples" in refused.stderr and "stats99" in refused.stderr


def test_settings_refuse_an_unknown_z_score():
    with pytest.raises(UsageError):
        EpochSettings(recordings="r", stats_normalise="global")
