"""summary.json of predictions: what was predicted of whom, by which networks, and what has to stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eegcli.artifacts.fitted_windows import Fittable, fit_of
from eegcli.artifacts.run import Run
from eegcli.engine.fitted import words_of
from eegcli.errors import counted
from eegcli.predict.seen import SeenWindows
from eegcli.predict.voters import Voters
from eegcli.stats.votes import Ballot


def summary_of(
    runs: Sequence[Run], taken: Sequence[Fittable], differing: Sequence[tuple[str, ...]], voters: Voters, ballot: Ballot, seen: SeenWindows
) -> dict[str, Any]:
    """Content of summary.json; see docs/artifacts.md."""
    first = runs[0]
    counts = _counts(voters, seen)
    return {
        "target": first.target,
        "kind": first.kind,
        "classes": first.classes,
        "unit": voters.unit,
        "n_windows": len(taken[0]),
        "n_votes": len(ballot.first),
        "n_subjects": len(np.unique(voters.people.number(voters.table))) if voters.persons_known else 0,
        "n_networks": sum(len(one.networks) for one in runs),
        "votes": _votes(first, ballot),
        "marked": _marked(runs, taken, differing),
        "seen_in_training": counts,
        "said": _said(counts, n_windows=len(taken[0])),
        "runs": [
            {
                "digest": one.digest,
                "arch": one.metrics["arch"],
                "n_networks": len(one.networks),
                "marked": one.caveat,
                "control": one.metrics["control"],
                "cleaned_otherwise": others,
                "fitted": None if (fit := fit_of(windows)) is None else fit.said,
            }
            for one, windows, others in zip(runs, taken, differing, strict=True)
        ],
    }


def _votes(run: Run, ballot: Ballot) -> dict[str, Any]:
    if run.kind == "regression":
        return {"mean": float(ballot.mean[:, 0].mean())}
    counts = np.bincount(ballot.vote, minlength=len(run.classes))
    return dict(zip(run.classes, counts.tolist(), strict=True))


def _marked(runs: Sequence[Run], taken: Sequence[Fittable], differing: Sequence[tuple[str, ...]]) -> str | None:
    found: dict[str, None] = {}
    for one, windows, others in zip(runs, taken, differing, strict=True):
        otherwise = "cleaned otherwise than the training windows" if others else None
        found |= dict.fromkeys(note for note in (one.caveat, one.metrics["control"], otherwise, words_of(fit_of(windows))) if note)
    return "; ".join(found) or None


def _counts(voters: Voters, seen: SeenWindows) -> dict[str, int | None]:
    persons = None if seen.person is None else len(np.unique(voters.people.number(voters.table)[seen.person]))
    return {"subjects": persons, "windows": None if seen.content is None else int(seen.content.sum())}


def _said(counts: dict[str, int | None], *, n_windows: int) -> list[str]:
    said = []
    if counts["subjects"]:
        said.append(f"{counted(counts['subjects'], 'subject')} seen in training: marked seen_in_training, and better than of new people")
    if counts["subjects"] is None:
        said.append("nobody knows whether these people were in the training")
    if counts["windows"]:
        said.append(f"{counts['windows']:,} of {counted(n_windows, 'window')} identical to windows of the training")
    return said
