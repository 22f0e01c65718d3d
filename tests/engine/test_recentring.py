"""Recentred subjects: the mean of each one's features is taken away, over all its windows, and nothing else is changed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from eegcli import registry
from eegcli.compute.signals import Stop
from eegcli.engine import closed
from eegcli.engine.context import Context
from eegcli.engine.examples import Examples
from eegcli.engine.inference import outputs
from eegcli.engine.objective import Objective
from eegcli.models import build
from eegcli.models.head import SOFTMAX
from eegcli.models.normalisation import normalised
from eegcli.models.recentred import Recentrable
from eegcli.reporter import Silent

SFREQ, N_CHANS, N_TIMES = 64.0, 3, 128
CPU = torch.device("cpu")
RECENTRED = [name for name, entry in registry.MODELS.items() if entry.recentred]


def cohort(seed: int = 0, n_subjects: int = 8, n_windows: int = 14):
    """Windows, subjects and labels; skulls differ by far more than the two tasks of each subject do."""
    rng = np.random.default_rng(seed)
    subject, labels = np.repeat(np.arange(n_subjects), n_windows), np.tile(np.arange(n_windows) % 2, n_subjects)
    gains = np.exp(rng.normal(0, 1, (n_subjects, N_CHANS, 1)))
    x = 5 * rng.standard_normal((len(subject), N_CHANS, N_TIMES)) * gains[subject]
    x[labels == 1, 0] *= 1.4
    return x.astype(np.float32), subject, labels.astype(float)


def network(name: str) -> torch.nn.Module:
    torch.manual_seed(0)
    model = build(name, n_chans=N_CHANS, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ)
    if name == "covwave":
        model.train()(torch.from_numpy(cohort()[0]))  # its running mean and variance
    return model.eval()


def fitted(name: str, tmp_path, x, subject, labels, rows):
    model = network(name)
    nobody = Examples(x, np.empty(0, np.int64), np.empty(0))
    context = Context(CPU, 1, tmp_path, Stop(), Silent())
    examples = Examples(x, rows, labels[rows])
    fit = closed.fit(model, examples, nobody, Objective(SOFTMAX), subjects=subject[rows], context=context, recentred_by=subject)
    return model, fit.history[0]


@pytest.mark.parametrize("name", RECENTRED)
def test_a_network_is_a_readout_of_its_features_and_has_a_centre(name):
    model, x = network(name), torch.from_numpy(cohort()[0][:5])
    assert isinstance(model, Recentrable)
    with torch.no_grad():
        features = model.features(x)
        torch.testing.assert_close(model.output(features), model(x))
    assert model.centre.shape == features.shape[1:]


@pytest.mark.parametrize("name", RECENTRED)
def test_a_subject_that_is_louder_by_a_factor_is_predicted_the_same(name):
    x, subject, _ = cohort()
    model, rows = network(name), np.arange(len(x))
    if name != "covwave":
        with torch.no_grad():
            model.fit(model.features(torch.from_numpy(x)).double().numpy(), cohort()[2], None, 10.0, SOFTMAX)
    louder = np.where((subject == 3)[:, None, None], np.float32(7), np.float32(1)) * x
    before, after = (outputs(model, one, rows, device=CPU, reporter=Silent(), subject=subject) for one in (x, louder))
    np.testing.assert_allclose(after, before, atol=1e-4)
    plain = outputs(model, louder, rows, device=CPU, reporter=Silent())
    assert np.abs(plain - outputs(model, x, rows, device=CPU, reporter=Silent())).max() > 0.01


def test_a_fit_without_the_subjects_means_is_that_of_scikit_learn(tmp_path):
    x, subject, labels = cohort()
    rows = np.setdiff1d(np.flatnonzero(subject < 6), [0, 5, 17])  # windows without a label belong to the means
    model, row = fitted("filter-bank-tangent-space", tmp_path, x, subject, labels, rows)
    with torch.no_grad():
        features = model.features(torch.from_numpy(x)).double().numpy()
    for one in range(8):
        features[subject == one] -= features[subject == one].mean(axis=0)
    middle, scale = features[rows].mean(axis=0), np.sqrt(features[rows].var(axis=0).mean())
    oracle = LogisticRegression(C=1 / row["penalty"], max_iter=1000).fit((features[rows] - middle) / scale, labels[rows])
    tested = np.flatnonzero(subject >= 6)
    expected = oracle.predict_proba((features[tested] - middle) / scale)
    found = outputs(model, x, tested, device=CPU, reporter=Silent(), subject=subject)
    np.testing.assert_allclose(SOFTMAX.predictions(found), expected, atol=2e-4)
    assert np.mean(expected.argmax(1) == labels[tested]) > 0.8


def test_all_windows_of_a_subject_make_its_mean_whichever_are_asked_for():
    x, subject, _ = cohort()
    model = network("covwave")
    every = outputs(model, x, np.arange(len(x)), device=CPU, reporter=Silent(), subject=subject)
    some = np.flatnonzero(subject == 2)[::3]
    np.testing.assert_allclose(outputs(model, x, some, device=CPU, reporter=Silent(), subject=subject), every[some], atol=1e-5)


def test_without_alignment_a_window_is_one_of_the_average_subject(tmp_path):
    x, subject, labels = cohort()
    model, _ = fitted("tangent-space-band-power", tmp_path, x, subject, labels, np.arange(len(x)))
    with torch.no_grad():
        features = model.features(torch.from_numpy(x)).double().numpy()
    expected = np.mean([features[subject == one].mean(axis=0) for one in range(8)], axis=0)
    np.testing.assert_allclose(model.centre, expected, atol=1e-4)


def test_the_normalisation_before_a_network_is_before_its_features_too():
    x, subject, _ = cohort()
    inside = network("covwave")
    model = normalised(inside, {"how": "window"}, (N_CHANS, N_TIMES))
    by_hand = model.normalisation(torch.from_numpy(x)).numpy()
    rows = np.arange(len(x))
    found, expected = (
        outputs(one, values, rows, device=CPU, reporter=Silent(), subject=subject) for one, values in ((model, x), (inside, by_hand))
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_recentred_covariances_are_those_of_pyriemann():
    pytest.importorskip("pyriemann")
    from pyriemann.utils.base import expm, logm
    from pyriemann.utils.mean import mean_logeuclid

    x, subject, _ = cohort()
    model = network("filter-bank-tangent-space").double()
    with torch.no_grad():
        own = torch.from_numpy(x[subject == 1]).double()
        bands = model.covariance(own).numpy()
        features = model.features(own).numpy()
    expected = []
    for band in range(bands.shape[1]):
        moved = logm(bands[:, band]) - logm(mean_logeuclid(bands[:, band]))
        np.testing.assert_allclose(mean_logeuclid(expm(moved)), np.eye(N_CHANS), atol=1e-6)
        expected += [moved[:, i, j] * (1 if i == j else 2**0.5) for i in range(N_CHANS) for j in range(i, N_CHANS)]
    np.testing.assert_allclose(features - features.mean(axis=0), np.stack(expected, axis=1), atol=1e-6)
