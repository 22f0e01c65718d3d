"""Captured step: the operations of an update, captured once for each size of batch and from then on launched all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from eegcli.errors import UnavailableError
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.normalisation import inner
from eegcli.registry import Training

Learn = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # windows and labels of a batch -> figures of it

CAPTURABLE = ("adamax", "adam", "adamw")  # optimisers whose update needs nothing of the host
# Plain updates before a capture: the first one makes the optimiser's state and the libraries' workspaces, the second one is watched.
PLAIN = 2
# Operations that wait for the device, or bring values there from the host; and decompositions, whose libraries do both.
WAITING = ("aten::_local_scalar_dense", "aten::nonzero", "aten::equal", "aten::lift_fresh", "aten::_unique2", "aten::masked_select")
INDEXING = ("aten::index", "aten::index_put", "aten::index_put_")
DECOMPOSITIONS, NONE_OF_THEM = ("aten::linalg_", "aten::_linalg_"), ("aten::linalg_vector_norm",)


class Capture(Protocol):
    """Operations of a step on static buffers, which are launched again for other batches of the same size."""

    def replay(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Learn from a batch; its figures are overwritten by the next one."""
        ...


class Graph:
    """CUDA graph of a step.

    Parameters
    ----------
    learn : callable
        The step; what it made so far on the device is complete.
    x, labels : torch.Tensor
        Of a batch, for the sizes; nothing is learnt from it here.

    Raises
    ------
    UnavailableError
        If the device refuses to capture it.
    """

    def __init__(self, learn: Learn, x: torch.Tensor, labels: torch.Tensor) -> None:
        self.x, self.labels, self.graph = x.clone(), labels.clone(), torch.cuda.CUDAGraph()
        try:
            # Another thread may copy the next batches meanwhile. Libraries keep a workspace for each stream, which a graph uses for good:
            # of two graphs that run at once each has to be captured on a stream of its own.
            with torch.cuda.graph(self.graph, stream=stream_of_training(x.device), capture_error_mode="thread_local"):
                self.figures = learn(self.x, self.labels)
        except RuntimeError as error:
            raise UnavailableError(
                f"the device cannot capture the step of this network as a graph ({str(error).splitlines()[0]})", hint="Use --eager."
            ) from error

    def replay(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Learn from a batch; its figures are overwritten by the next one."""
        self.x.copy_(x)
        self.labels.copy_(labels)
        self.graph.replay()
        return self.figures


class Rehearsal:
    """Twin of `Graph` for every device: the same static buffers, but the operations are run anew; for tests and for counting them."""

    def __init__(self, learn: Learn, x: torch.Tensor, labels: torch.Tensor) -> None:
        self.learn, self.x, self.labels = learn, x.clone(), labels.clone()

    def replay(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Learn from a batch."""
        self.x.copy_(x)
        self.labels.copy_(labels)
        return self.learn(self.x, self.labels)


class Captured:
    """Step that is captured for each size of batch, after it was run plainly `PLAIN` times; these updates count like all others.

    A network with an operation that cannot be captured is run plainly for good, which the second update finds out.

    Parameters
    ----------
    learn : callable
        The step.
    capture : callable
        `Graph`, or `Rehearsal`.
    labels : torch.dtype
        Labels as the step takes them: converted where they are copied anyway.
    """

    def __init__(
        self, learn: Learn, capture: Callable[[Learn, torch.Tensor, torch.Tensor], Capture], labels: torch.dtype = torch.float32
    ) -> None:
        self.learn, self.capture, self.labels = learn, capture, labels
        self.waits_for: set[str] = set()
        self._plain: dict[int, int] = {}  # updates that were run plainly, by size of batch
        self._captured: dict[int, Capture] = {}

    def __call__(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Learn from a batch; its figures are overwritten by the next one."""
        n = len(labels)
        if n in self._captured:
            return self._captured[n].replay(x, labels)
        if self.waits_for:
            return self.learn(x, labels)
        before = self._plain.get(n, 0)
        if before < PLAIN:
            self._plain[n] = before + 1
            with _aside(x.device), Watch() as watch:
                figures = self.learn(x, labels)
            if before:  # the first update of all makes the optimiser's state, on the host too
                self.waits_for |= watch.waiting
            return figures
        self._captured[n] = self.capture(self.learn, x, labels.to(self.labels))
        return self._captured[n].replay(x, labels)


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types for it
    """Watch over the operations inside a block.

    Attributes
    ----------
    names : list of str
        Their names, in order.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Note an operation and run it."""
        self.names.append(func.name())
        if _without_overload(func.name()) in INDEXING and any(_is_mask(index) for index in args[1]):
            self.names.append("aten::nonzero")  # which it runs where nobody sees it
        return func(*args, **(kwargs or {}))

    @property
    def waiting(self) -> set[str]:
        """Operations that cannot be captured."""
        return {
            name
            for name in map(_without_overload, self.names)
            if name in WAITING or (name.startswith(DECOMPOSITIONS) and name not in NONE_OF_THEM)
        }


def capture_for(model: nn.Module, hyper: Training, device: torch.device, *, eager: bool = False) -> type[Graph] | None:
    """Choose whether the steps of a training are captured, by rule: on a CUDA device, of a network of ours, where nothing in them asks the host.

    Parameters
    ----------
    model : nn.Module
    hyper : Training
    device : torch.device
    eager : bool
        True where the user wants none.
    """
    plain = eager or isinstance(inner(model), ForeignNetwork)  # whose code may do on the host what a graph would do once
    mixes = any(step.partition(":")[0] == "mixup" for step in hyper.augment)  # by another share in each batch
    asks = hyper.optimizer not in CAPTURABLE or hyper.precision == "fp16" or hyper.accumulate > 1 or mixes
    return None if device.type != "cuda" or plain or asks else Graph


@contextmanager
def _aside(device: torch.device) -> Iterator[None]:
    """Inside the block work goes to a stream that is not the default one, as it must before a capture: that of this training, or one for the block."""
    if device.type != "cuda" or stream_of_training(device) is not None:
        yield
        return
    here, aside = torch.cuda.current_stream(device), torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    aside.wait_stream(here)
    with torch.cuda.stream(aside):
        yield
    here.wait_stream(aside)


def stream_of_training(device: torch.device) -> torch.cuda.Stream | None:
    """Stream of this training, where several take turns (`engine.interleaved`); None on the default one, and where there are no streams."""
    if device.type != "cuda":
        return None
    here = torch.cuda.current_stream(device)
    return None if here == torch.cuda.default_stream(device) else here


def _is_mask(index: torch.Tensor | None) -> bool:
    return index is not None and index.dtype in (torch.bool, torch.uint8)


def _without_overload(name: str) -> str:
    return name.partition(".")[0]
