"""Occlusion by band: what the output of a class loses with each frequency band."""

from __future__ import annotations

import torch
from torch import Tensor

from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.parts import NoPartsError, Parts
from eegcli.stats.spectra import frequencies

BANDS = "n_bands"  # the axis of a representation that is made of bands


def occlusion_band(material: ExplainedWindows) -> Parts:
    """Bands of samples (of all channels at once, by the Fourier transform), or of a representation that is made of bands.

    Raises
    ------
    NoPartsError
        If windows hold neither samples nor bands, or are too short for any.

    Notes
    -----
    `fill` leaves a band of samples out: beside it lie other frequencies, of which nothing follows; of a representation it takes the mean
    of the other bands.
    """
    if material.is_raw:
        return _of_samples(material)
    if BANDS not in material.axes:
        raise NoPartsError(f"occlusion-band: {material.representation} windows have no bands", hint="Ask occlusion-channel.")
    axis = material.axes.index(BANDS) + 1

    def replace(x: Tensor, by: Tensor, part: int) -> Tensor:
        x = x.clone()
        x.select(axis, part).copy_(by.select(axis, part))
        return x

    def fill(x: Tensor, part: int) -> Tensor:
        others = (x.sum(dim=axis) - x.select(axis, part)) / max(x.shape[axis] - 1, 1)
        x = x.clone()
        x.select(axis, part).copy_(others)
        return x

    return Parts("band", material.bands, (1.0,) * len(material.bands), replace, fill)


def _of_samples(material: ExplainedWindows) -> Parts:
    n_times = material.x.shape[-1]
    freqs = frequencies(n_times, material.sfreq)
    marks = {name: (freqs >= low) & (freqs < high) for name, (low, high) in EXPLAIN_HALF_OPEN.items()}
    marks = {name: mark for name, mark in marks.items() if mark.any()}
    if not marks:
        raise NoPartsError(f"occlusion-band: windows of {n_times / material.sfreq:g} s hold no frequency of any band")
    masks = [torch.from_numpy(mark).to(material.device) for mark in marks.values()]

    def replace(x: Tensor, by: Tensor, part: int) -> Tensor:
        away: Tensor = torch.fft.irfft(torch.fft.rfft(by - x) * masks[part], n=n_times)
        return x + away

    def fill(x: Tensor, part: int) -> Tensor:
        return replace(x, torch.zeros_like(x), part)

    return Parts("band", tuple(marks), tuple(float(mark.sum()) for mark in marks.values()), replace, fill)
