"""Whole batch: functions that look beyond a window, computed as one process would that has all windows of the batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from eegcli.models.batch import moments

Total = Callable[[torch.Tensor], torch.Tensor]  # sum over all ranks; its gradient is the sum of theirs
RANDOM = (
    functional.dropout,
    functional.dropout1d,
    functional.dropout2d,
    functional.dropout3d,
    functional.alpha_dropout,
    functional.feature_alpha_dropout,
)
FEWEST = 2  # windows that go through a network: of one, strides do not tell the order in memory, and a share may be empty


@dataclass(frozen=True)
class Share:
    """Share of a batch that a rank has.

    Attributes
    ----------
    start, stop : int
        Its windows.
    n : int
        Windows of the batch.
    """

    start: int
    stop: int
    n: int

    @classmethod
    def of(cls, n: int, rank: int, size: int) -> Share:
        """Share of `rank` in a batch of `n`: as even as it can be, in order; empty where there are more ranks than windows."""
        return cls(n * rank // size, n * (rank + 1) // size, n)

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def rows(self) -> list[int]:
        """Windows that are computed: those of the share, and so many others, whose outputs are thrown away, that there are `FEWEST`."""
        return [*range(self.start, self.stop), *[0] * (FEWEST - len(self))]


class WholeBatch(TorchFunctionMode):
    """Mode in which functions that look at several windows, or draw at random, act as on the whole batch.

    Batch norm and `models.batch.moments` sum over all ranks. A dropout is drawn for all windows, on every rank by generators in the same
    state, and the own ones are taken: masks are those of one process.

    Parameters
    ----------
    share : Share
        What the first axis of tensors holds: `share.rows`.
    total : callable
    """

    def __init__(self, share: Share, total: Total) -> None:
        super().__init__()
        self.share, self.total = share, total

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute one of these functions for the whole batch, any other as it is."""
        kwargs = kwargs or {}
        if func is moments:
            return self._moments(*args)
        if func is functional.batch_norm and (kwargs.get("training") or (len(args) > 5 and args[5])):
            return self._batch_norm(*args, **kwargs)
        if func in RANDOM and kwargs.get("training") and args[0].shape[:1] == (len(self.share.rows),):
            return self._drawn(func, *args, **kwargs)
        return func(*args, **kwargs)

    def _moments(self, x: torch.Tensor, dims: Sequence[int] = (0,)) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and variance over windows and other axes; the deviations from the mean are squared, for squares of an offset eat digits."""
        own = x[: len(self.share)]
        n = self.share.n * x[:1].numel() // x.shape[1]
        mean = self.total(own.sum(dim=list(dims), keepdim=True)) / n
        variance = self.total((own - mean).square().sum(dim=list(dims))) / n
        return mean.flatten(), variance

    def _batch_norm(
        self,
        input: torch.Tensor,
        running_mean: torch.Tensor | None,
        running_var: torch.Tensor | None,
        weight: torch.Tensor | None = None,
        bias: torch.Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> torch.Tensor:
        n = self.share.n * input[:1].numel() // input.shape[1]
        if n == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {[1, *input.shape[1:]]}")
        x = input.float() if input.dtype in (torch.float16, torch.bfloat16) else input
        dims = [0, *range(2, x.dim())]
        mean, variance = self._moments(x, dims)
        with torch.no_grad():
            if running_mean is not None:
                running_mean.lerp_(mean.to(running_mean), momentum)
            if running_var is not None:
                running_var.lerp_((variance * (n / (n - 1))).to(running_var), momentum)
        along = [1, -1, *[1] * (x.dim() - 2)]
        scale = torch.rsqrt(variance + eps)
        if weight is not None:
            scale = scale * weight
        output = (x - mean.view(along)) * scale.view(along)
        if bias is not None:
            output = output + bias.view(along)
        return output.to(input.dtype)

    def _drawn(self, func: Callable[..., torch.Tensor], input: torch.Tensor, **how: Any) -> torch.Tensor:
        share = self.share
        whole = _zeros_like(input, share.n)
        whole[share.start : share.stop] = input[: len(share)]
        own = func(whole, **how)[share.start : share.stop]
        return own if len(share) == len(input) else torch.cat([own, input[len(share) :]])


def _zeros_like(x: torch.Tensor, n: int) -> torch.Tensor:
    """Zeros for `n` windows in the order in memory of these: masks are drawn in that order."""
    order = sorted(range(x.dim()), key=lambda dim: (-x.stride()[dim], dim))
    sizes = [n if dim == 0 else x.shape[dim] for dim in order]
    return x.new_zeros(sizes).permute([order.index(dim) for dim in range(x.dim())])
