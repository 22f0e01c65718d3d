"""Outcome of one item of a cohort, wherever it was worked on."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from eegcli.compute.threads import limited
from eegcli.errors import EegcliError, UnavailableError
from eegcli.result import Failure

Item = TypeVar("Item")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Outcome(Generic[Value]):
    """Outcome of one item: a value, or a failure.

    Attributes
    ----------
    name : str
    value : object or None
        What the function returned; None if it failed.
    failure : Failure or None
    seconds : float
        Wall time of the function.
    traceback : str or None
        For the log file, where the failure was not foreseen.
    """

    name: str
    value: Value | None
    failure: Failure | None
    seconds: float
    traceback: str | None = None


def outcome_of(function: Callable[[Item], Value], item: Item, name: str) -> Outcome[Value] | UnavailableError:
    """Call `function` on an item, on one thread of BLAS.

    Returns
    -------
    Outcome, or the UnavailableError that the other items would meet, too
    """
    start = time.perf_counter()
    try:
        with limited(1):
            return Outcome(name, function(item), None, time.perf_counter() - start)
    except UnavailableError as error:
        return error
    except EegcliError as error:
        failure = Failure(name, error.message, error.cause)
        return Outcome(name, None, failure, time.perf_counter() - start)
    except Exception as error:
        line = (str(error).strip().splitlines() or [""])[0]
        failure = Failure(name, f"{type(error).__name__}: {line}", type(error).__name__)
        return Outcome(name, None, failure, time.perf_counter() - start, traceback.format_exc())
