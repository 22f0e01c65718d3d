"""Kind of the target: classes learnt as a number, or a number learnt as classes."""

from __future__ import annotations

import numpy as np

from eegcli.checks.finding import Finding
from eegcli.checks.stepwise import of_steps
from eegcli.checks.trial import Trial
from eegcli.errors import counted
from eegcli.registry import Training

NAME = "kind of the target"
FEW, MANY = 4, 10  # values of a number; classes with names that are numbers


@of_steps(NAME)
def kind_of_target(trial: Trial, hyper: Training) -> Finding:
    """See whether squared error is taken of a few values, which are classes; or cross entropy of many numbers, of which no two are near each other then."""
    if not trial.is_class:
        values = np.unique(trial.train.labels)
        if len(values) > FEW:
            return Finding(NAME, "ok", float(len(values)))
        why = f"the target has {counted(len(values), 'value')} and is learnt as a number, by squared error: of classes, it says how far apart they are, and no probability"
        return Finding(
            NAME,
            "broken" if len(values) == 2 else "suspect",
            float(len(values)),
            (),
            why,
            "--kind classification",
            weight=0.85,
            change={"kind": "classification"},
        )
    names = trial.description.classes
    if len(names) <= MANY or not all(_is_number(name) for name in names):
        return Finding(NAME, "ok", float(len(names)))
    why = f"{len(names)} numbers are learnt as classes: cross entropy does not know that {names[0]} is nearer to {names[1]} than to {names[-1]}"
    return Finding(
        NAME,
        "suspect",
        float(len(names)),
        (),
        why,
        "--kind regression, or two classes by --threshold COLUMN=VALUE",
        weight=0.85,
        change={"kind": "regression"},
    )


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
