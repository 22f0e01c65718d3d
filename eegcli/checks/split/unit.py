"""Unit of the split: what is learnt of people who stand on both sides."""

from __future__ import annotations

import numpy as np

from eegcli.checks.finding import Evidence, Finding
from eegcli.checks.labels.exchange import exchange_of
from eegcli.errors import counted
from eegcli.study.groups import PARTS
from eegcli.study.persons import unknown_persons
from eegcli.study.sets import SETS

NAME = "unit of the split"
HINT = "Split by subject: leave out --split-unit, or give --split-unit subject."


def split_unit(evidence: Evidence) -> Finding:
    """Look for windows that are split by anything but people, and say what that makes of the figures."""
    labelled = evidence.labelled
    assert labelled is not None
    if unknown_persons(labelled.recorded.table):
        why = "nothing says whose the windows are: neighbouring windows of one person may stand on both sides, and then whoever is recognised is classified"
        hint = "Import them with their subjects (--subjects-key, --pattern); until then split in the order of the file: --split-order file."
        return Finding(NAME, "suspect", None, (), why, hint, weight=0.4)
    in_set = labelled.sets >= 0
    sets_of = np.unique(labelled.person[in_set] * len(SETS) + labelled.sets[in_set]) // len(SETS)
    n_both = int((np.bincount(sets_of) > 1).sum())
    n = len(np.unique(sets_of))
    if not n_both:
        return Finding(NAME, "ok", 0)
    what = f"{n_both} of {counted(n, 'subject')} have windows in more than one set (split by {labelled.unit})"
    change = {"split_unit": "subject"}
    if exchange_of(labelled).word == "subject" and labelled.classes:
        why = f"{what}, and {labelled.target} does not change within a subject: whoever is recognised is classified, and EEG is as good as a fingerprint; of new people nothing is known"
        return Finding(NAME, "broken", n_both, (), why, HINT, weight=1.0, change=change)
    why = f"{what}: figures hold for people whose EEG was seen in training, not for new ones"
    if labelled.unit in PARTS:
        return Finding(NAME, "suspect", n_both, (), why, HINT, weight=0.3, change=change)
    return Finding(
        NAME,
        "broken",
        n_both,
        (),
        f"{why}, and windows of one recording are alike for reasons of their own",
        HINT,
        weight=0.9,
        change=change,
    )
