"""Importance of parts against a loop over windows and parts."""

import numpy as np
import pytest
import torch
from torch import nn

from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.errors import UsageError
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds import importance
from eegcli.explain.methods.occlusion_band import occlusion_band
from eegcli.explain.methods.occlusion_channel import occlusion_channel
from eegcli.explain.methods.occlusion_time import occlusion_time

SFREQ, NAMES = 64.0, ("A", "B", "C")


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, 8), nn.Tanh(), nn.Linear(8, 2)).double().eval()


def windows(**changes):
    random = np.random.default_rng(0)
    x, other = random.standard_normal((2, 8, 3, 64))
    given = {"subject": np.array([0, 0, 1, 1, 2, 2, 3, 3]), "others": (other,), "ch_names": NAMES, **changes}
    return ExplainedWindows(x, np.repeat([0, 1], 4), 2, torch.device("cpu"), SFREQ, **given)


def output(model, x, k):
    with torch.no_grad():
        return float(model(torch.from_numpy(x[None]))[0, k])


@pytest.mark.parametrize("how", ["other", "zeros", "interpolate"])
def test_channels_against_a_loop(how):
    model, material = network(), windows(replacement=how)
    found = importance.ask(occlusion_channel, model, material)
    for window, k in enumerate(material.class_index):
        for channel in range(3):
            x = material.x[window].copy()
            others = [c for c in range(3) if c != channel]
            x[channel] = {"other": material.others[0][window, channel], "zeros": 0, "interpolate": x[others].mean(axis=0)}[how]
            expected = output(model, material.x[window], k) - output(model, x, k)
            assert found.values[window, channel] == pytest.approx(expected, abs=1e-5)
    assert tuple(found.parts) == NAMES
    np.testing.assert_allclose(found.importance[1], found.values[4:].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found.subject_importance[0], found.values[:2].mean(axis=0), rtol=1e-5)
    assert found.subject_class.tolist() == [[0, 0], [1, 0], [2, 1], [3, 1]]


def test_bands_against_a_loop_over_frequencies():
    model, material = network(), windows()
    found = importance.ask(occlusion_band, model, material)
    freqs = np.fft.rfftfreq(64, 1 / SFREQ)
    for part, (low, high) in enumerate(EXPLAIN_HALF_OPEN.values()):
        ours, theirs = np.fft.rfft(material.x[0]), np.fft.rfft(material.others[0][0])
        for place, freq in enumerate(freqs):
            if low <= freq < high:
                ours[:, place] = theirs[:, place]
        expected = output(model, material.x[0], 0) - output(model, np.fft.irfft(ours, n=64), 0)
        assert found.values[0, part] == pytest.approx(expected, abs=1e-5)
    assert found.widths.sum() == pytest.approx(1)


def test_stretches_of_time_are_replaced_one_by_one_and_interpolated_between_their_neighbours():
    material = windows()
    parts = occlusion_time(material)
    assert len(parts.names) == 16 and parts.names[1] == "0.062-0.125 s"
    x, by = (torch.from_numpy(array) for array in (material.x, material.others[0]))
    replaced = parts.replace(x, by, 1)
    assert torch.equal(replaced[..., 4:8], by[..., 4:8])
    assert torch.equal(replaced[..., :4], x[..., :4]) and torch.equal(replaced[..., 8:], x[..., 8:])
    line = parts.fill(x, 1)[0, 0, 4:8].numpy()
    np.testing.assert_allclose(line, np.interp([4, 5, 6, 7], [3, 8], [x[0, 0, 3], x[0, 0, 8]]))
    assert torch.equal(parts.fill(x, 0)[..., :4], x[..., 4:5].expand(-1, -1, 4))
    assert torch.equal(parts.fill(x, 15)[..., 60:], x[..., 59:60].expand(-1, -1, 4))


def test_what_windows_do_not_have_cannot_be_taken():
    maps = windows(representation="topomap", axes=("n_bands", "height", "width"), bands=("theta", "alpha", "beta"))
    with pytest.raises(UsageError, match="occlusion-channel: topomap windows have no channels"):
        occlusion_channel(maps)
    with pytest.raises(UsageError, match="occlusion-time: topomap windows have no time"):
        occlusion_time(maps)
    assert occlusion_band(maps).names == ("theta", "alpha", "beta")
    with pytest.raises(UsageError, match="occlusion-band: fft windows have no bands"):
        occlusion_band(windows(representation="fft", axes=("n_chans", "n_bins")))


def test_of_a_number_what_is_lost_is_the_way_to_the_other_window():
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, 1)).double().eval()
    material = windows()
    material = ExplainedWindows(
        material.x, np.zeros(8, int), 1, torch.device("cpu"), SFREQ, subject=material.subject, others=material.others, ch_names=NAMES
    )
    found = importance.ask(occlusion_channel, model, material)
    with torch.no_grad():
        ways = model(torch.from_numpy(material.x)) - model(torch.from_numpy(material.others[0]))
    np.testing.assert_allclose(found.values.sum(axis=1), ways[:, 0].abs(), rtol=1e-4)


def test_shares_count_what_is_lost_alone():
    np.testing.assert_allclose(importance.shares(np.array([[3.0, 1.0, -5.0], [0.0, 2.0, 2.0]])), [0.375, 0.375, 0.25])
