"""Table of checks of data, labels, splits, networks, trainings and results: to add one, a file and a line here."""

from __future__ import annotations

from dataclasses import dataclass

LEAKS = "leaks"
DATA, LABELS, SPLIT, NETWORK, TRAINING, RESULT = "data", "labels", "split", "network", "training", "result"
TOPICS = (DATA, LABELS, SPLIT, LEAKS, NETWORK, TRAINING, RESULT)  # of doctor, in the order in which a fault of one shows in those after it


@dataclass(frozen=True)
class CheckEntry:
    """A check.

    Attributes
    ----------
    path : str
        Function ``(evidence) -> Finding``.
    needs : tuple of str
        Fields of `eegcli.checks.finding.Evidence` that it looks at; it runs where all of them are at hand.
    summary : str
        One line for the documentation: the fault that is looked for.
    topic : str
        ``leaks``: training and evaluation begin with these. The others are doctor's.
    seconds : float
        What it may take of doctor's clock on two cores, of 90 s in all; 0 for a static check, which trains nothing.
    symptom : bool
        True where what it finds follows from other faults: it comes behind a cause that was found.
    quick : bool
        True where `train` begins with it, too: what it looks at is at hand, and it takes no tenth of a second.
    """

    path: str
    needs: tuple[str, ...]
    summary: str
    topic: str = LEAKS
    seconds: float = 0.0
    symptom: bool = False
    quick: bool = False


# In the order of `leak_checks` in an evaluation's metrics.json.
CHECKS: dict[str, CheckEntry] = {
    "subjects-in-two-splits": CheckEntry(
        "eegcli.checks.leaks:subjects_in_two_splits", ("splits",), "a subject in more than one set of a fold"
    ),
    "identical-windows-in-two-splits": CheckEntry(
        "eegcli.checks.leaks:identical_windows_in_two_splits", ("windows", "sets"), "an identical window in more than one set of a fold"
    ),
    "subjects-seen-in-training": CheckEntry(
        "eegcli.checks.leaks:subjects_seen_in_training",
        ("windows", "seen"),
        "of other windows: a subject that was in training or validation",
    ),
    "windows-seen-in-training": CheckEntry(
        "eegcli.checks.leaks:windows_seen_in_training",
        ("windows", "seen"),
        "of other windows: a window identical to one of training or validation",
    ),
    "parts-seen-in-training": CheckEntry(
        "eegcli.checks.leaks:parts_seen_in_training",
        ("windows", "parts"),
        "of other windows, and a run split by session, run or task: one that was in training or validation",
    ),
    "windows-of-the-training": CheckEntry(
        "eegcli.checks.leaks:windows_of_the_training",
        ("own",),
        "noted: whether the windows are those of the training; each is held against its hash as it is read",
    ),
    "overlapping-windows": CheckEntry(
        "eegcli.checks.overlap:overlapping_windows",
        ("windows", "sets", "seconds"),
        "windows of one recording that share samples, in more than one set of a fold",
    ),
    "near-duplicates": CheckEntry(
        "eegcli.checks.near_duplicates:near_duplicates",
        ("windows", "signals"),
        "a recording under the names of two people, after other processing (windows that correlate)",
    ),
    "fitted-quantities": CheckEntry(
        "eegcli.checks.fitted:fitted_quantities",
        ("fitted",),
        "weights, epoch, scaling, class weights, penalty, alignment, baseline: each with those it was fitted on, none of whom is tested",
    ),
    "weights-of-the-training": CheckEntry(
        "eegcli.checks.fitted:weights_of_the_training", ("weights",), "noted: the digests of the weights, held against what was written"
    ),
    # Doctor's, static ones first within a topic.
    # Of the data: what makes others unreadable stands first.
    "finite-values": CheckEntry("eegcli.checks.data.values:finite", ("recorded",), "a value that is NaN or infinite", DATA),
    "missing-codes": CheckEntry(
        "eegcli.checks.data.values:missing_codes", ("recorded",), "a value that stands for what was not recorded: -9999, 32767", DATA
    ),
    "axes": CheckEntry(
        "eegcli.checks.data.axes:axes", ("recorded",), "channels, samples and windows in one another's place", DATA, quick=True
    ),
    "dead-windows": CheckEntry(
        "eegcli.checks.data.gaps:dead_windows", ("recorded",), "windows in which no channel changes", DATA, quick=True
    ),
    "padding": CheckEntry(
        "eegcli.checks.data.gaps:padding",
        ("recorded",),
        "stretches within windows in which no channel changes: zeros, a last value repeated",
        DATA,
    ),
    "repeated-windows": CheckEntry("eegcli.checks.data.windows:repeated_windows", ("recorded",), "windows that are copies of others", DATA),
    "scale": CheckEntry("eegcli.checks.data.scale:scale", ("recorded",), "values that are no microvolts of scalp EEG", DATA),
    "scale-of-recordings": CheckEntry(
        "eegcli.checks.data.scale:scale_of_recordings", ("recorded",), "recordings in another unit, or of another gain", DATA, quick=True
    ),
    "scale-of-channels": CheckEntry(
        "eegcli.checks.data.scale:scale_of_channels", ("recorded",), "electrodes in another unit, or of another gain", DATA, quick=True
    ),
    "offset": CheckEntry(
        "eegcli.checks.data.offset:offset", ("recorded",), "a constant or a slow drift that is larger than the signal", DATA
    ),
    "clipping": CheckEntry("eegcli.checks.data.values:clipping", ("recorded",), "samples at one highest or lowest value", DATA),
    "quantisation": CheckEntry(
        "eegcli.checks.data.values:quantisation", ("recorded",), "values in steps that are not small beside the signal", DATA
    ),
    "not-eeg": CheckEntry(
        "eegcli.checks.data.inputs:not_eeg",
        ("recorded",),
        "a trigger, ECG, EMG, EOG or counter among EEG channels, by values and names",
        DATA,
    ),
    "flat-channels": CheckEntry(
        "eegcli.checks.data.channels:flat_channels",
        ("recorded",),
        "channels without a signal: electrodes that were off, the reference left in",
        DATA,
        quick=True,
    ),
    "copied-channels": CheckEntry(
        "eegcli.checks.data.channels:copied_channels", ("recorded",), "channels that are the same as another, or its mirror image", DATA
    ),
    "channel-order": CheckEntry(
        "eegcli.checks.data.order:channel_order", ("recorded",), "recordings whose channels stand in another order than the cohort's", DATA
    ),
    "reference": CheckEntry(
        "eegcli.checks.data.channels:reference", ("recorded",), "recordings with another reference than the others", DATA
    ),
    "polarity": CheckEntry(
        "eegcli.checks.data.order:polarity", ("recorded",), "channels that are negated, in some recordings or in all", DATA
    ),
    "rank": CheckEntry(
        "eegcli.checks.data.channels:rank", ("recorded",), "channels that are sums of others: interpolated, components removed", DATA
    ),
    "line-noise": CheckEntry("eegcli.checks.data.spectrum:line_noise", ("recorded",), "mains that were left in", DATA),
    "sampling-rate": CheckEntry(
        "eegcli.checks.data.spectrum:sampling_rate",
        ("recorded",),
        "rhythms and mains at the wrong place: a rate that is stated wrongly",
        DATA,
    ),
    "band": CheckEntry(
        "eegcli.checks.data.spectrum:band", ("recorded",), "hardly any power where EEG has its rhythms: a filter that took them", DATA
    ),
    "outliers": CheckEntry("eegcli.checks.data.scale:outliers", ("recorded",), "windows many times as loud as their recording", DATA),
    "few-windows": CheckEntry("eegcli.checks.data.windows:few_windows", ("recorded",), "very few windows", DATA),
    "window-length": CheckEntry(
        "eegcli.checks.data.windows:short_windows", ("recorded",), "windows shorter than the rhythms of EEG", DATA, quick=True
    ),
    "overlap": CheckEntry("eegcli.checks.data.windows:overlap", ("recorded",), "windows that share most of their samples", DATA),
    "changed-windows": CheckEntry(
        "eegcli.checks.data.windows:changed_windows", ("recorded",), "windows that are not what their hashes say", DATA
    ),
    "can-begin": CheckEntry(
        "eegcli.checks.training.beginning:can_begin", ("refusal",), "windows, labels or settings with which no training begins", TRAINING
    ),
    "loss-at-the-start": CheckEntry(
        "eegcli.checks.training.start:loss_at_the_start", ("trial",), "a loss before any step that is not that of a guess", TRAINING, 5.0
    ),
}
