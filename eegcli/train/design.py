"""Design of a training: windows, target and splits, known before any network is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eegcli import registry
from eegcli.artifacts.network import Network
from eegcli.artifacts.remote_windows import AnyWindows, open_remote_windows
from eegcli.artifacts.run import caveats_of, networks_of
from eegcli.artifacts.windows import open_windows
from eegcli.engine import hyperparameters
from eegcli.errors import InputError, UsageError
from eegcli.models.code import Code, code_of
from eegcli.models.head import head_of
from eegcli.reporter import Reporter
from eegcli.settings import TrainSettings
from eegcli.study.groups import SUBJECT, constant_group
from eegcli.study.labels import Joined, join, labelled, read_labels, tell
from eegcli.study.persons import AS_LABELLED, People, unknown_persons
from eegcli.study.renamed import Renamed, of_these, people_of, read_renamed
from eegcli.study.sets import TRAIN
from eegcli.study.target import Target, target_of
from eegcli.train import architecture
from eegcli.train.choosing import require_test_sets
from eegcli.train.origin import Origin, origin_of
from eegcli.train.refit import refitted
from eegcli.train.regularising import require_regularisation
from eegcli.train.split import make_splits
from eegcli.train.split.fewer import fewer, require_sizes
from eegcli.train.split.groups import gather_groups
from eegcli.train.split.requirements import require_variety
from eegcli.train.split.split import Split


@dataclass(frozen=True)
class Design:
    """Design of a training: windows, target and splits, known before any network is built; labels and persons from tables beside the windows.

    The code of a foreign network is read once: whatever becomes of its file meanwhile, this is what is trained and stored.
    """

    settings: TrainSettings
    windows: AnyWindows
    target: Target
    splits: list[Split]
    labels: Joined | None = None
    people: People = AS_LABELLED
    renamed: Renamed | None = None
    code: Code | None = None
    origin: Origin | None = None
    asked_classes: bool = False  # the classes are those that were named, not those that the table has

    @property
    def facts(self) -> dict[str, Any]:
        """Facts that the metrics of every network, and of the run, hold."""
        settings, target, groups = self.settings, self.target, self.splits[0].groups
        return {
            "target": target.column,
            "kind": target.kind,
            "classes": target.classes,
            "n_folds": len(self.splits),
            "n_seeds": settings.seeds,
            "dropped": {"missing": target.n_missing, "other_values": target.n_other},
            "unused": self.splits[0].unused,
            "n_windows": len(groups.rows),
            "n_subjects": groups.n_subjects(groups.n_windows > 0),
            "marked": caveats_of(settings),
            "control": None
            if settings.shuffle_labels is None
            else f"labels are shuffled (seed {settings.shuffle_labels}): a control, not a result",
        }

    @property
    def groups_differ(self) -> tuple[str, ...]:
        """Persons under several labels whose target is not the same: most likely the table of persons is wrong."""
        groups = self.splits[0].groups
        truth: dict[int, set[object]] = {}
        for person, value in zip(groups.person.tolist(), groups.table["truth"].tolist(), strict=True):
            truth.setdefault(person, set()).add(value)
        wrong = sorted(person for person, values in truth.items() if len(values) > 1)
        return tuple(" alias ".join(map(str, groups.table["subject"][groups.person == person])) for person in wrong)

    def networks(self, root: Path) -> list[Network]:
        """Networks of the run, each with its folder."""
        return list(networks_of(root, len(self.splits), self.settings.seeds))


def design_of(settings: TrainSettings, reporter: Reporter) -> Design:
    """Read the target and split the groups."""
    if settings.seeds < 1:
        raise UsageError(f"--seeds must be at least 1, not {settings.seeds}")
    settings = hyperparameters.resolve(settings)
    windows = _opened(settings)
    registry.form_of(settings.arch, windows.representation)
    code = code_of(settings.arch)
    settings = architecture.resolve(settings, windows, reporter, code)
    if code is not None:
        settings = replace(settings, arch=code.named.name)
    table, labels = _with_labels(windows, settings, reporter)
    target = target_of(table, settings)
    registry.metrics_of(target.kind)  # raises where the table contradicts itself
    head_of(settings.arch, target.kind).n_outputs(len(target.classes))  # raises where it cannot tell so many classes apart
    if unknown_persons(table):
        settings = _by_window(settings)
    renamed = None if settings.persons is None else read_renamed(settings.persons)
    people = AS_LABELLED if renamed is None else _people(renamed, table, reporter)
    groups = gather_groups(table, target, settings.split_unit, people)
    splits = make_splits(groups, table, settings, reporter=reporter)
    if settings.train_subjects:
        splits = _fewer(splits, settings)
    if settings.refit:
        splits = refitted(splits, settings)
    require_test_sets(splits, settings)
    origin = origin_of(settings, len(splits))
    require_regularisation(settings, windows, target.kind, splits, reporter)
    if settings.align != "none":
        _require_varying(target, table, settings.align, people)
    # Kind and classes as found: another cohort is asked the same question, whoever is in it.
    asked = bool(settings.classes or settings.threshold)
    settings = replace(settings, kind=target.kind, classes=target.classes)
    return Design(settings, windows, target, splits, labels, people, renamed, code, origin, asked)


def _fewer(splits: list[Split], settings: TrainSettings) -> list[Split]:
    """Splits with the largest of the parts of the training subjects that are asked for."""
    require_sizes(settings.train_subjects)
    found = []
    for number, split in enumerate(splits):
        where = f"fold {number}: " if len(splits) > 1 else ""
        for size in sorted(settings.train_subjects):  # the smallest has to be possible, too
            part = fewer(split, size, seed=settings.seed, where=where)
            require_variety(part, where, (TRAIN,))
        found.append(part)
    return found


def _require_varying(target: Target, table: Mapping[str, np.ndarray], align: str, people: People) -> None:
    """Refuse to align subjects by what they do not differ in from themselves: it would erase a target that is constant within a subject."""
    known = target.known
    rows = {name: column[known] for name, column in table.items()}
    if constant_group(target.values[known], rows, target.column, people) == SUBJECT:
        raise InputError(
            f"--align {align}: {target.column} does not change within a subject, and alignment makes subjects alike: it would erase what is to be learnt",
            hint="Leave out --align; --normalise channel-window is no transduction.",
        )


def _by_window(settings: TrainSettings) -> TrainSettings:
    """Settings for windows of which nobody knows whose they are: each is a group of its own."""
    if settings.align != "none":
        raise InputError(f"--align {settings.align}: nobody knows whose these windows are", hint="Import them with their subjects.")
    return replace(settings, split_unit="window") if settings.split_unit in ("subject", "trial") else settings


def _people(renamed: Renamed, table: Mapping[str, np.ndarray], reporter: Reporter) -> People:
    subjects = list(zip(table["dataset"].tolist(), table["subject"].tolist(), strict=True))
    return of_these(people_of(renamed, subjects, reporter), subjects)


def _opened(settings: TrainSettings) -> AnyWindows:
    if settings.cache_gb is not None and not settings.cache_gb > 0:
        raise UsageError(f"--cache-gb must be above 0, not {settings.cache_gb:g}")
    if settings.address is None:
        return open_windows(settings.windows)
    return open_remote_windows(settings.address, cache_bytes=None if settings.cache_gb is None else round(1e9 * settings.cache_gb))


def _with_labels(windows: AnyWindows, settings: TrainSettings, reporter: Reporter) -> tuple[Mapping[str, np.ndarray], Joined | None]:
    """Table of the windows with the labels of a table of the user's, where one is named."""
    if settings.labels is None:
        return windows.table, None
    joined = join(read_labels(settings.labels), windows.table)
    tell(joined, windows.table, reporter, of="windows")
    return labelled(windows.table, joined, reporter), joined
