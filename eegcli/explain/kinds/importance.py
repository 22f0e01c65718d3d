"""Importance: what the output of a class loses when a part of a window is replaced by that of a window of another class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from eegcli.artifacts.explanation import Explanation
from eegcli.artifacts.importance import Importance
from eegcli.explain.attribution import BATCH
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds.protocol import Control
from eegcli.explain.parts import Parts
from eegcli.explain.pooling import by_windows
from eegcli.explain.subjects import pair_means, pairs_of

Floats = NDArray[np.float64]
NAMED = 5  # parts that are named as the most important ones
SWAPPED = 0.2  # share of the parts that the test of faithfulness replaces


def ask(method: Callable[[ExplainedWindows], Parts], model: nn.Module, material: ExplainedWindows) -> Importance:
    """Replace each part in turn; the method is ``(material) -> Parts``."""
    model, parts = model.to(material.device).eval(), method(material)
    values = np.zeros((len(material.x), len(parts.names)), dtype=np.float32)
    with torch.no_grad():
        for batch in material.batches(BATCH):
            x, other = material.tensor(material.x[batch]), material.tensor(material.others[0][batch])
            output = outputs_of_class(model, material, batch)
            whole = output(x)
            sign = signs_of(whole, other, output, material)
            for part in range(len(parts.names)):
                lost = sign * (whole - output(parts.replaced(x, other, part, material.replacement)))
                values[batch, part] = lost.cpu().numpy()
    pairs, pair = pairs_of(material.subjects, material.class_index)
    return Importance(
        values=values,
        rows=np.arange(len(values)),
        importance=np.stack([values[material.class_index == index].mean(axis=0, dtype=np.float64) for index in range(material.n_classes)]),
        subject_class=pairs,
        subject_importance=pair_means(values, pair),
        parts=np.array(parts.names),
        widths=np.array(parts.widths) / sum(parts.widths),
    )


def outputs_of_class(model: nn.Module, material: ExplainedWindows, batch: NDArray[np.int64]) -> Callable[[Tensor], Tensor]:
    """Output of the class of a batch of windows, which all have the same: (n_windows, *shape) -> (n_windows,)."""
    index = int(material.class_index[batch[0]])

    def output(x: Tensor) -> Tensor:
        given: Tensor = model(x)[:, index]
        return given

    return output


def signs_of(whole: Tensor, other: Tensor, output: Callable[[Tensor], Tensor], material: ExplainedWindows) -> Tensor:
    """Direction of a loss: of a class downwards; of a number towards that of the windows `other`."""
    return torch.ones_like(whole) if material.n_classes > 1 else torch.sign(whole - output(other))


def pooled(results: Sequence[Importance], n_before: Sequence[int]) -> Importance:
    """Put the results of several networks together."""
    found: Importance = by_windows(results, n_before, ("subject_importance",))
    return found


def profile(result: Importance) -> Floats:
    """Absolute importance of the parts, shape (n_classes, n_parts, 1)."""
    return np.asarray(np.abs(result.importance)[..., None])


def compared(profile: Floats, freqs: Floats) -> Floats:
    """All parts: networks are compared in each of them."""
    return profile


def swapped(method: Callable[[ExplainedWindows], Parts], x: Tensor, by: Tensor, ranking: Tensor, material: ExplainedWindows) -> Tensor:
    """Windows whose fifth of parts of highest rank, one at least, is that of the windows `by`."""
    parts = method(material)
    n = max(1, round(SWAPPED * len(parts.names)))
    chosen = ranking.argsort(dim=1, descending=True, stable=True)[:, :n]
    for part in range(len(parts.names)):
        has = (chosen == part).any(dim=1)
        if has.any():
            x = torch.where(has.reshape(-1, *[1] * (x.dim() - 1)), parts.replace(x, by, part), x)
    return x


def at_random(ranking: Tensor, generator: torch.Generator) -> Tensor:
    """Ranking of nothing: the parts in any order, another for each window."""
    return torch.rand(ranking.shape, generator=generator).to(ranking)


def finding(explanation: Explanation, name: str, control: Control | None) -> dict[str, Any]:
    """The parts with their importance, the most important ones, and what a band's share of it is.

    Returns
    -------
    dict
        ``parts``; per class the ``importance`` of each, and the most important parts by name (``channels`` where they are channels); of bands
        ``band_share``, the share of what is lost with each of them, beside ``chance``, their share of all frequencies.
    """
    result: Importance = explanation.methods[name]
    parts = result.parts.tolist()
    is_channel, is_band = parts == list(explanation.ch_names), name.endswith("-band")
    key = "channels" if is_channel else "most_important"
    classes: dict[str, dict[str, Any]] = {}
    for label, row in zip(explanation.classes, result.importance, strict=True):
        most = [parts[index] for index in np.argsort(-row, kind="stable")[:NAMED]]
        classes[label] = {"importance": dict(zip(parts, row.tolist(), strict=True)), key: most}
    found: dict[str, Any] = {"parts": parts, "classes": classes}
    if is_band:
        share = shares(result.importance)
        found = {
            "band_share": dict(zip(parts, share.tolist(), strict=True)),
            "chance": dict(zip(parts, result.widths.tolist(), strict=True)),
            **found,
        }
    return found


def shares(importance: Floats) -> Floats:
    """Share of each part in what is lost, the mean over classes; what raises an output counts as nothing: (n_classes, n_parts) -> (n_parts,)."""
    lost = importance.clip(min=0)
    totals = lost.sum(axis=1, keepdims=True)
    each = np.divide(lost, totals, out=np.full_like(lost, np.nan), where=totals > 0)
    return np.asarray(np.nanmean(each, axis=0)) if np.isfinite(each).any() else np.full(importance.shape[1], np.nan)


def bands(explanation: Explanation, name: str, control: Control | None) -> list[dict[str, Any]]:
    """No rows: bands.parquet holds shares of spectra."""
    return []


def draw(path: Path, explanation: Explanation, name: str, *, title: str) -> None:
    """Draw the importance of each part per class, with the spread of subjects."""
    from eegcli.explain.importance_figure import importance_figure

    importance_figure(path, explanation, name, title=title)
