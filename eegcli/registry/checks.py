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
    "scale": CheckEntry("eegcli.checks.data.scale:scale", ("recorded",), "values that are no microvolts of scalp EEG", DATA, quick=True),
    # Of labels, split and result.
    "label-alignment": CheckEntry(
        "eegcli.checks.labels.alignment:label_alignment",
        ("labelled",),
        "labels shifted, sorted or shuffled apart from their windows, by what the windows' table says",
        LABELS,
        quick=True,
    ),
    "label-noise": CheckEntry(
        "eegcli.checks.labels.alignment:label_noise",
        ("labelled",),
        "labels that contradict those of their subject here and there",
        LABELS,
        quick=True,
    ),
    "control-left-on": CheckEntry(
        "eegcli.checks.labels.control:control_left_on", ("trial",), "labels that are shuffled because somebody asked for a control", LABELS
    ),
    "label-kind": CheckEntry(
        "eegcli.checks.labels.kind:label_kind", ("labelled",), "classes that are read as a number, and the reverse", LABELS, quick=True
    ),
    "class-spelling": CheckEntry(
        "eegcli.checks.labels.kind:class_spelling",
        ("labelled",),
        "one class in two spellings, and one that says that no label is known",
        LABELS,
        quick=True,
    ),
    "target-scale": CheckEntry(
        "eegcli.checks.labels.kind:target_scale",
        ("labelled",),
        "values of a number that alone make the loss, and codes of missing ones",
        LABELS,
        quick=True,
    ),
    "missing-labels": CheckEntry(
        "eegcli.checks.labels.balance:missing_labels", ("labelled",), "people without a label", LABELS, quick=True
    ),
    "class-balance": CheckEntry(
        "eegcli.checks.labels.balance:class_balance", ("labelled",), "a class that is rare among the training windows", LABELS, quick=True
    ),
    "label-of-place": CheckEntry(
        "eegcli.checks.labels.places:label_of_place",
        ("labelled",),
        "a site, device or length of recordings that tells the label",
        LABELS,
        quick=True,
    ),
    "label-by-order": CheckEntry(
        "eegcli.checks.labels.places:label_by_order", ("labelled",), "labels that ascend in the order of people", LABELS, quick=True
    ),
    "label-by-time": CheckEntry(
        "eegcli.checks.labels.places:label_by_time",
        ("labelled",),
        "labels of early and of late windows in all recordings",
        LABELS,
        quick=True,
    ),
    "labels-in-another-order": CheckEntry(
        "eegcli.checks.result.learnable:labels_in_another_order",
        ("labelled",),
        "labels that closed forms tell far better when they are shifted by some windows or people",
        LABELS,
        5.0,
    ),
    "split-unit": CheckEntry("eegcli.checks.split.unit:split_unit", ("labelled",), "people on both sides of the split", SPLIT, quick=True),
    "classes-in-sets": CheckEntry(
        "eegcli.checks.labels.balance:classes_in_sets", ("labelled",), "shares of classes that differ between the sets", SPLIT, quick=True
    ),
    "persons-in-sets": CheckEntry(
        "eegcli.checks.split.persons:persons_in_sets",
        ("labelled",),
        "too few people to learn from, to choose by or to be tested on",
        SPLIT,
        quick=True,
    ),
    "one-subject": CheckEntry(
        "eegcli.checks.split.persons:one_subject", ("labelled",), "a subject who has most of the training windows", SPLIT, quick=True
    ),
    "something-to-learn": CheckEntry(
        "eegcli.checks.result.learnable:something_to_learn",
        ("labelled",),
        "what closed forms tell of people who were left out, against exchanged labels",
        RESULT,
        10.0,
        symptom=True,
    ),
    "one-channel": CheckEntry(
        "eegcli.checks.result.learnable:one_channel",
        ("labelled",),
        "a channel that tells the label alone, which no other does",
        RESULT,
        5.0,
    ),
    "finite-loss": CheckEntry(
        "eegcli.checks.result.curve:finite_loss", ("outcome",), "of a run: a loss that is no finite number", RESULT, symptom=True
    ),
    "falling-loss": CheckEntry(
        "eegcli.checks.result.curve:falling_loss",
        ("outcome",),
        "of a run: a training loss that stays that of a guess, or rises",
        RESULT,
        symptom=True,
    ),
    "memorised": CheckEntry(
        "eegcli.checks.result.curve:memorised",
        ("outcome",),
        "of a run: training windows known by heart, validation at chance",
        RESULT,
        symptom=True,
    ),
    "end-of-training": CheckEntry(
        "eegcli.checks.result.curve:end_of_training",
        ("outcome",),
        "of a run: stopped while the validation loss fell, or best at the first epoch",
        RESULT,
    ),
    "against-baseline": CheckEntry(
        "eegcli.checks.result.figures:against_baseline",
        ("outcome",),
        "of a run: a network below the strongest closed form",
        RESULT,
        symptom=True,
    ),
    "validation-against-test": CheckEntry(
        "eegcli.checks.result.figures:validation_against_test",
        ("outcome",),
        "of a run: test figures far below validation",
        RESULT,
        symptom=True,
    ),
    "one-who-decides": CheckEntry(
        "eegcli.checks.result.figures:one_who_decides",
        ("outcome",),
        "of a run: a figure that is about one tested subject",
        RESULT,
        symptom=True,
    ),
    "confounded": CheckEntry(
        "eegcli.checks.result.figures:confounded",
        ("outcome",),
        "of a run: a column that tells the label, beyond which the network knows nothing",
        RESULT,
    ),
    "can-begin": CheckEntry(
        "eegcli.checks.training.beginning:can_begin", ("refusal",), "windows, labels or settings with which no training begins", TRAINING
    ),
    "loss-at-the-start": CheckEntry(
        "eegcli.checks.training.start:loss_at_the_start", ("trial",), "a loss before any step that is not that of a guess", TRAINING, 5.0
    ),
}
