"""Augmentations of a batch of windows: each against the same done by hand, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import periodogram
from torch.nn import functional

from eegcli.engine.augment.draws import draws_of
from eegcli.engine.augment.step import read
from eegcli.engine.feed import Batch
from eegcli.engine.objective import Objective
from eegcli.models.head import NUMBER, SOFTMAX
from eegcli.registry import AUGMENTATIONS

SFREQ, N, CHANS, TIMES = 100.0, 400, 4, 200


def windows(seed: int = 0) -> Batch:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((N, CHANS, TIMES)) * np.array([1, 10, 100, 5])[:, None] + 3
    return Batch(torch.from_numpy(x).float(), torch.arange(N) % 2.0, np.arange(N))


def augmented(text: str, batch: Batch | None = None, epoch: int = 0, number: int = 0) -> Batch:
    [step] = read([text])
    return step(batch or windows(), draws_of(7, epoch, number, 0), SFREQ)


def untouched(before: Batch, after: Batch) -> np.ndarray:
    return (before.x == after.x).flatten(1).all(dim=1).numpy()


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_draws_are_a_function_of_epoch_and_batch_and_leave_torchs_generator_alone(name):
    before = torch.get_rng_state()
    first = augmented(name)
    torch.rand(5)
    torch.set_rng_state(before)
    again = augmented(name)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.x, again.x)
    for other in (augmented(name, epoch=1), augmented(name, number=1)):
        assert not torch.equal(first.x, other.x)
    assert first.x.dtype == torch.float32 and first.x.shape == (N, CHANS, TIMES)


@pytest.mark.parametrize("name", [name for name in AUGMENTATIONS if name != "mixup"])
def test_a_share_p_of_the_windows_is_changed_and_the_others_and_all_labels_are_not(name):
    before = windows()
    share = {p: 1 - untouched(before, augmented(f"{name}:p={p}{',share=0.9' * (name == 'channel-dropout')}")).mean() for p in (0.3, 1.0)}
    assert share[0.3] == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / N))
    assert share[1.0] > 0.9  # a shift may be by no sample
    assert torch.equal(augmented(name).labels, before.labels)
    assert torch.equal(before.x, windows().x), "the windows that were read are not written to"


def test_time_shift_moves_all_channels_by_one_shift_and_mirrors_what_is_missing():
    before, most = windows(), 15
    after = augmented(f"time-shift:seconds={most / SFREQ},p=1").x.numpy()
    found = []
    for one, shifted in zip(before.x.numpy(), after, strict=True):
        padded = np.pad(one, [(0, 0), (most, most)], mode="reflect")
        fits = [s for s in range(-most, most + 1) if np.array_equal(padded[:, most - s : most - s + TIMES], shifted)]
        assert len(fits) == 1
        found += fits
    assert (min(found), max(found)) == (-most, most)
    assert np.mean(found) == pytest.approx(0, abs=4 * most / np.sqrt(3 * N))


def test_channel_dropout_zeroes_channels_with_its_probability_and_scales_nothing():
    before = windows()
    after = augmented("channel-dropout:share=0.25,p=1")
    dropped = (after.x == 0).all(dim=2)
    assert torch.equal(torch.where(dropped[..., None], before.x, after.x), before.x)
    assert dropped.double().mean().item() == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / (N * CHANS)))
    assert len({tuple(row) for row in dropped.tolist()}) > 8, "each window drops its own channels"


def test_amplitude_is_one_factor_per_window_whose_logarithm_is_uniform():
    before = windows()
    ratio = (augmented("amplitude:low=0.5,high=2,p=1").x / before.x).flatten(1)
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio), rtol=1e-5, atol=0)
    logs = np.sort(np.log2(ratio[:, 0].numpy()))
    np.testing.assert_allclose(logs, np.linspace(-1, 1, N), atol=2 * 1.63 / np.sqrt(N))  # Kolmogorov-Smirnov, 1 %


def test_noise_is_white_and_in_standard_deviations_of_each_channel():
    before = windows()
    added = (augmented("noise:sd=0.2,p=1").x - before.x).numpy()
    spread = before.x.numpy().std(axis=2)
    np.testing.assert_allclose((added.std(axis=2) / spread).mean(axis=0), 0.2, rtol=0.02)
    power = periodogram(added / spread[..., None], axis=2)[1][..., 1:-1].mean(axis=(0, 1))
    assert power.max() < 1.3 * power.min()
    assert abs(np.corrcoef(added[:, 0].ravel(), added[:, 1].ravel())[0, 1]) < 0.02


def test_sign_flip_turns_whole_windows():
    before = windows()
    after = augmented("sign-flip:p=0.5").x
    flipped = ~torch.isclose(after, before.x).flatten(1).all(dim=1)
    assert torch.equal(after, torch.where(flipped[:, None, None], -before.x, before.x))
    assert 0.4 < flipped.double().mean() < 0.6


def test_band_stop_takes_one_band_of_all_channels_and_keeps_the_rest():
    before = windows()
    after = augmented("band-stop:width=5,p=1")
    frequencies = np.fft.rfftfreq(TIMES, 1 / SFREQ)
    spectra = np.fft.rfft(before.x.numpy().astype(np.float64)), np.fft.rfft(after.x.numpy().astype(np.float64))
    gone = np.abs(spectra[1]) < 1e-3 * np.abs(spectra[0])
    assert (gone == gone[:, :1]).all(), "of all channels the same"
    np.testing.assert_allclose(np.where(gone, 0, spectra[1] - spectra[0]), 0, atol=1e-2)
    for row in gone[:, 0]:
        stopped = frequencies[row]
        assert 4.4 <= stopped[-1] - stopped[0] + 0.5 <= 5.5 or stopped[0] == 0.5  # a band that begins at 0 leaves the mean
        assert len(stopped) == round((stopped[-1] - stopped[0]) / 0.5) + 1
    assert gone[:, 0].mean(axis=0)[5:-5].min() > 0, "any frequency can be meant"


def test_mixup_mixes_windows_and_its_loss_is_that_of_the_mixed_labels():
    before = windows()
    after = augmented("mixup:alpha=1")
    assert after.mixed is not None
    share = after.mixed.share.item()
    assert 0 < share < 1
    by_label = {tuple(one[0, :3].tolist()): place for place, one in enumerate(before.x)}
    outputs = torch.randn(N, 2, generator=torch.Generator().manual_seed(0))
    partners = []
    for place in range(N):
        rest = (after.x[place] - (1 - share) * before.x[place]) / share
        partners.append(int((before.x - rest).abs().flatten(1).amax(dim=1).argmin()))
        torch.testing.assert_close(before.x[partners[-1]], rest, rtol=1e-3, atol=1e-2)
    assert sorted(partners) == list(range(N)), "partners are a permutation"
    np.testing.assert_array_equal(after.mixed.places, before.places[partners])
    assert len(by_label) == N
    soft = (1 - share) * functional.one_hot(before.labels.long()) + share * functional.one_hot(before.labels[partners].long())
    loss, n_right = Objective(SOFTMAX).learnt(outputs, after.labels, after.mixed)
    torch.testing.assert_close(loss, functional.cross_entropy(outputs, soft))
    right = soft[torch.arange(N), outputs.argmax(dim=1)].sum()
    torch.testing.assert_close(n_right, right)


def test_mixup_of_a_number_has_the_gradient_of_the_mixed_number():
    after = augmented("mixup:alpha=1")
    assert after.mixed is not None
    outputs = torch.randn(N, 1, generator=torch.Generator().manual_seed(0), requires_grad=True)
    mixed = torch.lerp(after.labels, after.mixed.labels, after.mixed.share)
    [found] = torch.autograd.grad(Objective(NUMBER).learnt(outputs, after.labels, after.mixed)[0], outputs)
    [expected] = torch.autograd.grad(functional.mse_loss(outputs[:, 0], mixed), outputs)
    torch.testing.assert_close(found, expected)


def test_the_shares_of_mixup_are_those_of_the_beta_distribution():
    alpha, few = 0.4, Batch(windows().x[:2], windows().labels[:2], np.arange(2))
    shares = [augmented(f"mixup:alpha={alpha}", few, number=number).mixed.share.item() for number in range(600)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)
    assert np.var(shares) == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)  # of Beta(a, a)
