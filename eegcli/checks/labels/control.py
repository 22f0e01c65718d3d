"""Control left on: labels that are shuffled because somebody asked for it."""

from __future__ import annotations

from eegcli.checks.finding import Evidence, Finding

NAME = "labels as they are"


def control_left_on(evidence: Evidence) -> Finding:
    """Look for --shuffle-labels, with which nothing can be learnt: a control, often left in a recipe or in the environment."""
    assert evidence.trial is not None
    seed = evidence.trial.settings.shuffle_labels
    if seed is None:
        return Finding(NAME, "ok")
    why = f"--shuffle-labels {seed} is set (here, in a recipe, or as EEGCLI_SHUFFLE_LABELS): labels are permuted, and whatever is learnt is a leak"
    return Finding(NAME, "broken", seed, (), why, "Leave out --shuffle-labels.", change={"shuffle_labels": None})
