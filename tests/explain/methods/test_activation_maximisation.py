"""Activation maximisation on networks whose best input is known."""

import numpy as np
import pytest
import torch
from torch import nn

from eegcli.explain.methods.activation_maximisation import LARGEST, STEP, STEPS, activation_maximisation, space_of

N_CHANNELS, N_TIMES, SFREQ = 3, 64, 64.0


def noise(n=50, seed=0):
    """Windows with a 1/f spectrum, another amplitude in each channel."""
    random = np.random.default_rng(seed)
    spectrum = np.fft.rfft(random.standard_normal((n, N_CHANNELS, N_TIMES)))
    pink = np.fft.irfft(spectrum / np.maximum(np.arange(N_TIMES // 2 + 1), 1) ** 0.5, n=N_TIMES)
    return (pink * np.array([1.0, 5.0, 20.0])[:, None]).astype(np.float32)


def space():
    return space_of(noise(), is_raw=True, device=torch.device("cpu"))


def sine(frequency, channel):
    weight = np.zeros((N_CHANNELS, N_TIMES), np.float32)
    weight[channel] = np.sin(2 * np.pi * frequency * np.arange(N_TIMES) / SFREQ)
    return torch.from_numpy(weight)


def test_noise_has_the_spectrum_of_the_training_windows():
    made = activation_maximisation(lambda x: x.sum(dim=(1, 2)), space(), n_inputs=4000, seed=0, steps=0)
    expected = np.mean(np.abs(np.fft.rfft(noise())) ** 2, axis=0)
    found = np.mean(np.abs(np.fft.rfft(made.noise)) ** 2, axis=0)
    np.testing.assert_allclose(found[:, 1:-1], expected[:, 1:-1], rtol=0.15)
    assert (made.values == made.noise).all() and (made.reached == made.start).all()


def test_for_a_linear_network_inputs_go_along_the_spectrum_of_its_weights():
    weight = sine(10, channel=1)
    made = activation_maximisation(lambda x: (x * weight).sum(dim=(1, 2)), space(), n_inputs=5, seed=0)
    moved = np.abs(np.fft.rfft(made.values - made.noise))
    of_weight = np.zeros_like(moved[0], dtype=bool)
    of_weight[1, 10] = True
    assert moved[:, 1, 10].min() > 100 * moved[:, ~of_weight].max()
    # the largest that a coefficient may be, in phase with the weights: what no step goes beyond
    typical = np.sqrt(np.mean(np.abs(np.fft.rfft(noise())) ** 2, axis=0))
    np.testing.assert_allclose(np.abs(np.fft.rfft(made.values))[:, 1, 10], LARGEST * typical[1, 10], rtol=1e-3)
    np.testing.assert_allclose(np.angle(np.fft.rfft(made.values))[:, 1, 10], np.angle(np.fft.rfft(weight.numpy()))[1, 10], atol=0.1)


def test_a_small_step_is_the_gradient_over_its_root_mean_square():
    weight = torch.from_numpy(np.random.default_rng(1).standard_normal((N_CHANNELS, N_TIMES)).astype(np.float32))
    made = activation_maximisation(lambda x: (x * weight).sum(dim=(1, 2)), space(), n_inputs=1, seed=3, steps=1)
    typical = np.sqrt(np.mean(np.abs(np.fft.rfft(noise().astype(float))) ** 2, axis=0))
    # chain rule of the inverse transform: d(sum w x)/dc, with inner frequencies standing for two
    twice = np.r_[1.0, np.full(N_TIMES // 2 - 1, 2.0), 1.0]
    gradient = typical * twice * np.fft.rfft(weight.numpy()) / N_TIMES
    size = np.sqrt(np.mean(np.stack([gradient.real, gradient.imag]) ** 2))
    expected = np.fft.irfft(np.fft.rfft(made.noise[0]) + typical * STEP * gradient / size, n=N_TIMES)
    np.testing.assert_allclose(made.values[0], expected, atol=1e-3 * np.abs(expected).max())


def test_no_coefficient_exceeds_its_bound_whatever_the_scale_of_the_output():
    typical = np.sqrt(np.mean(np.abs(np.fft.rfft(noise())) ** 2, axis=0))
    for scale in (1e-6, 1e6):
        made = activation_maximisation(lambda x, scale=scale: scale * (x**2).sum(dim=(1, 2)), space(), n_inputs=3, seed=0)
        assert (np.abs(np.fft.rfft(made.values)) <= LARGEST * typical * 1.001).all()
        assert (made.reached > made.start).all()


def test_same_seed_same_noise_for_every_objective():
    one, other = (
        activation_maximisation(lambda x, sign=sign: sign * x.sum(dim=(1, 2)), space(), n_inputs=2, seed=5, steps=3) for sign in (1, -1)
    )
    np.testing.assert_array_equal(one.noise, other.noise)
    assert not np.allclose(one.values, other.values)
    again = activation_maximisation(lambda x: x.sum(dim=(1, 2)), space(), n_inputs=2, seed=5, steps=3)
    np.testing.assert_array_equal(one.values, again.values)


def test_windows_that_are_no_samples_move_by_standard_deviations():
    random = np.random.default_rng(0)
    typical = (random.standard_normal((200, 2, 5)) * np.array([1.0, 10.0])[:, None] + 100).astype(np.float32)
    values = space_of(typical, is_raw=False, device=torch.device("cpu"))
    made = activation_maximisation(lambda x: x[:, 0, 0], values, n_inputs=4, seed=0)
    moved = made.values - made.noise
    assert (moved[:, 0, 0] > 0).all() and not moved.reshape(4, -1)[:, 1:].any()
    assert (np.abs((made.values - typical.mean(axis=0)) / typical.std(axis=0)) <= LARGEST + 1e-3).all()


def test_a_constant_network_leaves_the_noise_as_it_is():
    made = activation_maximisation(lambda x: torch.zeros(len(x)), space(), n_inputs=2, seed=0)
    assert (made.values == made.noise).all()


def test_forty_steps_are_the_default_and_the_activation_grows_with_them():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(N_CHANNELS * N_TIMES, 8), nn.Tanh(), nn.Linear(8, 1))
    reached = [
        activation_maximisation(lambda x: network(x)[:, 0], space(), n_inputs=3, seed=0, steps=n).reached.mean() for n in (0, 5, STEPS)
    ]
    assert reached[0] < reached[1] < reached[2]
    default = activation_maximisation(lambda x: network(x)[:, 0], space(), n_inputs=3, seed=0)
    assert STEPS == 40 and default.reached.mean() == pytest.approx(reached[2])
