"""Names that users type -> where the code lies. Importing this imports nothing heavy."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eegcli.errors import UsageError

PAPER = "Truong, Makeig & Delorme 2021, arXiv:2105.04762"
PAPER_TRAINING = {"optimizer": "adamax", "lr": 0.002, "weight_decay": 0.001, "batch_size": 70, "epochs": 70}


@dataclass(frozen=True)
class ModelEntry:
    """An architecture: where it lies, what it eats, whence it comes, how it is trained."""

    path: str
    summary: str
    source: str
    representation: str = "raw"
    fit: str = "gradient"  # or "closed": the module has its own `fit`, and no epochs
    training: Mapping[str, Any] = field(default_factory=dict)


MODELS: dict[str, ModelEntry] = {
    "vgg": ModelEntry(
        "eegcli.models.vgg:VGG", "R-VGG: VGG-16's first ten layers, channels divided by four", PAPER, training=PAPER_TRAINING
    ),
    "scnn": ModelEntry("eegcli.models.scnn:SCNN", "R-SCNN: six convolutions after van Putten et al. 2018", PAPER, training=PAPER_TRAINING),
    "logistic": ModelEntry(
        "eegcli.models.logistic:BandPowerLogistic",
        "linear model of log band power per channel: the baseline to beat",
        "own baseline",
        fit="closed",
    ),
    "majority": ModelEntry(
        "eegcli.models.majority:Majority", "the most frequent class (or the mean) of the training windows", "own baseline", fit="closed"
    ),
}

STEPS: dict[str, str] = {
    "remove-baseline": "eegcli.preprocess.steps.remove_baseline:remove_baseline",
    "drop-channels": "eegcli.preprocess.steps.drop_channels:drop_channels",
    "recover-reference": "eegcli.preprocess.steps.recover_reference:recover_reference",
    "crop": "eegcli.preprocess.steps.crop:crop",
    "filter": "eegcli.preprocess.steps.filter:filter",
    "resample": "eegcli.preprocess.steps.resample:resample",
    "remove-drifts": "eegcli.preprocess.steps.remove_drifts:remove_drifts",
    "asr": "eegcli.preprocess.steps.asr:asr",
    "reference": "eegcli.preprocess.steps.reference:reference",
    "bad-channels": "eegcli.preprocess.steps.bad_channels:bad_channels",
    "interpolate": "eegcli.preprocess.steps.interpolate:interpolate",
    "keep-segments": "eegcli.preprocess.steps.keep_segments:keep_segments",
    "pick": "eegcli.preprocess.steps.pick:pick",
}

# Of `fetch`, beside local paths, OpenNeuro's and NEMAR's numbers, s3:// and https:// addresses.
SOURCES: dict[str, str] = {
    "demo": "a simulated HBN data set with a planted effect of sex",
    "hbn": "all releases of the Healthy Brain Network's EEG",
    **{f"hbn:R{number}": f"release {number} of HBN" for number in range(1, 12)},
    "hbn:NC": "HBN's recordings that are not for commercial use",
}

EXPLANATIONS: dict[str, str] = {"saliency": "eegcli.explain.saliency:saliency"}

RECIPES: dict[str, str] = {
    "default": "what every command does without --recipe",
    "minimal": "the least: drift and mains out, one sampling frequency",
    "hbn": "sex from eyes-closed rest, with burst repair by ASR",
    "truong2021": "as the published code has it, without burst repair",
}
CHANNEL_SETS: dict[str, str] = {"hbn-24": "the 24 channels of the hbn recipe"}


def lookup(kind: str, name: str, names: Iterable[str]) -> str:
    """Give `name` back if it is one of `names`, else say what was meant.

    Raises
    ------
    UsageError
        If there is no such name; the hint lists the nearest, or all.
    """
    known = sorted(names)
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
    raise UsageError(f"no {kind} is named {name!r}", hint=hint)


def load(path: str) -> Any:
    """Import what an entry names as ``module:attribute``."""
    module, _, attribute = path.partition(":")
    return getattr(importlib.import_module(module), attribute)
