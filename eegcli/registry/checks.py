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
    # Of the network: one pass forth and back serves them all.
    "output-activation": CheckEntry(
        "eegcli.checks.network.outputs:output_activation",
        ("trial",),
        "a softmax, sigmoid, tanh or ReLU before a loss that takes logits",
        NETWORK,
        1.0,
    ),
    "constant-outputs": CheckEntry(
        "eegcli.checks.network.outputs:constant_outputs",
        ("trial",),
        "outputs that are the same for every window, or no numbers",
        NETWORK,
        1.0,
    ),
    "window-by-itself": CheckEntry(
        "eegcli.checks.network.outputs:alone", ("trial",), "outputs that depend on the other windows of the batch", NETWORK, 1.0
    ),
    "unused-inputs": CheckEntry(
        "eegcli.checks.network.inputs:unused_inputs",
        ("trial",),
        "electrodes or samples that no output depends on: a stride over electrodes, a pool that eats the window",
        NETWORK,
        1.0,
    ),
    "axis-order": CheckEntry(
        "eegcli.checks.network.axes:axis_order",
        ("trial",),
        "layers that slide over electrodes in file order, or a view in place of a transposition",
        NETWORK,
        1.0,
    ),
    "nonlinearity": CheckEntry(
        "eegcli.checks.network.nonlinearity:nonlinearity",
        ("trial",),
        "layers with nothing between them, which are one linear layer",
        NETWORK,
        1.0,
    ),
    "initialisation": CheckEntry(
        "eegcli.checks.network.initialisation:initialisation",
        ("trial",),
        "weights that begin alike, at zero, or far too large or small",
        NETWORK,
        1.0,
    ),
    "frozen-weights": CheckEntry("eegcli.checks.network.gradients:frozen", ("trial",), "weights that are not to learn", NETWORK, 1.0),
    "gradients": CheckEntry(
        "eegcli.checks.network.gradients:gradients",
        ("trial",),
        "layers that get no gradient: detached, never used, vanishing, exploding",
        NETWORK,
        1.0,
    ),
    "dead-units": CheckEntry(
        "eegcli.checks.network.units:units", ("trial",), "units that are never active, or saturated", NETWORK, 1.0, symptom=True
    ),
    "dropout": CheckEntry(
        "eegcli.checks.network.modes:dropout", ("trial",), "a dropout that leaves nothing, or is off in training", NETWORK, 1.0
    ),
    "batch-norm": CheckEntry(
        "eegcli.checks.network.modes:batch_norm",
        ("trial",),
        "batch norm in the wrong mode, with statistics that lag, or of too few windows",
        NETWORK,
        1.0,
    ),
    "number-of-weights": CheckEntry(
        "eegcli.checks.network.size:size",
        ("trial",),
        "far more weights than windows, hardly any, or a bottleneck of one value",
        NETWORK,
        1.0,
    ),
    "receptive-field": CheckEntry(
        "eegcli.checks.network.field:receptive_field", ("trial",), "filters that see less than half a cycle of a rhythm", NETWORK, 5.0
    ),
    "rhythms": CheckEntry("eegcli.checks.network.field:rhythms", ("trial",), "pools or strides that average rhythms away", NETWORK, 1.0),
    "input-scaling": CheckEntry(
        "eegcli.checks.network.scaling:input_scaling", ("trial",), "offsets and sizes of windows that nothing normalises", NETWORK, 1.0
    ),
    "can-begin": CheckEntry(
        "eegcli.checks.training.beginning:can_begin", ("refusal",), "windows, labels or settings with which no training begins", TRAINING
    ),
    "loss-at-the-start": CheckEntry(
        "eegcli.checks.training.start:loss_at_the_start", ("trial",), "a loss before any step that is not that of a guess", TRAINING, 5.0
    ),
    # Of the training: settings first, then what takes steps.
    "target-kind": CheckEntry(
        "eegcli.checks.training.target:kind_of_target",
        ("trial",),
        "classes learnt as a number, or a number as classes",
        TRAINING,
        quick=True,
    ),
    "number-of-steps": CheckEntry(
        "eegcli.checks.training.steps:number_of_steps", ("trial",), "a training of too few steps", TRAINING, quick=True
    ),
    "batch-size": CheckEntry(
        "eegcli.checks.training.steps:batch_size", ("trial",), "a handful of windows per batch, or all of them", TRAINING, quick=True
    ),
    "window-order": CheckEntry(
        "eegcli.checks.training.steps:order_of_windows", ("trial",), "batches of neighbours in the file", TRAINING, quick=True
    ),
    "patience": CheckEntry(
        "eegcli.checks.training.steps:patience", ("trial",), "a training that stops at the first bad epoch", TRAINING, quick=True
    ),
    "warm-up": CheckEntry(
        "eegcli.checks.training.steps:warm_up", ("trial",), "a learning rate that rises over most of the training", TRAINING, quick=True
    ),
    "label-smoothing": CheckEntry(
        "eegcli.checks.training.regularisation:label_smoothing", ("trial",), "labels of which hardly anything is left", TRAINING, quick=True
    ),
    "momentum": CheckEntry(
        "eegcli.checks.training.regularisation:momentum", ("trial",), "gradients that are remembered for too long", TRAINING, quick=True
    ),
    "class-weights": CheckEntry(
        "eegcli.checks.training.regularisation:class_weights",
        ("trial",),
        "classes of unequal number in a loss that counts all windows alike",
        TRAINING,
        quick=True,
    ),
    "augmentation": CheckEntry(
        "eegcli.checks.training.augmentation:augmentation",
        ("trial",),
        "windows of which augmentation leaves hardly anything",
        TRAINING,
        1.0,
    ),
    "weight-decay": CheckEntry(
        "eegcli.checks.training.regularisation:weight_decay", ("trial",), "a weight decay that is stronger than the loss", TRAINING, 1.0
    ),
    "gradient-clipping": CheckEntry(
        "eegcli.checks.training.regularisation:gradient_clipping", ("trial",), "gradients that are shortened to nothing", TRAINING, 1.0
    ),
    "learning-rate": CheckEntry(
        "eegcli.checks.training.rates:learning_rate", ("trial",), "a rate far from those at which the loss falls", TRAINING, 18.0
    ),
    "updates": CheckEntry(
        "eegcli.checks.training.rates:updates_against_weights",
        ("trial",),
        "steps that are no thousandth of the weights, or all of them",
        TRAINING,
        2.0,
        symptom=True,
    ),
    "memorising": CheckEntry(
        "eegcli.checks.training.memorising:memorising",
        ("trial",),
        "sixteen windows that cannot be learnt by heart",
        TRAINING,
        20.0,
        symptom=True,
    ),
    "short-run": CheckEntry(
        "eegcli.checks.training.course:short_run", ("trial",), "a loss that does not fall, or diverges", TRAINING, 20.0, symptom=True
    ),
    "evaluation-mode": CheckEntry(
        "eegcli.checks.training.course:evaluation_against_training",
        ("trial",),
        "a network that is another one in evaluation than in training",
        TRAINING,
        20.0,
    ),
}
