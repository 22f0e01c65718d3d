"""Maps against a spline that is solved anew for each window and summed pixel by pixel; and what must not change a map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.bids.electrodes import polar_positions
from eegcli.compute.threads import limited
from eegcli.errors import InputError, UsageError
from eegcli.representations import BLOCK, Signals, prepare
from eegcli.representations.topomap import flatten, interpolation, pixels, topomaps
from tests.representations.conftest import HBN_24, PAPER, noise, paper
from tests.representations.test_bands import slow_band_power

# 10-20 positions by the percentages that define them, on the top of the head: azimuth (degrees to the right), and share of the way
# from the vertex to the ring through Fpz, T7 and Oz.
TEN_TWENTY = {"Cz": (0, 0.0), "Fz": (0, 0.5), "Pz": (180, 0.5), "C3": (-90, 0.5), "C4": (90, 0.5), "Fpz": (0, 1.0), "Oz": (180, 1.0)}
TEN_TWENTY |= {"Fp2": (18, 1.0), "F8": (54, 1.0), "T8": (90, 1.0), "P8": (126, 1.0), "O2": (162, 1.0), "O1": (-162, 1.0), "T7": (-90, 1.0)}


def slow_maps(window: np.ndarray, polar: np.ndarray) -> np.ndarray:
    """The maps of one window: the spline's weights solved for its values, its Green's functions summed at each pixel."""
    drawn = max(0.5, 1.02 * max(radius for _, radius in polar))
    places = [
        (0.5 / drawn * radius * np.sin(np.radians(azimuth)), 0.5 / drawn * radius * np.cos(np.radians(azimuth)))
        for azimuth, radius in polar
    ]

    def green(one, other) -> float:
        distance = np.hypot(one[0] - other[0], one[1] - other[1])
        return distance**2 * (np.log(distance) - 1) if distance else 0.0

    system = np.array([[green(one, other) for other in places] for one in places])
    side = np.linspace(-0.5, 0.5, 24)
    maps = np.zeros((3, 24, 24))
    for image, values in zip(maps, slow_band_power(window, 128.0, PAPER).T, strict=True):
        weights = np.linalg.solve(system, values)
        image[:] = np.nan
        for row in range(24):
            for column in range(24):
                pixel = (side[column], side[23 - row])  # the first row is the front
                if np.hypot(*pixel) <= 0.5:
                    image[row, column] = sum(weight * green(pixel, place) for weight, place in zip(weights, places, strict=True))
        image[:] = (image - np.nanmin(image)) / (np.nanmax(image) - np.nanmin(image)) * 255
    return np.nan_to_num(maps, nan=0.0)


def test_every_pixel_is_that_of_a_spline_solved_for_the_window(maps):
    x = noise(2)
    found = maps(x)
    assert found.dtype == np.float32 and found.shape == (2, 3, 24, 24)
    polar = polar_positions(HBN_24, "hydrocel-128")
    for window, image in zip(x, found, strict=True):
        np.testing.assert_allclose(image, slow_maps(window, polar), atol=1e-3)


def test_the_24_channels_of_the_paper_are_squeezed_by_its_plotrad():
    polar = polar_positions(HBN_24, "hydrocel-128")
    radius = np.linalg.norm(flatten(polar), axis=1)
    assert polar[:, 1].max() * 1.02 == pytest.approx(0.537, abs=5e-4)
    np.testing.assert_allclose(radius, polar[:, 1] * 0.5 / 0.537, atol=5e-4)
    assert radius.max() == pytest.approx(0.5 / 1.02)


def test_the_spline_goes_through_the_electrodes():
    places = flatten(polar_positions(HBN_24))
    values = np.random.default_rng(0).normal(size=24)
    np.testing.assert_allclose(interpolation(places, places) @ values, values, atol=1e-9)


def test_a_map_goes_from_0_to_255_and_is_0_outside_the_head(maps):
    found = maps(noise())
    side = np.linspace(-0.5, 0.5, 24)
    outside = np.hypot(side[:, None], side[None, :]) > 0.5
    assert not found[:, :, outside].any()
    assert (found[:, :, ~outside].min(axis=-1) == 0).all() and (found[:, :, ~outside].max(axis=-1) == 255).all()
    assert outside[[0, -1]].all() and outside.sum() == 576 - (~outside).sum()


def test_the_spline_of_a_constant_is_nearly_that_constant(maps):
    # Sandwell's surface has no constant term. What a louder window changes is what the spline makes of a constant, less that constant.
    places, inside = pixels()
    constant = interpolation(flatten(polar_positions(HBN_24, "hydrocel-128")), places[inside]) @ np.ones(24)
    assert 0.98 < constant.min() < constant.max() < 1.04


@settings(max_examples=15, deadline=None)
@given(st.floats(0.02, 50), st.integers(0, 2**31))
def test_a_louder_window_has_the_same_map_but_for_the_spline_of_a_constant(factor, seed):
    maps, x = paper("topomap"), noise(1, seed=seed)
    places, inside = pixels()
    matrix = interpolation(flatten(polar_positions(HBN_24, "hydrocel-128")), places[inside])
    louder, found = maps(np.float32(factor) * x)[0], maps(x)[0]
    for band, values in enumerate(slow_band_power(x[0], 128.0, PAPER).T):
        span = np.ptp(matrix @ values)
        moved = 20 * abs(np.log10(factor)) * np.abs(matrix @ np.ones(24) - 1).max()  # dB
        assert np.abs(louder[band] - found[band]).max() <= 255 * 4 * moved / span + 0.05


@settings(max_examples=20, deadline=None)
@given(st.floats(1, 50), st.integers(0, 2**31))
def test_contrast_does_not_matter(factor, seed):
    places, inside = pixels()
    matrix = interpolation(flatten(polar_positions(HBN_24, "hydrocel-128")), places[inside])
    power = 10 * np.random.default_rng(seed).standard_normal((2, 24, 3))
    np.testing.assert_allclose(topomaps(factor * power, matrix, inside), topomaps(power, matrix, inside), atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(24)), st.integers(0, 2**31))
def test_the_order_of_the_channels_does_not_matter(order, seed):
    x = noise(1, seed=seed)
    signals = Signals(tuple(HBN_24[index] for index in order), 128.0, 256)
    shuffled = prepare("topomap", signals, montage="hydrocel-128")(x[:, list(order)])
    np.testing.assert_allclose(shuffled, paper("topomap")(x), atol=0.01)


@pytest.mark.parametrize(
    ("loud", "rows", "columns"),
    [
        (("O1", "O2", "Oz", "Pz"), slice(16, 24), slice(6, 18)),
        (("Fp1", "Fp2", "Fz"), slice(0, 8), slice(6, 18)),
        (("T7", "C3"), slice(6, 18), slice(0, 8)),
        (("T8", "C4"), slice(6, 18), slice(16, 24)),
    ],
    ids=["back", "front", "left", "right"],
)
def test_alpha_at_one_end_of_the_head_lights_that_end_of_the_map(loud, rows, columns):
    names = ("Fp1", "Fp2", "F3", "F4", "Fz", "T7", "C3", "Cz", "C4", "T8", "P3", "P4", "Pz", "O1", "O2", "Oz")
    x = noise(1, len(names)) / 10
    wave = 30 * np.sin(2 * np.pi * 10 * np.arange(256) / 128)
    x[0, [names.index(name) for name in loud]] += wave.astype(np.float32)
    alpha = paper("topomap", ch_names=names)(x)[0, 1]
    brightest = np.unravel_index(alpha.argmax(), alpha.shape)
    assert rows.start <= brightest[0] < rows.stop and columns.start <= brightest[1] < columns.stop
    assert alpha[rows, columns].mean() > alpha.mean() + 30


def test_known_positions_are_where_the_10_20_system_has_them():
    found = polar_positions(tuple(TEN_TWENTY))
    ring = 92 / 180  # the ring lies 92 degrees from the vertex
    for (azimuth, share), (found_azimuth, radius) in zip(TEN_TWENTY.values(), found, strict=True):
        assert radius == pytest.approx(share * ring, abs=1e-3)
        assert share == 0 or found_azimuth == pytest.approx(azimuth, abs=0.1)


def test_all_spellings_of_a_channel_are_at_one_place():
    np.testing.assert_array_equal(polar_positions(["EEG FP1-REF", "Fc5.", "T3"]), polar_positions(["Fp1", "FC5", "T7"]))
    names = [f"E{number}" for number in range(1, 129)] + ["Cz"]
    np.testing.assert_array_equal(polar_positions(names)[[21, 8, 128]], polar_positions(["Fp1", "Fp2", "Cz"], "hydrocel-128"))
    np.testing.assert_array_equal(polar_positions([*names[:-1], "E129"])[-1], (0, 0))
    assert np.isnan(polar_positions(["A1", "A2", "B1", "B2", "C3"])).all()  # BioSemi's names: its C3 is none of the 10-20 system


@pytest.mark.parametrize("part", [1, 63, 64, 65, 200])
def test_a_window_has_the_same_bytes_wherever_it_stands_and_however_many_there_are(maps, part):
    x = noise(2 * BLOCK + 72)
    whole = maps(x)
    assert maps(x[:part]).tobytes() == whole[:part].tobytes()
    assert maps(x[-part:]).tobytes() == whole[-part:].tobytes()


def test_threads_change_no_byte():
    x, found = noise(300), []
    for threads in (1, 2):
        with limited(threads):
            found.append(prepare("topomap", Signals(HBN_24, 128.0, 256), montage="hydrocel-128")(x).tobytes())
    assert found[0] == found[1]


def test_channels_without_a_position_are_named():
    with pytest.raises(InputError, match=r"where 2 of 4 channels lie on the head is not known \(EOG, X1\)"):
        paper("topomap", ch_names=("Fz", "EOG", "Cz", "X1"))


def test_there_is_no_montage_of_that_name():
    with pytest.raises(UsageError, match="no montage is named 'hydrocell-128'"):
        prepare("topomap", Signals(HBN_24, 128.0, 256), montage="hydrocell-128")


@pytest.mark.parametrize(("names", "n_places"), [(("Cz",), 1), (("Cz", "Pz"), 2), (("T3", "T7", "Cz"), 2)])
def test_fewer_than_three_places_have_no_map(names, n_places):
    with pytest.raises(InputError, match=f"there are {n_places}"):
        paper("topomap", ch_names=names)


def test_two_channels_at_one_position_count_with_their_mean():
    names = ("T7", "Fz", "Cz", "O1", "T8")
    x = noise(1, 6)
    places = flatten(polar_positions((*names, "T3")))
    both = interpolation(places, places[:5])
    np.testing.assert_allclose(both[0], [0.5, 0, 0, 0, 0, 0.5], atol=1e-9)
    x[:, 5] = x[:, 0]
    np.testing.assert_allclose(paper("topomap", ch_names=(*names, "T3"))(x), paper("topomap", ch_names=names)(x[:, :5]), atol=1e-2)


def test_a_dead_channel_is_finite_and_a_window_that_is_not_finite_is_not_hidden(maps):
    x = noise(3)
    x[0, 3] = 0.0
    x[1, 5, 100] = np.nan
    x[2] = 0.0
    found = maps(x)
    assert np.isfinite(found[[0, 2]]).all() and found[0, 0].argmin() != found[0, 0].argmax()
    inside = np.isnan(found[1]).sum(axis=(1, 2))
    assert (inside == np.isnan(found[1, 0]).sum()).all() and inside[0] > 300


def test_bands_of_the_user_are_maps_of_their_own():
    found = paper("topomap", bands=("low=2-4", "high=20-30"))(noise(1))
    assert found.shape == (1, 2, 24, 24)
