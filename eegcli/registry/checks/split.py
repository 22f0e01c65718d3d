"""Checks of the split."""

from eegcli.registry.checks.entry import SPLIT, CheckEntry

CHECKS_OF_SPLIT: dict[str, CheckEntry] = {
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
}
