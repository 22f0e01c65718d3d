"""Turns of a training: the pieces of its work, between which another network may have its turn."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import wraps
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Turns = Generator[None, None, Result]


def at_a_stretch(in_turns: Callable[Arguments, Turns[Result]]) -> Callable[Arguments, Result]:
    """Function that does all the turns of another one, one after the other, and gives its result."""

    @wraps(in_turns)
    def whole(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        turns = in_turns(*args, **kwargs)
        while True:
            try:
                next(turns)
            except StopIteration as end:
                result: Result = end.value
                return result

    return whole
