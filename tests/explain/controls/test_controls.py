"""Controls of explanations on maps whose outcome is known."""

import numpy as np
import pytest
import torch
from torch import nn

from eegcli.explain.controls import agreement, cascade, complete, faithful, learnt, shuffled, wrong_class
from eegcli.explain.controls.learnt import HeldOut
from eegcli.explain.controls.outcome import not_run, outcome, passed, verdict
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds import attribution
from eegcli.explain.methods.saliency import saliency


def windows(n=24, seed=0):
    random = np.random.default_rng(seed)
    x, other, third = (random.standard_normal((n, 6, 32)).astype(np.float32) for _ in range(3))
    member = np.repeat([0, 1], n // 2)
    return ExplainedWindows(x, member, 2, torch.device("cpu"), 64.0, subject=np.arange(n) % 6, others=(other, third))


class OneChannel(nn.Module):
    """The second class's output is the square of channel 2, the first one's its negative."""

    def forward(self, x):
        power = (x[:, 2] ** 2).sum(dim=1, keepdim=True)
        return torch.cat([-power, power], dim=1)


def test_the_verdict_counts_what_was_run():
    outcomes = {"a": outcome(True, 1.0), "b": outcome(False, 0.0), "c": not_run("too dear")}
    assert (verdict(outcomes), passed(outcomes)) == ("passed 1 of 2", False)
    assert (verdict({"c": not_run("")}), passed({"c": not_run("")})) == ("not tested", None)


def test_sums_that_miss_the_output_are_incomplete():
    material, model = windows(), OneChannel()
    power = (material.x[:, 2] ** 2).astype(np.float64)
    whole = np.zeros(material.x.shape)
    whole[:, 2] = np.where(material.class_index[:, None] == 1, power, -power)  # the output of a flat window is 0
    assert complete.lost(whole, model, material) == pytest.approx(0, abs=1e-6)
    assert complete.lost(0.9 * whole, model, material) == pytest.approx(0.1)
    assert complete.judged([0.001, 0.009])["passed"] and not complete.judged([0.001, 0.02])["passed"]


def test_similarity_is_the_published_formula():
    random = np.random.default_rng(0)
    one, other = random.random((2, 9, 12))
    values = []
    for i in range(9 - 6):
        for j in range(12 - 6):
            a, b = one[i : i + 7, j : j + 7].ravel(), other[i : i + 7, j : j + 7].ravel()
            both = np.cov(a, b)
            top = (2 * a.mean() * b.mean() + 1e-4) * (2 * both[0, 1] + 9e-4)
            values.append(top / ((a.mean() ** 2 + b.mean() ** 2 + 1e-4) * (both[0, 0] + both[1, 1] + 9e-4)))
    assert cascade.similarity_of(one, other) == pytest.approx(np.mean(values))
    assert cascade.similarity_of(one, one) == pytest.approx(1)


def test_a_map_that_does_not_depend_on_the_weights_fails_the_cascade():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(6 * 32, 8), nn.ReLU(), nn.Linear(8, 2)).eval()
    edges = lambda model, x, index: x.diff(dim=2, prepend=x[..., :1])  # noqa: E731
    found = cascade.cascade(attribution, edges, model, windows(), seed=1)
    assert found.layers == ("3", "1")
    assert cascade.judged(found)["passed"] is False
    before = [weights.clone() for weights in model.parameters()]
    learnt_map = cascade.judged(cascade.cascade(attribution, saliency, model, windows(), seed=1))
    assert learnt_map["passed"] and learnt_map["value"] == learnt_map["similarity"][-1]
    assert all(torch.equal(one, other) for one, other in zip(before, model.parameters(), strict=True))


def test_the_map_of_another_class_has_to_be_another_one():
    material = windows()
    signed = attribution.ask(saliency, OneChannel(), material).values
    assert wrong_class.correlation_with_another(attribution, saliency, OneChannel(), material, signed) == pytest.approx(-1)
    same = lambda model, x, index: x  # noqa: E731
    assert wrong_class.correlation_with_another(attribution, same, OneChannel(), material, material.x) == pytest.approx(1)
    assert not wrong_class.judged(1.0)["passed"] and wrong_class.judged(-1.0)["passed"]
    assert wrong_class.judged(None)["passed"] is None


def test_taking_what_counts_loses_more_than_taking_anything():
    material = windows(60)
    counts = np.zeros_like(material.x)
    counts[:, 2] = material.x[:, 2] ** 2
    by_map = faithful.losses(
        attribution, saliency, OneChannel(), material, np.where(material.class_index[:, None, None] == 1, counts, -counts), seed=0
    )
    random = np.random.default_rng(0).random(material.x.shape).astype(np.float32)
    by_nothing = faithful.losses(attribution, saliency, OneChannel(), material, random, seed=0)
    second = material.class_index == 1
    assert by_map[second, 0].mean() > 2 * by_map[second, 1].mean()
    assert faithful.judged(by_map[second], material.subjects[second], seed=0)["passed"]
    assert not faithful.judged(by_nothing, material.subjects, seed=0)["passed"]
    assert faithful.judged(by_map[:1], material.subjects[:1], seed=0)["passed"] is None


def test_the_swapped_fifth_is_that_of_highest_rank():
    x, by, rank = torch.zeros(1, 2, 5), torch.ones(1, 2, 5), torch.arange(10.0).reshape(1, 2, 5)
    changed = attribution.swapped(saliency, x, by, rank, windows())
    assert changed.flatten().tolist() == [0] * 8 + [1, 1]
    nothing = attribution.at_random(rank, torch.Generator().manual_seed(0))
    assert sorted(nothing.flatten().tolist()) == list(range(10))


def test_networks_that_agree_pass_and_those_that_do_not_fail():
    random = np.random.default_rng(0)
    one = random.random((2, 5, 9))
    assert agreement.judged([one, 2 * one, 3 * one])["passed"]
    assert not agreement.judged([random.random((2, 5, 9)) for _ in range(3)])["passed"]
    assert agreement.judged([one])["passed"] is None


def test_networks_at_chance_have_nothing_to_explain_however_unequal_the_classes():
    random = np.random.default_rng(0)
    subject = np.repeat(np.arange(20), 10)
    truth = (subject < 15).astype(float)  # three quarters are of the second class
    always = np.tile([0.1, 0.9], (200, 1))
    found = learnt.judged([HeldOut(("test",), always, truth, subject)], "classification", seed=0)
    assert found["value"] == pytest.approx(0.5) and not found["passed"]
    right = np.where((random.random(200) < 0.9) == (truth == 1), 0.9, 0.1)
    known = learnt.judged([HeldOut(("test",), np.stack([1 - right, right], axis=1), truth, subject)], "classification", seed=0)
    expected = np.mean([((right > 0.5) == truth)[truth == k].mean() for k in (0, 1)])
    assert known["value"] == pytest.approx(expected) and known["passed"]


def of_people(right: np.ndarray, *, truth: np.ndarray, n_windows: int = 20, sets: tuple[str, ...] = ("test",)) -> HeldOut:
    """Predictions of people of whom a share of the windows is right each."""
    subject = np.repeat(np.arange(len(right)), n_windows)
    is_right = np.arange(len(subject)) % n_windows < np.repeat(np.round(right * n_windows), n_windows)
    said = np.where(is_right, truth[subject], 1 - truth[subject]).astype(int)
    return HeldOut(sets, np.eye(2)[said], truth[subject].astype(float), subject)


def test_people_of_whom_one_fails_are_told_though_the_interval_reaches_from_0_to_1():
    one_fails = of_people(np.array([1, 1, 1, 0.1, 1, 1, 1, 0.9]), truth=np.arange(8) % 2)
    found = learnt.judged([one_fails], "classification", seed=0)
    assert found["passed"] and found["p"] <= learnt.ONE_SIDED and found["ci95"][0] < 0.5
    # 4 of 8 people can be chosen in 70 ways, of which the true one alone is as good
    assert found["p"] == pytest.approx(1 / 70, abs=0.01)


def test_labels_of_folds_and_of_people_in_both_classes_are_not_permuted():
    truth = np.arange(8) % 2
    halves = [
        HeldOut(("test",), part.predictions, part.truth, part.subject + 8 * number)
        for number, part in enumerate([of_people(np.ones(8), truth=truth)] * 2)
    ]
    assert "p" not in learnt.judged(halves, "classification", seed=0)
    assert "p" not in learnt.judged([of_people(np.ones(8), truth=truth, sets=("validation", "test"))], "classification", seed=0)
    mixed = of_people(np.ones(8), truth=truth)
    in_both = HeldOut(mixed.sets, mixed.predictions, np.arange(len(mixed.truth)) % 2.0, mixed.subject)
    assert "p" not in learnt.judged([in_both], "classification", seed=0)


def test_networks_that_learnt_nothing_pass_no_more_often_than_one_time_in_forty():
    random = np.random.default_rng(0)
    passed = [
        learnt.judged([of_people(random.beta(2, 2, 12), truth=random.permutation(np.arange(12) % 2))], "classification", seed=number)[
            "passed"
        ]
        for number in range(400)
    ]
    assert np.mean(passed) <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / 400)


def test_a_number_is_learnt_where_its_error_is_smaller_than_that_of_the_median():
    subject = np.repeat(np.arange(12), 5)
    truth = subject.astype(float)
    close = truth + np.random.default_rng(0).normal(0, 0.5, len(truth))
    assert learnt.judged([HeldOut(("test",), close[:, None], truth, subject)], "regression", seed=0)["passed"]
    constant = np.full((len(truth), 1), 5.5)
    assert not learnt.judged([HeldOut(("test",), constant, truth, subject)], "regression", seed=0)["passed"]
    assert learnt.judged([], "regression", seed=0)["passed"] is None


def test_few_trainings_on_permuted_labels_are_no_control():
    found = shuffled.judged(attribution, saliency, OneChannel(), [OneChannel()] * 3, windows(), np.zeros(0))
    assert found["passed"] is None and "--retrain" in found["why"]
