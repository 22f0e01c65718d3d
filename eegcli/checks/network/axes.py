"""Order of axes: what the first layer of a network looks at, electrodes or samples."""

from __future__ import annotations

import numpy as np
import torch

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import Passes, of_network
from eegcli.checks.trial import Trial

NAME = "order of axes"
N = 6  # windows
FAINT = 0.01  # of the largest weight: what a normalisation of the window adds to each sample is smaller
TORN = 0.2  # of a block of electrodes and samples: what may be missing of it where a weight happens to be small
Mask = np.ndarray


@of_network(NAME)
def axis_order(trial: Trial, passes: Passes) -> Finding:
    """Follow one value of the first layer back to the window: it should see some samples, of one electrode or of all, and slide over time."""
    if trial.description.representation != "raw" or passes.x.dim() != 3:
        return Finding(NAME, None, why="windows of another representation have no electrodes and samples as axes")
    layer, slopes = _slopes(passes)
    if len(slopes) < 2:
        return Finding(NAME, None, why="no layer with weights gives a value that depends on the window")
    here, third, *beside = slopes
    mask = here != 0
    n_chans, n_times = mask.shape
    chans, times = int(mask.any(axis=1).sum()), int(mask.any(axis=0).sum())
    compared = {"electrodes": chans, "samples": times, "layer": layer}
    # Where a row of the file ends, what is torn may look whole: another place tells.
    if any(_is_torn(one != 0) and _is_torn(np.abs(one) > FAINT * np.abs(one).max()) for one in (here, third)):
        why = (
            f"a value of the first layer ({layer}) sees other samples of one electrode than of another: the window was cut up by a view or reshape, "
            "which keeps the order in memory where an exchange of axes was meant"
        )
        hint = "Exchange axes with x.transpose(1, 2) or x.permute(...), never with view or reshape."
        return Finding(NAME, "broken", None, (), why, hint, compared, weight=0.97)
    moves = [other for other in beside if (other != here).any()]
    slides = any(((other != 0).any(axis=1) != mask.any(axis=1)).any() for other in moves)
    stays = any(((other != 0).any(axis=0) == mask.any(axis=0)).all() for other in moves)  # at the same samples, on another axis than time
    if slides and times == n_times and 1 < chans < n_chans:
        what = f"all {n_times} samples as if they were features, and steps along the electrodes in file order ({chans} of {n_chans})"
    elif (slides or stays) and times == 1 and 1 < chans < n_chans:  # all of them at once are a spatial filter
        what = f"{chans} electrodes that are neighbours in file order at one sample: its kernel lies along the electrodes in place of time"
    else:
        return Finding(NAME, "ok", None, compared=compared)
    why = f"a value of the first layer ({layer}) sees {what}; rhythms are in time, and neighbours in the file are none on the head"
    hint = "Windows are (batch, n_chans, n_times): exchange the axes in forward, or those of the kernel."
    return Finding(NAME, "broken", None, (), why, hint, compared, weight=0.9)


def _is_torn(mask: Mask) -> bool:
    """Test that what is seen is no block of electrodes and samples."""
    block = np.outer(mask.any(axis=1), mask.any(axis=0))
    return bool((mask != block).sum() > TORN * block.sum())


def _slopes(passes: Passes) -> tuple[str, list[np.ndarray]]:
    """First layer with weights that is called, and how values of it depend on a window: one in the middle, one at a third, those beside the first along each axis, each shape (n_chans, n_times)."""
    found: list[tuple[str, torch.Tensor]] = []

    def keep(name: str, output: object) -> None:
        tensor = output[0] if isinstance(output, tuple) else output
        if isinstance(tensor, torch.Tensor) and tensor.requires_grad and not found:
            found.append((name, tensor))

    hooks = []
    for name, module in passes.network.named_modules():
        if any(weights.dim() > 1 for weights in module.parameters(recurse=False)):
            said = f"{name or 'forward'}, {type(module).__name__}"
            hooks.append(module.register_forward_hook(lambda _module, _given, output, said=said: keep(said, output)))
    generator = torch.Generator().manual_seed(1)
    leaf = torch.randn(N, *passes.x.shape[1:], generator=generator).to(passes.x.device).requires_grad_(True)
    try:
        passes.call(leaf)
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        return "", []
    layer, output = found[0]
    n_chans, sizes = leaf.shape[1], output.shape[1:]
    # In the middle; of an axis that holds one electrode after the other, where two of them meet.
    middle = tuple(min(size - 1, round(size * ((n_chans // 2) / n_chans or 0.5))) for size in sizes)
    # Values beside it, along all axes but that of the features, which is the first or, of what looks at features last, the last.
    along = [axis for axis in range(len(sizes)) if sizes[axis] > 1 and (axis > 0 or len(sizes) == 2)]
    places = [
        middle,
        tuple(size // 3 for size in sizes),
        *(tuple(at - (number == axis and at > 0) for number, at in enumerate(middle)) for axis in along),
    ]
    slopes: list[np.ndarray] = []
    for place in places:
        value = output.flatten(1)[:, np.ravel_multi_index(place, tuple(sizes))].sum()
        slope = torch.autograd.grad(value, leaf, allow_unused=True, retain_graph=True)[0]
        if slope is None or not bool(slope.any()):
            return layer, slopes
        slopes.append(np.asarray(slope.abs().amax(dim=0).cpu().numpy()))  # of several windows: a clamp hides values here and there
    return layer, slopes
