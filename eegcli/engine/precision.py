"""Precision of learning: single, TF32, bf16 or fp16, and whether a device has such arithmetic."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.func import functional_call

from eegcli.errors import UnavailableError
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.normalisation import inner
from eegcli.models.reordered import kept_in_single

AMPERE = (8, 0)  # compute capability from which on NVIDIA's GPUs have TF32 and bf16
CAST = (nn.Conv1d, nn.Conv2d, nn.Linear)
HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Precision:
    """Precision in which a network learns; its weights, their updates, the loss, and all that is looked at are in single precision.

    Attributes
    ----------
    name : {"fp32", "tf32", "bf16", "fp16"}
    device : torch.device
    """

    name: str
    device: torch.device

    @property
    def is_single(self) -> bool:
        """True for single precision in full."""
        return self.name == "fp32"

    def caster(self, model: nn.Module) -> nn.Module:
        """Network that casts the weights of its convolutions and linear layers all at once; in single precision, and of foreign code, the network itself."""
        if self.name not in HALF or isinstance(inner(model), ForeignNetwork):
            return model
        return _Cast(model, HALF[self.name], without=frozenset(kept_in_single(model, on_cpu=self.device.type == "cpu")))

    def outputs(self, model: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        """Outputs of a network that computes in this precision, in single precision: (batch, ...) -> (batch, n_outputs)."""
        if self.name not in HALF:
            given: torch.Tensor = model(x)
            return given
        # What is not cast at once is cast where it is used: a cache would outlive the capture of a graph.
        with torch.autocast(self.device.type, HALF[self.name], cache_enabled=False):
            given = model(x)
        return given.float()

    @contextlib.contextmanager
    def products(self) -> Iterator[None]:
        """Inside the block, products of matrices and convolutions are TF32 where that is asked for, there and on the way back."""
        if self.name != "tf32":
            yield
            return
        matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
        before = matmul.allow_tf32, cudnn.allow_tf32
        matmul.allow_tf32 = cudnn.allow_tf32 = True
        try:
            yield
        finally:
            matmul.allow_tf32, cudnn.allow_tf32 = before

    def scaler(self) -> torch.amp.GradScaler:
        """Scaler of gradients, which are too small for fp16 as they are; of the others it does nothing."""
        return torch.amp.GradScaler(self.device.type, enabled=self.name == "fp16")  # type: ignore[attr-defined]


class _Cast(nn.Module):
    """Network whose weights are cast to half precision in one operation, and their gradients back in another; to the bits of autocast, which casts each.

    Parameters
    ----------
    model : nn.Module
        On its device; to be called under autocast, which casts what is not cast here.
    half : torch.dtype
    without : frozenset of nn.Module
        Layers that compute in single precision all the same.
    """

    def __init__(self, model: nn.Module, half: torch.dtype, *, without: frozenset[nn.Module] = frozenset()) -> None:
        super().__init__()
        self.model, self._half = model, half
        # What autocast casts wherever it is used; weights of norms, and what a network computes with by itself, stay as they are.
        layers = [(path, layer) for path, layer in model.named_modules() if type(layer) in CAST and layer not in without]
        named = [
            (f"{path}.{name}" if path else name, weight) for path, layer in layers for name, weight in layer.named_parameters(recurse=False)
        ]
        self._weights = {name: weight for name, weight in named if weight.requires_grad and weight.dtype == torch.float32}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Outputs of the network for windows."""
        if not self._weights:
            return self.model(x)  # type: ignore[no-any-return]
        cast = _AllAtOnce.apply(self._half, *self._weights.values())  # type: ignore[no-untyped-call]
        outputs: torch.Tensor = functional_call(self.model, dict(zip(self._weights, cast, strict=True)), x)
        return outputs


class _AllAtOnce(torch.autograd.Function):
    """Casts of all weights, one operation there and one back."""

    @staticmethod
    def forward(ctx: Any, half: torch.dtype, *weights: torch.Tensor) -> tuple[torch.Tensor, ...]:
        ctx.set_materialize_grads(False)
        ctx.like = [(weight.shape, weight.stride(), weight.dtype, weight.device) for weight in weights]
        cast = [torch.empty_like(weight, dtype=half) for weight in weights]
        torch._foreach_copy_(cast, weights)
        return tuple(cast)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        places = [place for place, gradient in enumerate(gradients) if gradient is not None]
        found: dict[int, torch.Tensor] = {}
        for place in places:
            shape, stride, dtype, device = ctx.like[place]
            found[place] = torch.empty_strided(shape, stride, dtype=dtype, device=device)
        if places:
            torch._foreach_copy_(list(found.values()), [gradients[place] for place in places])  # type: ignore[misc]
        return (None, *(found.get(place) for place in range(len(gradients))))


def require(name: str, device: torch.device) -> None:
    """Refuse a precision that a device has no arithmetic for: it would be emulated, many times slower.

    Raises
    ------
    UnavailableError
        If the device lacks it.
    """
    lacks = lack_of(name, device)
    if lacks:
        raise UnavailableError(f"--precision {name}: {lacks}", hint="Leave it out: fp32 is the default, and every device has it.")


def lack_of(name: str, device: torch.device) -> str:
    """Reason why a device cannot compute in a precision; empty where it can."""
    if name == "fp32":
        return ""
    if device.type == "cuda":
        capability = torch.cuda.get_device_capability(device)
        old = name != "fp16" and capability < AMPERE
        return (
            f"{torch.cuda.get_device_name(device)} has no such arithmetic (compute capability {capability[0]}.{capability[1]}, it takes 8.0)"
            if old
            else ""
        )
    if device.type != "cpu":
        return f"not on {device.type}, where nobody has tried it"
    if name == "tf32":
        return "it is arithmetic of NVIDIA's GPUs, and the device is the CPU"
    if name == "fp16":
        return "it is arithmetic of a GPU, and the device is the CPU"
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return "this CPU has no bf16 arithmetic (AVX512-BF16 or AMX): emulated, it is 12 times slower than fp32"
    return ""
