"""Curve of a training that has ended: losses and figures by epoch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.case import Outcome
from eegcli.checks.finding import Evidence, Finding, Verdict
from eegcli.checks.result.figures import below_baseline, something_is_told
from eegcli.errors import counted

Floats = NDArray[np.float64]

FINITE, MEMORISED, EPOCHS, FALLING = "loss is finite", "training learnt by heart", "end of the training", "loss that falls"
BY_HEART, GAP = 0.95, 0.35  # share of the training windows that are right; what validation lacks to it
NEAR_CHANCE = 0.1  # of the way from chance to 1
STILL = 0.03  # of the loss, by which it falls over the last quarter of the epochs where a training was stopped too early
UNMOVED, RISEN = 0.97, 1.5
SOME = 6  # epochs, below which a loss that stays says little


def finite_loss(evidence: Evidence) -> Finding:
    """Look for a loss that is not a finite number."""
    outcome = _of(evidence)
    names = [name for name in outcome.history if name.endswith("loss")]
    bad = np.zeros(len(outcome.history["epoch"]), dtype=bool)
    for name in names:
        bad |= ~np.isfinite(np.asarray(outcome.history[name], dtype=np.float64))
    if not bad.any():
        return Finding(FINITE, "ok", 0)
    first = int(np.asarray(outcome.history["epoch"])[bad][0])
    why = f"the loss is not a finite number in {counted(int(bad.sum()), 'epoch')}, first in epoch {first}: weights leapt, or the windows hold what is no number"
    return Finding(
        FINITE,
        "broken",
        int(bad.sum()),
        (),
        why,
        "Use a tenth of --lr, or --clip-norm 1; look at the windows with eegcli info.",
        weight=0.8,
    )


def memorised(evidence: Evidence) -> Finding:
    """Look for networks that are right on their training windows and at chance on the validation set."""
    outcome = _of(evidence)
    worst: tuple[float, float] | None = None
    chance = _chance(outcome)
    for curve in _curves(outcome):
        train, validation = _figure(curve, "train"), _figure(curve, "validation")
        if train is None or validation is None:
            continue
        last = int(np.nanargmax(train))
        pair = (float(train[last]), float(np.nanmax(validation)))
        if worst is None or pair[0] - pair[1] > worst[0] - worst[1]:
            worst = pair
    if worst is None or chance is None:
        return Finding(MEMORISED, None, why="there are no figures of classes for both sets")
    right, validated = worst
    facts = {"train": right, "validation": validated, "chance": chance}
    at_chance = validated <= chance + NEAR_CHANCE * (1 - chance)
    if right >= BY_HEART and at_chance:
        # Of noise there is nothing else to learn: it is a fault where a closed form finds something.
        verdict: Verdict = "broken" if something_is_told(outcome.metrics) else "suspect"
        why = f"{right:.0%} of the training windows are right and {validated:.0%} of the validation set (chance: {chance:.0%}): the network knows its windows and people by heart, and nothing that others share"
        hint = "Fewer weights, more people, --dropout 0.5, --weight-decay 0.01, or --arch with a closed form first (eegcli models)."
        return Finding(MEMORISED, verdict, right - validated, (), why, hint, facts, weight=0.8 if verdict == "broken" else 0.4)
    if right - validated > GAP:
        why = f"{right:.0%} of the training windows are right and {validated:.0%} of the validation set"
        return Finding(MEMORISED, "suspect", right - validated, (), why, "Fewer weights, more people, or --dropout 0.5.", facts, weight=0.6)
    return Finding(MEMORISED, "ok", right - validated, compared=facts)


def end_of_training(evidence: Evidence) -> Finding:
    """Look for a training that was stopped while its validation loss was falling, and for one whose first epoch was the best."""
    outcome = _of(evidence)
    judged = []
    for curve in _curves(outcome):
        loss = curve.get("validation_loss")
        if loss is None or len(loss) < 2 or not np.isfinite(loss).all():
            continue
        n = len(loss)
        quarter = max(1, n // 4)
        early, late = float(np.mean(loss[-2 * quarter : -quarter] if n > 2 * quarter else loss[:-quarter])), float(np.mean(loss[-quarter:]))
        judged.append(((early - late) / max(abs(early), 1e-12), int(np.argmin(loss)) + 1, n, float(loss[-1] / loss.min()), float(loss[-1])))
    if not judged:
        return Finding(EPOCHS, None, why="there is no validation loss of several epochs")
    falls = float(np.median([one[0] for one in judged]))
    best, n = int(np.median([one[1] for one in judged])), judged[0][2]
    last = float(np.median([one[4] for one in judged]))
    facts = {"fall_over_the_last_quarter": falls, "best_epoch": best, "epochs": n}
    if n < SOME and best == n and something_is_told(outcome.metrics) and below_baseline(outcome.metrics):
        why = f"after {counted(n, 'epoch')} the last was the best, and the network is still below the strongest closed form: the training has hardly begun"
        more = max(20, 5 * n)
        return Finding(EPOCHS, "broken", best, (), why, f"Train longer: --epochs {more}.", facts, weight=0.7, change={"epochs": more})
    if falls > STILL and best >= n - max(1, n // 10) + 1:
        why = f"validation loss fell by {falls:.0%} over the last quarter of {counted(n, 'epoch')}, and the last were the best: the training was stopped too early"
        more = 3 * n
        return Finding(
            EPOCHS,
            "broken" if falls > 2 * STILL and n < 10 and last < UNMOVED * _guess(outcome) else "suspect",
            best,
            (),
            why,
            f"Train longer: --epochs {more}.",
            facts,
            weight=0.7,
            change={"epochs": more},
        )
    if n >= 8 and best == 1 and np.median([one[3] for one in judged]) > 1.1:
        why = f"the first of {counted(n, 'epoch')} was the best, and validation loss rose by {np.median([one[3] for one in judged]) - 1:.0%} since: what is learnt after it is of the training set alone"
        return Finding(EPOCHS, "suspect", best, (), why, "Use a tenth of --lr, more people or fewer weights.", facts, weight=0.4)
    return Finding(EPOCHS, "ok", best, compared=facts)


def falling_loss(evidence: Evidence) -> Finding:
    """Look for a training loss that stays where it began, or rises."""
    outcome = _of(evidence)
    worst: tuple[float, float, float] | None = None
    for curve in _curves(outcome):
        loss = curve.get("train_loss")
        if loss is None or len(loss) < SOME or not np.isfinite(loss).all():
            continue
        one = (float(loss[1:].min() / _guess(outcome)), float(loss[-1] / loss.min()), float(loss[-1]))
        worst = one if worst is None or one > worst else worst
    if worst is None:
        return Finding(FALLING, None, why=f"there is no training loss of {SOME} epochs")
    least, risen, last = worst
    guess = _guess(outcome)
    facts = {"least_of_a_guess": least, "last_of_the_least": risen, "guess": guess}
    if least > UNMOVED:
        why = (
            f"training loss never fell below {least * guess:.3g}, that of a guess is {guess:.3g}: not even the training windows are learnt"
        )
        return Finding(
            FALLING,
            "broken" if something_is_told(outcome.metrics) else "suspect",
            least,
            (),
            why,
            "Ask eegcli doctor for the cause; a learning rate ten times smaller or larger (--lr) tells whether it is that.",
            facts,
            weight=0.4,
        )
    if risen > RISEN and last > guess:
        why = f"training loss rose to {last:.3g}, {risen:.1f} times its least, and above that of a guess ({guess:.3g}): steps are too long"
        return Finding(
            FALLING, "broken", risen, (), why, "Use a tenth of --lr, or --schedule cosine with --clip-norm 1.", facts, weight=0.7
        )
    return Finding(FALLING, "ok", least, compared=facts)


def _of(evidence: Evidence) -> Outcome:
    assert evidence.outcome is not None
    return evidence.outcome


def _curves(outcome: Outcome) -> Iterator[dict[str, Floats]]:
    """History of each network: columns by name."""
    history = outcome.history
    folder = np.stack([np.asarray(history[name]) for name in ("fold", "seed")], axis=1)
    for one in np.unique(folder, axis=0):
        rows = np.all(folder == one, axis=1)
        yield {name: np.asarray(values, dtype=np.float64)[rows] for name, values in history.items() if values.dtype.kind in "fiu"}


def _figure(curve: dict[str, Floats], name_of_set: str) -> Floats | None:
    for name in (f"{name_of_set}_balanced_accuracy", f"{name_of_set}_accuracy"):
        if name in curve and np.isfinite(curve[name]).any():
            return curve[name]
    return None


def _chance(outcome: Outcome) -> float | None:
    classes = outcome.metrics.get("classes") or ()
    return 1 / len(classes) if classes else None


def _guess(outcome: Outcome) -> float:
    """Loss of a guess: ln(number of classes), or 1 for a number in units of its spread."""
    classes = outcome.metrics.get("classes") or ()
    return float(np.log(len(classes))) if len(classes) > 1 else 1.0
