"""Train: fit an architecture to windows, on subjects that are not those it is judged by."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eegcli import registry
from eegcli.artifacts import folder
from eegcli.artifacts.at_work import LOOK_SECONDS, at_work
from eegcli.artifacts.metrics_of_run import summary
from eegcli.artifacts.naming import derived_output, part_of_name
from eegcli.artifacts.network import CLAIM, METRICS, Network
from eegcli.artifacts.run import CAVEAT, SPLITS, WINDOW, caveat_of, caveats_of, networks_of, open_run, write_labels
from eegcli.artifacts.table import Table, write_table
from eegcli.artifacts.table import take as take_rows
from eegcli.artifacts.windows import Windows, open_windows
from eegcli.checks.finding import Evidence, Finding, refuse, run_checks, say
from eegcli.checks.leaks import excused
from eegcli.compute.signals import Stop, stop_signals
from eegcli.compute.threads import default_threads
from eegcli.engine import hyperparameters
from eegcli.errors import UsageError, listed
from eegcli.files.atomic import read_json, write_json
from eegcli.files.claim import Owner, releasing, take
from eegcli.files.digest import digest_of_file
from eegcli.lazy import submodules
from eegcli.models.head import head_of
from eegcli.registry.checks import LEAKS
from eegcli.reporter import PYTHON, Reporter
from eegcli.result import DryRun, Result
from eegcli.settings import TrainSettings
from eegcli.study.groups import PARTS
from eegcli.study.labels import Joined, join, labelled, read_labels, tell
from eegcli.study.persons import unknown_persons
from eegcli.study.sets import SETS, TEST
from eegcli.study.target import Target, target_of
from eegcli.train import architecture
from eegcli.train.choosing import looked_at, require_test_sets, say_how_the_epoch_is_kept
from eegcli.train.split import make_splits, splits_table
from eegcli.train.split.groups import gather_groups
from eegcli.train.split.split import Split

if TYPE_CHECKING:
    from eegcli.train.network import Job

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

CROSSING = "subjects-in-two-splits"  # the check of what a marked run does on purpose
TEST_BLOCK = 512  # windows that are looked at together
VERSION = 2  # raised when the same settings give another network


@dataclass(frozen=True, kw_only=True, repr=False)
class TrainResult(Result):
    """The run, and how its networks did on the windows of the validation subjects.

    Attributes
    ----------
    arch, target, kind : str
    classes : tuple of str
    n_parameters : int
    n_folds, n_seeds : int
    kept_epoch : int or list of int
        Number of the kept epoch; a list where there are several networks.
    validation : dict of str to float
        Figures of the kept epochs: the mean over networks.
    marked : str or None
        Caveat that stands beside every number made from this run.
    optimistic, honest : dict or None
        With `report_epoch` published: figures of the test set at the epoch that it chose, and at the one that the validation set chose.
    """

    arch: str
    target: str
    kind: str
    classes: tuple[str, ...]
    n_parameters: int
    n_folds: int
    n_seeds: int
    kept_epoch: int | list[int]
    validation: dict[str, float]
    marked: str | None
    optimistic: dict[str, float] | None = None
    honest: dict[str, float] | None = None


@dataclass(frozen=True)
class Design:
    """Design of a training: windows, target and splits, known before any network is built; and labels from a table beside the windows."""

    settings: TrainSettings
    windows: Windows
    target: Target
    splits: list[Split]
    labels: Joined | None = None

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

    def networks(self, root: Path) -> list[Network]:
        """Networks of the run, each with its folder."""
        return list(networks_of(root, len(self.splits), self.settings.seeds))


@releasing()
def run(settings: TrainSettings, *, reporter: Reporter = PYTHON) -> Result:
    """Train networks, or a baseline, on windows; keep the epoch that suits the validation subjects best.

    Parameters
    ----------
    settings : TrainSettings
        Windows, architecture, target, split, hyper-parameters, device.
    reporter : Reporter, optional
        Receives progress and warnings. Left out: Python's `warnings` and `logging`.

    Returns
    -------
    TrainResult or DryRun
        The run artifact; with `dry_run` what would be trained on whom.

    Raises
    ------
    InputError
        If the target cannot be learnt from these windows, there are too few subjects, a check finds the splits broken (unless the run is
        made to mix participants, and marked), or training diverges.
    UsageError
        If the settings contradict each other.
    UnavailableError
        If the device is not in this machine.
    Stopped, Interrupted
        If a signal came: the same call again goes on from the checkpoint.
    """
    output = settings.output or derived_output(settings.windows, f"run-{part_of_name(settings.arch)}-{part_of_name(settings.target)}")
    settings = replace(settings, output=output)
    design = _design(settings, reporter)
    unused = hyperparameters.unused(settings)
    if unused:
        reporter.warn(f"{settings.arch} is fitted in closed form: {', '.join(unused)} is not used")
    findings = run_checks(Evidence(splits=splits_table(design.splits)), topic=LEAKS)
    _say(design, findings, reporter)
    inputs = {"windows": design.windows.digest}
    if settings.split_file is not None:
        inputs["split_file"] = digest_of_file(settings.split_file)
    if design.labels is not None:
        inputs["labels"] = design.labels.labels.digest
    configuration: dict[str, Any] = {"inputs": inputs, "version": VERSION}
    if not settings.dry_run and not settings.force and folder.is_finished(output, "run", design.settings, **configuration):
        design.windows.check_if_touched()
        open_run(output).check_weights()
        reporter.info(f"{output} is finished; nothing to do.")
        return _result(output)
    if not settings.dry_run:
        folder.refuse_other(output, "run", design.settings, force=settings.force, **configuration)
    refuse(findings.values(), caveat=caveat_of(design.settings.split_unit), excused=excused(settings.split_unit))
    job = _prepare(design)  # raises what can go wrong before anything is written
    if settings.dry_run:
        return _dry_run(design, job, output)
    job = replace(job, threads=default_threads(settings.threads or _threads_before(output, force=settings.force)))
    artifact = folder.open_folder(output, "run", design.settings, force=settings.force, **configuration)
    folder.write_provenance(output, settings, windows=str(design.windows.path.resolve()), threads=job.threads, device=str(job.device))
    _train(design, job, artifact, reporter)
    artifact.finish()
    return _result(output)


def _design(settings: TrainSettings, reporter: Reporter) -> Design:
    """Read the target and split the groups."""
    if settings.seeds < 1:
        raise UsageError(f"--seeds must be at least 1, not {settings.seeds}")
    settings = hyperparameters.resolve(settings)
    windows = open_windows(settings.windows)
    registry.form_of(settings.arch, windows.representation)
    settings = architecture.resolve(settings, windows, reporter)
    table, labels = _with_labels(windows, settings, reporter)
    target = target_of(table, settings)
    registry.metrics_of(target.kind)  # raises where the table contradicts itself
    head_of(settings.arch, target.kind).n_outputs(len(target.classes))  # raises where it cannot tell so many classes apart
    if settings.split_unit in ("subject", "trial") and unknown_persons(table):
        settings = replace(settings, split_unit="window")
    groups = gather_groups(table, target, settings.split_unit)
    splits = make_splits(groups, table, settings)
    require_test_sets(splits, settings)
    # Kind and classes as found: another cohort is asked the same question, whoever is in it.
    return Design(replace(settings, kind=target.kind, classes=target.classes), windows, target, splits, labels)


def _with_labels(windows: Windows, settings: TrainSettings, reporter: Reporter) -> tuple[Mapping[str, np.ndarray], Joined | None]:
    """Table of the windows with the labels of a table of the user's, where one is named."""
    if settings.labels is None:
        return windows.table, None
    joined = join(read_labels(settings.labels), windows.table)
    tell(joined, windows.table, reporter, of="windows")
    return labelled(windows.table, joined, reporter), joined


def _say(design: Design, findings: dict[str, Finding], reporter: Reporter) -> None:
    target, groups, split = design.target, design.splits[0].groups, design.splits[0]
    if target.n_missing or target.n_other:
        reporter.warn(
            f"{target.n_missing + target.n_other} of {len(target.values)} windows are left out: their {target.column} is missing or not asked for"
        )
    if target.kind == "classification":
        reporter.info(
            f"{target.column}: " + ", ".join(f"{name} {count} windows" for name, count in zip(target.classes, target.counts, strict=True))
        )
    fold = f"fold 0 of {len(design.splits)}: " if len(design.splits) > 1 else ""
    counts = split.counts()
    reporter.info(fold + ", ".join(f"{name} {counts[name]['n_windows']} windows{_of_whom(counts[name]['n_subjects'])}" for name in SETS))
    if split.unused["n_units"]:
        reporter.warn(f"{split.unused['n_units']} {groups.word}s with {split.unused['n_windows']} windows are in none of the sets")
    marked = caveat_of(design.settings.split_unit)
    if marked:
        said = marked.replace(CAVEAT, f"{CAVEAT} ({findings[CROSSING].value} of them)")
        reporter.warn(said if groups.word == WINDOW else f"split by {groups.word}: {said}")
        _say_who_is_new(split, reporter)
    say((finding for name, finding in findings.items() if not (marked and name == CROSSING)), caveat=marked, reporter=reporter)
    say_how_the_epoch_is_kept(design.splits, design.settings, reporter)
    if design.facts["control"]:
        reporter.warn(design.facts["control"])
    _say_what_cannot_be_tested(design, reporter)


def _of_whom(n_subjects: int) -> str:
    return f" of {n_subjects} subjects" if n_subjects else ""  # imported windows may not say whose they are


def _say_what_cannot_be_tested(design: Design, reporter: Reporter) -> None:
    """Warn of test windows with values that are not finite: better now than after the training."""
    x = design.windows.x
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


def _prepare(design: Design) -> Job:
    from eegcli.engine.device import exact, find_device
    from eegcli.train.network import Job

    settings = design.settings
    options = architecture.options(settings, design.windows)
    job = Job(settings, design.windows, design.facts, find_device(settings.device), default_threads(settings.threads), options)
    with exact(job.threads, job.device):
        job.build()
    return job


def _dry_run(design: Design, job: Job, output: Path) -> DryRun:
    from eegcli import models
    from eegcli.engine.cost import START_BYTES, START_SECONDS
    from eegcli.engine.device import exact
    from eegcli.engine.expectation import expected_bytes, expected_seconds

    settings, counts = design.settings, design.splits[0].counts()
    n_train, n_validation = counts["train"]["n_windows"], sum(counts[name]["n_windows"] for name in looked_at(settings))
    n_networks = len(design.splits) * settings.seeds
    shape = design.windows.x.shape[1:]
    hyper = hyperparameters.hyperparameters(settings)
    with exact(job.threads, job.device):
        model = job.build().to(job.device)
        memory = expected_bytes(model, shape, hyper=hyper, n_windows=n_train + n_validation)
        seconds = n_networks * expected_seconds(model, shape, hyper=hyper, n_train=n_train, n_validation=n_validation)
    facts = {
        **design.facts,
        "arch": settings.arch,
        "training": hyperparameters.as_dict(settings),
        "n_parameters": models.n_parameters(model),
        "sets": counts if len(design.splits) == 1 else _counts_of_folds(design.splits),
        "device": str(job.device),
        "threads": job.threads,
        "memory_bytes": START_BYTES + memory,
        "seconds": round(START_SECONDS + seconds, 1),
        "bytes": 4 * models.n_parameters(model) * n_networks,
    }
    return DryRun(output=output, n_items=n_networks, summary=facts)


def _counts_of_folds(splits: list[Split]) -> dict[str, dict[str, list[int]]]:
    """Counts of each set, a number per fold."""
    counts = [split.counts() for split in splits]
    return {name: {what: [fold[name][what] for fold in counts] for what in counts[0][name]} for name in SETS}


def _threads_before(output: Path, *, force: bool) -> int | None:
    """Threads of the unfinished run that goes on: another number would change the last bits of what is left."""
    path = output / folder.PROVENANCE
    if force or not path.is_file():
        return None
    threads = read_json(path).get("threads")
    return threads if isinstance(threads, int) and threads > 0 else None


def _train(design: Design, job: Job, artifact: folder.Folder, reporter: Reporter) -> None:
    """Train the networks that nobody has trained; several processes share them out, a network at a time."""
    output = artifact.path
    networks = design.networks(output)
    splits = splits_table(design.splits)
    write_table(output / SPLITS, splits)
    if design.labels is not None:
        # Only what is learnt: a clinic's table holds more of its patients than a run should.
        write_labels(output, {name: values for name, values in design.labels.columns.items() if name == design.target.column})
    finished: set[Path] = set()
    with stop_signals() as stop:
        while True:
            held: list[Owner] = []
            for network in networks:
                if network.path in finished:
                    continue
                stop.raise_if_requested()
                claim = take(network.path / CLAIM)
                if isinstance(claim, Owner):
                    held.append(claim)
                    continue
                with claim:
                    _train_one(design, job, artifact, network, splits, stop=stop, reporter=reporter)
                finished.add(network.path)
            if not held:
                break
            if not design.settings.wait:
                raise at_work(output, held, what=f"{len(held)} of {len(networks)} networks")
            time.sleep(LOOK_SECONDS)
    if len(networks) > 1:
        write_json(output / METRICS, summary([network.metrics for network in networks]))


def _train_one(
    design: Design, job: Job, artifact: folder.Folder, network: Network, splits: Table, *, stop: Stop, reporter: Reporter
) -> None:
    from eegcli.train.network import remove_checkpoint, train_network

    label = _label(network, design)
    if network.is_made_with(artifact.digest):
        network.check()  # the done mark will vouch for it
        remove_checkpoint(network)  # of a process that was killed before it could
        reporter.info(f"{label}is finished")
        return
    if network.path != artifact.path:
        write_table(network.path / SPLITS, take_rows(splits, splits["fold"] == network.fold))
    train_network(job, design.splits[network.fold], network, digest=artifact.digest, stop=stop, reporter=reporter, label=label)


def _label(network: Network, design: Design) -> str:
    parts = [f"fold {network.fold}"] if len(design.splits) > 1 else []
    if design.settings.seeds > 1:
        parts.append(f"seed {design.settings.seed + network.seed}")
    return f"{', '.join(parts)}: " if parts else ""


def _result(output: Path) -> TrainResult:
    folder.contents_of(output).check(METRICS)
    metrics = read_json(output / METRICS)
    names = ("arch", "target", "kind", "n_parameters", "n_folds", "n_seeds", "kept_epoch", "validation", "marked")
    return TrainResult(
        output=output,
        n_items=metrics["n_folds"] * metrics["n_seeds"],
        classes=tuple(metrics["classes"]),
        **{name: metrics[name] for name in names},
        optimistic=metrics.get("optimistic"),
        honest=metrics.get("honest"),
    )
