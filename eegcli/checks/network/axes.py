"""Order of axes: what the first layer of a network looks at, electrodes or samples."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import Passes, of_network
from eegcli.checks.trial import Trial

NAME = "order of axes"
Mask = np.ndarray


@of_network(NAME)
def axis_order(trial: Trial, passes: Passes) -> Finding:
    """Follow one value of the first layer back to the window: it should see some samples, of one electrode or of all, and slide over time."""
    if trial.description.representation != "raw" or passes.x.dim() != 3:
        return Finding(NAME, None, why="windows of another representation have no electrodes and samples as axes")
    layer, masks = _masks(passes)
    if not masks:
        return Finding(NAME, None, why="no layer with weights gives a value that depends on the window")
    mask, beside = masks[0], masks[-1]
    n_chans, n_times = mask.shape
    chans, times = int(mask.any(axis=1).sum()), int(mask.any(axis=0).sum())
    compared = {"electrodes": chans, "samples": times, "layer": layer}
    if (mask != np.outer(mask.any(axis=1), mask.any(axis=0))).any():
        why = (
            f"a value of the first layer ({layer}) sees other samples of one electrode than of another: the window was cut up by a view or reshape, "
            "which keeps the order in memory where an exchange of axes was meant"
        )
        return Finding(
            NAME,
            "broken",
            None,
            (),
            why,
            "Exchange axes with x.transpose(1, 2) or x.permute(...), never with view or reshape.",
            compared,
            weight=0.97,
        )
    slides = (mask.any(axis=1) != beside.any(axis=1)).any()
    if slides and times == n_times and 1 < chans < n_chans:
        what = f"all {n_times} samples as if they were features, and steps along the electrodes in file order ({chans} of {n_chans})"
    elif slides and times == 1 and chans > 1:
        what = f"{chans} electrodes that are neighbours in file order at one sample: its kernel lies along the electrodes in place of time"
    else:
        return Finding(NAME, "ok", None, compared=compared)
    why = f"a value of the first layer ({layer}) sees {what}; rhythms are in time, and neighbours in the file are none on the head"
    return Finding(
        NAME,
        "broken",
        None,
        (),
        why,
        "Windows are (batch, n_chans, n_times): exchange the axes in forward, or those of the kernel.",
        compared,
        weight=0.9,
    )


def _masks(passes: Passes) -> tuple[str, list[Mask]]:
    """First layer with weights that is called, and what two neighbouring values of it depend on, each shape (n_chans, n_times)."""
    found: list[tuple[str, torch.Tensor]] = []

    def keep(name: str, output: object) -> None:
        tensor = output[0] if isinstance(output, tuple) else output
        if isinstance(tensor, torch.Tensor) and tensor.requires_grad and not found:
            found.append((name, tensor))

    hooks = []
    for name, module in passes.network.named_modules():
        if any(weights.dim() > 1 for weights in module.parameters(recurse=False)):
            hooks.append(
                module.register_forward_hook(
                    lambda module, _given, output, name=name: keep(f"{name or 'forward'}, {_kind(module)}", output)
                )
            )
    leaf = torch.randn(2, *passes.x.shape[1:], generator=torch.Generator().manual_seed(1)).to(passes.x.device).requires_grad_(True)
    try:
        passes.call(leaf)
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        return "", []
    layer, output = found[0]
    masks = []
    for shift in (0, 1):
        place = tuple(max(0, size // 2 - shift) for size in output.shape[1:])
        slope = torch.autograd.grad(output[(0, *place)], leaf, allow_unused=True, retain_graph=True)[0]
        if slope is None or not bool(slope[0].any()):
            return layer, []
        masks.append(np.asarray((slope[0] != 0).cpu().numpy()))
    return layer, masks


def _kind(module: nn.Module) -> str:
    return type(module).__name__
