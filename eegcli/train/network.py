"""One network of a run: built, fitted, and written with its figures."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from eegcli import models
from eegcli.artifacts.run import HISTORY, METRICS, MODEL, Fold
from eegcli.artifacts.table import from_rows, write_table
from eegcli.artifacts.windows import Windows
from eegcli.compute.signals import Stop
from eegcli.engine import checkpoint, closed, hyperparameters, loop, score
from eegcli.engine.class_weights import class_weights
from eegcli.engine.device import exact
from eegcli.engine.feed import Examples
from eegcli.engine.loop import Place
from eegcli.engine.objective import Fitted, Objective
from eegcli.files.atomic import write_json, writing
from eegcli.models.closed import closed_form
from eegcli.registry import REPRESENTATIONS
from eegcli.reporter import Reporter
from eegcli.settings import TrainSettings
from eegcli.study.sets import TRAIN, VALIDATION
from eegcli.train.split import Split


@dataclass(frozen=True)
class Job:
    """What all networks of a run share.

    Attributes
    ----------
    settings : TrainSettings
        Resolved.
    windows : Windows
        What is learnt from.
    facts : dict
        Goes into the metrics of each network.
    device : torch.device
    threads : int
    """

    settings: TrainSettings
    windows: Windows
    facts: dict[str, Any]
    device: torch.device
    threads: int

    def build(self, n_outputs: int) -> nn.Module:
        """A fresh network for these windows, its weights from torch's global generator."""
        return models.build(self.settings.arch, **shape_of(self.windows, n_outputs))


def shape_of(windows: Windows, n_outputs: int) -> dict[str, Any]:
    """What a network has to know about the windows: `models.build` takes it."""
    axes = REPRESENTATIONS[windows.representation].axes
    shape = {axis: int(size) for axis, size in zip(axes, windows.x.shape[1:], strict=True)}
    represented = {} if windows.representation == "raw" else {"representation": windows.representation}
    return {**shape, "n_outputs": n_outputs, "sfreq": windows.sfreq, **represented}


def made_of(windows: Windows) -> dict[str, Any]:
    """What other windows have to be made of to fit the network, where their shape does not say it."""
    return {} if windows.representation == "raw" else {"bands": windows.bands, "n_times": windows.n_times}


def train_network(job: Job, split: Split, fold: Fold, *, stop: Stop, reporter: Reporter, label: str) -> None:
    """Train one network and write it; its metrics are written last and say that it is finished.

    Parameters
    ----------
    job : Job
        What all networks of the run share.
    split : Split
        Who is trained on and who validates.
    fold : Fold
        Which network it is, and where it goes.
    stop : Stop
        Whether a signal has come.
    reporter : Reporter
        Receives progress.
    label : str
        Which network of several, for the reporter.
    """
    settings, classes = job.settings, split.units.classes
    train, validation = (_examples(job.windows, split, which) for which in (TRAIN, VALIDATION))
    n_outputs = len(classes) or 1
    counts = np.bincount(train.answers.astype(np.int64), minlength=n_outputs) if classes else None
    weights = None if counts is None else class_weights(counts, settings.class_weights)
    objective = Objective(n_outputs, None if weights is None else torch.from_numpy(weights).float())
    place = Place(job.device, job.threads, fold.path, stop, reporter, label)
    seed = settings.seed + fold.seed
    with exact(job.threads, job.device):
        torch.manual_seed(seed)  # of the initial weights and of dropout
        model = job.build(n_outputs)
        fitted = _fit(model, train, validation, objective, settings, seed=seed, place=place)
    figures = {
        "arch": settings.arch,
        "shape": shape_of(job.windows, n_outputs),
        "ch_names": job.windows.ch_names,
        **made_of(job.windows),
        "n_parameters": models.n_parameters(model),
        "training": hyperparameters.as_dict(settings),
        "fold": fold.fold,
        "seed": seed,
        "kept_epoch": fitted.kept_epoch,
        "validation": {name: value for name, value in fitted.history[fitted.kept_epoch - 1].items() if name != "epoch"},
        "baseline": score.baseline(train.answers, validation.answers, classes),
        "class_weights": weights,
        "sets": split.counts(),
        "threads": job.threads,
        "device": "cpu" if hyperparameters.hyperparameters(settings) is None else job.device.type,
        **job.facts,
    }
    _write(model, fitted, figures, fold)


def _examples(windows: Windows, split: Split, which: int) -> Examples:
    places = split.windows(which)
    return Examples(windows.x, split.units.rows[places], split.units.values[places])


def _fit(
    model: nn.Module, train: Examples, validation: Examples, objective: Objective, settings: TrainSettings, *, seed: int, place: Place
) -> Fitted:
    hyper = hyperparameters.hyperparameters(settings)
    if hyper is None:
        return closed.fit(closed_form(model), train, validation, objective, place=place)
    if not objective.is_regression:
        return loop.fit(model, train, validation, objective, hyper, seed=seed, place=place)
    # A network learns a number in units of its spread over the training windows, so that one learning rate suits all.
    mean, scale = float(train.answers.mean()), float(train.answers.std())
    train, validation = (Examples(part.x, part.rows, (part.answers - mean) / scale) for part in (train, validation))
    fitted = loop.fit(model, train, validation, objective, hyper, seed=seed, place=place)
    restore_unit(model, mean, scale)
    return fitted


def restore_unit(model: nn.Module, mean: float, scale: float) -> None:
    """Write the unit of the target into the last layer of a network that was trained on standardised answers."""
    layer = model.get_submodule("final_layer")
    if not isinstance(layer, nn.Linear):
        raise TypeError(f"final_layer of {type(model).__name__} is a {type(layer).__name__}, not a Linear")
    with torch.no_grad():
        for weights, shift in ((layer.weight, 0.0), (layer.bias, mean)):
            weights.copy_(weights.double().cpu() * scale + shift)


def _write(model: nn.Module, fitted: Fitted, figures: dict[str, Any], fold: Fold) -> None:
    with writing(fold.path / MODEL) as temporary:
        save_file({name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}, temporary)
    write_table(fold.path / HISTORY, from_rows(fitted.history))
    write_json(fold.path / METRICS, figures)
    shutil.rmtree((fold.path / checkpoint.NAME).parent, ignore_errors=True)
