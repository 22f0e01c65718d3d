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
from eegcli.artifacts.checked import CheckedArray
from eegcli.artifacts.metrics_of_run import summary
from eegcli.artifacts.network import HISTORY, MADE_WITH, METRICS, MODEL, ModelDescription, Network
from eegcli.artifacts.table import from_rows, write_table
from eegcli.artifacts.windows import Windows
from eegcli.compute.signals import Stop
from eegcli.engine import checkpoint, closed, hyperparameters, loop
from eegcli.engine.aligned import AlignedArray, aligned
from eegcli.engine.class_weights import class_weights
from eegcli.engine.context import Context
from eegcli.engine.device import exact
from eegcli.engine.examples import Examples
from eegcli.engine.normalisation import fit_scaler
from eegcli.engine.objective import Fitted, Objective, TargetScaler
from eegcli.engine.ranks import ALONE, Ranks
from eegcli.engine.reproducible import reproducible
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
from eegcli.train.reported import reported, tell
from eegcli.train.split.split import Split
from eegcli.train.strongest import strongest_baseline
from eegcli.train.strongest import tell as tell_strongest


@dataclass(frozen=True)
class Job:
    """Settings, windows and device that all networks of a run share.

    Attributes
    ----------
    settings : TrainSettings
        Resolved.
    windows : Windows
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
    ranks : Ranks
        Processes that train each of them together.
    """

    settings: TrainSettings
    windows: Windows
    facts: dict[str, Any]
    device: torch.device
    threads: int
    options: Mapping[str, Any] = field(default_factory=dict)
    code: Code | None = None
    people: People = AS_LABELLED
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
            align=None if self.settings.align == "none" else self.settings.align,
            foreign=None if self.code is None else self.code.identity,
        )

    @cached_property
    def x(self) -> CheckedArray | AlignedArray:
        """Windows as the networks take them: checked, and where it is asked for aligned by subject."""
        return aligned(self.windows, self.description.align, self.people)

    def build(self) -> nn.Module:
        """A fresh network for these windows, its weights from torch's global generator."""
        return self.description.build(self.code)

    def try_out(self, splits: Sequence[Split]) -> list[str]:
        """Build the network once; a foreign one is tried on two windows (`models.probe`). Gives remarks, raises what could not be trained."""
        if self.code is None:
            self.build()
            return []
        hyper = hyperparameters.hyperparameters(self.settings)
        n_train = [int(split.windows(TRAIN).size) for split in splits]
        batch_of_one = hyper is not None and any(n % hyper.batch_size == 1 for n in n_train)
        return probe(self.code, self._build_foreign, device=self.device, batch_of_one=batch_of_one)

    def _build_foreign(self) -> ForeignNetwork:
        network = self.build()
        assert isinstance(network, ForeignNetwork)
        return network


def train_network(job: Job, split: Split, network: Network, *, digest: str, stop: Stop, reporter: Reporter, label: str) -> None:
    """Train one network and write it, by the rank that leads; its metrics are written last and say that it is finished.

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
    """
    settings, classes = job.settings, split.groups.classes
    train, validation = (_examples(job, split, which) for which in (TRAIN, VALIDATION))
    counts = np.bincount(train.labels.astype(np.int64), minlength=len(classes)) if classes else None
    weights = None if counts is None else class_weights(counts, settings.class_weights)
    objective = Objective(job.head, None if weights is None else torch.from_numpy(weights).float())
    context = Context(job.device, job.threads, network.path, stop, reporter, label, job.ranks)
    seed = settings.seed + network.seed
    with exact(job.threads, job.device):
        description = replace(job.description, input_scaler=fit_scaler(settings.normalise, train))
        torch.manual_seed(seed)  # of the initial weights and of dropout
        model = description.build(job.code)
        subjects = _subjects(split, TRAIN)
        test = _examples(job, split, TEST) if settings.report_epoch == "published" else None
        fitted, scaler = _fit(model, train, validation, objective, settings, seed=seed, subjects=subjects, context=context, test=test)
        if not job.ranks.writes:
            return
        strongest = None
        if not settings.no_baseline and len(validation) and hyperparameters.hyperparameters(settings) is not None:
            strongest = strongest_baseline(description, train, validation, weights, subjects=subjects, context=context)
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
        "validation": {
            name: value for name, value in fitted.history[fitted.kept_epoch - 1].items() if name != "epoch" and not name.startswith("test_")
        },
        **honest,
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


def _shape(description: ModelDescription) -> dict[str, Any]:
    """Entries of metrics.json that repeat model.json."""
    represented = {} if description.representation == "raw" else {"representation": description.representation}
    made_of = {"bands": description.bands, "n_times": description.n_times} if represented else {}
    shape = {**description.input, "n_outputs": description.n_outputs, "sfreq": description.sfreq, **represented}
    return {"shape": shape, "ch_names": description.ch_names, **made_of}


def _examples(job: Job, split: Split, which: int) -> Examples:
    places = split.windows(which)
    return Examples(job.x, split.groups.rows[places], split.groups.values[places])


def _subjects(split: Split, which: int) -> NDArray[np.int64]:
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
) -> tuple[Fitted, TargetScaler | None]:
    hyper = hyperparameters.hyperparameters(settings)
    if hyper is None:
        front = model.normalisation if isinstance(model, Normalised) else None
        fitted = closed.fit(closed_form(inner(model)), train, validation, objective, subjects=subjects, context=context, front=front)
        return fitted, None
    if objective.head.kind == "classification":
        return loop.fit(model, train, validation, objective, hyper, seed=seed, context=context, test=test), None
    scaler = TargetScaler.fitted(train.labels)
    train, validation = (replace(part, labels=scaler.standardised(part.labels)) for part in (train, validation))
    test = None if test is None else replace(test, labels=scaler.standardised(test.labels))
    fitted = loop.fit(model, train, validation, replace(objective, scaler=scaler), hyper, seed=seed, context=context, test=test)
    restore_unit(model, scaler)
    return fitted, scaler


def restore_unit(model: nn.Module, scaler: TargetScaler) -> None:
    """Write the unit of the target into the last layer of a network that was trained on standardised labels; beside a foreign one."""
    model = inner(model)
    if isinstance(model, ForeignNetwork):
        model.unit = scaler.mean, scaler.scale
        return
    layer = model.get_submodule("final_layer")
    if not isinstance(layer, nn.Linear):
        raise TypeError(f"final_layer of {type(model).__name__} is a {type(layer).__name__}, not a Linear")
    with torch.no_grad():
        for weights, shift in ((layer.weight, 0.0), (layer.bias, scaler.mean)):
            weights.copy_(weights.double().cpu() * scaler.scale + shift)


def _write(model: nn.Module, description: ModelDescription, fitted: Fitted, metrics: dict[str, Any], network: Network) -> None:
    with writing(network.path / MODEL) as temporary:
        save_file({name: value.detach().cpu().contiguous() for name, value in stored(model).state_dict().items()}, temporary)
    replace(description, weights=digest_of_file(network.path / MODEL)).write(network.path)
    write_table(network.path / HISTORY, from_rows(fitted.history))
    write_json(network.path / METRICS, metrics)
    remove_checkpoint(network)


def remove_checkpoint(network: Network) -> None:
    """Remove what an interrupted training would go on from, once the network is finished."""
    shutil.rmtree((network.path / checkpoint.NAME).parent, ignore_errors=True)
