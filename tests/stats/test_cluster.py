"""Cluster permutation test against MNE's, against loops, and on differences that are not there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from eegcli.bids.electrodes import standard_directions
from eegcli.errors import UsageError
from eegcli.stats.cluster import class_difference
from eegcli.stats.neighbours import neighbours

N_FIRST, N_SECOND = 14, 11
SECOND = np.arange(N_FIRST + N_SECOND) >= N_FIRST


def smooth(shape, seed=0):
    """Noise in which neighbours along the last axis go together, as those of a spectrum do."""
    noise = np.random.default_rng(seed).standard_normal((*shape[:-1], shape[-1] + 4))
    return np.lib.stride_tricks.sliding_window_view(noise, 5, axis=-1).mean(axis=-1)


def cohort(shape=(30,), seed=0, effect=0.8):
    values = smooth((len(SECOND), *shape), seed)
    values[SECOND, ..., 10:16] += effect
    return values


def test_difference_and_interval_are_welchs():
    values = cohort()
    found = class_difference(values, SECOND)
    np.testing.assert_allclose(found.difference, values[SECOND].mean(axis=0) - values[~SECOND].mean(axis=0))
    expected = stats.ttest_ind(values[SECOND], values[~SECOND], equal_var=False).confidence_interval(0.95)
    np.testing.assert_allclose(found.low, expected.low)
    np.testing.assert_allclose(found.high, expected.high)
    np.testing.assert_allclose(found.t, stats.ttest_ind(values[SECOND], values[~SECOND]).statistic)


def test_within_subjects_it_is_the_paired_t():
    values = cohort()
    found = class_difference(values)
    expected = stats.ttest_1samp(values, 0.0)
    np.testing.assert_allclose(found.t, expected.statistic)
    np.testing.assert_allclose(found.low, expected.confidence_interval(0.95).low)


@pytest.mark.parametrize("shape", [(30,), (8, 30)])
@pytest.mark.parametrize("paired", [False, True])
def test_clusters_are_those_of_mne(shape, paired):
    theirs = pytest.importorskip("mne.stats")
    names = ("Fz", "Cz", "Pz", "O1", "O2", "T7", "T8", "Fp1")
    values = cohort(shape, effect=0.45)
    own = [neighbours(standard_directions(names)), None] if len(shape) == 2 else []
    found = class_difference(values, None if paired else SECOND, neighbours=own, seed=1, permutations=1999)
    how = {"adjacency": theirs.combine_adjacency(own[0].astype(int), shape[1]) if own else theirs.combine_adjacency(*shape)}
    how |= {"out_type": "indices", "n_permutations": 2000, "rng": 0, "verbose": False, "tail": 0}
    least = stats.t.ppf(0.975, len(values) - (1 if paired else 2))
    if paired:
        t, clusters, p, _ = theirs.permutation_cluster_1samp_test(values, threshold=least, **how)
    else:
        groups = [values[SECOND], values[~SECOND]]
        t, clusters, p, _ = theirs.permutation_cluster_test(
            groups, threshold=least, stat_fun=lambda *two: stats.ttest_ind(*two).statistic, **how
        )
    np.testing.assert_allclose(found.t, t)
    ours = {frozenset(np.flatnonzero(found.cluster.ravel() == number)): number for number in range(len(found.p))}
    assert ours.keys() == {frozenset(np.ravel_multi_index(cells, shape)) for cells in clusters} and ours
    for cells, own_p in zip(clusters, p, strict=True):
        number = ours[frozenset(np.ravel_multi_index(cells, shape))]
        assert found.mass[number] == pytest.approx(t[cells].sum())
        if paired:  # of two groups MNE keeps the largest positive cluster alone, for it expects F: a loop below stands in
            assert found.p[number] == pytest.approx(own_p, abs=0.04)


def test_p_of_two_groups_is_that_of_a_loop():
    values, least = cohort(effect=0.45), stats.t.ppf(0.975, len(SECOND) - 2)
    found = class_difference(values, SECOND, permutations=1999)
    random, null = np.random.default_rng(7), []
    for _ in range(1999):
        drawn = random.permutation(SECOND)
        t = stats.ttest_ind(values[drawn], values[~drawn]).statistic
        null.append(max(ndimage.sum(np.abs(t), *ndimage.label(part > least)[:1], np.arange(1, 31)).max() for part in (t, -t)))
    expected = [(1 + np.sum(np.array(null) >= abs(mass))) / 2000 for mass in found.mass]
    assert len(expected) >= 2
    np.testing.assert_allclose(found.p, expected, atol=0.04)


def test_a_planted_difference_is_found_where_it_is():
    found = class_difference(cohort(effect=1.5), SECOND)
    assert found.smallest_p <= 0.01
    assert set(range(10, 16)) <= set(np.flatnonzero(found.significant))
    assert found.mass[0] > 0 and found.cluster[12] == 0


@pytest.mark.parametrize("paired", [False, True])
def test_of_no_difference_one_cohort_in_twenty_is_called_different(paired):
    n = 300
    called = 0
    for seed in range(n):
        called += (
            class_difference(smooth((20, 25), seed), None if paired else np.arange(20) < 9, seed=seed, permutations=99).smallest_p <= 0.05
        )
    low, high = stats.binom.interval(0.999, n, 0.05)
    assert called <= high  # nor is it too careful: a map without any cell above the threshold is rare
    assert called >= low


def test_windows_of_one_subject_too_few_give_no_p():
    found = class_difference(cohort()[: N_FIRST + 1], SECOND[: N_FIRST + 1])
    assert np.isnan(found.low).all() and np.isnan(found.smallest_p) and not found.significant.any()
    assert np.isfinite(found.difference).all()


def test_values_that_do_not_vary_are_in_no_cluster():
    values = np.tile(SECOND[:, None].astype(float), (1, 3)) * 0 + 7.3
    found = class_difference(values, SECOND)
    assert found.smallest_p == 1 and not found.t.any()


def test_same_seed_same_p_and_what_does_not_fit_is_refused():
    values = cohort(effect=0.3)
    np.testing.assert_array_equal(class_difference(values, SECOND, seed=3).p, class_difference(values, SECOND, seed=3).p)
    for wrong in ({"second": SECOND[1:]}, {"neighbours": [np.eye(4, dtype=bool)]}, {"neighbours": [None, None]}):
        with pytest.raises(UsageError):
            class_difference(**{"values": values, "second": SECOND, **wrong})
    with pytest.raises(UsageError, match="at least one value"):
        class_difference(values[:, :0], SECOND)


def test_neighbours_of_the_10_20_system():
    names = ["Fp1", "Fp2", "F3", "Fz", "F4", "C3", "Cz", "C4", "P3", "Pz", "P4", "O1", "O2", "nowhere"]
    beside = neighbours(standard_directions(names))
    assert (beside == beside.T).all() and not beside.diagonal().any() and not beside[-1].any()
    of_cz = {names[i] for i in np.flatnonzero(beside[names.index("Cz")])}
    assert {"Fz", "C3", "C4", "Pz"} <= of_cz and not of_cz & {"Fp1", "O1", "O2"}
    assert not neighbours(standard_directions(["Fz", "Cz", "Pz"])).any()
    assert not neighbours(standard_directions(["Fpz", "Fz", "Cz", "Pz", "Oz"])).any()  # on a line
