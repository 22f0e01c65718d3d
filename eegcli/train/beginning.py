"""Beginning of a network: the weights of another one, and those of them that stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from eegcli.artifacts.network import ModelDescription, Network
from eegcli.engine.frozen import fitting, freezable
from eegcli.errors import UsageError, listed
from eegcli.models.carry import carry
from eegcli.models.code import Code
from eegcli.models.weights import stored
from eegcli.reporter import Reporter
from eegcli.train.origin import Plan, plan_of


@dataclass(frozen=True)
class Beginning:
    """Beginning of a network; without a plan its weights are drawn.

    Attributes
    ----------
    plan : Plan or None
    network : Network or None
        That whose weights it took over.
    frozen : tuple of str
        Weights that stay as they are, by the names under which they are stored.
    in_unit : bool
        Its last layer was taken over, and gives a number in the unit of the target.
    cleaned_otherwise : tuple of str
        How the windows of that network were cleaned otherwise, in words.
    """

    plan: Plan | None = None
    network: Network | None = None
    frozen: tuple[str, ...] = ()
    in_unit: bool = False
    cleaned_otherwise: tuple[str, ...] = ()

    @property
    def facts(self) -> dict[str, Any]:
        """Entry of metrics.json."""
        if self.plan is None or self.network is None:
            return {}
        of_whom = {"weights": self.network.description.weights, "fold": self.network.fold, "seed": self.network.seed}
        otherwise = {"cleaned_otherwise": list(self.cleaned_otherwise)} if self.cleaned_otherwise else {}
        return {"begun_with": {**of_whom, **self.plan.facts, "frozen": list(self.frozen), **otherwise}}

    def tell(self, reporter: Reporter) -> None:
        """Say what is not taken over, and how much stays as it is."""
        if self.plan is not None:
            self.plan.tell(reporter)
        if self.frozen:
            reporter.info(f"--freeze: {listed(self.frozen, 6, count=True)}")


def begin(model: nn.Module, description: ModelDescription, network: Network, freeze: Sequence[str], code: Code | None) -> Beginning:
    """Put the weights of another network into one that was just built.

    Parameters
    ----------
    model : nn.Module
    description : ModelDescription
        Of it.
    network : Network
        Whose weights it takes over.
    freeze : sequence of str
        Patterns of the names of weights that are to stay.
    code : Code or None
        Of a foreign network.

    Raises
    ------
    InputError
        If the weights do not fit.
    UsageError
        If a pattern fits no weights, or those that are drawn anew, or nothing is left to learn.
    """
    weights, theirs = network.weights(), network.description
    plan = plan_of(description, theirs, code, {name: tuple(value.shape) for name, value in weights.items()})
    kept = _frozen(stored(model), plan, freeze)
    carry(stored(model), weights, anew=plan.anew, channel_axis=plan.channel_axis, ours=plan.ours, theirs=plan.theirs)
    return Beginning(plan, network, kept, plan.same_question and description.kind == "regression")


def _frozen(network: nn.Module, plan: Plan, freeze: Sequence[str]) -> tuple[str, ...]:
    names, learnt = freezable(network), {name for name, _ in network.named_parameters()}
    found = fitting(names, freeze)
    for pattern, fits in found.items():
        if not fits:
            raise UsageError(f"--freeze {pattern}: no weights are named so", hint=f"There are {listed(names, 12, count=True)}.")
        if drawn := [name for name in fits if name in plan.anew]:
            raise UsageError(f"--freeze {pattern}: {drawn[0]} is drawn anew, and would stay at random", hint="Freeze what is taken over.")
        partly = [name for name in fits if name in plan.channel_axis and not set(plan.ours) <= set(plan.theirs)]
        if partly:
            raise UsageError(f"--freeze {pattern}: some channels of {partly[0]} are drawn anew, and would stay at random")
    kept = tuple(name for name in names if any(name in fits for fits in found.values()))
    if learnt <= set(kept):
        raise UsageError(f"--freeze {', '.join(freeze)}: nothing is left to learn")
    return kept
