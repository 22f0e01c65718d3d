"""Precision of learning: single, TF32, bf16 or fp16, and whether a device has such arithmetic."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from eegcli.errors import UnavailableError

AMPERE = (8, 0)  # compute capability from which on NVIDIA's GPUs have TF32 and bf16
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

    def outputs(self, model: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        """Outputs of a network that computes in this precision, in single precision: (batch, ...) -> (batch, n_outputs)."""
        if self.name not in HALF:
            given: torch.Tensor = model(x)
            return given
        # Each weight is cast where it is used: a cache would outlive the capture of a graph.
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
