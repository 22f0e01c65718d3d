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
    biased : str
        Why what it shows is not what the network sees alone; empty where nothing is known against it.
    """

    path: str
    summary: str
    source: str
    kind: str = "attribution"
    units: str = UNITS
    controls: int = CONTROLS
    passes: int = 1
    biased: str = ""


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
    "activation-maximisation": ExplanationEntry(
        "eegcli.explain.methods.activation_maximisation:activation_maximisation",
        "20 inputs per class (or for a hidden unit), made of EEG-like noise by gradient ascent",
        "Erhan, Bengio, Courville & Vincent 2009; Truong, Makeig & Delorme 2021, arXiv:2111.04309",
        kind="synthesis",
        units="µV",
        passes=40,
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
    ),
    "filters": ExplanationEntry(
        "eegcli.explain.methods.filters:filters",
        "filters of the first temporal layer with their frequency response",
        "Haufe et al. 2014, doi:10.1016/j.neuroimage.2013.10.067, for the patterns of sources",
        kind="weights",
        units="gain",
    ),
}
