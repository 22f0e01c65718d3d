"""Entry of a check in the tables of checks."""

from __future__ import annotations

from dataclasses import dataclass

LEAKS = "leaks"
DATA, LABELS, SPLIT, NETWORK, TRAINING, RESULT = "data", "labels", "split", "network", "training", "result"
TOPICS = (DATA, LABELS, SPLIT, LEAKS, NETWORK, TRAINING, RESULT)  # of doctor, in the order in which a fault of one shows in those after it


@dataclass(frozen=True)
class CheckEntry:
    """A check.

    Attributes
    ----------
    path : str
        Function ``(evidence) -> Finding``.
    needs : tuple of str
        Fields of `eegcli.checks.finding.Evidence` that it looks at; it runs where all of them are at hand.
    summary : str
        One line for the documentation: the fault that is looked for.
    topic : str
        ``leaks``: training and evaluation begin with these. The others are doctor's.
    seconds : float
        What it may take of doctor's clock on two cores, of 90 s in all; 0 for a static check, which trains nothing.
    symptom : bool
        True where what it finds follows from other faults: it comes behind a cause that was found.
    quick : bool
        True where `train` begins with it, too: what it looks at is at hand, and it takes no tenth of a second.
    """

    path: str
    needs: tuple[str, ...]
    summary: str
    topic: str = LEAKS
    seconds: float = 0.0
    symptom: bool = False
    quick: bool = False
