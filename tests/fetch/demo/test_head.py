"""The forward model against physics computed another way."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.fetch.demo.head import CH_NAMES, GROUPS
from eegcli.fetch.demo.paradigm import SFREQ

HBN_24 = [22, 9, 33, 24, 11, 124, 122, 29, 6, 111, 45, 36, 104, 108, 42, 55, 93, 58, 52, 62, 92, 96, 70]


def against_average(potential):
    return potential - potential.mean(axis=0)


def test_the_net_has_the_24_channels_of_the_paper_both_mastoids_and_the_reference_last():
    assert {f"E{number}" for number in HBN_24} | {"E57", "E100", "Cz"} <= set(CH_NAMES)
    assert CH_NAMES[-1] == "Cz"
    numbers = [int(name[1:]) for name in CH_NAMES[:-1]]
    assert numbers == sorted(numbers)
    assert SFREQ == 500


def test_the_reference_sees_nothing(head):
    assert np.all(head.leadfield[CH_NAMES.index("Cz")] == 0)


@pytest.mark.parametrize("group", ["alpha", "upper_alpha", "theta", "muscle"])
def test_a_radial_source_projects_most_strongly_to_the_electrode_above_it(head, group):
    for source, electrode in zip(head.sources(group), GROUPS[group].electrodes, strict=True):
        potential = against_average(head.gain(np.array([source])))[:, 0]
        if electrode in CH_NAMES:
            assert CH_NAMES[int(np.argmax(potential))] == electrode


def test_posterior_rhythms_are_seen_at_the_back_and_frontal_theta_in_front(head):
    frontal = [CH_NAMES.index(name) for name in ("E22", "E9", "E11", "E24", "E124")]
    posterior = [CH_NAMES.index(name) for name in ("E70", "E83", "E62")]
    for group, strong, weak in (("alpha", posterior, frontal), ("upper_alpha", posterior, frontal), ("theta", frontal, posterior)):
        visible = np.sqrt((against_average(head.gain(head.sources(group))) ** 2).sum(axis=1))
        assert visible[strong].mean() > 2 * visible[weak].mean()


def surface_potential_by_order(eccentricity, n_orders=60):
    """Potential at the scalp per order of the Legendre series: each order's boundary conditions, solved as a linear system.

    In shell j the order n goes as a_j r^n + b_j r^-(n+1); a radial unit dipole in the brain gives b_1 = n e^(n-1) / (4 pi sigma_1).
    Potential and current are continuous between shells, and no current leaves the scalp. Radius of the head: 1.
    """
    radii, sigmas = (0.90, 0.92, 0.97), (0.33, 1.0, 0.004, 0.33)  # MNE's defaults
    coefficients = [0.0]
    for n in range(1, n_orders + 1):
        source = n * eccentricity ** (n - 1) / (4 * np.pi * sigmas[0])
        matrix, right = np.zeros((7, 7)), np.zeros(7)  # unknown: a1, a2, b2, a3, b3, a4, b4
        for place, radius in enumerate(radii):
            inner, outer = (0,) if place == 0 else (2 * place - 1, 2 * place), (2 * place + 1, 2 * place + 2)
            potential = (radius**n, radius ** -(n + 1))
            current = (n * radius ** (n - 1), -(n + 1) * radius ** -(n + 2))
            for row, terms, weights in ((2 * place, potential, (1, 1)), (2 * place + 1, current, sigmas[place : place + 2])):
                matrix[row, list(inner)] = np.array(terms[: len(inner)]) * weights[0]
                matrix[row, list(outer)] = -np.array(terms) * weights[1]
                right[row] = -source * terms[1] * weights[0] if place == 0 else 0
        matrix[6, 5:] = n, -(n + 1)
        solution = np.linalg.solve(matrix, right)
        coefficients.append(solution[5] + solution[6])
    return np.array(coefficients)


def test_the_leadfield_agrees_with_the_exact_series_of_four_shells(head):
    above = (head.ch_pos - head.centre) / np.linalg.norm(head.ch_pos - head.centre, axis=1, keepdims=True)
    for source in (*head.sources("theta"), *head.sources("upper_alpha")):
        place = head.positions[source] - head.centre
        cosine = above @ place / np.linalg.norm(place)
        series = surface_potential_by_order(np.linalg.norm(place) / head.radius)
        exact = np.polynomial.legendre.legval(cosine, series) * 1e-3 / head.radius**2  # µV/nAm
        computed = head.gain(np.array([source]))[:, 0]
        exact -= exact[-1]
        # The net is no sphere: electrodes lie up to 10 mm off the one that is fitted to it, and see a little less or more.
        assert np.corrcoef(exact, computed)[0, 1] > 0.98
        assert np.median(np.abs(computed - exact)) < 0.03 * np.ptp(exact)
        assert 0.75 < np.ptp(computed) / np.ptp(exact) < 1.1


def test_all_sources_lie_inside_the_brain(head):
    from_centre = np.linalg.norm(head.positions - head.centre, axis=1)
    assert from_centre.max() < 0.9 * head.radius  # the innermost shell of the model


def test_a_blink_is_positive_above_the_eyes_and_negative_below(head):
    blink = head.gain(head.sources("eyes")).sum(axis=1)
    assert blink[CH_NAMES.index("E22")] > 0 > blink[CH_NAMES.index("E127")]
    assert int(np.argmax(blink)) in (CH_NAMES.index("E22"), CH_NAMES.index("E9"))
