"""Fitted quantities: on whom each was fitted, and that none of them is tested."""

from __future__ import annotations

from typing import Any

from eegcli.checks.finding import Evidence, Finding, Verdict
from eegcli.files.digest import digest_of

NAME = "fitted on tested subjects"


def fitted_quantities(evidence: Evidence) -> Finding:
    """Look for tested subjects among those by whom anything was fitted: weights, epoch, scaling, class weights, penalty, alignment, baseline."""
    assert evidence.fitted is not None
    compared: dict[str, Any] = {}
    leaking = []
    for one in evidence.fitted:
        both = one.groups & one.tested
        if both:
            leaking.append(one.what)
        compared.setdefault(one.what, []).append(
            {
                "fold": one.fold,
                "sets": list(one.sets),
                "n": len(one.groups),
                "digest": digest_of(sorted(map(list, one.groups))),
                "n_tested": len(one.tested),
                "digest_tested": digest_of(sorted(map(list, one.tested))),
                "n_both": len(both),
            }
        )
    found = tuple(dict.fromkeys(leaking))
    # The user named these when the run was made, and a caveat stands beside every number of it.
    named = set(found) <= {one.what for one in evidence.fitted if one.named}
    verdict: Verdict = "ok" if not found else "suspect" if named else "broken"
    return Finding(NAME, verdict, len(found), found, "it has seen who is tested", "Train again without it.", compared=compared)


def weights_of_the_training(evidence: Evidence) -> Finding:
    """Report that the weights are those that were written: each file's digest is the one that its run states."""
    assert evidence.weights is not None
    return Finding("weights are those of the training", "ok", 0, compared={"xxh3_128": dict(evidence.weights)})
