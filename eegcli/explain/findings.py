"""Findings of an explanation: those of each method's kind, beside what untrained networks of the architecture say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eegcli.artifacts.explanation import Explanation
from eegcli.artifacts.table import Table, from_rows
from eegcli.explain.kinds.protocol import Control, Kind
from eegcli.registry import EXPLANATIONS


def finding(kind: Kind, explanation: Explanation, name: str, control: Control) -> dict[str, Any]:
    """Entry of metrics.json about a method.

    Parameters
    ----------
    kind : Kind
        Of the method.
    explanation : Explanation
        With this method among its methods.
    name : str
        Of the method.
    control : Control
        What the method says of untrained networks.

    Returns
    -------
    dict
        ``name``; what its kind finds; ``controls``: ``randomised``, the rank correlation with untrained networks
        (``shuffled`` needs a run trained on shuffled labels, and is null without one); ``distance`` of the trained
        network from untrained ones, ``farthest`` untrained one, and ``passed``: the first is larger.
    """
    return {
        "name": name,
        **kind.finding(explanation, name, control),
        **({"biased": biased} if (biased := EXPLANATIONS[name].biased) else {}),
        "controls": {"randomised": control.correlation, "shuffled": None},
        "distance": control.distance,
        "farthest": control.farthest,
        "passed": control.passed,
    }


def bands_table(kinds: Mapping[str, Kind], explanation: Explanation, controls: Mapping[str, Control]) -> Table | None:
    """Rows of bands.parquet, method by method; None if no method has bands."""
    rows = [row for name, kind in kinds.items() for row in kind.bands(explanation, name, controls[name])]
    return from_rows(rows) if rows else None
