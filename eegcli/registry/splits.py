"""Table of split rules: how groups are dealt into training, validation and test set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eegcli.registry.models import PAPER


@dataclass(frozen=True)
class SplitEntry:
    """A split rule.

    Attributes
    ----------
    path : str
        Function ``(groups, table, settings) -> list of sets``, an array of each group's set per fold; it may take a `reporter` to tell what
        it found.
    summary : str
        One line for the documentation and TAB.
    source : str
        Publication.
    setting : str
        The setting that asks for it; empty where its name is given to ``--split``.
    form : str
        Value of the setting's option, for the documentation.
    is_draw : bool
        True where chance decides who is tested: then the test set has to hold every class, too.
    by_label : bool
        True where each label is looked up, and a person who so comes into two sets is refused; else a person of two labels is dealt as one.
    takes_shares : bool
        True where the shares of ``--split`` say who of the others validates.
    own_shares : bool
        True where the shares of ``--split`` do so only if the third is 0; else the rule's own do.
    takes_order : bool
        True where ``--split-order file`` deals out in the order of the windows.
    """

    path: str
    summary: str
    source: str
    setting: str = ""
    form: str = ""
    is_draw: bool = False
    by_label: bool = False
    takes_shares: bool = False
    own_shares: bool = False
    takes_order: bool = False


SPLITS: dict[str, SplitEntry] = {
    "shares": SplitEntry(
        "eegcli.train.split.shares:shares",
        "shares of subjects for training, validation, test; or counts, as in `--split 787,197,197`",
        "stratified random draw",
        setting="split",
        form="0.6,0.2,0.2",
        is_draw=True,
        takes_order=True,
    ),
    "cv": SplitEntry(
        "eegcli.train.split.cv:cross_validation",
        "each subject is tested once, in K folds; a quarter of the others validates, or the share of `--split A,B,0`",
        "stratified k-fold cross-validation",
        setting="cv",
        form="K",
        takes_shares=True,
        own_shares=True,
        takes_order=True,
    ),
    "split-file": SplitEntry(
        "eegcli.train.split.from_file:from_file",
        "a table with columns `subject`, `split` (train, validation, test), and `fold` for several folds; where it lets nobody validate, a quarter of the "
        "training set does",
        "whoever wrote the table",
        setting="split_file",
        form="FILE",
        by_label=True,
    ),
    "holdout": SplitEntry(
        "eegcli.train.split.holdout:holdout",
        "the subjects that have this value, or one of several: `release_number=R5,R11`. `--validation COLUMN=VALUE` says likewise who validates; "
        "without it, a share of the others does",
        "held-out site or release",
        setting="holdout",
        form="COLUMN=VALUE",
        takes_shares=True,
        takes_order=True,
    ),
    "provided": SplitEntry(
        "eegcli.train.split.provided:provided",
        "the sets that imported data came with: the column `split`; where it has no validation set, a quarter of the training set validates",
        "whoever published the data",
    ),
    "truong2021": SplitEntry(
        "eegcli.train.split.published:truong2021", "females and males in turns, by label: first an eighth tests, then 5/16 validate", PAPER
    ),
}


def named_splits() -> dict[str, SplitEntry]:
    """The rules whose name is given to ``--split``."""
    return {name: entry for name, entry in SPLITS.items() if not entry.setting}


def with_a_say(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a training that had a say, for people: without shares and order of a split that another rule decided.

    Parameters
    ----------
    settings : mapping of str to object
        By name, as `TrainSettings` has them; of ``split_file`` its digest will do.

    Returns
    -------
    dict of str to object
        The same, less `split` and `split_order` where nothing reads them, and `class_weights` of a number; of shares that only say who of
        the others validates, those two.
    """
    told, split = dict(settings), settings["split"]
    asked = [entry for entry in SPLITS.values() if entry.setting not in ("", "split") and settings.get(entry.setting) is not None]
    rule = SPLITS[split] if isinstance(split, str) else next(iter(asked), SPLITS["shares"])
    validates = settings.get("validation") is not None  # each group of those that are not tested by its value
    if not rule.takes_order or validates:
        told.pop("split_order", None)
    if rule.takes_shares and not validates and not (rule.own_shares and split[2] != 0):
        told["split"] = split[:2]
    elif rule is not SPLITS["shares"] and not isinstance(split, str):
        del told["split"]
    if settings.get("kind") == "regression":
        told.pop("class_weights", None)
    return told
