"""Trainings on permuted labels that lie in a run: what the control by shuffled labels compares with."""

from __future__ import annotations

from eegcli.artifacts.controls import RETRAINED, permuted, untrained
from eegcli.artifacts.network import Network
from eegcli.artifacts.run import Run, open_run


def permuted_networks(run: Run) -> tuple[Network, ...]:
    """First networks of the trainings on permuted labels that `evaluate --retrain` left in a run; none where it was never asked."""
    missing = set(untrained(run.path, RETRAINED))
    numbers = [number for number in range(1, RETRAINED + 1) if number not in missing]
    return tuple(open_run(permuted(run.path, number)).networks[0] for number in numbers)
