"""Learnable: what closed forms tell of the labels, out of person, against labels that mean nothing; and whether one channel decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.case import Clock, Labelled, Outcome
from eegcli.checks.finding import NOTHING, Evidence, Finding
from eegcli.checks.labels.exchange import Exchange, exchange_of
from eegcli.checks.probe import Probe, Reader, folds_of
from eegcli.compute.threads import limited
from eegcli.errors import counted

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NAME, SHIFTED, CHANNEL = "something to learn", "labels told better in another order", "one channel that decides"
DRAWN, MORE = 300, 3000  # labellings that mean nothing
LEVEL, NEAR = 0.05, 0.15
HINT = "See that the labels are right (--labels) and that the windows hold the moment that is asked about; else more people, or another question."
FEW_PERSONS = 8  # below which labels of people cannot be told from chance
BETTER = 0.15  # of AUC or r, by which another order of the labels has to be better
CERTAIN = 0.02
TOLD = 0.7  # AUC or r, below which no order is the right one
STEPS = (1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 10, -10)  # windows; of people the first ten
PEOPLE = 10
FARTHER = 2.0  # times the distance of classes that the next best channel gives
ALONE, WITHOUT = 0.95, 0.15  # AUC of one channel alone; what all others lose without it


@dataclass(frozen=True)
class Reading:
    """Reading of the labels of some windows.

    Attributes
    ----------
    name : str
        ``as they are``, or ``within people``: features without the mean of each person.
    reader : Reader
    value : float
        AUC or r, out of person.
    p : float
    """

    name: str
    reader: Reader
    value: float
    p: float


@limited(1)  # threads that wait for each other make small matrices ten times slower
def something_to_learn(evidence: Evidence) -> Finding:
    """Ask closed forms (band power, covariance and waveform) for labels of people who were left out, and for labels exchanged at random."""
    labelled = evidence.labelled
    assert labelled is not None
    probe = labelled.probe
    if probe is None:
        return Finding(NAME, None, why="the windows do not vary")
    exchange = exchange_of(labelled)
    if too_few(labelled, exchange):
        return Finding(
            NAME,
            None,
            why=f"{counted(len(np.unique(labelled.person)), 'subject')} with one {labelled.target} each are too few to tell anything from chance",
        )
    best = min(readings(labelled, probe, exchange), key=lambda one: (one.p, -one.value), default=None)
    if best is None:
        return Finding(NAME, None, why="one subject alone: nobody can be left out")
    metric = "AUC" if labelled.classes else "r"
    facts: dict[str, object] = {
        metric.lower(): best.value,
        "p": best.p,
        "features": best.name,
        "exchanged": exchange.word,
        "windows": len(labelled.probed),
    }
    alone = len(np.unique(labelled.person)) < 2
    if not alone:
        facts["persons_recognised"] = recognised(probe, labelled)
    if best.p <= LEVEL:
        return Finding(NAME, "ok", best.value, compared=facts)
    if _has_learnt(evidence.outcome):
        return Finding(NAME, "ok", best.value, compared=facts | {"network": "its interval on test subjects excludes chance"})
    said = f"{metric} {best.value:.2f}, as good as with exchanged labels in {best.p:.0%} of {DRAWN} draws"
    of_whom = "windows at other times" if alone else "people left out"
    if best.p <= NEAR:
        why = f"of {of_whom}, closed forms tell {labelled.target} hardly better than chance ({said})"
        return Finding(NAME, "suspect", best.value, (), why, HINT, facts, weight=0.3)
    why = f"of {of_whom}, closed forms of band power, covariance and waveform tell nothing of {labelled.target} ({said})"
    if not alone:
        why += f", while {facts['persons_recognised']:.0%} of the windows are recognised as their subject's: what a network learns of its training set then is people"
    return Finding(NAME, NOTHING, best.value, (), why, HINT, facts, weight=0.5)


@limited(1)
def labels_in_another_order(evidence: Evidence) -> Finding:
    """Ask closed forms for labels shifted by some windows (where they change within people), or by some people: one that is told far better is the right one."""
    labelled = evidence.labelled
    assert labelled is not None
    probe = labelled.probe
    if probe is None:
        return Finding(SHIFTED, None, why="the windows do not vary")
    exchange = exchange_of(labelled)
    if too_few(labelled, exchange):
        return Finding(SHIFTED, None, why="too few subjects to tell anything from chance")
    own = readings(labelled, probe, exchange)
    usual = max((one.value for one in own), default=float("nan"))
    best: tuple[float, str, Reader, Floats] | None = None
    n_asked = 0
    for text, y in _orders(labelled, exchange):
        here = y[labelled.probed]
        if len(np.unique(here)) < 2 or np.array_equal(here, labelled.y[labelled.probed]):
            continue
        for reading in own:
            n_asked += 1
            value = reading.reader.tell(here, labelled.n_classes).value
            if value > max(usual + BETTER, TOLD) and (best is None or value > best[0]):
                best = (value, text, reading.reader, here)
    if best is None:
        return Finding(SHIFTED, "ok", usual)
    value, text, reader, here = best
    permuted = [one[labelled.probed] for one in exchange.labellings(MORE)[1:]]
    p = n_asked * reader.chance([here, *permuted], labelled.n_classes)  # each order that was asked for could have been told by chance
    if p > CERTAIN:
        return Finding(SHIFTED, "ok", usual, compared={"best": value, "p": min(1.0, p)})
    why = f"closed forms tell {labelled.target} of people left out at {value:.2f} when labels are {text}, and at {usual:.2f} as they are: labels and windows do not belong together"
    hint = "Make the table of labels anew with a key (subject, recording, onset), never by the order of rows, and give it with --labels."
    return Finding(SHIFTED, "broken", value, (text,), why, hint, {"as_they_are": usual, "p": p})


@limited(1)
def one_channel(evidence: Evidence) -> Finding:
    """Leave out one channel after the other: one without which nothing is told, and that tells everything alone, is no brain of many electrodes."""
    labelled, clock = evidence.labelled, Clock.of(5.0)
    assert labelled is not None
    probe = labelled.probe
    if probe is None or probe.power.shape[1] < 3:
        return Finding(CHANNEL, None, why="it is asked of signals of several channels")
    exchange = exchange_of(labelled)
    if too_few(labelled, exchange):
        return Finding(CHANNEL, None, why="too few subjects to tell anything from chance")
    half = np.arange(len(labelled.probed)) // 2 % 2 == 0  # pairs of neighbours: as many matrices are inverted as there are channels
    probe = probe.some(half)
    y = labelled.y[labelled.probed][half]
    if len(np.unique(y)) < 2:
        return Finding(CHANNEL, None, why="too few windows")
    fold = folds_of(y, probe.person)
    n = probe.power.shape[1]
    everything = np.arange(n)
    alone, apart = np.zeros(n), np.zeros(n)
    for channel in everything:
        if clock.has_ended:
            return Finding(CHANNEL, None, why="no time was left")
        told = Reader.of(probe.kernel_of(everything[[channel]]), fold, probe.person).tell(y, labelled.n_classes)
        alone[channel], apart[channel] = told.value, _apart(told.score, y, labelled.n_classes)
    best = int(np.nanargmax(apart)) if np.isfinite(apart).any() else 0
    rest = Reader.of(probe.kernel_of(np.delete(everything, best)), fold, probe.person).tell(y, labelled.n_classes).value
    others = float(np.nanmax(np.delete(alone, best)))
    name = labelled.recorded.rows_named[best]
    facts = {
        "alone": float(alone[best]),
        "without_it": rest,
        "next_best_alone": others,
        "apart": float(apart[best]),
        "next_apart": float(np.nanmax(np.delete(apart, best))),
    }
    far = apart[best] > FARTHER * np.nanmax(np.delete(apart, best))
    if not alone[best] >= ALONE or not (far or alone[best] - max(others, rest) >= WITHOUT):
        return Finding(CHANNEL, "ok", float(alone[best]), compared=facts)
    why = f"{name} alone tells {labelled.target} at {alone[best]:.2f}, the next best at {others:.2f}, all others together at {rest:.2f}: what no neighbour shares is a marker, a defect or another signal rather than the brain"
    return Finding(
        CHANNEL,
        "suspect",
        float(alone[best]),
        (name,),
        why,
        f"Look at {name}, and leave it out when windows are cut: epoch --channels with all others.",
        facts,
        weight=1.0,
    )


def _apart(score: Floats, y: Floats, n_classes: int) -> float:
    """Distance of the scores of classes in units of their spread within classes, of a number the ratio of told to untold: 1 and 2 may have an AUC of 1 alike."""
    if not n_classes:
        r = np.corrcoef(score[:, 0], y)[0, 1]
        return float(r / np.sqrt(max(1 - r**2, 1e-6)))
    found = []
    for number in range(n_classes):
        one, other = score[y == number, number], score[y != number, number]
        if len(one) and len(other):
            found.append((one.mean() - other.mean()) / max(float(np.sqrt((one.var() + other.var()) / 2)), 1e-9))
    return float(np.mean(found)) if found else 0.0


def readings(labelled: Labelled, probe: Probe, exchange: Exchange) -> list[Reading]:
    """Readings of the labels by closed forms: of features as they are and, where labels change within people, without the mean of each."""
    y, person = labelled.y[labelled.probed], probe.person
    fold = folds_of(y, person)
    if len(np.unique(fold)) < 2:
        return []
    kernels = {"as they are": probe.kernel}
    if exchange.word != "subject":
        kernels["within people"] = probe.recentred
    labellings = [one[labelled.probed] for one in exchange.labellings(DRAWN)]
    found = []
    for name, kernel in kernels.items():
        reader = Reader.of(kernel, fold, person)
        value = reader.tell(y, labelled.n_classes).value
        p = reader.chance(labellings, labelled.n_classes)
        found.append(Reading(name, reader, value, min(1.0, len(kernels) * p)))
    return found


def too_few(labelled: Labelled, exchange: Exchange) -> bool:
    """True where people with one label each are so few that no order of their labels is rare."""
    if not exchange.can_differ:
        return True
    if exchange.word != "subject":
        return False
    persons = len(np.unique(labelled.person[labelled.probed]))
    counts = np.unique(exchange.label, return_counts=True)[1] if labelled.classes else np.array([3])
    return persons < FEW_PERSONS or bool(counts.min() < 2)


def recognised(probe: Probe, labelled: Labelled) -> float:
    """Share of windows whose nearest window, at another time of the recordings, is of the same person."""
    places = labelled.probed
    near = np.abs(places[:, None] - places) <= 3
    likeness = np.where(near, -np.inf, 2 * probe.kernel - np.diag(probe.kernel))  # the smallest distance, but for a constant of the row
    return float(np.mean(probe.person[np.argmax(likeness, axis=1)] == probe.person))


def _orders(labelled: Labelled, exchange: Exchange) -> list[tuple[str, Floats]]:
    """Other orders of the labels, with what they are called; NaN where an order has no label for a window."""
    n = len(labelled.y)
    if exchange.word == "stretch":
        return [
            (f"shifted by {step} {'window' if abs(step) == 1 else 'windows'}", np.roll(labelled.y, -step))
            for step in STEPS
            if n > 2 * abs(step)
        ]
    if exchange.word == "recording":
        return []
    label, unit = exchange.label, exchange.unit
    order = np.argsort(np.unique(unit, return_index=True)[1])  # by the rows of the file
    found = []
    for step in STEPS[:PEOPLE]:
        moved = np.empty_like(label)
        moved[order] = np.roll(label[order], -step)
        found.append((f"shifted by {step} {'subject' if abs(step) == 1 else 'subjects'}", moved[unit]))
    moved = np.empty_like(label)
    moved[order] = label[order][::-1]
    found.append(("in the reverse order of subjects", moved[unit]))
    return found


def _has_learnt(outcome: Outcome | None) -> bool:
    """True where a run that was evaluated is better than chance on its test subjects."""
    if outcome is None or outcome.evaluation is None:
        return False
    window = outcome.evaluation.get("splits", {}).get("test", {}).get("window", {})
    low, majority = (window.get("ci95") or [None])[0], window.get("majority_rate")
    return low is not None and majority is not None and low > majority
