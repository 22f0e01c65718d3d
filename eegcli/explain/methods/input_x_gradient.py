"""Input times gradient: what each value of the input contributes to the output of a class, were the network linear."""

from __future__ import annotations

from torch import Tensor, nn

from eegcli.explain.methods.saliency import saliency


def input_x_gradient(model: nn.Module, x: Tensor, class_index: int) -> Tensor:
    """Product of each value of the input with the gradient there.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode. Gives one output per class, before the softmax.
    x : Tensor, shape (n_windows, ...)
        Windows, of any representation.
    class_index : int
        Which output.

    Returns
    -------
    Tensor, shape of `x`
        In units of the output. Of a linear network without a constant they sum to its output.

    Notes
    -----
    Shrikumar, Greenside, Shcherbina & Kundaje 2016, arXiv:1605.01713.
    """
    return x.detach() * saliency(model, x, class_index)
