"""Occlusion by channel: what the output of a class loses with each channel."""

from __future__ import annotations

from torch import Tensor

from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.parts import NoPartsError, Parts


def occlusion_channel(material: ExplainedWindows) -> Parts:
    """Channels of windows of any representation that has them.

    Raises
    ------
    NoPartsError
        If windows are maps of the scalp.

    Notes
    -----
    Zeiler & Fergus 2014, arXiv:1311.2901, who grey a part out. `fill` takes the mean of all other channels.
    """
    if material.axes[0] != "n_chans":
        raise NoPartsError(f"occlusion-channel: {material.representation} windows have no channels", hint="Ask occlusion-band.")
    n_channels = material.x.shape[1]

    def replace(x: Tensor, by: Tensor, part: int) -> Tensor:
        x = x.clone()
        x[:, part] = by[:, part]
        return x

    def fill(x: Tensor, part: int) -> Tensor:
        others = (x.sum(dim=1) - x[:, part]) / max(n_channels - 1, 1)
        x = x.clone()
        x[:, part] = others
        return x

    return Parts("channel", material.ch_names, (1.0,) * n_channels, replace, fill)
