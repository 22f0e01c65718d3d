"""One network of a run: built, fitted, and written with its figures."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from eegcli import models
from eegcli.artifacts.metrics_of_run import KEPT_BATCH, summary
from eegcli.artifacts.network import HISTORY, MADE_WITH, METRICS, MODEL, TIMING, ModelDescription, Network
from eegcli.artifacts.remote_windows import AnyWindows, RemoteWindows
from eegcli.artifacts.table import from_rows, write_table
from eegcli.compute.signals import Stop, ending_on_stop
from eegcli.engine import checkpoint, closed, hyperparameters, loop
from eegcli.engine.aligned import aligned, recentred_by
from eegcli.engine.class_weights import class_weights
from eegcli.engine.context import Context
from eegcli.engine.device import exact
from eegcli.engine.examples import Examples
from eegcli.engine.frozen import frozen
from eegcli.engine.normalisation import fit_scaler
from eegcli.engine.objective import PLACE, Fitted, Objective, TargetScaler
from eegcli.engine.precision import require
from eegcli.engine.ranks import ALONE, Ranks
from eegcli.engine.reading import WindowArray
from eegcli.engine.reproducible import reproducible
from eegcli.engine.resident import ResidentArray, is_small
from eegcli.engine.schedule import Schedule
from eegcli.engine.turns import Turns, at_a_stretch
from eegcli.errors import InputError
from eegcli.files.atomic import write_json, writing
from eegcli.files.digest import digest_of_file
from eegcli.models.closed import closed_form
from eegcli.models.code import Code
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.head import Head, head_of
from eegcli.models.normalisation import Normalised, inner
from eegcli.models.probe import probe
from eegcli.models.weights import stored
from eegcli.registry import REPRESENTATIONS
from eegcli.reporter import Reporter
from eegcli.settings import TrainSettings
from eegcli.stats.baseline import baseline
from eegcli.study.persons import AS_LABELLED, People, unknown_persons
from eegcli.study.sets import TEST, TRAIN, VALIDATION
from eegcli.train.alignment import alignment_of
from eegcli.train.beginning import Beginning, begin
from eegcli.train.origin import Origin
from eegcli.train.refit import Refit
from eegcli.train.reported import reported, tell
from eegcli.train.split.split import Split
from eegcli.train.strongest import aligned_baseline
from eegcli.train.strongest import tell as tell_strongest
from eegcli.train.unit import leave_unit, restore_unit


@dataclass(frozen=True)
class Job:
    """Settings, windows and device that all networks of a run share.

    Attributes
    ----------
    settings : TrainSettings
        Resolved.
    windows : Windows or RemoteWindows
        Windows artifact.
    facts : dict
        Goes into the metrics of each network.
    device : torch.device
    threads : int
    options : mapping
        Options of the architecture beside the shape of a window; those not named keep their defaults.
    code : Code or None
        Code of a foreign network.
    people : People
        Who is the same person.
    origin : Origin or None
        Run whose weights the networks begin with.
    ranks : Ranks
        Processes that train each of them together.
    """

    settings: TrainSettings
    windows: AnyWindows
    facts: dict[str, Any]
    device: torch.device
    threads: int
    options: Mapping[str, Any] = field(default_factory=dict)
    code: Code | None = None
    people: People = AS_LABELLED
    origin: Origin | None = None
    ranks: Ranks = ALONE

    @property
    def head(self) -> Head:
        """Head: meaning of the outputs of the networks."""
        return head_of(self.settings.arch, self.facts["kind"])

    @property
    def description(self) -> ModelDescription:
        """Architecture, head and windows of the networks, as model.json says them."""
        windows, arch, facts = self.windows, self.settings.arch, self.facts
        return ModelDescription(
            arch=arch,
            options=models.resolved_options(arch, windows.representation, **self.options),
            head=self.head.name,
            n_outputs=self.head.n_outputs(len(facts["classes"])),
            axes=REPRESENTATIONS[windows.representation].axes,
            shape=tuple(int(size) for size in windows.x.shape[1:]),
            representation=windows.representation,
            units=windows.units,
            ch_names=windows.ch_names,
            sfreq=windows.sfreq,
            n_times=windows.n_times,
            bands=windows.bands,
            target=facts["target"],
            kind=facts["kind"],
            classes=facts["classes"],
            align=alignment_of(self.settings),
            foreign=None if self.code is None else self.code.identity,
        )

    @cached_property
    def x(self) -> WindowArray:
        """Windows as the networks take them: checked, where it is asked for aligned by subject, and on a GPU where they leave it room."""
        x = aligned(self.windows, self.description.align, self.people)
        if (
            hyperparameters.hyperparameters(self.settings) is None
            or isinstance(self.windows, RemoteWindows)
            or not is_small(x, self.device)
        ):
            return x
        return ResidentArray(x, self.device)

    @cached_property
    def recentred_by(self) -> NDArray[np.int64] | None:
        """Number of the subject of each window, where the features of these networks are recentred by subject."""
        return recentred_by(self.windows, self.description.align, self.people)

    def build(self) -> nn.Module:
        """A fresh network for these windows, its weights from torch's global generator."""
        return self.description.build(self.code)

    def try_out(self, splits: Sequence[Split]) -> list[str]:
        """Build the network once; a foreign one is tried on two windows (`models.probe`). Gives remarks, raises what could not be trained."""
        if self.origin is not None:
            how = self.settings.normalise
            description = replace(self.description, input_scaler=None if how in (None, "none") else {"how": how})
            for network in {network.path: network for network in self.origin.networks.values()}.values():
                begin(self.build(), description, network, self.settings.freeze, self.code)
        hyper = hyperparameters.hyperparameters(self.settings)
        n_train = [int(split.windows(TRAIN).size) for split in splits]
        batch_of_one = hyper is not None and any(n % hyper.batch_size == 1 or hyper.batch_size == 1 for n in n_train)
        if hyper is not None:
            require(hyper.precision, self.device)
            for n in n_train:
                Schedule.of(hyper, -(-n // hyper.batch_size))
        if self.code is not None:
            return probe(self.code, self._build_foreign, device=self.device, batch_of_one=batch_of_one)
        model = self.build()
        if batch_of_one:
            _require_one_window(model, self.description.shape, self.settings.arch)
        return []

    def begin(self, model: nn.Module, description: ModelDescription, network: Network, reporter: Reporter) -> Beginning:
        """Put the weights that a network begins with into it, where there are any, and say what is not taken over."""
        if self.origin is None:
            return Beginning()
        begun = begin(model, description, self.origin.networks[network.fold, network.seed], self.settings.freeze, self.code)
        begun = replace(begun, cleaned_otherwise=self.origin.cleaned_otherwise)
        if (network.fold, network.seed) == (0, 0):
            begun.tell(reporter)
        return begun

    def _build_foreign(self) -> ForeignNetwork:
        network = self.build()
        assert isinstance(network, ForeignNetwork)
        return network


def _require_one_window(model: nn.Module, shape: tuple[int, ...], arch: str) -> None:
    """Check that a network can learn from a single window: batch norm cannot where it has one value per map.

    Raises
    ------
    InputError
    """
    try:
        model.train()(torch.randn(1, *shape))
    except ValueError as error:
        raise InputError(
            f"{arch} cannot learn from a batch of one window, which the last of an epoch is here: its batch norm has one value per map ({error})",
            hint="Choose another --batch-size.",
        ) from error


def in_turns(
    job: Job, split: Split, network: Network, *, digest: str, stop: Stop, reporter: Reporter, label: str, refit: Refit | None = None
) -> Turns[None]:
    """Train one network and write it, by the rank that leads; its metrics are written last and say that it is finished.

    `train_network` does all the turns.

    Parameters
    ----------
    job : Job
        Settings, windows and device that all networks of the run share.
    split : Split
        Sets of training and validation.
    network : Network
        Fold and seed of the network, and its folder.
    digest : str
        Digest of the run's settings, which the network carries.
    stop : Stop
        Set when a signal has come.
    reporter : Reporter
        Receives progress.
    label : str
        Name of the network among several, for the reporter.
    refit : Refit, optional
        For how long it is trained, where that was chosen before.
    """
    settings, classes = job.settings, split.groups.classes
    with ending_on_stop():  # nothing is lost yet, and to align or to measure many windows takes minutes
        train, validation = (examples_of(job, split, which) for which in (TRAIN, VALIDATION))
        scaler_of_input = fit_scaler(settings.normalise, train)
    counts = np.bincount(train.labels.astype(np.int64), minlength=len(classes)) if classes else None
    weights = None if counts is None else class_weights(counts, settings.class_weights)
    objective = Objective(job.head, None if weights is None else torch.from_numpy(weights).float())
    context = Context(
        job.device,
        job.threads,
        network.path,
        stop,
        reporter,
        label,
        profile=settings.profile,
        eager=settings.eager,
        ranks=job.ranks,
        checkpoint_seconds=60.0 * settings.checkpoint_minutes,
    )
    seed = settings.seed + network.seed
    with exact(job.threads, job.device):
        description = replace(job.description, input_scaler=scaler_of_input)
        torch.manual_seed(seed)  # of the initial weights and of dropout
        model = description.build(job.code)
        begun = job.begin(model, description, network, reporter)
        subjects = subjects_of(split, TRAIN)
        test = examples_of(job, split, TEST) if settings.report_epoch == "published" else None
        try:
            with frozen(stored(model), begun.frozen):
                fitted, scaler = yield from _fit(
                    model,
                    train,
                    validation,
                    objective,
                    settings,
                    seed=seed,
                    subjects=subjects,
                    context=context,
                    test=test,
                    sfreq=description.sfreq,
                    in_unit=begun.in_unit,
                    recentred_by=job.recentred_by,
                    epochs=None if refit is None else refit.epochs,
                )
        except InputError:
            checkpoint.forget_the_start(network.path)
            raise
        if not job.ranks.writes:
            return
        strongest = None
        if not settings.no_baseline and len(validation) and hyperparameters.hyperparameters(settings) is not None:
            strongest = aligned_baseline(description, train, validation, weights, subjects, context, windows=job.windows, people=job.people)
            tell_strongest(strongest, fitted, objective, context)
    honest = reported(fitted, objective)
    tell(honest, objective, reporter, label)
    description = replace(description, target_scaler=None if scaler is None else asdict(scaler))
    device = torch.device("cpu") if hyperparameters.hyperparameters(settings) is None else job.device
    figures = {
        "arch": settings.arch,
        **_shape(description),
        "n_parameters": models.n_parameters(model),
        "training": hyperparameters.as_dict(settings),
        "fold": network.fold,
        "seed": seed,
        "kept_epoch": fitted.kept_epoch,
        **({KEPT_BATCH: int(fitted.kept["batch"])} if "batch" in fitted.kept else {}),
        "validation": {name: value for name, value in fitted.kept.items() if name not in PLACE and not name.startswith("test_")},
        **honest,
        **({} if refit is None else refit.facts),
        **begun.facts,
        "baseline": baseline(train.labels, validation.labels, classes),
        "strongest_baseline": strongest,
        "class_weights": weights,
        "sets": split.counts(),
        "threads": job.threads,
        "device": device.type,
        "reproducible": reproducible(device, job.threads, job.ranks.size),
        **job.facts,
        MADE_WITH: digest,
    }
    _write(model, description, fitted, summary([figures]), network)


train_network = at_a_stretch(in_turns)


def _shape(description: ModelDescription) -> dict[str, Any]:
    """Entries of metrics.json that repeat model.json."""
    represented = {} if description.representation == "raw" else {"representation": description.representation}
    made_of = {"bands": description.bands, "n_times": description.n_times} if represented else {}
    shape = {**description.input, "n_outputs": description.n_outputs, "sfreq": description.sfreq, **represented}
    return {"shape": shape, "ch_names": description.ch_names, **made_of}


def examples_of(job: Job, split: Split, which: int) -> Examples:
    """Windows of a set with their labels, as the network takes them."""
    places = split.windows(which)
    return Examples(job.x, split.groups.rows[places], split.groups.values[places])


def subjects_of(split: Split, which: int) -> NDArray[np.int64]:
    """Number of the person of each window of a set; where nobody knows them each group is one."""
    groups = split.groups
    member = groups.member[split.windows(which)]
    return member if unknown_persons(groups.table) else groups.person[member]


def _fit(
    model: nn.Module,
    train: Examples,
    validation: Examples,
    objective: Objective,
    settings: TrainSettings,
    *,
    seed: int,
    subjects: NDArray[np.int64],
    context: Context,
    test: Examples | None = None,
    sfreq: float = 1.0,
    in_unit: bool = False,
    recentred_by: NDArray[np.int64] | None = None,
    epochs: int | None = None,
) -> Turns[tuple[Fitted, TargetScaler | None]]:
    hyper = hyperparameters.hyperparameters(settings)
    if hyper is None:
        front = model.normalisation if isinstance(model, Normalised) else None
        fitted = closed.fit(
            closed_form(inner(model)),
            train,
            validation,
            objective,
            subjects=subjects,
            context=context,
            front=front,
            recentred_by=recentred_by,
        )
        return fitted, None
    beside: dict[str, Any] = {"seed": seed, "context": context, "sfreq": sfreq, "recentred_by": recentred_by, "epochs": epochs}
    if objective.head.kind == "classification":
        fitted = yield from loop.in_turns(model, train, validation, objective, hyper, **beside, test=test)
        return fitted, None
    scaler = TargetScaler.fitted(train.labels)
    train, validation = (replace(part, labels=scaler.standardised(part.labels)) for part in (train, validation))
    test = None if test is None else replace(test, labels=scaler.standardised(test.labels))
    if in_unit:
        leave_unit(model, scaler)
    objective = replace(objective, scaler=scaler)
    fitted = yield from loop.in_turns(model, train, validation, objective, hyper, **beside, test=test)
    restore_unit(model, scaler)
    return fitted, scaler


def _write(model: nn.Module, description: ModelDescription, fitted: Fitted, metrics: dict[str, Any], network: Network) -> None:
    with writing(network.path / MODEL, alone=True) as temporary:
        save_file({name: value.detach().cpu().contiguous() for name, value in stored(model).state_dict().items()}, temporary)
    replace(description, weights=digest_of_file(network.path / MODEL)).write(network.path)
    write_table(network.path / HISTORY, from_rows(fitted.history))
    if fitted.timing:
        write_table(network.path / TIMING, from_rows(fitted.timing))
    write_json(network.path / METRICS, metrics)
    remove_checkpoint(network)


def remove_checkpoint(network: Network) -> None:
    """Remove what an interrupted training would go on from, once the network is finished."""
    shutil.rmtree((network.path / checkpoint.NAME).parent, ignore_errors=True)
