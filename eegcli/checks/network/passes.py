"""Passes of a fresh network over a few windows, made once for all checks of networks: outputs, gradients, and what layers gave."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode

from eegcli.checks.finding import Evidence, Finding
from eegcli.checks.stepwise import of_steps
from eegcli.checks.trial import Trial
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.normalisation import Normalised

KEPT = "passes"
N, FEW = 16, 4  # windows
SLOW = 1.0  # s for two windows forth
SPREAD = 10.0  # µV, as of EEG
LOW, HIGH, OFF = 0.5, 500.0, 3.0  # µV, µV and standard deviations: of windows outside, checks of the data say it, and noise is taken here
MANY = 400  # activations that are looked at: a recurrent layer has some for each sample
LAYERS = (nn.modules.conv._ConvNd, nn.Linear, nn.Bilinear, nn.RNNBase, nn.modules.rnn.RNNCellBase)
SQUASHING = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "hardtanh": (-1.0, 1.0), "hardsigmoid": (0.0, 1.0)}
RECTIFYING = ("relu", "threshold", "clamp_min")
CURVED = (
    *SQUASHING,
    *RECTIFYING,
    "elu",
    "leaky_relu",
    "gelu",
    "silu",
    "celu",
    "selu",
    "softplus",
    "mish",
    "hardswish",
    "prelu",
    "log_sigmoid",
)


@dataclass(frozen=True)
class Activation:
    """Output of one activation.

    Attributes
    ----------
    operation : str
        E.g. ``relu``.
    layer : str
        Module in which it was called; "" is the network itself.
    values : torch.Tensor, shape (n_windows, n_units, ...)
    """

    operation: str
    layer: str
    values: torch.Tensor


@dataclass(frozen=True)
class Passes:
    """Passes of a fresh network: outputs, gradients, activations.

    Attributes
    ----------
    network : nn.Module
        The network within its input normalisation; of the user's own, their module itself.
    call : callable
        Calls it on windows as it takes them.
    x : torch.Tensor, shape (n_windows, ...)
        Normalised, where that is a part of the training.
    is_noise : bool
        True where the windows are no values of EEG, and noise is taken.
    outputs : torch.Tensor, shape (n_windows, n_outputs)
        In training mode, with their graph.
    evaluated : torch.Tensor, shape (n_windows, n_outputs)
        In evaluation mode.
    loss : float
    gradients : dict of str to (torch.Tensor or None)
        Of the loss, by the name of the weights.
    seen : torch.Tensor, shape (...)
        Mean size of the gradient of the evaluated outputs with respect to each value of a window.
    slopes : torch.Tensor, shape (n_windows, ...)
        That gradient itself.
    called : frozenset of str
        Modules that were called.
    not_training : tuple of str
        Modules that are in evaluation mode after `train()`.
    dropped : tuple of float
        Share that each dropout drops.
    activations : list of Activation
        In training mode.
    operations : dict of str to int
        How often each operation was called.
    """

    network: nn.Module
    call: Callable[[torch.Tensor], torch.Tensor]
    x: torch.Tensor
    is_noise: bool
    outputs: torch.Tensor
    evaluated: torch.Tensor
    loss: float
    gradients: dict[str, torch.Tensor | None]
    seen: torch.Tensor
    slopes: torch.Tensor
    called: frozenset[str]
    not_training: tuple[str, ...]
    dropped: tuple[float, ...]
    activations: list[Activation]
    operations: dict[str, int]

    @property
    def layers(self) -> dict[str, nn.Parameter]:
        """Weights of layers, without biases and the scales of norms, by name."""
        return {name: weights for name, weights in self.network.named_parameters() if weights.dim() > 1}

    @property
    def torch_layers(self) -> dict[str, nn.Parameter]:
        """Weights of convolutions, linear and recurrent layers of torch: their healthy size is known, that of positions or tokens is not."""
        owners = {name: module for name, module in self.network.named_modules() if isinstance(module, LAYERS)}
        return {name: weights for name, weights in self.layers.items() if name.rpartition(".")[0] in owners}


def passes_of(trial: Trial) -> Passes:
    """Pass a few windows through a fresh network of the trial, forth and back; once for all checks.

    Raises
    ------
    InputError
        If the code of a foreign network fails.
    """
    if KEPT not in trial.kept:
        trial.kept[KEPT] = _made(trial)
    made: Passes = trial.kept[KEPT]
    return made


def of_network(name: str) -> Callable[[Callable[[Trial, Passes], Finding]], Callable[[Evidence], Finding]]:
    """Make a check of a function of a trial and the passes of its network; a closed form has no such network."""

    def made(check: Callable[[Trial, Passes], Finding]) -> Callable[[Evidence], Finding]:
        return of_steps(name)(wraps(check)(lambda trial, _: check(trial, passes_of(trial))))

    return made


def own(network: nn.Module) -> nn.Module:
    """The user's own module, where it is one; else the network itself."""
    return network.network if isinstance(network, ForeignNetwork) else network


def windows_for(trial: Trial, model: nn.Module, n: int = N) -> tuple[torch.Tensor, torch.Tensor, bool]:
    """Windows of training people as the network within its normalisation takes them, their labels, and whether noise is in their place.

    A fault of the data is none of the network: where values are no EEG, the network is looked at with noise of its spread.
    """
    order = np.random.default_rng(0).permutation(len(trial.train))
    if trial.is_class:  # classes by turns, so that a batch holds all
        classes = trial.train.labels[order]
        rank = np.zeros(len(order))
        for value in np.unique(classes):
            rank[classes == value] = np.arange((classes == value).sum())
        order = order[np.argsort(rank, kind="stable")]
    x, labels = trial.batch(order[:n])
    if isinstance(model, Normalised):
        x = model.normalisation(x)
    spread, offset = float(x.std()), float(x.mean(dim=-1).abs().median())
    if trial.description.representation != "raw" or isinstance(model, Normalised):
        is_noise = not bool(torch.isfinite(x).all())
    else:
        is_noise = not (LOW <= spread <= HIGH and offset <= OFF * spread)
    if is_noise:
        unit = 1.0 if isinstance(model, Normalised) else SPREAD
        x = unit * torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).to(x.device)
    return x, labels, is_noise


def _made(trial: Trial) -> Passes:
    model, within = trial.network()
    x, labels, is_noise = windows_for(trial, model, _affordable(trial, model))
    network = own(within)
    _waken(network)
    not_training = tuple(name for name, module in network.named_modules() if not module.training and _has_modes(module))
    watch = _Watch(network)
    with watch:
        outputs = within(x)
    loss = trial.objective.on(x.device).loss(outputs, labels)
    gradients: dict[str, torch.Tensor | None] = {name: None for name, _ in network.named_parameters()}
    weights = {name: one for name, one in network.named_parameters() if one.requires_grad and not is_lazy(one)}
    if loss.requires_grad and weights:
        found = torch.autograd.grad(loss, list(weights.values()), allow_unused=True, retain_graph=True)
        gradients |= dict(zip(weights, found, strict=True))
    # Running statistics as a batch leaves them, so that batch norm passes on in evaluation mode what it does after some training.
    with torch.random.fork_rng(devices=[]), _following(network):
        within(x)
    within.eval()
    leaf = x.detach().clone().requires_grad_(True)
    evaluated = within(leaf)
    slopes = torch.zeros_like(leaf)
    if evaluated.requires_grad:
        mixed = evaluated * torch.linspace(-1.0, 1.3, evaluated.shape[1] + 1, device=x.device)[1:]
        slopes = torch.autograd.grad(mixed.sum(), leaf, allow_unused=True)[0]
        slopes = torch.zeros_like(leaf) if slopes is None else slopes
    return Passes(
        network,
        within,
        x,
        is_noise,
        outputs,
        evaluated.detach(),
        float(loss.detach()),
        gradients,
        slopes.abs().mean(dim=0),
        slopes,
        frozenset(watch.called),
        not_training,
        tuple(watch.dropped),
        watch.activations,
        watch.operations,
    )


def _waken(network: nn.Module) -> None:
    """Draw a last layer that begins with zeros, as some are made to: what it would do after the first step is looked at."""
    layers = [one for one in network.parameters() if one.dim() > 1]
    if len(layers) > 1 and not bool(layers[-1].any()) and all(bool(one.any()) for one in layers[:-1]):
        nn.init.kaiming_uniform_(layers[-1].detach(), a=5**0.5)


def _affordable(trial: Trial, model: nn.Module) -> int:
    """Number of windows: fewer of a network that takes a second for one (long kernels on minutes of signal)."""
    x, _, _ = windows_for(trial, model, 2)
    started = time.monotonic()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        (model.network if isinstance(model, Normalised) else model)(x)
    return N if time.monotonic() - started < SLOW else FEW


def _has_modes(module: nn.Module) -> bool:
    """Test that a module does another thing in training than in evaluation."""
    return isinstance(module, (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm))


class _following:  # noqa: N801  # reads as a clause
    """Batch norm whose running statistics are those of the next batch."""

    def __init__(self, network: nn.Module) -> None:
        self.norms = [one for one in network.modules() if isinstance(one, nn.modules.batchnorm._BatchNorm)]
        self.momenta = [one.momentum for one in self.norms]

    def __enter__(self) -> None:
        for norm in self.norms:
            norm.momentum = 1.0

    def __exit__(self, *error: object) -> None:
        for norm, momentum in zip(self.norms, self.momenta, strict=True):
            norm.momentum = momentum


@dataclass
class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Watch of a forward pass: which modules are called, and what operations give."""

    network: nn.Module
    called: set[str] = field(default_factory=set)
    dropped: list[float] = field(default_factory=list)
    activations: list[Activation] = field(default_factory=list)
    operations: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._within: list[str] = []
        self._hooks: list[Any] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """False: nothing is compiled here, and keeping torch's compiler away would import it (1.6 s of processor time with torch 2.13)."""
        return False

    def __enter__(self) -> Any:
        for name, module in self.network.named_modules():
            self._hooks.append(module.register_forward_pre_hook(lambda _module, _given, name=name: self._begins(name)))
            self._hooks.append(module.register_forward_hook(lambda _module, _given, _output: self._ends()))
        return super().__enter__()  # type: ignore[no-untyped-call]

    def __exit__(self, *error: Any) -> None:
        for hook in self._hooks:
            hook.remove()
        super().__exit__(*error)  # type: ignore[no-untyped-call]

    def _begins(self, name: str) -> None:
        self.called.add(name)
        self._within.append(name)

    def _ends(self) -> None:
        self._within.pop()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__.rstrip("_")
        self.operations[name] = self.operations.get(name, 0) + 1
        if func.overloadpacket.__name__ == "bernoulli_":  # of dropout on a CPU; a half, which is its default, is not handed on
            kept = args[1] if len(args) > 1 else 0.5
            self.dropped += [1.0 - kept] if isinstance(kept, float) else []
        elif name == "native_dropout":
            self.dropped.append(float(args[1]))
        elif name in CURVED and isinstance(given, torch.Tensor) and given.dim() > 1 and len(self.activations) < MANY:
            self.activations.append(Activation(name, self._within[-1] if self._within else "", given.detach().clone()))
        return given
