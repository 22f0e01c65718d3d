"""Checks of the result: what can be learnt, and what a run left."""

from eegcli.registry.checks.entry import RESULT, CheckEntry

CHECKS_OF_RESULT: dict[str, CheckEntry] = {
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
    "order-in-time": CheckEntry(
        "eegcli.checks.result.uses:order_in_time",
        ("trial",),
        "a network that answers the same when the samples of windows are shuffled in time",
        RESULT,
        20.0,
        symptom=True,
    ),
    "deciding-channel": CheckEntry(
        "eegcli.checks.result.uses:channel_that_decides",
        ("trial",),
        "a channel without which the network tells nothing",
        RESULT,
        20.0,
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
}
