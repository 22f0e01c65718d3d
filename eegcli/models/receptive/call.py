"""Calls: an operation of torch that was run, as the rules of receptive fields see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from eegcli.models.receptive.field import Field, whole


@dataclass(frozen=True)
class Call:
    """An operation that was run: its arguments by name, the fields of its tensors, and its output."""

    arguments: Mapping[str, Any]
    field_of: Callable[[torch.Tensor], Field | None]
    output: torch.Tensor  # the first, where there are several
    n_axes: int
    asked: set[int] = field(default_factory=set)  # tensors whose field the rule has looked at

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    def of(self, tensor: torch.Tensor) -> Field | None:
        """Field of a tensor; None for a constant."""
        self.asked.add(id(tensor))
        return self.field_of(tensor)

    def field(self, name: str) -> Field:
        """Field of a tensor argument; of a constant, that nothing is known of it."""
        found = self.of(self.arguments[name])
        return found if found is not None else whole(self.n_axes, self.arguments[name].dim())

    def dims(self, name: str = "dim") -> list[int]:
        """Dimensions of `self` that an argument names, counted from the front; None names all."""
        n_dims = self.arguments["self"].dim()
        value = self.arguments[name]
        values = list(range(n_dims)) if value is None or value == [] else [value] if isinstance(value, int) else list(value)
        return [dim % n_dims for dim in values if n_dims]


Rule = Callable[[Call], "Field | list[Field]"]
