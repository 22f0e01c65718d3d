"""Figures of a training that has ended: against the strongest baseline, between the sets, and who decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import listed

BASELINE, TEST_SET, DECIDES, CONFOUNDED = (
    "against the strongest baseline",
    "test set against validation set",
    "one subject who decides",
    "what else tells the label",
)
WORSE, FAR_WORSE = 0.1, 0.2  # balanced accuracy (r) below the baseline's
LOWER = 0.15
ABOVE = 0.1  # accuracy above that of the most frequent class, below which nobody decides anything
LEARNT = 0.15  # above chance, of the training windows


def against_baseline(evidence: Evidence) -> Finding:
    """Hold the networks' validation figures against those of the strongest closed form, fitted on the same people."""
    assert evidence.outcome is not None
    metrics = evidence.outcome.metrics
    name = "validation_balanced_accuracy" if metrics.get("classes") else "validation_r"
    pairs = [
        (
            one["validation"][name],
            one["strongest_baseline"][name],
            one["strongest_baseline"]["arch"],
            one["validation"].get("train_accuracy"),
        )
        for one in metrics.get("networks", ())
        if one.get("strongest_baseline") and name in one.get("validation", {}) and name in one["strongest_baseline"]
    ]
    pairs = [pair for pair in pairs if np.isfinite(pair[0]) and np.isfinite(pair[1])]
    if not pairs:
        return Finding(BASELINE, None, why="the run has no baseline to compare with (a closed form, or --no-baseline)")
    own, other = float(np.mean([pair[0] for pair in pairs])), float(np.mean([pair[1] for pair in pairs]))
    chance = 1 / len(metrics["classes"]) if metrics.get("classes") else 0.0
    facts = {"network": own, "baseline": other, "chance": chance}
    if other - own < WORSE or other < chance + LEARNT:
        return Finding(BASELINE, "ok", own - other, compared=facts)
    why = f"the network has {own:.2f} on the validation set ({name.removeprefix('validation_').replace('_', ' ')}), {pairs[0][2]} has {other:.2f}: the network or its training is at fault, not the data"
    train = [pair[3] for pair in pairs if pair[3] is not None]
    # Not even the training windows: then it is no matter of a few people who happen to be hard.
    unlearnt = bool(train) and float(np.mean(train)) < chance + LEARNT and other - own > FAR_WORSE
    hint = f"Ask eegcli doctor for the cause; until then --arch {pairs[0][2]} is the better answer."
    return Finding(BASELINE, "broken" if unlearnt else "suspect", own - other, (), why, hint, facts, weight=0.6)


def validation_against_test(evidence: Evidence) -> Finding:
    """Look for a test set on which the networks do far worse than on the validation set that chose their epochs."""
    assert evidence.outcome is not None
    outcome = evidence.outcome
    window = _test(outcome.evaluation, "window")
    chosen = [one["validation"].get("validation_accuracy") for one in outcome.metrics.get("networks", ()) if "validation" in one]
    if not window or "accuracy" not in window or not chosen or any(one is None for one in chosen):
        return Finding(TEST_SET, None, why="there is no evaluation with figures of classes")
    test, validation = float(window["accuracy"]), float(np.mean(chosen))
    high = (window.get("ci95") or [None, None])[1]
    facts = {"test": test, "validation": validation}
    if validation - test < LOWER or high is None or high > validation:
        return Finding(TEST_SET, "ok", test - validation, compared=facts)
    why = f"{test:.0%} of the test windows are right (at most {high:.0%} by its interval) and {validation:.0%} of the validation set: the epoch was chosen by few people, or those who are tested are others"
    return Finding(
        TEST_SET,
        "suspect",
        test - validation,
        (),
        why,
        "Cross-validate: --cv 5; and look at who is tested (site, age) in the report.",
        facts,
        weight=0.5,
    )


def one_who_decides(evidence: Evidence) -> Finding:
    """Leave out one tested subject after the other: one without whom accuracy is at chance decides it."""
    assert evidence.outcome is not None
    table, classes = evidence.outcome.predictions, evidence.outcome.metrics.get("classes") or ()
    if table is None or len(classes) < 2:
        return Finding(DECIDES, None, why="there are no predictions of classes")
    test = table["split"] == "test"
    scores = np.stack([np.asarray(table[_column(table, name)], dtype=np.float64)[test] for name in classes], axis=1)
    truth = np.asarray(table["truth"])[test].astype(str)
    right = np.array(classes, dtype=object)[scores.argmax(axis=1)].astype(str) == truth
    subject = np.asarray(table["subject"])[test].astype(str)
    names, number = np.unique(subject, return_inverse=True)
    if len(names) < 4:
        return Finding(DECIDES, None, why="fewer than four subjects are tested")
    without = np.array([right[number != one].mean() - _majority(truth[number != one]) for one in range(len(names))])
    everybody = float(right.mean() - _majority(truth))
    least = int(without.argmin())
    facts = {"above_majority": everybody, "without": float(without[least])}
    if everybody < ABOVE or without[least] > 0:
        return Finding(DECIDES, "ok", everybody - float(without[least]), compared=facts)
    why = f"accuracy is {everybody:.0%} above the most frequent class, and {without[least]:.0%} without subject {names[least]} of {len(names)}: the figure is about one person"
    return Finding(
        DECIDES, "suspect", everybody - float(without[least]), (str(names[least]),), why, "Test more people: --cv 5.", facts, weight=0.4
    )


def confounded(evidence: Evidence) -> Finding:
    """Look for a column that tells the label as well as the network, which knows nothing beyond it."""
    assert evidence.outcome is not None
    found = (evidence.outcome.evaluation or {}).get("confounds")
    if not found:
        return Finding(CONFOUNDED, None, why="the run was not evaluated, or of too few people")
    chance = 0.5 if found["metric"] == "auc" else 0.0
    columns = [
        one for one in found["columns"] if one["verdict"] == "confound" and one["beyond"] is not None and one["beyond"] < chance + 0.1
    ]
    if not columns:
        return Finding(CONFOUNDED, "ok", 0)
    names = tuple(one["name"] for one in columns)
    best = max(columns, key=lambda one: one["value"])
    why = f"{listed(names, 3)} alone tells the label ({found['metric']} {best['value']:.2f}), and the network knows nothing beyond: it may have learnt that"
    return Finding(
        CONFOUNDED, "suspect", len(names), names, why, "Choose people who are alike in it (epoch --where), and train again.", weight=0.5
    )


def something_is_told(metrics: Mapping[str, Any]) -> bool:
    """True where the strongest baseline of a run is well above chance on its validation set: then there is something to learn."""
    classes = metrics.get("classes") or ()
    name = "validation_balanced_accuracy" if classes else "validation_r"
    told = [(one.get("strongest_baseline") or {}).get(name) for one in metrics.get("networks", ())]
    known = [float(value) for value in told if value is not None and np.isfinite(value)]
    return bool(known) and float(np.mean(known)) >= (1 / len(classes) if classes else 0.0) + LEARNT


def below_baseline(metrics: Mapping[str, Any]) -> bool:
    """True where the networks of a run are well below its strongest baseline on the validation set."""
    name = "validation_balanced_accuracy" if metrics.get("classes") else "validation_r"
    gaps = [
        one["strongest_baseline"][name] - one["validation"][name]
        for one in metrics.get("networks", ())
        if name in (one.get("strongest_baseline") or {}) and name in (one.get("validation") or {})
    ]
    return bool(gaps) and float(np.mean(gaps)) >= WORSE


def _test(evaluation: Any, unit: str) -> Any:
    return ((evaluation or {}).get("splits", {}).get("test") or {}).get(unit)


def _column(table: Any, name: str) -> str:
    return next(column for column in (f"probability_{name}", name, f"p_{name}") if column in table)


def _majority(truth: np.ndarray) -> float:
    return float(np.unique(truth, return_counts=True)[1].max() / max(1, len(truth)))
