"""Checks of labels."""

from eegcli.registry.checks.entry import LABELS, CheckEntry

CHECKS_OF_LABELS: dict[str, CheckEntry] = {
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
    "class-order": CheckEntry(
        "eegcli.checks.labels.kind:class_order", ("labelled",), "numbered classes in the order of their names: 1, 10, 2", LABELS, quick=True
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
}
