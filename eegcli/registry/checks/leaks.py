"""Checks of leaks: in the order of `leak_checks` in an evaluation's metrics.json."""

from eegcli.registry.checks.entry import CheckEntry

CHECKS_OF_LEAKS: dict[str, CheckEntry] = {
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
}
