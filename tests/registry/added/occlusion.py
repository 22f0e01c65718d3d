"""An explanation of another kind that is added by a test: what the output of a class loses without a band of a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from eegcli.artifacts.figure import drawing
from eegcli.bands import EXPLAIN_HALF_OPEN


@dataclass(frozen=True)
class Importance:
    """`importance`: shape (n_classes, n_channels, n_bands)."""

    importance: np.ndarray
    kind: ClassVar[str] = "loss"


def occlusion(model, x: torch.Tensor, class_index: int, sfreq: float) -> np.ndarray:
    """The method: mean loss of output, shape (n_channels, n_bands)."""
    freqs = torch.fft.rfftfreq(x.shape[-1], 1 / sfreq)
    lost = np.zeros((x.shape[1], len(EXPLAIN_HALF_OPEN)))
    with torch.no_grad():
        whole = model(x)[:, class_index].mean()
        for channel in range(x.shape[1]):
            for band, (low, high) in enumerate(EXPLAIN_HALF_OPEN.values()):
                spectrum = torch.fft.rfft(x)
                spectrum[:, channel, (freqs >= low) & (freqs < high)] = 0
                lost[channel, band] = float(whole - model(torch.fft.irfft(spectrum, n=x.shape[-1]))[:, class_index].mean())
    return lost


# The kind: the functions of `eegcli.explain.kinds.protocol.Kind`.


def ask(method, model, material) -> Importance:
    model = model.to(material.device).eval()
    classes = [torch.from_numpy(material.x[material.class_index == index]) for index in range(material.n_classes)]
    return Importance(np.stack([method(model, x, index, material.sfreq) for index, x in enumerate(classes)]))


def profile(result) -> np.ndarray:
    return np.abs(result.importance)


def compared(profile, freqs) -> np.ndarray:
    return profile


def finding(explanation, name, control) -> dict[str, Any]:
    importance = explanation.methods[name].importance
    return {
        "most_important": {
            label: [
                explanation.ch_names[np.unravel_index(values.argmax(), values.shape)[0]],
                list(EXPLAIN_HALF_OPEN)[values.argmax() % len(EXPLAIN_HALF_OPEN)],
            ]
            for label, values in zip(explanation.classes, importance, strict=True)
        },
        "units": explanation.units_of(name),
    }


def bands(explanation, name, control) -> list[dict[str, Any]]:
    return []


def draw(path, explanation, name, *, title) -> None:
    with drawing(path, width=6, height=4) as figure:
        axis = figure.subplots()
        axis.imshow(explanation.methods[name].importance.mean(axis=0))
        axis.set_title(f"{title}: {explanation.units_of(name)}")
