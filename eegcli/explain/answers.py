"""Answers of one network: what each method says of its windows, and what its controls measured."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.network import Network
from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.artifacts.run import Run
from eegcli.engine.aligned import aligned, recentred_by
from eegcli.engine.precision import Precision
from eegcli.engine.update import laid_out
from eegcli.explain.attribution import ClassOutputs, mean_spectrum
from eegcli.explain.background import background_of
from eegcli.explain.choose import Chosen, choose_windows, held_out
from eegcli.explain.controls import cascade, complete, faithful, shuffled, untrained, wrong_class
from eegcli.explain.controls.learnt import HeldOut
from eegcli.explain.controls.outcome import Outcome, not_run
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds.protocol import Control, Kind
from eegcli.explain.methods.filters import NoFiltersError
from eegcli.explain.methods.saliency_replacement import NotSamplesError
from eegcli.explain.parts import NoPartsError
from eegcli.explain.rescale import NoRuleError
from eegcli.registry import EXPLANATION_KINDS, EXPLANATIONS, ExplanationEntry, load
from eegcli.reporter import Reporter
from eegcli.settings import ExplainSettings

Floats = NDArray[np.float64]

FEWEST = 4  # windows per class of a network, however many networks share a budget
NOT_SAID = (NoPartsError, NoRuleError, NotSamplesError, NoFiltersError)  # a network or its windows have not what a method asks


@dataclass(frozen=True)
class Evidence:
    """Measurements of the controls of a method in one network; None where one was not run.

    Attributes
    ----------
    profile : ndarray
        Of the method's result, where networks are compared.
    control : Control
        Untrained networks.
    cascade : cascade.Cascade
        Randomised layers.
    wrong_class : float
        Correlation with the maps of another class.
    incomplete : float
        Share of the outputs that sums of attributions miss.
    lost : ndarray, shape (n_windows, 2)
        Outputs lost by swapping, and subjects of these windows.
    shuffled : Outcome
    """

    profile: Floats
    shuffled: Outcome
    control: Control | None = None
    cascade: cascade.Cascade | None = None
    wrong_class: float | None = None
    incomplete: float | None = None
    lost: Floats | None = None
    subject: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


@dataclass(frozen=True)
class Answers:
    """Answers of one network.

    Attributes
    ----------
    network : Network
    chosen : Chosen
        Its windows.
    input_spectrum : ndarray, shape (n_classes, n_channels, n_freqs)
    results : dict
        Of each method that it can be asked.
    evidence : dict
        Of each of these.
    left_out : dict of str to str
        Methods that it cannot be asked, and why.
    held_out : HeldOut or None
        Its predictions of a set that it did not learn from.
    """

    network: Network
    chosen: Chosen
    input_spectrum: Floats
    results: dict[str, Any]
    evidence: dict[str, Evidence]
    left_out: dict[str, str]
    held_out: HeldOut | None


@dataclass(frozen=True)
class Asked:
    """Question to every network of a run: windows, methods, device, and what they are compared with.

    Attributes
    ----------
    run : Run
    windows : Windows or RemoteWindows
        Its own.
    settings : ExplainSettings
    freqs : ndarray, shape (n_freqs,), Hz
    device : torch.device
    is_said : bool
        The methods were named: one that cannot be asked is an error.
    permuted : tuple of Network
        Networks that were trained on permuted labels.
    """

    run: Run
    windows: AnyWindows
    settings: ExplainSettings
    freqs: Floats
    device: torch.device
    is_said: bool
    permuted: tuple[Network, ...] = ()

    @property
    def n_networks(self) -> int:
        """Networks that share the budgets."""
        return len(self.run.networks)

    def shared(self, n: int) -> int:
        """Share of one network in a number of windows, rounded up."""
        return -(-n // self.n_networks)


def answers_of(network: Network, asked: Asked, reporter: Reporter) -> Answers:
    """Choose a network's windows, ask it every method, and run the controls.

    Parameters
    ----------
    network : Network
        Of the run.
    asked : Asked
    reporter : Reporter
        Shows the progress.

    Raises
    ------
    UsageError
        If it cannot be asked a method that was named.
    InputError
        If a class has no window in the set.
    """
    settings, windows, people = asked.settings, asked.windows, asked.run.people
    model, how = laid_out(network.model(), asked.device, Precision("fp32", asked.device)).eval(), network.description.align
    x, moved = aligned(windows, how, people), recentred_by(windows, how, people)
    chosen = choose_windows(
        asked.run,
        network,
        model,
        windows,
        x,
        split=settings.split,
        n_windows=asked.shared(settings.n_windows),
        device=asked.device,
        reporter=reporter,
        recentred_by=moved,
        seed=settings.seed,
    )
    held = held_out(asked.run, network, model, windows, x, device=asked.device, recentred_by=moved)
    explained = ClassOutputs(model, network.head)
    background = background_of(asked.run, network, explained, windows, x, chosen.classes, chosen.pool, settings)
    material = replace(_material(x, chosen, asked), background=background)
    results, evidence, left_out = {}, {}, {}
    for name in settings.method:
        try:
            results[name], evidence[name] = _ask(name, explained, material, asked, reporter)
        except NOT_SAID as error:
            if asked.is_said:
                raise
            left_out[name] = error.message
    return Answers(network, chosen, mean_spectrum(material.x, material), results, evidence, left_out, held)


def _material(x: Any, chosen: Chosen, asked: Asked) -> ExplainedWindows:
    windows = asked.windows
    return ExplainedWindows(
        x[chosen.rows],
        chosen.class_index,
        len(chosen.classes),
        asked.device,
        windows.sfreq,
        subject=chosen.subject,
        others=tuple(x[rows] for rows in chosen.others),
        representation=windows.representation,
        axes=asked.run.networks[0].description.axes,
        ch_names=windows.ch_names,
        bands=tuple(band.partition("=")[0] for band in windows.bands),
        seed=asked.settings.seed,
        replacement=asked.settings.replacement,
    )


def _ask(name: str, model: nn.Module, material: ExplainedWindows, asked: Asked, reporter: Reporter) -> tuple[Any, Evidence]:
    entry = EXPLANATIONS[name]
    kind: Kind = load(EXPLANATION_KINDS[entry.kind].path)
    if entry.windows is None:
        rows = np.arange(len(material.x))
    else:
        rows = material.first_rows(max(FEWEST, asked.shared(entry.windows // material.n_classes)))
        material = material.at(rows)
    material = replace(material, contributes=entry.contributes)
    method = _bound(entry, material)
    result: Any = kind.ask(method, model, material)
    evidence = _evidence(entry, kind, method, model, material, result, asked, reporter)
    return (replace(result, rows=rows) if EXPLANATION_KINDS[entry.kind].by_window else result), evidence


def _bound(entry: ExplanationEntry, material: ExplainedWindows) -> Callable[..., Any]:
    """The method, with what it needs beside a network, windows and a class."""
    method: Callable[..., Any] = load(entry.path)
    return functools.partial(method, **{name: getattr(material, name) for name in entry.needs}) if entry.needs else method


def _evidence(
    entry: ExplanationEntry,
    kind: Any,
    method: Callable[..., Any],
    model: nn.Module,
    material: ExplainedWindows,
    result: Any,
    asked: Asked,
    reporter: Reporter,
) -> Evidence:
    seed, of_all = asked.settings.seed, asked.settings.thorough or not entry.is_costly
    rows, fewer_rows = (material.first_rows(max(FEWEST, asked.shared(n))) for n in (untrained.WINDOWS_PER_CLASS, cascade.WINDOWS_PER_CLASS))
    few, fewer = material.at(rows), material.at(fewer_rows)
    found: dict[str, Any] = {
        "profile": kind.compared(kind.profile(result), asked.freqs),
        "shuffled": _shuffled(kind, method, model, few, asked),
    }
    of_random_weights = functools.partial(method, **entry.of_random_weights) if entry.of_random_weights else method
    if entry.controls and of_all:
        found["control"] = untrained.randomise(
            kind, of_random_weights, model, few, asked.freqs, n_networks=entry.controls, seed=seed, reporter=reporter
        )
    if EXPLANATION_KINDS[entry.kind].by_window:
        if of_all:
            found["cascade"] = cascade.cascade(kind, of_random_weights, model, fewer, seed=seed)
        if entry.completes:
            found["incomplete"] = complete.lost(result.values, model, material)
        if material.n_classes > 1:
            found["wrong_class"] = wrong_class.correlation_with_another(kind, method, model, fewer, result.values[fewer_rows])
        ranking = result.values[rows] if entry.contributes else np.abs(result.values[rows])
        found["lost"] = faithful.losses(kind, method, model, few, ranking, seed=seed)
        found["subject"] = few.subjects
    return Evidence(**found)


def _shuffled(kind: Kind, method: Callable[..., Any], model: nn.Module, few: ExplainedWindows, asked: Asked) -> Outcome:
    if not asked.settings.thorough:
        return not_run("compared with trainings on permuted labels with --thorough alone")
    networks = [ClassOutputs(network.model(), network.head) for network in asked.permuted]
    return shuffled.judged(kind, method, model, networks, few, asked.freqs)
