"""Table of architectures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eegcli.errors import UsageError
from eegcli.registry.lookup import lookup
from eegcli.registry.representations import REPRESENTATIONS

PAPER = "Truong, Makeig & Delorme 2021, arXiv:2105.04762"
PAPER_TRAINING = {"optimizer": "adamax", "lr": 0.002, "weight_decay": 0.001, "batch_size": 70, "epochs": 70}


@dataclass(frozen=True)
class ModelEntry:
    """An architecture: where it lies, what it takes, whence it comes, how it is trained.

    `path` is its form for raw windows; `forms` are those for other representations, by their name. `head` says what its
    outputs mean for a target of classes, a name in `models.head.HEADS`; for a number that is always ``number``.
    """

    path: str
    summary: str
    source: str
    forms: Mapping[str, str] = field(default_factory=dict)
    fit: str = "gradient"  # or "closed": the module has its own `fit`, and no epochs
    training: Mapping[str, Any] = field(default_factory=dict)
    head: str = "softmax"

    @property
    def representations(self) -> tuple[str, ...]:
        """Representations of windows that it takes."""
        return ("raw", *self.forms)


MODELS: dict[str, ModelEntry] = {
    "vgg": ModelEntry(
        "eegcli.models.vgg:VGG",
        "R-VGG (topomaps: S-VGG): VGG-16's first ten layers, channels divided by four",
        PAPER,
        forms={"topomap": "eegcli.models.vgg:TopomapVGG"},
        training=PAPER_TRAINING,
    ),
    "scnn": ModelEntry(
        "eegcli.models.scnn:SCNN",
        "R-SCNN (topomaps: S-SCNN): six convolutions after van Putten et al. 2018",
        PAPER,
        forms={"topomap": "eegcli.models.scnn:TopomapSCNN"},
        training=PAPER_TRAINING,
    ),
    "logistic": ModelEntry(
        "eegcli.models.logistic:BandPowerLogistic",
        "linear model of log band power per channel (else of the values themselves): the baseline to beat",
        "own baseline",
        forms={name: f"eegcli.models.logistic:{name}_logistic" for name in ("bands", "topomap", "fft")},
        fit="closed",
    ),
    "majority": ModelEntry(
        "eegcli.models.majority:Majority",
        "the most frequent class (or the mean) of the training windows",
        "own baseline",
        forms={name: f"eegcli.models.majority:{name}_majority" for name in ("bands", "topomap", "fft")},
        fit="closed",
    ),
}


def form_of(arch: str, representation: str) -> str:
    """Where the form of an architecture for windows of a representation lies.

    Raises
    ------
    UsageError
        If there is no such architecture or representation, or the architecture does not take it; the hint names those that do.
    """
    entry = MODELS[lookup("architecture", arch, MODELS)]
    lookup("representation", representation, REPRESENTATIONS)
    if representation not in entry.representations:
        fitting = [name for name, other in MODELS.items() if representation in other.representations]
        raise UsageError(
            f"{arch} takes windows of the representation {' or '.join(entry.representations)}; these are {representation}",
            hint=f"For {representation} there are: {', '.join(fitting)}.",
        )
    return entry.path if representation == "raw" else entry.forms[representation]
