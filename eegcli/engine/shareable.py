"""Check that ranks can share out the batches of a network: that they give what one process gives."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from eegcli.engine.context import Context
from eegcli.engine.ranks import ALONE, Ranks
from eegcli.engine.whole_batch import Share
from eegcli.errors import InputError

SPREAD = 10.0  # µV, as of EEG
CLOSE = 1e-3  # of the largest value: sums over ranks are made in another order
CLOSE_GRADIENT = 0.03  # of the largest one: a maximum among values that are all but equal may be another
NEAR_ZERO = 1e-4  # of the largest gradient of the network: a bias before a batch norm has none

GRADIENT = "the gradient of"

Named = list[tuple[str, torch.Tensor]]


def require_shareable(model: nn.Module, shape: tuple[int, ...], context: Context) -> None:
    """Take a step of training on noise in one process and then together, and compare; weights, statistics and generators stay as they are.

    Parameters
    ----------
    model : nn.Module
        On its device.
    shape : tuple of int
        Of a window.
    context : Context
        Nothing is done for a process that trains alone.

    Raises
    ------
    InputError
        If outputs, running statistics or gradients differ; the layer is named.
    """
    ranks = context.ranks
    if ranks.size == 1:
        return
    n = 2 * ranks.size + 1
    # Each window is louder than the one before: whoever sees others instead has other means.
    loudness = torch.arange(1.0, n + 1).view(-1, *[1] * len(shape))
    x = (SPREAD * loudness * torch.randn(n, *shape, generator=torch.Generator().manual_seed(0))).to(context.device)
    alone, together = _step(model, x, ALONE), _step(model, x, ranks)
    gradients = [value for name, value in alone if name.startswith(GRADIENT)]
    near_zero = NEAR_ZERO * max(float(value.abs().max()) for value in gradients)
    differ = [
        not (_close(one, other, CLOSE_GRADIENT, near_zero) if name.startswith(GRADIENT) else _close(one, other))
        for (name, one), (_, other) in zip(alone, together, strict=True)
    ]
    if not ranks.any(any(differ)):
        return
    share = Share.of(n, ranks.rank, ranks.size)
    seen = [(name, one[share.start : share.stop] if len(one) == n else one) for name, one in _layers(model, x, ALONE)]
    found = [not _close(one, other[: len(share)]) for (_, one), (_, other) in zip(seen, _layers(model, x, ranks), strict=True)]
    # Ranks need not find the same: the first windows may look right to the first rank.
    first = ranks.least(found.index(True) if True in found else len(found))
    culprit = (
        seen[first][0]
        if first < len(found)
        else next((name for (name, _), is_other in zip(alone, differ, strict=True) if is_other), "a gradient")
    )
    raise InputError(
        f"{context.label}{culprit} is not with {ranks.size} ranks what it is in one process: it mixes the windows of a batch, or draws at "
        "random, in a way that cannot be shared out",
        hint="Use torch's batch norm and dropout, or train in one process: --ranks none.",
    )


def _step(model: nn.Module, x: torch.Tensor, ranks: Ranks) -> Named:
    """Outputs, running statistics, generators and gradients of a step of training."""
    with _as_before(model, x.device):
        outputs = ranks.outputs(model.train(), x)
        (outputs * torch.linspace(-1, 1, outputs.numel(), device=x.device).view(outputs.shape)).sum().backward()  # type: ignore[no-untyped-call]
        ranks.add_gradients(model)
        gradients = [(f"{GRADIENT} {name}", weights.grad.clone()) for name, weights in model.named_parameters() if weights.grad is not None]
        # Whoever draws for some windows alone leaves the generators elsewhere.
        drawn = [("what is drawn at random", torch.get_rng_state())]
        if x.is_cuda:
            drawn.append(("what is drawn at random on the device", torch.cuda.get_rng_state(x.device)))
        return [("the output", outputs.detach()), *((name, value.clone()) for name, value in model.named_buffers()), *drawn, *gradients]


def _layers(model: nn.Module, x: torch.Tensor, ranks: Ranks) -> Named:
    """Inputs and outputs of each layer."""
    seen: Named = []

    def note(name: str, module: nn.Module) -> Any:
        def look(_: nn.Module, given: tuple[Any, ...], made: Any) -> None:
            values = {
                f"what stands before {name} ({type(module).__name__})": given[0] if given else None,
                f"{name} ({type(module).__name__})": made,
            }
            seen.extend((what, value.detach().clone()) for what, value in values.items() if isinstance(value, torch.Tensor))

        return look

    handles = [module.register_forward_hook(note(name, module)) for name, module in model.named_modules() if not list(module.children())]
    try:
        with _as_before(model, x.device):
            ranks.outputs(model.train(), x)
    finally:
        for handle in handles:
            handle.remove()
    return seen


@contextlib.contextmanager
def _as_before(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Draw from a seed of its own in the block, and leave weights, statistics and generators as they were."""
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(0)
        yield
    model.zero_grad()
    model.load_state_dict(kept)


def _close(one: torch.Tensor, other: torch.Tensor, close: float = CLOSE, near_zero: float = 1e-6) -> bool:
    """Compare outputs, statistics, states of generators or gradients."""
    if one.shape != other.shape or one.dtype == torch.uint8:  # bytes of a generator
        return torch.equal(one, other)
    one, other = one.double(), other.double()
    limit = close * float(one.nan_to_num().abs().max()) + near_zero if one.numel() else 0.0
    return bool((((one - other).abs() <= limit) | (one.isnan() & other.isnan())).all())
