"""`eegcli train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from eegcli.cli.options import DATA, MODEL, Common, DeviceOption, ThreadsOption, option, split_list, with_common
from eegcli.cli.session import calling
from eegcli.settings import TrainSettings

PAPER = "the architecture's, see `eegcli models`"


@with_common()
def train(
    common: Common,
    windows: Annotated[
        str | None, typer.Argument(help="Windows artifact, or - to read its path from standard input.", show_default=False)
    ] = None,
    target: Annotated[
        str | None, option("Column of windows.parquet to learn.", "--target", panel=DATA, default=TrainSettings.target)
    ] = None,
    kind: Annotated[
        Literal["classification", "regression"] | None, option("Left out: the column's type decides.", "--kind", panel=DATA)
    ] = None,
    classes: Annotated[
        list[str] | None,
        option("Classes in this order, e.g. M,F; the first is class 0 and wins ties.", "--classes", panel=DATA, default="sorted"),
    ] = None,
    threshold: Annotated[
        str | None,
        option(
            "Make classes low and high of a number: high from VALUE on; COLUMN is then the target.",
            "--threshold",
            panel=DATA,
            metavar="COLUMN=VALUE",
        ),
    ] = None,
    split: Annotated[
        str | None,
        option(
            "Train, validation, test: shares, or counts of subjects; or a published rule (truong2021).",
            "--split",
            panel=DATA,
            default=TrainSettings.split,
            metavar="A,B,C|NAME",
        ),
    ] = None,
    cv: Annotated[
        int | None, option("Cross-validate in K folds; a quarter of the other subjects validates.", "--cv", panel=DATA, metavar="K")
    ] = None,
    seeds: Annotated[
        int | None, option("Train N times, with seeds from --seed on.", "--seeds", panel=MODEL, default=TrainSettings.seeds, metavar="N")
    ] = None,
    split_file: Annotated[
        Path | None, option("TSV of the split: subject, split, and fold if there are several.", "--split-file", panel=DATA)
    ] = None,
    holdout: Annotated[
        str | None,
        option(
            "Test on the subjects of this value (or of several, with commas), e.g. release_number=R5.",
            "--holdout",
            panel=DATA,
            metavar="COLUMN=VALUE",
        ),
    ] = None,
    validation: Annotated[
        str | None,
        option(
            "With --holdout: validate on the subjects of this value. Left out: on a share of those not held out.",
            "--validation",
            panel=DATA,
            metavar="COLUMN=VALUE",
        ),
    ] = None,
    split_unit: Annotated[
        Literal["subject", "recording", "trial"] | None,
        option(
            "Anything but subject puts participants on both sides: only to repeat published protocols; the run is marked.",
            "--split-unit",
            panel=DATA,
            default=TrainSettings.split_unit,
        ),
    ] = None,
    arch: Annotated[
        str | None, option("Architecture: `eegcli models` lists them.", "--arch", panel=MODEL, default=TrainSettings.arch)
    ] = None,
    epochs: Annotated[int | None, option("Epochs.", "--epochs", panel=MODEL, default=PAPER)] = None,
    batch_size: Annotated[int | None, option("Windows per batch.", "--batch-size", panel=MODEL, default=PAPER)] = None,
    optimizer: Annotated[
        Literal["adamax", "adam", "adamw", "sgd"] | None, option("Optimiser.", "--optimizer", panel=MODEL, default=PAPER)
    ] = None,
    lr: Annotated[float | None, option("Learning rate.", "--lr", panel=MODEL, default=PAPER)] = None,
    weight_decay: Annotated[float | None, option("Weight decay.", "--weight-decay", panel=MODEL, default=PAPER)] = None,
    class_weights: Annotated[
        Literal["auto", "none", "balanced"] | None,
        option("auto balances from 60:40 on.", "--class-weights", panel=MODEL, default=TrainSettings.class_weights),
    ] = None,
    shuffle_labels: Annotated[
        int | None,
        option(
            "A control: permute the labels over subjects with this seed. What is learnt then is a leak.",
            "--shuffle-labels",
            panel=MODEL,
            metavar="SEED",
        ),
    ] = None,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Train a network, or a baseline, on windows; subjects never stand on both sides of a split.

    Example: eegcli train demo-windows --arch vgg --target sex --device cuda
    """
    with calling("train", common) as call:
        from eegcli.registry import MODELS, lookup

        settings = call.settings(
            TrainSettings,
            windows=call.input(windows, "windows"),
            arch=arch,
            target=target or (threshold.rpartition("=")[0] if threshold else None),
            kind=kind,
            classes=split_list(classes),
            threshold=threshold,
            split=_shares_or_name(split),
            cv=cv,
            seeds=seeds,
            split_file=split_file,
            holdout=holdout,
            validation=validation,
            split_unit=split_unit,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer,
            lr=lr,
            weight_decay=weight_decay,
            class_weights=class_weights,
            shuffle_labels=shuffle_labels,
            device=device,
            threads=threads,
        )
        lookup("architecture", settings.arch, MODELS)  # before torch is imported, which takes seconds
        from eegcli import train as stage

        call.run(stage.run, settings)


def _shares_or_name(split: str | None) -> tuple[float, ...] | str | None:
    from eegcli.errors import UsageError
    from eegcli.registry import lookup, named_splits

    if not split:
        return None
    try:
        return tuple(float(part) for part in split.split(","))
    except ValueError as error:
        if "," in split or split[0].isdigit():
            raise UsageError(
                f"--split {split}: three numbers are needed, e.g. 0.6,0.2,0.2", hint=f"Or a published rule: {', '.join(named_splits())}."
            ) from error
    return lookup("split", split, named_splits())
