"""Tables of explanation methods, and of the kinds of results that they give."""

from __future__ import annotations

from dataclasses import dataclass

CONTROLS = 19  # untrained networks: the trained one is the farthest of 20 by chance in 5 % of cases
UNITS = "class output per µV"


@dataclass(frozen=True)
class ArrayEntry:
    """An array of a result: its name in explanation.h5, its shape, what it is."""

    name: str
    shape: str
    meaning: str


@dataclass(frozen=True)
class ExplanationKind:
    """Kind of explanation: the arrays of its result, and the module that asks, compares and draws.

    Attributes
    ----------
    path : str
        Module with what `eegcli.explain.kinds.protocol` describes: how a method of this kind is asked, compared, told and drawn.
    result : str
        Frozen dataclass of the arrays, by the names in `arrays`; ``kind`` is its class attribute.
    arrays : tuple of ArrayEntry
        For the schema.
    figure : str
        What its figure shows, for the schema.
    """

    path: str
    result: str
    arrays: tuple[ArrayEntry, ...]
    figure: str


@dataclass(frozen=True)
class ExplanationEntry:
    """An explanation method.

    Attributes
    ----------
    path : str
        The method; its kind says how it is called.
    summary : str
        One line for the documentation and TAB.
    source : str
        The paper.
    kind : str
        Name in `EXPLANATION_KINDS`.
    units : str
        Units of its arrays.
    controls : int
        Untrained networks that are asked as well; fewer for a method that takes long.
    passes : int
        Gradients that it takes of a window, for the time that a dry run states.
    """

    path: str
    summary: str
    source: str
    kind: str = "attribution"
    units: str = UNITS
    controls: int = CONTROLS
    passes: int = 1


EXPLANATION_KINDS: dict[str, ExplanationKind] = {
    "attribution": ExplanationKind(
        "eegcli.explain.kinds.attribution",
        "eegcli.artifacts.explanation:Attribution",
        (
            ArrayEntry("values", "(n_windows, n_channels, n_times)", "attribution"),
            ArrayEntry("spectrum", "(n_classes, n_channels, n_freqs)", "its mean amplitude spectrum"),
            ArrayEntry("profile", "(n_classes, n_channels)", "its mean absolute value"),
        ),
        "mean spectrum and channel profile per class, beside the spectrum of the windows",
    ),
}

EXPLANATIONS: dict[str, ExplanationEntry] = {
    "saliency": ExplanationEntry(
        "eegcli.explain.methods.saliency:saliency",
        "gradient of the class's output with respect to each sample",
        "Simonyan, Vedaldi & Zisserman 2014, arXiv:1312.6034",
    ),
}
