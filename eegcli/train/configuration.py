"""Configuration of a training beside its settings: digests of what is read, and the version of the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eegcli.artifacts.alike import version_there
from eegcli.engine import hyperparameters
from eegcli.files.digest import digest_of, digest_of_file
from eegcli.study.alignment import RECENTRED
from eegcli.train.alignment import alignment_of
from eegcli.train.design import Design

VERSION = 4  # raised when the same settings give another network, or other figures beside it
# Of networks that learn by epochs and whose subjects are recentred: from 5 on while they learn, too, and where the epoch is chosen; until 3 their windows
# were whitened.
RECENTRED_VERSION = 5
# Finished runs of these stay so: in 2 layers ran as published and dropout in the order of the memory, up to 3 baselines scaled each value of the tangent space.
ALIKE = (2, 3)
# Of closed forms: from 3 on their penalties are chosen by subjects of the training set; from 4 on distances of the tangent space are kept, and subjects
# are aligned by their features. Where neither plays a part a run is what it was in 3.
CLOSED_VERSION, CLOSED_BEFORE = 4, 3
TANGENT_SPACES = ("tangent-space", "filter-bank-tangent-space", "tangent-space-band-power")


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
    recentred = alignment_of(settings) == RECENTRED
    if closed:
        version = CLOSED_VERSION if recentred or settings.arch in TANGENT_SPACES else CLOSED_BEFORE
    else:
        version = RECENTRED_VERSION if recentred else version_there(output, VERSION, ALIKE, force=settings.force)
    return {"inputs": inputs, "version": version}
