"""Occlusion by time: what the output of a class loses with each stretch of a window."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.parts import NoPartsError, Parts

STRETCHES = 16  # of a window of 2 s an eighth of a second each: as long as a cycle of 8 Hz


def occlusion_time(material: ExplainedWindows) -> Parts:
    """Sixteen stretches of samples, of all channels at once; as many as there are samples in shorter windows.

    Raises
    ------
    NoPartsError
        If windows do not hold samples.

    Notes
    -----
    `fill` draws a straight line between the samples on both sides; at the ends it holds the nearest one.
    """
    if not material.is_raw:
        raise NoPartsError(
            f"occlusion-time: {material.representation} windows have no time", hint="Ask occlusion-channel or occlusion-band."
        )
    n_times = material.x.shape[-1]
    edges = np.linspace(0, n_times, min(STRETCHES, n_times) + 1).round().astype(int)
    stretches = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))

    def replace(x: Tensor, by: Tensor, part: int) -> Tensor:
        start, stop = stretches[part]
        x = x.clone()
        x[..., start:stop] = by[..., start:stop]
        return x

    def fill(x: Tensor, part: int) -> Tensor:
        start, stop = stretches[part]
        before, after = x[..., max(start - 1, 0)], x[..., min(stop, n_times - 1)]
        before, after = (after if start == 0 else before), (before if stop == n_times else after)
        way = torch.arange(1, stop - start + 1, device=x.device, dtype=x.dtype) / (stop - start + 1)
        x = x.clone()
        x[..., start:stop] = before[..., None] + (after - before)[..., None] * way
        return x

    names = tuple(f"{start / material.sfreq:.3f}-{stop / material.sfreq:.3f} s" for start, stop in stretches)
    return Parts("time", names, tuple(float(stop - start) for start, stop in stretches), replace, fill)
