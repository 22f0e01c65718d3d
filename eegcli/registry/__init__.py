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
    """An architecture: where it lies, what it takes, whence it comes, how it is trained.

    `path` is its form for raw windows; `forms` are those for other representations, by their name.
    """

    path: str
    summary: str
    source: str
    forms: Mapping[str, str] = field(default_factory=dict)
    fit: str = "gradient"  # or "closed": the module has its own `fit`, and no epochs
    training: Mapping[str, Any] = field(default_factory=dict)

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


@dataclass(frozen=True)
class SplitEntry:
    """A published rule of who is trained on and who is tested."""

    path: str
    summary: str
    source: str


SPLITS: dict[str, SplitEntry] = {
    "truong2021": SplitEntry(
        "eegcli.train.split.published:truong2021", "females and males in turns, by label: first an eighth tests, then 5/16 validate", PAPER
    )
}

# Of `fetch`, beside local paths, OpenNeuro's and NEMAR's numbers, s3:// and https:// addresses.
SOURCES: dict[str, str] = {
    "demo": "a simulated HBN data set with a planted effect of sex",
    "hbn": "releases R1 to R11 of the Healthy Brain Network's EEG",
    **{f"hbn:R{number}": f"release {number} of HBN" for number in range(1, 12)},
    "hbn:NC": "HBN's recordings that are not for commercial use",
}

EXPLANATIONS: dict[str, str] = {"saliency": "eegcli.explain.methods.saliency:saliency"}

RECIPES: dict[str, str] = {
    "default": "what every command does without --recipe",
    "minimal": "the least: drift and mains out, one sampling frequency",
    "hbn": "sex from eyes-closed rest, with burst repair by ASR",
    "truong2021": "as the published code has it, without burst repair",
}


@dataclass(frozen=True)
class RepresentationEntry:
    """What windows can hold: where the code lies, what the axes of a window are, in which unit its values are."""

    path: str
    summary: str
    axes: tuple[str, ...]
    units: str
    has_bands: bool = False


REPRESENTATIONS: dict[str, RepresentationEntry] = {
    "raw": RepresentationEntry("eegcli.epoch.representations.raw:prepare", "the samples (µV)", ("n_chans", "n_times"), "uV"),
    "bands": RepresentationEntry(
        "eegcli.epoch.representations.bands:prepare", "band power of each channel (dB)", ("n_chans", "n_bands"), "dB", has_bands=True
    ),
    "topomap": RepresentationEntry(
        "eegcli.epoch.representations.topomap:prepare",
        "a map of the scalp for each band (0 to 255)",
        ("n_bands", "height", "width"),
        "0-255",
        has_bands=True,
    ),
    "fft": RepresentationEntry(
        "eegcli.epoch.representations.fft:prepare",
        "log magnitudes and phases of each channel's Fourier transform",
        ("n_chans", "n_bins"),
        "ln uV^2, rad",
    ),
}

MONTAGES: dict[str, str] = {  # where electrodes are, for maps of the scalp
    "auto": "hydrocel-128 for channels E1 to E128, else 10-05",
    "10-05": "the 10-20, 10-10 and 10-05 systems on a sphere",
    "hydrocel-128": "EGI's net of 128 electrodes; 10-20 names mean its electrodes",
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


def load(path: str) -> Any:
    """Import what an entry names as ``module:attribute``."""
    module, _, attribute = path.partition(":")
    return getattr(importlib.import_module(module), attribute)
