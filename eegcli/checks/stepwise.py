"""Checks of a training that takes steps, or of a network that is trained by them: a closed form has neither."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from eegcli.checks.finding import Evidence, Finding
from eegcli.checks.trial import Trial
from eegcli.registry import Training

Check = Callable[[Evidence], Finding]


def of_steps(name: str) -> Callable[[Callable[[Trial, Training], Finding]], Check]:
    """Make a check of a function of a trial and its hyper-parameters; a closed form is not judged."""

    def made(check: Callable[[Trial, Training], Finding]) -> Check:
        @wraps(check)
        def judged(evidence: Evidence) -> Finding:
            trial = evidence.trial
            assert trial is not None
            if trial.hyper is None:
                return Finding(name, None, why="a closed form takes no steps")
            return check(trial, trial.hyper)

        return judged

    return made
