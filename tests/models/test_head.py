"""Heads against torch and scipy: losses, probabilities, predictions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from torch.nn import functional

from eegcli.errors import UsageError
from eegcli.models.head import HEADS, LOGIT, NUMBER, SOFTMAX, head_of, softmax
from eegcli.registry import MODELS


@given(st.lists(st.lists(st.floats(-800, 800), min_size=3, max_size=3), min_size=1, max_size=9))
def test_softmax_is_that_of_scipy_however_large_the_outputs(rows):
    np.testing.assert_allclose(softmax(np.array(rows)), special.softmax(np.array(rows), axis=1), atol=1e-12)


@given(st.lists(st.floats(-800, 800), min_size=1, max_size=9))
def test_probabilities_of_a_logit_are_those_of_the_logistic_function(logits):
    expected = special.expit(np.array(logits))
    found = LOGIT.predictions(np.array(logits)[:, None])
    np.testing.assert_allclose(found, np.stack([1 - expected, expected], axis=1), atol=1e-12)


@pytest.mark.parametrize("weights", [None, torch.tensor([0.3, 2.0])])
def test_the_loss_of_a_logit_is_the_cross_entropy_of_its_two_classes(weights):
    generator = torch.Generator().manual_seed(0)
    logits, labels = 3 * torch.randn(17, 1, generator=generator), torch.randint(0, 2, (17,), generator=generator).float()
    log_odds = torch.cat([torch.zeros(17, 1), logits], dim=1)  # of the first class against itself
    expected = functional.cross_entropy(log_odds, labels.long(), weight=weights)
    torch.testing.assert_close(LOGIT.loss(logits, labels, weights), expected)
    torch.testing.assert_close(SOFTMAX.loss(LOGIT.class_outputs(logits), labels, weights), expected)


@pytest.mark.parametrize("head", HEADS.values(), ids=str)
def test_what_is_predicted_is_the_likeliest_class_or_the_number(head):
    outputs = np.random.default_rng(1).normal(size=(50, head.n_outputs(2 if head.kind == "classification" else 0)))
    predictions = head.predictions(outputs)
    expected = predictions.argmax(axis=1) if head.kind == "classification" else predictions[:, 0]
    np.testing.assert_array_equal(head.predicted(torch.from_numpy(outputs)).numpy(), expected)


@pytest.mark.parametrize("head", [SOFTMAX, LOGIT], ids=str)
def test_of_equal_probabilities_the_first_class_is_predicted(head):
    assert head.predicted(torch.zeros(4, head.n_outputs(2))).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("head", HEADS.values(), ids=str)
def test_outputs_for_predictions_mean_these_predictions(head):
    predictions = np.array([0.2, 0.8]) if head.kind == "classification" else np.array([7.5])
    np.testing.assert_allclose(head.predictions(head.outputs_for(predictions)[None])[0], predictions)


def test_one_logit_refuses_three_classes():
    with pytest.raises(UsageError, match="two classes apart, and the target has 3") as error:
        LOGIT.n_outputs(3)
    assert "--classes" in error.value.hint


def test_every_architecture_names_a_head_of_classes_and_a_number_has_its_own():
    assert {HEADS[entry.head].kind for entry in MODELS.values()} == {"classification"}
    assert {head_of(arch, "regression") for arch in MODELS} == {NUMBER}


@pytest.mark.parametrize("weights", [None, [0.7, 1.3]])
def test_label_smoothing_is_torchs_and_the_same_for_one_logit_as_for_two_outputs(weights):
    generator = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(20, 1, generator=generator), torch.arange(20) % 2.0
    weight = None if weights is None else torch.tensor(weights)
    two = torch.cat([torch.zeros_like(logits), logits], dim=1)
    expected = torch.nn.functional.cross_entropy(two, labels.long(), weight=weight, label_smoothing=0.2)
    torch.testing.assert_close(SOFTMAX.loss(two, labels, weight, smoothing=0.2), expected)
    torch.testing.assert_close(LOGIT.loss(logits, labels, weight, smoothing=0.2), expected)
    if weights is None:  # by its definition: the mean over windows of the cross entropy with the smoothed labels
        soft = torch.nn.functional.one_hot(labels.long()) * 0.8 + 0.1
        torch.testing.assert_close(expected, -(soft * torch.log_softmax(two, dim=1)).sum(dim=1).mean())
