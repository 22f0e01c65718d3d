"""Checks of networks on those that are shipped: none that learns is called broken; the pool that drops every second electrode is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from eegcli.checks.finding import run_checks
from eegcli.checks.network.passes import passes_of
from eegcli.checks.training.rates import learning_rate
from eegcli.models import build
from eegcli.registry import MODELS
from tests.kit.trials import trial_of

SHAPE = (24, 256)
ASKED_ABOUT = ("lasagne-cnn", "conv1d-ecg")  # published questions: networks that did not learn
HEAVY = ("vgg", "scnn", "deap-dnn", "deap-cnn")  # half a second and more; vgg is judged in its own test
LEARN = [
    name
    for name, entry in MODELS.items()
    if entry.training is not None and "raw" in entry.representations and name not in (*ASKED_ABOUT, *HEAVY)
]


def evidence_of(name: str, **hyper: object):
    published = MODELS[name].training
    given = {"optimizer": published.optimizer, "lr": published.lr, "weight_decay": published.weight_decay, "epochs": published.epochs}

    def make() -> torch.nn.Module:
        return build(name, n_chans=SHAPE[0], n_times=SHAPE[1], n_outputs=2, sfreq=128.0)

    return trial_of(make, n=1000, shape=SHAPE, arch=name, batch_size=published.batch_size, **given | hyper)


@pytest.mark.parametrize("name", LEARN)
def test_no_shipped_network_is_called_broken(name):
    found = run_checks(evidence_of(name), topic="network")
    assert len(found) > 10
    assert not {check: finding.why for check, finding in found.items() if finding.verdict == "broken"}


@pytest.mark.parametrize("name", ["eegnet", "shallow", "covwave"])
def test_no_published_rate_is_called_broken(name):
    assert learning_rate(evidence_of(name)).verdict == "ok"


def test_the_pool_over_electrodes_of_a_published_question_is_broken():
    found = run_checks(evidence_of("lasagne-cnn"), topic="network")
    assert found["unused-inputs"].verdict == "broken"
    assert found["unused-inputs"].compared["electrodes_unused"] == 12
    assert found["receptive-field"].verdict != "ok"


def test_what_layers_give_is_looked_at_once_for_all_checks():
    evidence = evidence_of("eegnet")
    calls = SimpleNamespace(n=0)
    fresh = evidence.trial.fresh

    def counted(seed: int = 0):
        calls.n += 1
        return fresh(seed=seed)

    object.__setattr__(evidence.trial, "fresh", counted)
    assert passes_of(evidence.trial) is passes_of(evidence.trial)
    assert calls.n == 1
