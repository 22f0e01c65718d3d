"""Checks of the training: settings first, then what takes steps."""

from eegcli.registry.checks.entry import TRAINING, CheckEntry

CHECKS_OF_TRAINING: dict[str, CheckEntry] = {
    "can-begin": CheckEntry(
        "eegcli.checks.training.beginning:can_begin", ("refusal",), "windows, labels or settings with which no training begins", TRAINING
    ),
    "loss-at-the-start": CheckEntry(
        "eegcli.checks.training.start:loss_at_the_start", ("trial",), "a loss before any step that is not that of a guess", TRAINING, 5.0
    ),
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
