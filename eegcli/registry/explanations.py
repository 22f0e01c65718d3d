"""Tables of explanation methods, and of the kinds of results that they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CONTROLS = 19  # untrained networks: the trained one is the farthest of 20 by chance in 5 % of cases
UNITS = "class output per µV"


@dataclass(frozen=True)
class ArrayEntry:
    """An array of a result: its name in explanation.h5, its shape, what it is."""

    name: str
    shape: str
    meaning: str
    dtype: str = "float32"


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
    control : str
        Name of the control by chance: ``untrained`` networks, or as many windows by ``chance`` where the module has `chances`.
    """

    path: str
    result: str
    arrays: tuple[ArrayEntry, ...]
    figure: str
    by_window: bool = False
    control: str = "untrained"


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
        Untrained networks that are asked as well; fewer for a method that takes long, none where they are no control of it.
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
        Its values are parts of the output, so that negative ones speak against it; else their absolute value counts.
    completes : bool
        They sum to the output less that of the baseline, which is tested.
    biased : str
        Why what it shows is not what the network sees alone; empty where nothing is known against it.
    of_random_weights : mapping
        Arguments with which networks of random weights are asked, which need no more than `passes`: they owe nothing to be complete.
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
    completes: bool = False
    biased: str = ""
    of_random_weights: Mapping[str, Any] = field(default_factory=dict)


OUTPUT = "class output"

EXPLANATION_KINDS: dict[str, ExplanationKind] = {
    "attribution": ExplanationKind(
        "eegcli.explain.kinds.attribution",
        "eegcli.artifacts.explanation:Attribution",
        (
            ArrayEntry("values", "(n_rows, *shape)", "attribution of each window it explains"),
            ArrayEntry(
                "spectrum",
                "(n_classes, n_channels, n_freqs)",
                "its mean amplitude spectrum, of samples; of contributions those of each frequency",
            ),
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
    "synthesis": ExplanationKind(
        "eegcli.explain.kinds.synthesis",
        "eegcli.artifacts.explained:Synthesis",
        (
            ArrayEntry("labels", "(n_labels,)", "classes, or the unit that was asked for", "text"),
            ArrayEntry("values", "(n_labels x n_inputs, n_channels, n_times)", "inputs that were made, label by label"),
            ArrayEntry("spectrum", "(n_labels, n_channels, n_freqs)", "their mean amplitude spectrum"),
            ArrayEntry("start_spectrum", "(n_labels, n_channels, n_freqs)", "that of the noise that they began with"),
            ArrayEntry("change", "(n_labels, n_channels, n_freqs)", "the first less the second"),
            ArrayEntry("start", "(n_labels, n_inputs)", "activation by the noise"),
            ArrayEntry("reached", "(n_labels, n_inputs)", "activation by the inputs"),
            ArrayEntry("real", "(n_labels, 3)", "activation by the chosen windows: 5, 50 and 95 % points"),
        ),
        "how the spectrum of the inputs differs from that of noise, the activation reached, and examples",
    ),
    "selection": ExplanationKind(
        "eegcli.explain.kinds.selection",
        "eegcli.artifacts.explained:Selection",
        (
            ArrayEntry("labels", "(n_groups,)", "classes (of a number highest, lowest), then cells of the confusion table", "text"),
            ArrayEntry("is_class", "(n_groups,)", "1 for a class, 0 for a cell"),
            ArrayEntry("row", "(n_selected,)", "rows of windows.parquet; -1 for a window that was made", "int64"),
            ArrayEntry("group", "(n_selected,)", "which group each is in", "int64"),
            ArrayEntry("subject", "(n_selected,)", "number of its subject", "int64"),
            ArrayEntry("spectrum", "(n_groups, n_channels, n_freqs)", "mean amplitude spectrum of a group"),
            ArrayEntry("reference", "(n_groups, n_channels, n_freqs)", "of what it was selected from"),
            ArrayEntry("topography", "(n_groups, n_channels, n_bands)", "mean amplitude in the bands of explanations"),
            ArrayEntry(
                "subject_group", "(n_pairs, 2)", "number of the subject, and of the class, of each row of means of subjects", "int64"
            ),
            ArrayEntry("subject_spectrum", "(n_pairs, n_freqs)", "means of subjects: amplitude spectrum, mean over channels, dB"),
            ArrayEntry("subject_topography", "(n_pairs, n_channels, n_bands)", "means of subjects: amplitude in bands, dB"),
            ArrayEntry("beside", "(n_channels, n_channels)", "1 for channels that lie beside each other"),
            ArrayEntry("difference", "(n_classes, n_freqs)", "of a class from the others over subjects, dB"),
            ArrayEntry("low", "(n_classes, n_freqs)", "its pointwise 95 % interval over subjects, dB"),
            ArrayEntry("high", "(n_classes, n_freqs)", "its pointwise 95 % interval over subjects, dB"),
            ArrayEntry("p", "(n_classes, n_freqs)", "of the cluster that a frequency is in; 1: in none"),
            ArrayEntry("channel_difference", "(n_classes, n_channels, n_bands)", "as `difference`, of the topography"),
            ArrayEntry("channel_low", "(n_classes, n_channels, n_bands)", "as `low`"),
            ArrayEntry("channel_high", "(n_classes, n_channels, n_bands)", "as `high`"),
            ArrayEntry("channel_p", "(n_classes, n_channels, n_bands)", "as `p`; clusters are of channels that lie beside each other"),
        ),
        "spectra of what was selected beside what it was selected from, differences between classes over subjects, and topographies",
        control="chance",
    ),
    "weights": ExplanationKind(
        "eegcli.explain.kinds.weights",
        "eegcli.artifacts.explained:Weights",
        (
            ArrayEntry("labels", "(n_filters,)", "of the filters", "text"),
            ArrayEntry("kernel", "(n_filters, n_slices, n_taps)", "weights along time"),
            ArrayEntry("response", "(n_filters, n_freqs)", "gain at each frequency"),
            ArrayEntry("pattern_labels", "(n_patterns,)", "of the patterns: classes or sources", "text"),
            ArrayEntry("pattern", "(n_patterns, n_channels, n_bands)", "activation pattern"),
            ArrayEntry("low", "(n_patterns, n_channels, n_bands)", "its 95 % interval over subjects"),
            ArrayEntry("high", "(n_patterns, n_channels, n_bands)", "its 95 % interval over subjects"),
        ),
        "kernels and responses of filters; patterns per channel and band",
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
        completes=True,
        of_random_weights={"most": 0},
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
        completes=True,
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
    "activation-maximisation": ExplanationEntry(
        "eegcli.explain.methods.activation_maximisation:activation_maximisation",
        "20 inputs per class (or for a hidden unit), made of EEG-like noise by gradient ascent",
        "Erhan, Bengio, Courville & Vincent 2009; Truong, Makeig & Delorme 2021, arXiv:2111.04309",
        kind="synthesis",
        units="µV",
        passes=4,  # 40 steps of 20 inputs per class are 4 of 200 windows
        is_costly=True,
    ),
    "best-samples": ExplanationEntry(
        "eegcli.explain.methods.best_samples:best_samples",
        "windows of the 20 subjects of each class that the network is surest of",
        "Truong, Makeig & Delorme 2021, arXiv:2111.04309",
        kind="selection",
        units="µV",
    ),
    "saliency-replacement": ExplanationEntry(
        "eegcli.explain.methods.saliency_replacement:saliency_replacement",
        "windows whose samples of low saliency are interpolated",
        "Truong, Makeig & Delorme 2021, arXiv:2111.04309",
        kind="selection",
        units="µV",
        biased="interpolation is a low-pass, whatever it removes (arXiv:2605.16905)",
    ),
    "patterns": ExplanationEntry(
        "eegcli.explain.methods.patterns:patterns",
        "Haufe patterns: how the log band power of each channel goes with the output",
        "Haufe et al. 2014, doi:10.1016/j.neuroimage.2013.10.067",
        kind="weights",
        units="ln µV² per class output",
        controls=0,  # the output of an untrained network has a pattern, too, which is true of it: no test of a trained one
    ),
    "filters": ExplanationEntry(
        "eegcli.explain.methods.filters:filters",
        "filters of the first temporal layer with their frequency response",
        "Haufe et al. 2014, doi:10.1016/j.neuroimage.2013.10.067, for the patterns of sources",
        kind="weights",
        units="gain",
    ),
}


def default_explanations() -> tuple[str, ...]:
    """Names of the methods that are asked where none is named."""
    return tuple(name for name, entry in EXPLANATIONS.items() if entry.is_default)
