"""Configuration of a training beside its settings: digests of what is read, and the version of the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eegcli.artifacts.alike import version_there
from eegcli.engine import hyperparameters
from eegcli.files.digest import digest_of, digest_of_file
from eegcli.train.design import Design

VERSION = 4  # raised when the same settings give another network, or other figures beside it
# Finished runs of these stay so. In 2 layers ran as published and dropout in the order of the memory; up to 3 baselines scaled each coordinate of the tangent space,
# and alignment whitened windows whatever the network (model.json says how a network is aligned).
ALIKE = (2, 3)
CLOSED_VERSION = (
    4  # of closed forms: from 3 on their penalties are chosen by subjects of the training set, from 4 on the tangent space is not scaled
)
CLOSED_ALIKE = (3,)  # finished ones stay so, and say their version


def configuration_of(design: Design, output: Path) -> dict[str, Any]:
    """Inputs and version of a training, as `artifacts.folder` compares them.

    Parameters
    ----------
    design : Design
    output : Path
        Of the run; a finished one of an earlier version may stand beside those of today.
    """
    settings = design.settings
    inputs = {"windows": design.windows.digest}
    if settings.split_file is not None:
        inputs["split_file"] = digest_of_file(settings.split_file)
    if design.labels is not None:
        inputs["labels"] = design.labels.labels.digest
    if design.renamed is not None:
        inputs["persons"] = design.renamed.digest
    if design.code is not None:
        inputs["network"] = digest_of(design.code.identity)
    if design.origin is not None:
        inputs["begun_with"] = design.origin.digest
    closed = hyperparameters.hyperparameters(settings) is None
    version, alike = (CLOSED_VERSION, CLOSED_ALIKE) if closed else (VERSION, ALIKE)
    version = version_there(output, version, alike, force=settings.force)
    return {"inputs": inputs, "version": version}
