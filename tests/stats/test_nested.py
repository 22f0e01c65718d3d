"""Nested cross-validation against loops over repeats, folds and subjects."""

import numpy as np
import pytest
from scipy import stats

from eegcli.stats.intervals.nested import nested_interval


def cohort(seed, n_repeats=4, n_folds=5, n_subjects=22):
    """Sums of right windows whose accuracy depends on the network as well as on the subject."""
    random = np.random.default_rng(seed)
    counts = random.integers(5, 30, n_subjects).astype(float)
    folds = np.stack([random.permutation(np.arange(n_subjects) % n_folds) for _ in range(n_repeats)])
    own = random.beta(6, 3, n_subjects)

    def sums(shape):
        return random.binomial(counts.astype(int), np.clip(own + random.normal(0, 0.1, shape), 0, 1)).astype(float)

    return folds, sums((n_repeats, n_subjects)), sums((n_repeats, n_folds, n_subjects)), counts


def by_loops(folds, outer, inner, counts):
    n_repeats, n_subjects = folds.shape
    n_folds = inner.shape[1]
    a, b, without, usual, naive = [], [], [], [], []
    for repeat in range(n_repeats):
        usual.append(outer[repeat].sum() / counts.sum())
        off = [(outer[repeat, i] - usual[-1] * counts[i]) ** 2 for i in range(n_subjects)]
        naive.append(n_subjects / (n_subjects - 1) * sum(off) / counts.sum() ** 2)
        for fold in range(n_folds):
            inside = [i for i in range(n_subjects) if folds[repeat, i] == fold]
            outside = [i for i in range(n_subjects) if folds[repeat, i] != fold]
            out = sum(outer[repeat, i] for i in inside) / sum(counts[i] for i in inside)
            within = sum(inner[repeat, fold, i] for i in outside) / sum(counts[i] for i in outside)
            windows, n = sum(counts[i] for i in inside), len(inside)
            b.append(n / (n - 1) * sum((outer[repeat, i] - out * counts[i]) ** 2 for i in inside) / windows**2)
            a.append((within - out) ** 2)
            without.append(within)
    squared = (np.mean(a) - np.mean(b)) * (n_folds - 1) / n_folds
    error = np.sqrt(min(max(squared, np.mean(naive)), n_folds * np.mean(naive)))
    value = np.mean(without) - (1 + (n_folds - 2) / n_folds) * (np.mean(without) - np.mean(usual))
    half = stats.t.ppf(0.975, n_subjects - 1) * error
    return value, value - half, value + half


@pytest.mark.parametrize("seed", range(8))
def test_it_is_that_of_loops(seed):
    found = nested_interval(*cohort(seed))
    assert (found.value, found.low, found.high) == pytest.approx(by_loops(*cohort(seed)), abs=1e-12)
    assert 1 <= found.inflation <= 5**0.5


def test_what_a_network_says_of_subjects_that_it_learnt_from_has_no_part():
    folds, outer, inner, counts = cohort(0)
    spoilt = inner.copy()
    for fold in range(5):
        spoilt[:, fold][folds == fold] = np.nan
    assert nested_interval(folds, outer, spoilt, counts) == nested_interval(folds, outer, inner, counts)


def test_folds_of_one_subject_have_no_spread():
    folds, outer, inner, counts = cohort(0, n_folds=5, n_subjects=8)
    assert np.isnan([nested_interval(folds, outer, inner, counts).low]).all()
