"""Train: fit an architecture to windows, on subjects that are not those it is judged by."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli import registry
from eegcli.artifacts import folder
from eegcli.artifacts.at_work import LOOK_SECONDS, at_work
from eegcli.artifacts.cleaning import read_cleaning, write_cleaning
from eegcli.artifacts.configuration import configuration_of
from eegcli.artifacts.foreign import write_source
from eegcli.artifacts.metrics_of_run import summary
from eegcli.artifacts.naming import derived_output, part_of_name
from eegcli.artifacts.network import CLAIM, METRICS, Network
from eegcli.artifacts.run import SPLITS, caveat_of, open_run, write_labels, write_people
from eegcli.artifacts.table import Table, write_table
from eegcli.artifacts.table import take as take_rows
from eegcli.checks.finding import Evidence, refuse, run_checks
from eegcli.checks.leaks import excused
from eegcli.compute.ranks import place_of, threads_of
from eegcli.compute.signals import Stop, stop_signals
from eegcli.compute.threads import default_threads
from eegcli.engine import hyperparameters
from eegcli.errors import UnavailableError, UsageError
from eegcli.files.atomic import read_json, write_json
from eegcli.files.claim import Owner, releasing, take
from eegcli.files.digest import digest_of, digest_of_file
from eegcli.lazy import submodules
from eegcli.registry.checks import LEAKS
from eegcli.reporter import PYTHON, Reporter, Silent
from eegcli.result import DryRun, Result
from eegcli.settings import TrainSettings
from eegcli.study.sets import SETS
from eegcli.train import architecture
from eegcli.train.choosing import looked_at
from eegcli.train.design import Design, design_of
from eegcli.train.split import splits_table
from eegcli.train.split.split import Split
from eegcli.train.telling import tell

if TYPE_CHECKING:
    from eegcli.engine.line import Line
    from eegcli.train.network import Job

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

VERSION = 2  # raised when the same settings give another network
CLOSED_VERSION = 3  # of closed forms: from 3 on their penalties are chosen by subjects of the training set


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
        made to mix participants, and marked), training diverges, or the code of a network of your own fails.
    UsageError
        If the settings contradict each other.
    UnavailableError
        If the device is not in this machine.
    Stopped, Interrupted
        If a signal came: the same call again goes on from the checkpoint.
    Told
        If another process that trains the same networks failed.
    """
    label = registry.label_of(settings.arch)
    output = settings.output or derived_output(settings.windows, f"run-{part_of_name(label)}-{part_of_name(settings.target)}")
    settings = replace(settings, output=output)
    place = place_of(settings.ranks)
    if place.size == 1 or settings.dry_run:
        return _run(settings, output, reporter)
    from eegcli.engine.line import joined

    with joined(place) as line:
        if not place.leads:
            _follow(settings, output, line)
            return _result(output)
        result = _run(settings, output, reporter, line)
    return result


def _run(settings: TrainSettings, output: Path, reporter: Reporter, line: Line | None = None) -> Result:
    """Train as one process, or as the rank that leads others."""
    design = design_of(settings, reporter)
    unused = hyperparameters.unused(settings)
    if unused:
        reporter.warn(f"{settings.arch} is fitted in closed form: {', '.join(unused)} is not used")
    findings = run_checks(Evidence(splits=splits_table(design.splits), people=design.people), topic=LEAKS)
    tell(design, findings, reporter)
    configuration = _configuration(design)
    if not settings.dry_run and not settings.force and folder.is_finished(output, "run", design.settings, **configuration):
        design.windows.check_if_touched()
        open_run(output).check_weights()
        folder.touch(output)
        reporter.info(f"{output} is finished; nothing to do.")
        return _result(output)
    if not settings.dry_run:
        folder.refuse_other(output, "run", design.settings, force=settings.force, **configuration)
    refuse(findings.values(), caveat=caveat_of(design.settings.split_unit), excused=excused(design.settings.split_unit))
    job = _prepare(design, reporter)  # raises what can go wrong before anything is written
    if settings.dry_run:
        return _dry_run(design, job, output)
    import torch  # by now it is

    job = replace(job, threads=threads_of(place_of(settings.ranks), settings.threads or _threads_before(output, force=settings.force)))
    artifact = folder.open_folder(output, "run", design.settings, force=settings.force, **configuration)
    folder.write_provenance(
        output,
        settings,
        windows=str(design.windows.path.resolve()),
        threads=job.threads,
        device=str(job.device),
        ranks=place_of(settings.ranks).size,
        torch=str(torch.__version__),
    )
    with _together(design, job, line, reporter) as job:
        _train(design, job, artifact, reporter)
    artifact.finish()
    return _result(output)


def _configuration(design: Design) -> dict[str, Any]:
    """Rest of a configuration beside the settings: digests of what is read, and the version of the code."""
    inputs = {"windows": design.windows.digest}
    if design.settings.split_file is not None:
        inputs["split_file"] = digest_of_file(design.settings.split_file)
    if design.labels is not None:
        inputs["labels"] = design.labels.labels.digest
    if design.renamed is not None:
        inputs["persons"] = design.renamed.digest
    if design.code is not None:
        inputs["network"] = digest_of(design.code.identity)
    version = VERSION if hyperparameters.hyperparameters(design.settings) is not None else CLOSED_VERSION
    return {"inputs": inputs, "version": version}


def _digest(design: Design) -> str:
    digest: str = configuration_of("run", design.settings, **_configuration(design))["digest"]
    return digest


@contextmanager
def _together(design: Design, job: Job, line: Line | None, reporter: Reporter) -> Iterator[Job]:
    """Call the other ranks together, where there are any and a network is trained step by step."""
    if line is None:
        yield job
        return
    if hyperparameters.hyperparameters(design.settings) is None:
        reporter.warn(
            f"{design.settings.arch} is fitted in closed form: {line.place.size - 1} of {line.place.size} ranks have nothing to do"
        )
        yield job
        return
    from eegcli.engine.ranks import together

    reporter.info(f"{line.place.size} ranks train together")
    line.tell(digest=_digest(design), threads=job.threads, device=job.device.type)
    with together(line, job.device) as ranks:
        yield replace(job, ranks=ranks)


def _follow(settings: TrainSettings, output: Path, line: Line) -> None:
    """Train what the rank that leads says, until it says that nothing is left; nothing is written, and nothing said."""
    from eegcli.engine.ranks import together
    from eegcli.train.network import train_network

    with stop_signals() as stop:
        told = line.told(stop)
        if told is None:
            return
        design = design_of(settings, Silent())
        job = _prepare(design, Silent())
        if told["digest"] != _digest(design):
            raise UsageError(
                f"rank {line.place.rank} of {line.place.size} is to train something else than the first",
                hint="Ranks get the same command; independent ones are started with --ranks none.",
            )
        if told["device"] != job.device.type:
            raise UnavailableError(f"rank {line.place.rank} of {line.place.size} has a {job.device.type}, the first a {told['device']}")
        networks = {(network.fold, network.seed): network for network in design.networks(output)}
        with together(line, job.device) as ranks:
            job = replace(job, threads=told["threads"], ranks=ranks)
            while (told := line.told(stop)) is not None:
                network = networks[told["fold"], told["seed"]]
                train_network(job, design.splits[network.fold], network, digest="", stop=stop, reporter=Silent(), label="")


def _prepare(design: Design, reporter: Reporter) -> Job:
    from eegcli.engine.device import device_of, exact
    from eegcli.train.network import Job

    settings = design.settings
    options = architecture.options(settings, design.windows, design.code)
    job = Job(
        settings,
        design.windows,
        design.facts,
        device_of(settings.device, place_of(settings.ranks)),
        default_threads(settings.threads),
        options,
        code=design.code,
        people=design.people,
    )
    with exact(job.threads, job.device):
        for remark in job.try_out(design.splits):
            reporter.warn(remark)
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
        "options": dict(job.description.options),
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
    if design.code is not None:
        write_source(output, design.code)
    if design.labels is not None:
        # Only what is learnt: a clinic's table holds more of its patients than a run should.
        write_labels(output, {name: values for name, values in design.labels.columns.items() if name == design.target.column})
    write_people(output, design.people)
    if (cleaning := read_cleaning(design.windows.path)) is not None:
        write_cleaning(output, cleaning)
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
    job.ranks.begin(fold=network.fold, seed=network.seed)
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
