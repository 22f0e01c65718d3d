"""Refit (``--refit``): a run whose networks learnt from validation subjects, too, and within it the run in which these chose the epochs."""

from __future__ import annotations

from pathlib import Path

from eegcli.artifacts.network import Network

FOLDER = "validated"


def validated(run: Path) -> Path:
    """Folder of the run whose validation subjects choose the epochs of another, within that."""
    return run / FOLDER


def chooser_of(network: Network, run: Path) -> Network:
    """Network of the same fold and seed whose epochs the validation subjects choose; `run` is the folder of the run that is refitted."""
    return Network(validated(run) / network.path.relative_to(run), network.fold, network.seed)
