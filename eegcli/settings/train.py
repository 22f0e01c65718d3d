"""Settings of `eegcli train`: an architecture, a target, and who is tested on whom; a group a class."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from eegcli.registry import named_splits, with_a_say
from eegcli.settings.fed import Fed
from eegcli.settings.groups import Placed, labels_table, persons_table, wait
from eegcli.settings.parse import architecture, batch_size, column_of, is_foreign, shares_or_rule
from eegcli.settings.ranks import Ranked
from eegcli.settings.regularisation import Regularisation
from eegcli.settings.setting import COMPUTE, DATA, MODEL, Values, argument, setting
from eegcli.settings.transfer import Transfer
from eegcli.settings.update import Updating
from eegcli.settings.worked import Worked

PAPER = "the architecture's, see `eegcli models`"


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """Settings of what is learnt: the target and its classes."""

    target: str = setting(
        "sex",
        help="Column of windows.parquet to learn.",
        panel=DATA,
        follows=("threshold", column_of),
        values=Values("column", words=("sex", "age", "task", "segment")),
    )
    kind: Literal["classification", "regression"] | None = setting(
        help="Learn classes, or a number.", shown="from the column's type", panel=DATA
    )
    classes: tuple[str, ...] = setting(
        (), help="Classes in this order, e.g. M,F; the first is class 0 and wins ties.", shown="sorted", panel=DATA
    )
    threshold: str | None = setting(
        help="Make classes low and high of a number: high from VALUE on; COLUMN is then the target.",
        panel=DATA,
        metavar="COLUMN=VALUE",
    )
    labels: Path | None = labels_table()


@dataclass(frozen=True, kw_only=True)
class Splitting:
    """Settings of the split: who is tested on whom, and how often."""

    split: tuple[float, ...] | str = setting(  # of training, validation and test
        (0.6, 0.2, 0.2),
        help=f"Split subjects into training, validation and test set: by shares or counts, or by a published rule ({', '.join(named_splits())}).",
        panel=DATA,
        metavar="A,B,C|NAME",
        parse=shares_or_rule,
        values=Values("shares or rule", table="named_splits"),
    )
    cv: int | None = setting(
        help="Cross-validate in K folds; a quarter of the other subjects validates (--split 1,0,0: none does).", panel=DATA, metavar="K"
    )
    split_order: Literal["shuffled", "file"] = setting(
        "shuffled",
        help="Deal out by a stratified draw, or uncut in the order of the windows: first training, then validation, then test set (with --cv, folds that follow each other).",
        panel=DATA,
        added_with="shuffled",
    )
    split_file: Path | None = setting(  # its digest is among the inputs
        help="TSV of the split: subject, split, and fold if there are several.",
        panel=DATA,
        values=Values("table", paths="files", suffix=".tsv"),
        result=False,
    )
    holdout: str | None = setting(
        help="Test on the subjects of this value (or of several, with commas), e.g. release_number=R5.",
        panel=DATA,
        metavar="COLUMN=VALUE",
    )
    validation: str | None = setting(
        help="With --holdout: validate on the subjects of this value.",
        shown="a share of those not held out",
        panel=DATA,
        metavar="COLUMN=VALUE",
    )
    split_unit: Literal["subject", "session", "run", "task", "recording", "trial", "window"] = setting(
        "subject",
        help="Anything but subject puts participants on both sides, and the run is marked: session, run and task ask within people "
        "(--holdout session=2), recording and trial repeat published protocols, window is for imported trials of nobody knows whom.",
        panel=DATA,
    )
    persons: Path | None = persons_table()
    train_subjects: tuple[float, ...] = setting(
        (),
        help="Train on a part of the training subjects: a share (up to 1) or a number. Of several, each is trained (the smaller within the larger, the largest is the run "
        "itself), and `evaluate` draws accuracy against subjects, e.g. 0.1,0.25,0.5,1.",
        shown="all",
        panel=DATA,
        metavar="N,...",
    )
    seeds: int = setting(1, help="Train N times, with seeds from --seed on.", panel=MODEL, metavar="N", min=1)


@dataclass(frozen=True, kw_only=True)
class Descent:
    """Settings of the optimisation. None means: what the registry holds for the architecture (the paper's values)."""

    arch: str = setting(
        "vgg",
        help="Architecture: one that `eegcli models` lists; or a network of your own, ./FILE.py:CLASS, package.module:CLASS or "
        "braindecode:CLASS, whose code is run.",
        panel=MODEL,
        parse=architecture,
        values=Values("architecture", table="MODELS", paths="files", suffix=".py"),
        runs_code=is_foreign,
    )
    epochs: int | None = setting(help="Epochs.", shown=PAPER, panel=MODEL, min=1)
    batch_size: int | Literal["auto"] | None = setting(
        help="Windows per batch; auto: the architecture's, halved until it fits into memory (the run goes on with the number that was found).",
        shown=PAPER,
        panel=MODEL,
        metavar="N|auto",
        parse=batch_size,
        values=Values("windows", words=("auto",)),
    )
    options: tuple[str, ...] = setting(
        (),
        help="Option of the architecture (repeated), e.g. n_hidden=256; `eegcli models NAME` lists them.",
        panel=MODEL,
        flags=("--set",),
        metavar="NAME=VALUE",
        commas=False,
        shown="the architecture's own",
    )
    activation: Literal["relu", "leaky-relu", "elu", "gelu"] | None = setting(
        help="Activation, where the architecture has the choice: short for --set activation=.", shown=PAPER, panel=MODEL
    )
    dropout: str | None = setting(
        help="Share of the values dropped in training (or one for each place, with commas): short for --set dropout=.",
        shown=PAPER,
        panel=MODEL,
        metavar="P",
    )
    fit_window: bool = setting(
        False,
        help="Shorten kernels and pools that are too long for the windows, the last ones first, and say it; without it such windows are refused.",
        panel=MODEL,
    )
    normalise: Literal["none", "train", "window", "channel-window"] | None = setting(
        help="Z-score windows, as part of the network: per channel over the training windows, per window, or within channel per window.",
        shown="the architecture's; of published ones none",
        panel=MODEL,
        added_with="none",
    )
    align: Literal["none", "subject", "subject-riemannian"] = setting(
        "none",
        help="Make subjects alike without their labels: the features of each recentred, or, where a network has none, its windows whitened by their "
        "mean covariance. TRANSDUCTIVE: it needs whole recordings of the tested people, and every number says so.",
        panel=MODEL,
    )
    optimizer: Literal["adamax", "adam", "adamw", "sgd", "rmsprop"] | None = setting(help="Optimiser.", shown=PAPER, panel=MODEL)
    momentum: float | None = setting(
        help="Momentum of sgd or rmsprop.", shown="the architecture's; else 0.9 for sgd, 0 for rmsprop", panel=MODEL, min=0
    )
    nesterov: bool | None = setting(help="Nesterov's momentum, for sgd.", shown=PAPER, panel=MODEL, added_with=False)
    lr: float | None = setting(help="Learning rate.", shown=PAPER, panel=MODEL, min=0)
    weight_decay: float | None = setting(help="Weight decay.", shown=PAPER, panel=MODEL, min=0)
    report_epoch: Literal["validation", "published"] = setting(
        "validation",
        help="Keep the epoch that is best on the validation set; or, as many published results do, the one that is best on the test set: every figure is then marked as optimistic.",
        panel=MODEL,
        added_with="validation",
    )
    refit: bool = setting(
        False,
        help="Then train once more, on training and validation subjects together, for as many epochs as the validation subjects chose; the training "
        "that chose them is kept in the run, in the folder validated.",
        panel=MODEL,
        added_with=False,
    )
    class_weights: Literal["auto", "none", "balanced"] = setting(
        "auto",
        help="Weight the classes in the loss inversely to their frequency: balanced does it always, none never, auto from 60:40 on.",
        panel=MODEL,
    )


@dataclass(frozen=True, kw_only=True)
class TrainSettings(Learnt, Splitting, Descent, Updating, Regularisation, Transfer, Fed, Worked, Ranked, Placed):
    """Settings of `eegcli train`: an architecture, a target, and who is tested on whom."""

    windows: Path = argument(None, help="Windows artifact, or - to read its path from standard input.", reads="windows", result=False)
    # A control, never a result: what is learnt then is a leak.
    shuffle_labels: int | None = setting(
        help="A control: permute the labels over subjects with this seed. What is learnt then is a leak.",
        panel=MODEL,
        metavar="SEED",
        min=0,
    )
    shuffle_within: Literal["cohort", "subject"] = setting(
        "cohort",
        help="With --shuffle-labels, where the target varies within subjects: whose labels are exchanged, those of the whole cohort or of each subject.",
        panel=MODEL,
        added_with="cohort",
    )
    # Free: the network and its figures are the same without it.
    no_baseline: bool = setting(
        False, help="Do not say at the end how the strongest baseline does on the validation subjects.", panel=MODEL, result=False
    )
    profile: bool = setting(
        False,
        help="Profile ten batches: where their time goes as a table (profile.parquet), and a trace for Perfetto (trace.json).",
        panel=COMPUTE,
        result=False,
    )
    wait: bool = wait()

    def told(self) -> dict[str, Any]:
        """Settings by name, as people are told them: those that have a say."""
        return with_a_say(super().told())
