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
Fatal = TypeVar("Fatal", bound=EegcliError)


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
    with limited(1):
        return attempt(lambda: function(item), name, UnavailableError)


def attempt(work: Callable[[], Value], name: str, *of_all: type[Fatal]) -> Outcome[Value] | Fatal:
    """Do some work; what fails is an outcome, too.

    Parameters
    ----------
    work : callable
    name : str
        Name of the item that is worked on.
    *of_all : type
        Errors that no single item is to blame for: they are given back as they are.
    """
    start = time.perf_counter()
    try:
        return Outcome(name, work(), None, time.perf_counter() - start)
    except of_all as error:
        return error
    except EegcliError as error:
        failure = Failure(name, error.message, error.cause)
        return Outcome(name, None, failure, time.perf_counter() - start)
    except Exception as error:
        line = (str(error).strip().splitlines() or [""])[0]
        failure = Failure(name, f"{type(error).__name__}: {line}", type(error).__name__)
        return Outcome(name, None, failure, time.perf_counter() - start, traceback.format_exc())
