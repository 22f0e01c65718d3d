"""Findings of an explanation: those of each method's kind, with its controls and their verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eegcli.artifacts.explanation import Explanation
from eegcli.artifacts.table import Table, from_rows
from eegcli.explain.answers import Answers
from eegcli.explain.controls import agreement, cascade, faithful, learnt, wrong_class
from eegcli.explain.controls.outcome import Outcome, not_run, outcome, passed, verdict
from eegcli.explain.kinds.protocol import Control, Kind
from eegcli.registry import EXPLANATION_KINDS, EXPLANATIONS

COSTLY = "takes long: with --thorough"
NO_TEST = "no test of this method: what it reads of an untrained network is true of that, too"
NO_MAPS = "the method gives no map of each window"


def outcomes_of(name: str, answers: Sequence[Answers], learnt_outcome: Outcome, *, seed: int) -> dict[str, Outcome]:
    """Outcomes of a method's controls over all networks.

    Parameters
    ----------
    name : str
        Of the method.
    answers : sequence of Answers
        Of every network.
    learnt_outcome : Outcome
        Of the run: whether there is anything to explain.
    seed : int
        Of the intervals' draws.

    Returns
    -------
    dict
        By name of the control: ``learnt``, ``untrained`` (of a selection ``chance``), ``cascade``, ``wrong_class``, ``faithful``, ``agreement``, ``shuffled_labels``.
    """
    entry, evidence = EXPLANATIONS[name], [one.evidence[name] for one in answers]
    kind = EXPLANATION_KINDS[entry.kind]
    by_chance = _untrained([one.control for one in evidence]) if entry.controls else not_run(NO_TEST)
    found = {"learnt": learnt_outcome, kind.control: by_chance}
    if kind.by_window:
        found["cascade"] = _cascade([one.cascade for one in evidence])
        correlations = [one.wrong_class for one in evidence if one.wrong_class is not None]
        found["wrong_class"] = wrong_class.judged(float(np.mean(correlations)) if correlations else None)
        lost = [(one.lost, one.subject) for one in evidence if one.lost is not None]
        if lost:
            together, subject = (np.concatenate(arrays) for arrays in zip(*lost, strict=True))
            found["faithful"] = faithful.judged(together, subject, seed=seed)
    found["agreement"] = agreement.judged([one.profile for one in evidence])
    found["shuffled_labels"] = evidence[0].shuffled
    return found


def control_of(name: str, answers: Sequence[Answers]) -> Control | None:
    """Untrained networks of all folds and seeds together: means of distances, correlations and profiles; None where none was asked."""
    controls = [control for one in answers if (control := one.evidence[name].control) is not None]
    if not controls:
        return None
    correlation, distance, farthest = (
        float(np.mean([getattr(one, key) for one in controls])) for key in ("correlation", "distance", "farthest")
    )
    return Control(correlation, distance, farthest, np.mean([one.profile for one in controls], axis=0))


def _untrained(controls: Sequence[Control | None]) -> Outcome:
    asked = [one for one in controls if one is not None]
    if not asked:
        return not_run(COSTLY)
    distance, farthest, correlation = (
        float(np.mean([getattr(one, key) for one in asked])) for key in ("distance", "farthest", "correlation")
    )
    return outcome(distance > farthest, distance, farthest=farthest, correlation=correlation)


def _cascade(found: Sequence[cascade.Cascade | None]) -> Outcome:
    asked = [one for one in found if one is not None]
    if not asked:
        return not_run(COSTLY)
    similarity = np.mean([one.similarity for one in asked], axis=0)
    return cascade.judged(cascade.Cascade(asked[0].layers, tuple(similarity.tolist())))


def learnt_by(answers: Sequence[Answers], kind: str, *, seed: int) -> Outcome:
    """Outcome of the run's own control: whether people are told whom its networks did not learn from."""
    return learnt.judged([one.held_out for one in answers if one.held_out is not None], kind, seed=seed)


def finding(kind: Kind, explanation: Explanation, name: str, control: Control | None, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Entry of metrics.json about a method.

    Parameters
    ----------
    kind : Kind
        Of the method.
    explanation : Explanation
        With this method among its methods.
    name : str
        Of the method.
    control : Control or None
        What the method says of untrained networks.
    outcomes : mapping of str to Outcome
        Of its controls.

    Returns
    -------
    dict
        ``name``, ``kind``; ``verdict``, how many controls it passed of those that were run, and whether it ``passed`` all of them; what its kind
        finds; ``controls``: of each ``passed`` and ``value``, null where it was not run, with ``why``.
    """
    entry = EXPLANATIONS[name]
    return {
        "name": name,
        "kind": entry.kind,
        "verdict": verdict(outcomes),
        "passed": passed(outcomes),
        **kind.finding(explanation, name, control),
        **({"biased": entry.biased} if entry.biased else {}),
        "controls": dict(outcomes),
    }


def bands_table(kinds: Mapping[str, Kind], explanation: Explanation, controls: Mapping[str, Control | None]) -> Table | None:
    """Rows of bands.parquet, method by method; None if no method has bands."""
    rows = [row for name, kind in kinds.items() for row in kind.bands(explanation, name, controls[name])]
    return from_rows(rows) if rows else None
