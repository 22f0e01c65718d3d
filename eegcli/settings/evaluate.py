"""Settings of `eegcli evaluate`."""

from dataclasses import dataclass
from pathlib import Path

from eegcli.settings.groups import (
    Placed,
    embeddings,
    interpolate_missing,
    labels_table,
    own_network,
    persons_table,
    run_artifact,
    trust,
    wait,
    windows_of_run,
)
from eegcli.settings.setting import DATA, MODEL, Values, setting


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings(Placed):
    """Settings of `eegcli evaluate`: a run, on its own windows or on others."""

    run: Path = run_artifact()
    windows: Path | None = windows_of_run("Windows artifact: where the run's windows are now, or other ones.")
    labels: Path | None = labels_table()
    persons: Path | None = persons_table()
    # What differs stands in metrics.json whether it was allowed or not: without it there is no result.
    allow_differences: bool = setting(
        False,
        help="Evaluate other windows although their recordings were cleaned otherwise than those of the training.",
        panel=DATA,
        result=False,
    )
    by: tuple[str, ...] = setting(
        (),
        help="Give the figures within groups, too: the levels of a column, or stretches of a number between edges (repeated), e.g. age:8,12,16.",
        panel=DATA,
        metavar="COLUMN[:EDGES]",
        commas=False,
        added_with=(),
    )
    interpolate_missing: bool = interpolate_missing()
    vote: str = setting(
        "mean",
        help="How the windows of a unit vote.",
        panel=MODEL,
        metavar="RULE",
        values=Values("voting rule", table="VOTE_RULES"),
        added_with="mean",
    )
    vote_windows: int | None = setting(help="Only the first N windows of each unit vote.", shown="all", panel=MODEL, metavar="N", min=1)
    positive: str | None = setting(
        help="Class whose sensitivity, specificity and F1 are given.", shown="none", panel=MODEL, metavar="CLASS", added_with=None
    )
    conformal: float | None = setting(
        help="Conformal sets of classes (of a number, intervals) for test subjects that hold the truth with this probability, such as 0.9.",
        shown="none",
        panel=MODEL,
        metavar="SHARE",
        added_with=None,
    )
    embeddings: bool = embeddings()
    probe: tuple[str, ...] = setting(
        (),
        help="Tell these columns of the windows (age, hand, site) from the vectors before the last layer by a linear model, out of fold by subject.",
        panel=MODEL,
        metavar="COLUMN",
        added_with=(),
    )
    resamples: int = setting(2000, help="Resamples of the bootstrap over subjects.", panel=MODEL, metavar="N")
    permutations: int | None = setting(
        help="Permutations of the labels of the test set, for its p values; 0: none.",
        shown="2000; with --retrain 100",
        panel=MODEL,
        metavar="N",
        min=0,
        added_with=None,
    )
    retrain: bool = setting(
        False,
        help="Train again for each permutation, on permuted labels with folds drawn anew: the test that holds under --cv. Goes on where it was stopped.",
        panel=MODEL,
        added_with=False,
    )
    audit: bool = setting(
        False,
        help="Train again with windows shuffled over the sets, participants on both sides, and say by how much that inflates the accuracy.",
        panel=MODEL,
        added_with=False,
    )
    nested_cv: int | None = setting(
        help="Of a closed form trained with --cv: correct the interval by nested cross-validation, repeated N times (20 and more).",
        shown="not corrected",
        panel=MODEL,
        metavar="N",
        min=2,
        added_with=None,
    )
    trust: bool = trust()
    arch: str | None = own_network()
    wait: bool = wait()
