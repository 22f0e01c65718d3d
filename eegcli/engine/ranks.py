"""Ranks: processes that train one network together, each with a share of every batch, on its own device."""

from __future__ import annotations

import contextlib
import datetime
import signal
from collections.abc import Callable, Generator, Iterator
from typing import Any, Protocol

import numpy as np
import torch
import xxhash
from numpy.typing import NDArray
from torch import distributed, nn
from torch.distributed import PrefixStore  # type: ignore[attr-defined]  # its own name, re-exported

from eegcli.compute.ranks import Told
from eegcli.compute.signals import Stop
from eegcli.engine.examples import BATCH
from eegcli.engine.inference import output_batches
from eegcli.engine.line import Line
from eegcli.engine.reading import WindowArray
from eegcli.engine.whole_batch import Share, WholeBatch
from eegcli.errors import INTERRUPTED, STOPPED, UnavailableError

Model = Callable[..., torch.Tensor]  # windows of a batch, and what stands beside each of them -> outputs

PATIENCE_SECONDS = 600.0  # in which a rank that is alive comes to a meeting: it may write a checkpoint meanwhile
LISTEN_SECONDS = 1.0  # between looks whether a rank that is waited for has failed


class Ranks(Protocol):
    """Ranks: what a training does together with other processes. Every rank holds the same weights and the same batch."""

    rank: int
    size: int

    @property
    def writes(self) -> bool:
        """True for the one that writes what all of them made."""
        ...

    def begin(self, **network: Any) -> None:
        """Tell the others which network is trained next."""
        ...

    def outputs(self, model: Model, x: torch.Tensor, *beside: torch.Tensor) -> torch.Tensor:
        """Outputs of a network in training for the whole batch, on every rank: (batch, n_chans, n_times) -> (batch, n_outputs).

        What stands beside the windows, (batch, ...), is shared out as they are.
        """
        ...

    def add_gradients(self, model: nn.Module) -> None:
        """Make the gradients of the own share those of the whole batch."""
        ...

    def output_batches(
        self, model: nn.Module, x: WindowArray, rows: NDArray[np.int64], device: torch.device
    ) -> Generator[NDArray[np.float64]]:
        """Outputs of a network in evaluation for the windows of some rows, in order, on every rank; as `inference.output_batches`."""
        ...

    def any(self, flag: bool) -> bool:
        """Test that a flag is set on any rank: all get the same answer."""
        ...

    def least(self, number: int) -> int:
        """The smallest of the numbers of all ranks."""
        ...

    def agree(self, stop: Stop) -> None:
        """Let a signal that came to any rank stop all."""
        ...

    def require_same(self, model: nn.Module) -> None:
        """Check that every rank holds the same weights.

        Raises
        ------
        UnavailableError
            If their machines compute differently, or do not see the same disk.
        """
        ...


class Alone:
    """One process that trains alone."""

    rank, size = 0, 1
    writes = True

    def begin(self, **network: Any) -> None:
        """Nobody else is to be told."""

    def outputs(self, model: Model, x: torch.Tensor, *beside: torch.Tensor) -> torch.Tensor:
        """Outputs of a network; see `Ranks.outputs`."""
        return model(x, *beside)

    def add_gradients(self, model: nn.Module) -> None:
        """Leave the gradients as they are."""

    def output_batches(
        self, model: nn.Module, x: WindowArray, rows: NDArray[np.int64], device: torch.device
    ) -> Generator[NDArray[np.float64]]:
        """Outputs of a network in evaluation."""
        return output_batches(model, x, rows, device)

    def any(self, flag: bool) -> bool:
        """The flag."""
        return flag

    def least(self, number: int) -> int:
        """The number."""
        return number

    def agree(self, stop: Stop) -> None:
        """Nobody else is to be asked."""

    def require_same(self, model: nn.Module) -> None:
        """There is one network."""


ALONE = Alone()


class Together:
    """Several processes that train one network; all of them make one at the same time.

    Parameters
    ----------
    line : Line
        Tells who failed, and why.
    device : torch.device
        Of this rank.

    Notes
    -----
    Every rank reads every batch and computes its share of it. Outputs are gathered, so that each has the loss of the whole batch, and
    takes the gradient of it through its own windows; the sum over the ranks is the gradient. So loss, weights, moments and history are
    the same on all, and any of them could write the checkpoint.
    """

    def __init__(self, line: Line, device: torch.device) -> None:
        self.line, self.device, self.rank, self.size = line, device, line.place.rank, line.place.size
        # What is agreed upon goes by the CPU also where gradients do not: nothing waits for the device.
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        line.meet()
        with line.speaking():
            distributed.init_process_group(
                backend,
                store=PrefixStore(f"collectives/{line.n_meetings}", line.store),
                rank=self.rank,
                world_size=self.size,
                timeout=datetime.timedelta(seconds=PATIENCE_SECONDS),
            )

    @property
    def writes(self) -> bool:
        """True for the first."""
        return self.line.place.leads

    def begin(self, **network: Any) -> None:
        """Tell the others which network is trained next."""
        self.line.tell(**network)

    def outputs(self, model: Model, x: torch.Tensor, *beside: torch.Tensor) -> torch.Tensor:
        """Outputs for the whole batch; see `Ranks.outputs`."""
        share = Share.of(len(x), self.rank, self.size)
        rows = share.rows if len(share) < len(share.rows) else slice(share.start, share.stop)
        with WholeBatch(share, self._total):
            own = model(x[rows], *(values[rows] for values in beside))
        outputs: torch.Tensor = _Gathered.apply(own[: len(share)], share, self)  # type: ignore[no-untyped-call]
        return outputs

    def add_gradients(self, model: nn.Module) -> None:
        """Sum the gradients over all ranks, in one message."""
        gradients = [weights.grad for weights in model.parameters() if weights.grad is not None]
        flat = self.sum_of(torch.cat([gradient.flatten() for gradient in gradients]))
        for gradient, total in zip(gradients, torch.split(flat, [gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(total.view(gradient.shape))

    def output_batches(
        self, model: nn.Module, x: WindowArray, rows: NDArray[np.int64], device: torch.device
    ) -> Generator[NDArray[np.float64]]:
        """Outputs in evaluation; each rank computes every so manieth batch, and they meet after each round."""
        blocks = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        with contextlib.closing(output_batches(model, x, np.concatenate([rows[:0], *blocks[self.rank :: self.size]]), device)) as own:
            for _ in range(0, len(blocks), self.size):
                yield self._gathered(next(own, None))

    def any(self, flag: bool) -> bool:
        """Test that a flag is set on any rank."""
        return bool(self._most(int(flag)))

    def least(self, number: int) -> int:
        """The smallest of the numbers of all ranks."""
        return -self._most(-number)

    def agree(self, stop: Stop) -> None:
        """Let a signal that came to any rank stop all; one of them says it."""
        number = self._most(0 if stop.signal is None else int(stop.signal))
        if not number:
            return
        if not self.writes:
            raise Told("stopped", hint=None, exit_code=INTERRUPTED if number == signal.SIGINT else STOPPED)
        if stop.signal is None:
            stop.signal = signal.Signals(number)

    def require_same(self, model: nn.Module) -> None:
        """Check that every rank holds the same weights; see `Ranks.require_same`."""
        state = xxhash.xxh3_64()
        for value in model.state_dict().values():
            state.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
        digest = state.intdigest() >> 1  # of 63 bits, as an int64 holds them
        if self.any(self._most(digest) != digest):
            raise UnavailableError(
                f"rank {self.rank} of {self.size} holds other weights than the others",
                hint="All ranks need machines of one kind, and an output on a disk that all of them see.",
            )

    def sum_of(self, x: torch.Tensor) -> torch.Tensor:
        """Sum of a tensor over all ranks, the same bits on each; no gradient goes through it."""
        total = x.detach().clone(memory_format=torch.contiguous_format)
        self._reduce(total, distributed.ReduceOp.SUM)
        return total

    def _total(self, x: torch.Tensor) -> torch.Tensor:
        total: torch.Tensor = _Total.apply(x, self)  # type: ignore[no-untyped-call]
        return total

    def _most(self, number: int) -> int:
        value = torch.tensor([number], dtype=torch.int64)
        self._reduce(value, distributed.ReduceOp.MAX)
        return int(value)

    def _reduce(self, x: torch.Tensor, how: Any) -> None:
        """Reduce a tensor over all ranks, in place; a rank that failed does not come, and says so on the line."""
        with self.line.speaking():
            work = distributed.all_reduce(x, op=how, async_op=True)
            if x.device.type != "cpu":  # what is agreed upon after each batch goes by the CPU, and will notice
                work.wait()
                return
            while True:
                try:
                    work.wait(datetime.timedelta(seconds=LISTEN_SECONDS))
                    return
                except RuntimeError:
                    if work.is_completed():  # it failed; else it was only the time to listen
                        raise
                self.line.listen()

    def _gathered(self, part: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Outputs of all ranks, (n_windows, n_outputs), one rank after the other; None of a rank that has none."""
        sizes = torch.zeros(self.size, 2, dtype=torch.int64)
        if part is not None:
            sizes[self.rank] = torch.tensor(part.shape)
        sizes = self.sum_of(sizes)
        whole = torch.zeros(int(sizes[:, 0].sum()), int(sizes[0, 1]), dtype=torch.float64)
        if part is not None:
            start = int(sizes[: self.rank, 0].sum())
            whole[start : start + len(part)] = torch.from_numpy(part)
        return self.sum_of(whole).numpy()


class _Total(torch.autograd.Function):
    """Sum over all ranks; each of them needs the gradients of what all make of it."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, ranks: Together) -> torch.Tensor:
        ctx.ranks = ranks
        return ranks.sum_of(x)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:  # type: ignore[override]
        return ctx.ranks.sum_of(gradient), None


class _Gathered(torch.autograd.Function):
    """Outputs of all ranks; the gradient of the own ones is taken."""

    @staticmethod
    def forward(ctx: Any, own: torch.Tensor, share: Share, ranks: Together) -> torch.Tensor:
        ctx.share = share
        whole = own.new_zeros(share.n, *own.shape[1:])
        whole[share.start : share.stop] = own
        return ranks.sum_of(whole)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:  # type: ignore[override]
        return gradient[ctx.share.start : ctx.share.stop], None, None


@contextlib.contextmanager
def together(line: Line, device: torch.device) -> Iterator[Together]:
    """Train together with the other ranks for the block."""
    ranks = Together(line, device)
    try:
        yield ranks
    finally:
        # Up to torch 2.6 at least a group joins gloo's threads without giving Python's lock away, which one of them may wait for: a loop of
        # groups hung within its first hundred. A backend that Python still holds outlives its group, and is taken down without the lock.
        gloo = distributed.group.WORLD._get_backend(torch.device("cpu"))  # type: ignore[union-attr]
        distributed.destroy_process_group()
        del gloo
