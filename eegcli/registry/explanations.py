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
    by_window : bool
        Results hold `values` of each window, and the module has `swapped` and `at_random`: they are tested window by window, too.
    """

    path: str
    result: str
    arrays: tuple[ArrayEntry, ...]
    figure: str
    by_window: bool = False


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
    windows : int or None
        Windows that it explains at most, all classes and networks together, for what it costs; None: all that were chosen.
    needs : tuple of str
        What it is given by name beside the network, the windows and the class: attributes of `ExplainedWindows`.
    is_default : bool
        It is among those that are asked where none is named.
    is_costly : bool
        Untrained networks and the cascade are asked with ``--thorough`` alone.
    contributes : bool
        Its values add up to the output, so that negative ones speak against it; else their absolute value counts.
    """

    path: str
    summary: str
    source: str
    kind: str = "attribution"
    units: str = UNITS
    controls: int = CONTROLS
    passes: int = 1
    windows: int | None = None
    needs: tuple[str, ...] = ()
    is_default: bool = True
    is_costly: bool = False
    contributes: bool = False


OUTPUT = "class output"

EXPLANATION_KINDS: dict[str, ExplanationKind] = {
    "attribution": ExplanationKind(
        "eegcli.explain.kinds.attribution",
        "eegcli.artifacts.explanation:Attribution",
        (
            ArrayEntry("values", "(n_rows, *shape)", "attribution of each window it explains"),
            ArrayEntry("spectrum", "(n_classes, n_channels, n_freqs)", "its mean amplitude spectrum, of samples"),
            ArrayEntry("profile", "(n_classes, n_channels)", "its mean absolute value; of maps of the scalp per band"),
            ArrayEntry("rows", "(n_rows,)", "which of the chosen windows"),
            ArrayEntry("map", "(n_classes, *shape)", "mean absolute value"),
            ArrayEntry("course", "(n_classes, n_times)", "mean of the map over channels, of samples"),
            ArrayEntry("subject_class", "(n_pairs, 2)", "number of the subject, and of the class, of each row of means of subjects"),
            ArrayEntry("subject_spectrum", "(n_pairs, n_freqs)", "means of subjects: amplitude spectrum, mean over channels"),
            ArrayEntry("subject_profile", "(n_pairs, n_channels)", "means of subjects: absolute value per channel"),
            ArrayEntry("subject_course", "(n_pairs, n_times)", "means of subjects: absolute value at each time"),
        ),
        "mean spectrum, channel profile and time course per class, beside the spectrum of the windows",
        by_window=True,
    ),
    "importance": ExplanationKind(
        "eegcli.explain.kinds.importance",
        "eegcli.artifacts.importance:Importance",
        (
            ArrayEntry("values", "(n_rows, n_parts)", "output that each window loses without each part"),
            ArrayEntry("rows", "(n_rows,)", "which of the chosen windows"),
            ArrayEntry("importance", "(n_classes, n_parts)", "mean over the windows of a class"),
            ArrayEntry("subject_class", "(n_pairs, 2)", "number of the subject, and of the class, of each row of means of subjects"),
            ArrayEntry("subject_importance", "(n_pairs, n_parts)", "means of subjects"),
            ArrayEntry("parts", "(n_parts,)", "names of the parts"),
            ArrayEntry("widths", "(n_parts,)", "share of a window that each part is"),
        ),
        "what the output of each class loses without each part",
        by_window=True,
    ),
}

EXPLANATIONS: dict[str, ExplanationEntry] = {
    "saliency": ExplanationEntry(
        "eegcli.explain.methods.saliency:saliency",
        "gradient of the class's output with respect to each sample",
        "Simonyan, Vedaldi & Zisserman 2014, arXiv:1312.6034",
    ),
    "input-x-gradient": ExplanationEntry(
        "eegcli.explain.methods.input_x_gradient:input_x_gradient",
        "each sample times its gradient",
        "Shrikumar, Greenside, Shcherbina & Kundaje 2016, arXiv:1605.01713",
        units=OUTPUT,
        contributes=True,
    ),
    "smoothgrad": ExplanationEntry(
        "eegcli.explain.methods.smoothgrad:smoothgrad",
        "mean gradient over 16 noisy copies of a window",
        "Smilkov, Thorat, Kim, Viégas & Wattenberg 2017, arXiv:1706.03825",
        passes=16,
        windows=64,
        needs=("seed",),
        is_costly=True,
    ),
    "integrated-gradients": ExplanationEntry(
        "eegcli.explain.methods.integrated_gradients:integrated_gradients",
        "mean gradient on the way from a baseline to the window, times the difference",
        "Sundararajan, Taly & Yan 2017, arXiv:1703.01365",
        units=OUTPUT,
        passes=20,
        windows=128,
        needs=("baseline",),
        is_costly=True,
        contributes=True,
    ),
    "deeplift": ExplanationEntry(
        "eegcli.explain.methods.deeplift:deeplift",
        "contributions of the differences from a baseline, by the rescale rule",
        "Shrikumar, Greenside & Kundaje 2017, arXiv:1704.02685",
        units=OUTPUT,
        passes=2,
        windows=128,
        needs=("baseline",),
        is_costly=True,
        contributes=True,
    ),
    "occlusion-channel": ExplanationEntry(
        "eegcli.explain.methods.occlusion_channel:occlusion_channel",
        "loss of output when a channel is that of a window of another class",
        "Zeiler & Fergus 2014, arXiv:1311.2901",
        kind="importance",
        units=OUTPUT,
        passes=12,
        windows=128,
        is_costly=True,
        contributes=True,
    ),
    "occlusion-band": ExplanationEntry(
        "eegcli.explain.methods.occlusion_band:occlusion_band",
        "loss of output when a frequency band is that of a window of another class",
        "Zeiler & Fergus 2014, arXiv:1311.2901",
        kind="importance",
        units=OUTPUT,
        passes=3,
        windows=128,
        is_costly=True,
        contributes=True,
    ),
    "occlusion-time": ExplanationEntry(
        "eegcli.explain.methods.occlusion_time:occlusion_time",
        "loss of output when a stretch of time is that of a window of another class",
        "Zeiler & Fergus 2014, arXiv:1311.2901",
        kind="importance",
        units=OUTPUT,
        passes=9,
        windows=128,
        is_costly=True,
        contributes=True,
    ),
}


def default_explanations() -> tuple[str, ...]:
    """Names of the methods that are asked where none is named."""
    return tuple(name for name, entry in EXPLANATIONS.items() if entry.is_default)
