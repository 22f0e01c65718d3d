"""Remarks before a training: its sets, what is left out, what cannot be tested."""

from __future__ import annotations

import numpy as np

from eegcli.artifacts.run import CAVEAT, TRANSDUCTIVE, WINDOW, caveat_of
from eegcli.checks.finding import Finding, say
from eegcli.errors import counted, listed
from eegcli.files.column import MISSING_WORDS
from eegcli.reporter import Reporter
from eegcli.study.groups import PARTS
from eegcli.study.sets import SETS, TEST
from eegcli.train.choosing import say_how_the_epoch_is_kept
from eegcli.train.design import Design
from eegcli.train.split.split import Split

CROSSING = "subjects-in-two-splits"  # the check of what a marked run does on purpose
TEST_BLOCK = 512  # windows that are looked at together


def tell(design: Design, findings: dict[str, Finding], reporter: Reporter) -> None:
    """Say who is trained, validated and tested on, what is left out, and what the checks found."""
    target, groups, split = design.target, design.splits[0].groups, design.splits[0]
    if target.n_missing or target.n_other:
        reporter.warn(
            f"{target.n_missing + target.n_other} of {counted(len(target.values), 'window')} are left out: their {target.column} is missing or not asked for"
        )
    if target.kind == "classification":
        reporter.info(
            f"{target.column}: "
            + ", ".join(f"{name} {counted(count, 'window')}" for name, count in zip(target.classes, target.counts, strict=True))
        )
        _suspect_classes(design, reporter)
    fold = f"fold 0 of {len(design.splits)}: " if len(design.splits) > 1 else ""
    counts = split.counts()
    reporter.info(
        fold + ", ".join(f"{name} {counted(counts[name]['n_windows'], 'window')}{_of_whom(counts[name]['n_subjects'])}" for name in SETS)
    )
    if split.unused["n_units"]:
        reporter.warn(
            f"{counted(split.unused['n_units'], f'{groups.word} is', f'{groups.word}s are')} in none of the sets, with {counted(split.unused['n_windows'], 'window')}"
        )
    marked = caveat_of(design.settings.split_unit)
    if design.settings.align != "none":
        reporter.warn(TRANSDUCTIVE)
    if marked:
        said = marked.replace(CAVEAT, f"{CAVEAT} ({findings[CROSSING].value} of them)")
        reporter.warn(said if groups.word == WINDOW else f"split by {groups.word}: {said}")
        _say_who_is_new(split, reporter)
    say((finding for name, finding in findings.items() if not (marked and name == CROSSING)), caveat=marked, reporter=reporter)
    say_how_the_epoch_is_kept(design.splits, design.settings, reporter)
    if design.people.stated and design.groups_differ:
        reporter.warn(
            f"{len(design.groups_differ)} of the persons of --persons have more than one {design.target.column} under their labels "
            f"({listed(design.groups_differ, 3, count=True)}): is the table right?"
        )
    if design.facts["control"]:
        reporter.warn(design.facts["control"])
    _say_what_cannot_be_tested(design, reporter)


def _suspect_classes(design: Design, reporter: Reporter) -> None:
    """Warn of a class whose name is what people write for a missing value: nobody asked for it."""
    if design.asked_classes:
        return
    for name in design.target.classes:
        if name.lower() in MISSING_WORDS:
            others = ",".join(f'"{other}"' if "," in other else other for other in design.target.classes if other != name)
            reporter.warn(
                f"{design.target.column}: {name!r} is taken for a class. If it means a missing value, write n/a in the table, or name the others: --classes '{others}'"
            )


def _of_whom(n_subjects: int) -> str:
    return f" of {counted(n_subjects, 'subject')}" if n_subjects else ""  # imported windows may not say whose they are


def _say_what_cannot_be_tested(design: Design, reporter: Reporter) -> None:
    """Warn of test windows with values that are not finite, where they are at hand: better now than after the training."""
    x = design.windows.x
    if not isinstance(x, np.ndarray):  # at an address: nobody would wait for them
        return
    rows = np.unique(np.concatenate([split.groups.rows[split.windows(TEST)] for split in design.splits]))
    blocks = (rows[start : start + TEST_BLOCK] for start in range(0, len(rows), TEST_BLOCK))
    broken = [row for block in blocks for row in block[~np.isfinite(x[block]).reshape(len(block), -1).all(axis=1)].tolist()]
    if broken:
        names = dict.fromkeys(str(name) for name in design.windows.table["recording"][broken])
        reporter.warn(
            f"{len(broken)} of {len(rows)} test windows hold values that are not finite ({listed(names, 3, count=True)}): they cannot be evaluated"
        )


def _say_who_is_new(split: Split, reporter: Reporter) -> None:
    """Warn of tested participants whom the network did not learn from, where others are on both sides."""
    word = split.groups.word
    n_new, n_tested = split.n_tested_only, split.counts()["test"]["n_subjects"]
    if word in PARTS and n_new:
        reporter.warn(
            f"{n_new} of {n_tested} tested participants have no {word} in the training set (theirs validate, or there is no other): "
            f"figures mix those who were learnt from with those who were not. Validate on a {word} of its own with --validation, "
            "or split by a smaller part: --split-unit run."
        )
