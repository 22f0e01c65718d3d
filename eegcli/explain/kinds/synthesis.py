"""Synthesis: inputs that are made to excite an output or a unit, told by how their spectrum differs from the noise that they began with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.explained import Synthesis
from eegcli.artifacts.explanation import Explanation
from eegcli.errors import InputError
from eegcli.explain.attribution import BATCH
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds.protocol import Control
from eegcli.explain.methods.activation_maximisation import N_INPUTS, Maximised, Objective, space_of
from eegcli.explain.shares import channels_of, is_spectrum, mean_shares, share_rows, shares
from eegcli.explain.unit import objectives
from eegcli.explain.untrained import untrained_networks
from eegcli.stats.spectra import amplitude_spectrum, in_range

Floats = NDArray[np.float64]
Method = Callable[..., Maximised]
QUANTILES = (0.05, 0.5, 0.95)


def ask(method: Method, model: nn.Module, material: ExplainedWindows, *, n_inputs: int = N_INPUTS) -> Synthesis:
    """Make inputs for each class, or for the unit that was asked for; the method is ``(objective, space, n_inputs=, seed=) -> Maximised``.

    Raises
    ------
    InputError
        If no step changed any activation.
    """
    model = model.to(material.device).eval()
    space = space_of(material.around.training, is_raw=material.is_raw, device=material.device)
    with objectives(model, material) as wanted:
        made = [method(objective, space, n_inputs=n_inputs, seed=material.seed) for objective in wanted.values()]
        labels = list(wanted)
        real = []
        for index, objective in enumerate(wanted.values()):
            is_own = material.class_index == index if labels == list(material.around.classes) else np.ones(len(material.x), dtype=bool)
            real.append(np.quantile(_activation(objective, material, np.flatnonzero(is_own)), QUANTILES))
    if all(np.array_equal(one.reached, one.start) for one in made):
        raise InputError(f"no input excites {', '.join(labels)} more than noise does: the output does not depend on its input")
    spectra = np.stack([_described(one.values, material) for one in made])
    before = np.stack([_described(one.noise, material) for one in made])
    return Synthesis(
        labels=np.array(labels),
        values=np.concatenate([one.values for one in made]),
        spectrum=spectra,
        start_spectrum=before,
        change=spectra - before,
        start=np.stack([one.start for one in made]),
        reached=np.stack([one.reached for one in made]),
        real=np.stack(real),
    )


def _activation(objective: Objective, material: ExplainedWindows, rows: NDArray[np.int64]) -> Floats:
    import torch

    with torch.no_grad():
        parts = [
            objective(torch.from_numpy(material.x[rows[start : start + BATCH]]).to(material.device)).double().cpu().numpy()
            for start in range(0, len(rows), BATCH)
        ]
    return np.concatenate(parts)


def _described(x: NDArray[np.float32], material: ExplainedWindows) -> Floats:
    """Mean amplitude spectrum of inputs (n, ...); of those that are no samples their mean."""
    described: Floats = (amplitude_spectrum(x) if material.is_raw else x.astype(np.float64)).mean(axis=0)
    return described


def pooled(results: Sequence[Synthesis], n_before: Sequence[int]) -> Synthesis:
    """Put results of several networks together: means over networks, each of the same weight; inputs one after the other, label by label."""
    first = results[0]
    n_labels = len(first.labels)
    inputs = np.concatenate([one.values.reshape(n_labels, -1, *one.values.shape[1:]) for one in results], axis=1)
    means = {name: np.mean([getattr(one, name) for one in results], axis=0) for name in ("spectrum", "start_spectrum", "change", "real")}
    along = {name: np.concatenate([getattr(one, name) for one in results], axis=1) for name in ("start", "reached")}
    return Synthesis(labels=first.labels, values=inputs.reshape(-1, *inputs.shape[2:]), **means, **along)


def chances(method: Method, model: nn.Module, material: ExplainedWindows, *, n: int, seed: int) -> Iterator[Synthesis]:
    """One input per class for the network, then for each of `n` untrained ones: all begin with the same noise."""
    few = material.first(1)
    yield ask(method, model, few, n_inputs=1)
    for untrained in untrained_networks(model, n, seed):
        yield ask(method, untrained, few, n_inputs=1)


def profile(result: Synthesis) -> Floats:
    """Absolute change of the spectrum, shape (n_labels, n_channels, n_freqs)."""
    return np.asarray(np.abs(result.change))


def compared(profile: Floats, freqs: Floats) -> Floats:
    """Restrict profiles to the analysed range of frequencies."""
    return profile[..., in_range(freqs)] if is_spectrum(profile, freqs) else profile


def finding(explanation: Explanation, name: str, control: Control | None) -> dict[str, Any]:
    """Shares of bands in the change of the spectrum (in the unit of the windows, as published spectra are), and the activation that was reached.

    Returns
    -------
    dict
        As of an attribution: ``band_share`` of |change|, ``chance`` (a change of all frequencies alike), ``untrained_share``; ``n_inputs``; ``classes``, per label: the shares,
        the channels that were changed most, ``peak_hz`` (the frequency whose amplitude grew most), and medians of the activation by the inputs (``reached``),
        the noise (``start``) and the chosen windows (``real``), with the share of inputs that excite more than 95 % of these (``above_real``).
    """
    result: Synthesis = explanation.methods[name]
    freqs = explanation.freqs
    shown = in_range(freqs)
    classes = {}
    for index, label in enumerate(result.labels):
        change, reached = result.change[index], result.reached[index]
        classes[str(label)] = {
            **shares(np.abs(change), freqs),
            "channels": channels_of(np.abs(change), explanation.ch_names, freqs),
            "peak_hz": float(freqs[shown][change.mean(axis=0)[shown].argmax()]) if is_spectrum(change, freqs) else None,
            "reached": float(np.median(reached)),
            "start": float(np.median(result.start[index])),
            "real": float(result.real[index, 1]),
            "above_real": float(np.mean(reached > result.real[index, 2])),
        }
    return {
        **mean_shares(np.abs(result.change), freqs, None if control is None else control.profile),
        "n_inputs": result.reached.shape[1],
        "classes": classes,
    }


def bands(explanation: Explanation, name: str, control: Control | None) -> list[dict[str, Any]]:
    """A row per label and band, as of an attribution: shares of |change|."""
    result: Synthesis = explanation.methods[name]
    by_chance = None if control is None else control.profile
    return share_rows(name, result.labels.tolist(), np.abs(result.change), explanation.freqs, by_chance, result.start_spectrum)


def draw(path: Path, explanation: Explanation, name: str, *, title: str) -> None:
    """Draw the change of the spectrum, the spectra, the activation, and examples of the inputs."""
    from eegcli.explain.synthesis_figure import synthesis_figure

    synthesis_figure(path, explanation, name, title=title)
