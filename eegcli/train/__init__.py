"""Train: fit an architecture to windows, on subjects that are not those it is judged by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli import registry
from eegcli.artifacts import folder
from eegcli.artifacts.cleaning import write_cleaning
from eegcli.artifacts.foreign import write_source
from eegcli.artifacts.metrics_of_run import summary
from eegcli.artifacts.naming import derived_output, part_of_name
from eegcli.artifacts.network import METRICS, Network
from eegcli.artifacts.refit import validated
from eegcli.artifacts.remaking import MADE, settings_of_windows
from eegcli.artifacts.run import SPLITS, caveat_of, open_run, write_ancestors, write_labels, write_people
from eegcli.artifacts.sizes import of_size, smaller_sizes
from eegcli.artifacts.table import write_table
from eegcli.checks.finding import Evidence, refuse, run_checks
from eegcli.checks.leaks import excused
from eegcli.compute.ranks import Place, place_of
from eegcli.compute.signals import ending_on_stop
from eegcli.engine import hyperparameters
from eegcli.errors import counted
from eegcli.files.atomic import read_json, write_json
from eegcli.files.block import releasing
from eegcli.lazy import submodules
from eegcli.registry.checks import LEAKS
from eegcli.reporter import PYTHON, Reporter, Silent
from eegcli.result import DryRun, Result
from eegcli.settings import TrainSettings
from eegcli.train.configuration import configuration_of
from eegcli.train.design import Design, design_of
from eegcli.train.evidence import say_what_is_suspect
from eegcli.train.origin import require_unseen
from eegcli.train.preparation import prepare, torch_version
from eegcli.train.refit import choosing, rehearsed
from eegcli.train.shares import jobs_of, refuse_apart, share_of, threads_of
from eegcli.train.split import splits_table
from eegcli.train.telling import tell

if TYPE_CHECKING:
    from eegcli.engine.line import Line
    from eegcli.train.network import Job

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)


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
    refit : dict or None
        With `refit`: ``epochs`` that the validation subjects chose (a list where there are several networks), and their figures then,
        ``validation`` (the mean over networks).
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
    refit: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class ShareResult(Result):
    """A share of the networks of a run, which is unfinished: the command that ends last writes its summary.

    Attributes
    ----------
    trained : int
        Networks of this share; all of them are trained.
    left : int
        Networks that other shards have still to train.
    """

    trained: int
    left: int


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
    TrainResult, ShareResult or DryRun
        The run artifact; of a shard, while others are left, how many; with `dry_run` what would be trained on whom.

    Raises
    ------
    InputError
        If the target cannot be learnt from these windows, there are too few subjects, a check finds the splits broken (unless the run is
        made to mix participants, and marked), training diverges, or the code of a network of your own fails.
    UsageError
        If the settings contradict each other.
    UnavailableError
        If the device is not in this machine.
    PartlyFailed
        If some of several networks could not be trained.
    Stopped, Interrupted
        If a signal came: the same call again goes on from the checkpoint.
    Told
        If another process that trains the same networks failed.
    """
    label = registry.label_of(settings.arch)
    output = settings.output or derived_output(settings.windows, f"run-{part_of_name(label)}-{part_of_name(settings.target)}")
    settings = replace(settings, output=output)
    place = place_of(settings.ranks)
    if place.size > 1 and not settings.dry_run:
        return _run_together(settings, output, place, reporter)
    result = _run(settings, output, reporter)
    if not settings.dry_run:
        for part in _with_fewer_subjects(settings, output):
            _say_size(part, reporter)
            _run(part, _output_of(part), reporter)
    return result


def _with_fewer_subjects(settings: TrainSettings, output: Path) -> list[TrainSettings]:
    """Settings of the runs with smaller shares of the training subjects, whose outputs lie in that of the whole."""
    return [
        replace(settings, output=of_size(output, size), train_subjects=(size,), no_baseline=True)
        for size in smaller_sizes(settings.train_subjects)
    ]


def _output_of(settings: TrainSettings) -> Path:
    assert settings.output is not None
    return settings.output


def _say_size(settings: TrainSettings, reporter: Reporter) -> None:
    reporter.info(f"--train-subjects {settings.train_subjects[0]:g}")


def _run_together(settings: TrainSettings, output: Path, place: Place, reporter: Reporter) -> Result:
    """Train as one of several ranks; the one that leads does all but the computing."""
    from eegcli.engine.line import joined
    from eegcli.train.together import follow

    refuse_apart(settings, place)
    with joined(place) as line:
        if not place.leads:
            chooser = [choosing(settings, output)] if settings.refit else []
            for part in (*chooser, settings, *_with_fewer_subjects(settings, output)):
                follow(part, _output_of(part), line)
            return _result(output)
        result = _run(settings, output, reporter, line)
        for part in _with_fewer_subjects(settings, output):
            line.end()  # of the run before: the others go on to this one
            _say_size(part, reporter)
            _run(part, _output_of(part), reporter, line)
        return result


def _run(settings: TrainSettings, output: Path, reporter: Reporter, line: Line | None = None) -> Result:
    """Train the networks of one run, alone or as the rank that leads others."""
    design = design_of(settings, reporter)
    if settings.batch_size == "auto":
        design = _with_batch_size(design, output, reporter)
    unused = hyperparameters.unused(settings)
    if unused:
        reporter.warn(f"{settings.arch} is fitted in closed form: {', '.join(unused)} is not used")
    findings = run_checks(Evidence(splits=splits_table(design.splits), people=design.people), topic=LEAKS)
    tell(design, findings, reporter)
    configuration = configuration_of(design, output)
    if not settings.dry_run and not settings.force and folder.is_finished(output, "run", design.settings, **configuration):
        design.windows.check_if_touched()
        open_run(output).check_weights()
        folder.touch(output)
        reporter.info(f"{output} is finished; nothing to do.")
        if settings.refit and line is not None:
            line.end()  # of the training within it, for which the others wait
        return _result(output)
    if not settings.dry_run:
        folder.refuse_other(output, "run", design.settings, force=settings.force, **configuration)
    refuse(findings.values(), caveat=caveat_of(design.settings.split_unit), excused=excused(design.settings.split_unit))
    if design.origin is not None:
        require_unseen(design.origin, design.splits, design.people)
        design = replace(design, origin=design.origin.compared(design.windows, allowed=settings.allow_differences, reporter=reporter))
    networks = design.networks(output)
    shard, share = share_of(settings, networks, reporter)
    jobs = jobs_of(settings, len(networks), reporter)
    job = prepare(design, jobs, reporter)  # raises what can go wrong before anything is written
    if not settings.refit:  # else the training within it says so
        say_what_is_suspect(design, job, reporter)
    if settings.dry_run:
        from eegcli.train.rehearsal import rehearse

        rehearsal = rehearse(design, job, output, shard=shard, n_networks=len(share), jobs=jobs)
        if not settings.refit:
            return rehearsal
        first = _run(choosing(settings, output), validated(output), Silent())
        assert isinstance(first, DryRun)
        return rehearsed(first, rehearsal)
    job = replace(job, threads=threads_of(settings, jobs, _threads_before(output, force=settings.force)))
    artifact = folder.open_folder(output, "run", design.settings, force=settings.force, **configuration)
    place = place_of(settings.ranks)
    noted = {"threads": job.threads, "device": str(job.device), "ranks": place.size, "torch": torch_version()}
    noted |= {MADE: settings_of_windows(design.windows.place)}  # for whoever has to cut windows of others alike
    folder.write_provenance(output, settings, windows=design.windows.place, **noted)
    if settings.refit:
        _run(choosing(replace(settings, batch_size=design.settings.batch_size), output), validated(output), reporter, line)
        if line is not None:
            line.end()  # the others go on to the run itself
    if line is None:
        _train(design, job, artifact, share, jobs, reporter)
    else:
        from eegcli.train.together import leading

        with leading(design, job, artifact.digest, line, reporter) as job:
            _train(design, job, artifact, share, jobs, reporter)
    with ending_on_stop():  # whole files only: the same call again completes it
        left = _complete(artifact, networks)
    if left:
        reporter.info("Unfinished: the shard that ends last writes the summary.")
        return ShareResult(output=output, n_items=len(share), trained=len(share), left=left)
    return _result(output)


def _with_batch_size(design: Design, output: Path, reporter: Reporter) -> Design:
    """Design with a batch size that fits into memory: that of the run that is there, else found by trying."""
    hyper = hyperparameters.hyperparameters(design.settings)
    if hyper is None:
        return design
    stored = read_json(output / folder.SETTINGS) if not design.settings.force and (output / folder.SETTINGS).is_file() else {}
    size = stored.get("settings", {}).get("batch_size")
    if not isinstance(size, int):
        from eegcli.train.batch_size import largest_that_fits, out_of_memory

        job = prepare(design, 1, reporter)
        size = largest_that_fits(job, design.splits[0], hyper)
        if size is None:
            raise out_of_memory(job, design.splits[0], replace(hyper, batch_size=1))
        reporter.info(f"--batch-size auto: {size}")
    return replace(design, settings=replace(design.settings, batch_size=size))


def _threads_before(output: Path, *, force: bool) -> int | None:
    """Threads of the unfinished run that goes on: another number would change the last bits of what is left."""
    path = output / folder.PROVENANCE
    if force or not path.is_file():
        return None
    threads = read_json(path).get("threads")
    return threads if isinstance(threads, int) and threads > 0 else None


def _train(design: Design, job: Job, artifact: folder.Folder, share: list[Network], jobs: int, reporter: Reporter) -> None:
    """Train the networks of this command's share that nobody has trained."""
    from eegcli.train.at_once import at_once_of
    from eegcli.train.trainer import Trainer, train_networks

    output = artifact.path
    splits = splits_table(design.splits)
    write_table(output / SPLITS, splits)
    if design.code is not None:
        write_source(output, design.code)
    if design.labels is not None:
        # Only what is learnt: a clinic's table holds more of its patients than a run should.
        write_labels(output, {name: values for name, values in design.labels.columns.items() if name == design.target.column})
    write_people(output, design.people)
    if design.origin is not None:
        write_ancestors(output, design.origin.all_seen)
    if (cleaning := design.windows.cleaning) is not None:
        write_cleaning(output, cleaning)
    at_once = at_once_of(job, len(share), jobs=jobs)
    if at_once > 1:
        reporter.info(f"{counted(at_once, 'network')} take turns on {job.device}")
    trainer = Trainer(job, design.splits, splits, output, artifact.digest, at_once)
    train_networks(trainer, share, jobs=jobs, only=len(design.splits) * design.settings.seeds == 1, reporter=reporter)


def _complete(artifact: folder.Folder, networks: list[Network]) -> int:
    """Write the summary and the done mark if every network is trained, by whomever; the number of those that are not.

    Every shard does this when it ends. No lock is needed: the last one sees all that is there, and whoever sees it writes the same bytes.
    """
    from eegcli.train.network import remove_checkpoint

    left = sum(not network.is_made_with(artifact.digest) for network in networks)
    if not left:
        for network in networks:
            remove_checkpoint(network)  # its process may be about to do so: the done mark must not list it
        if len(networks) > 1:
            write_json(artifact.path / METRICS, summary([network.metrics for network in networks]))
        artifact.finish()
    return left


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
        refit=metrics.get("refit"),
    )
