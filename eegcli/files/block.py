"""Block of a stage: claims that are held until it ends, and what is undone if it refuses its work."""

from __future__ import annotations

import atexit
import contextlib
import contextvars
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from eegcli.errors import EegcliError, Stopped
from eegcli.files.claim import Claim


@dataclass
class _Block:
    claims: list[Claim] = field(default_factory=list)
    undo: list[Callable[[], None]] = field(default_factory=list)


_block: contextvars.ContextVar[_Block | None] = contextvars.ContextVar("block of the stage", default=None)


@contextlib.contextmanager
def releasing() -> Iterator[None]:
    """Release the claims that are kept (`keep`) in the block when it ends, however it ends; after a refusal, undo (`if_refused`)."""
    block = _Block()
    token = _block.set(block)
    refused = False
    try:
        yield
    except EegcliError as error:
        refused = not isinstance(error, Stopped)  # which goes on later
        raise
    finally:
        _block.reset(token)
        for claim in block.claims:
            claim.release()
        for undo in block.undo if refused else ():
            undo()


def keep(claim: Claim) -> None:
    """Keep a claim to the end of the block of `releasing`; outside of one, to the end of the process."""
    block = _block.get()
    if block is None:
        atexit.register(claim.release)
    else:
        block.claims.append(claim)


def if_refused(undo: Callable[[], None]) -> None:
    """Call a function where the block of `releasing` ends with an error that was meant for the user; outside of one, never."""
    block = _block.get()
    if block is not None:
        block.undo.append(undo)
