"""Checks of a network: properties that training, evaluation and explanation take for granted, for every entry of the registry.

The author of a plug-in or of a network in a file calls `check_network` with its name (``./mynet.py:Net``), or gives `cases` to `pytest.mark.parametrize`, as with
scikit-learn's `check_estimator` and `parametrize_with_checks`. A check that fails raises an AssertionError that says what is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from eegcli import registry
from eegcli.models import build, n_parameters
from eegcli.models.closed import ClosedForm, closed_form
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.head import head_of
from eegcli.models.layers import layers_of
from eegcli.models.weights import reinitialise, stored

SIZES = {
    "n_chans": 20,
    "n_times": 128,
    "n_bands": 3,
    "height": 24,
    "width": 24,
    "n_bins": 64,
}  # of an axis that neither this nor the entry names: 16
SFREQ = 64.0
STEPS = 200  # of Adam, to learn eight windows: the shipped networks need fewer than 60


@dataclass(frozen=True)
class Case:
    """An architecture on windows of a representation."""

    name: str
    representation: str

    @property
    def shape(self) -> dict[str, int]:
        """Sizes of a window by the names of its axes."""
        sizes = SIZES | dict(registry.entry_of(self.name).smallest)
        return {axis: sizes.get(axis, 16) for axis in registry.REPRESENTATIONS[self.representation].axes}

    def build(self, n_outputs: int = 2, *, seed: int = 0) -> nn.Module:
        """A network with the weights of a seed; torch's generator is left as it is."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return build(self.name, representation=self.representation, n_outputs=n_outputs, sfreq=SFREQ, **self.shape)

    def windows(self, n: int) -> torch.Tensor:
        """Noise with the spread of EEG in microvolts, shape (n, ...)."""
        return 10 * torch.randn(n, *self.shape.values(), generator=torch.Generator().manual_seed(0))


Check = Callable[[Case], None]


def check_outputs(case: Case) -> None:
    """Outputs are float32 of shape (batch, n_outputs), for classes and for a number."""
    for n_outputs in (1, 2, 5):
        outputs = case.build(n_outputs).eval()(case.windows(3))
        _require(outputs.shape == (3, n_outputs), f"gives {tuple(outputs.shape)} for 3 windows and {n_outputs} outputs")
        _require(outputs.dtype == torch.float32 and bool(torch.isfinite(outputs).all()), "gives outputs that are not finite float32")


def check_gradient(case: Case) -> None:
    """Gradients reach the samples (explanations) and every weight (training)."""
    model, x = case.build(), case.windows(3).requires_grad_(True)
    model(x).square().sum().backward()
    _require(x.grad is not None and x.grad.shape == x.shape, "passes no gradient back to the samples")
    for name, weights in model.named_parameters():
        _require(not weights.requires_grad or weights.grad is not None, f"passes no gradient to {name}")


def check_each_window_by_itself(case: Case) -> None:
    """Outputs of a window in evaluation mode do not depend on the others in its batch; a batch of one works."""
    model, x = case.build().eval(), case.windows(4)
    with torch.no_grad():
        together, alone = model(x), torch.cat([model(window[None]) for window in x])
    _require(torch.allclose(together, alone, rtol=1e-4, atol=1e-4), "gives other outputs for a window beside other windows")


def check_batch_of_one(case: Case) -> None:
    """A training step takes a batch of one window: the last batch of an epoch may be one."""
    outputs = case.build().train()(case.windows(1))
    _require(outputs.shape == (1, 2), f"gives {tuple(outputs.shape)} for one window in training")


def check_final_layer(case: Case) -> None:
    """The last layer, of a closed form that of each part, is a Linear named `final_layer`: training writes the unit of a number into it.

    A foreign network has it beside.
    """
    model = case.build(3)
    if isinstance(model, ForeignNetwork):
        return
    for part in model.parts.values() if isinstance(model, ClosedForm) else [model]:
        layer = getattr(part, "final_layer", None)
        _require(
            isinstance(layer, nn.Linear) and layer.out_features == 3, "has no torch.nn.Linear named `final_layer` that gives the outputs"
        )


def check_seed(case: Case) -> None:
    """The same seed makes the same weights."""
    one, two = case.build(seed=1).state_dict(), case.build(seed=1).state_dict()
    _require(all(torch.equal(value, two[name]) for name, value in one.items()), "has other weights for the same seed of torch")


def check_learning(case: Case) -> None:
    """Eight windows are learnt by heart; a closed form does at least as well as the shares of the classes."""
    head = head_of(case.name, "classification")
    x, labels = case.windows(8), torch.tensor([0.0, 1.0] * 4)
    model = case.build(head.n_outputs(2))
    if registry.entry_of(case.name).training is None:
        closed = closed_form(model.eval())
        with torch.no_grad():
            for penalty in closed.penalties:
                closed.fit(closed.features(x).numpy().astype(np.float64), labels.numpy().astype(np.float64), None, penalty, head)
                loss = float(head.loss(closed(x), labels))
                _require(loss <= math.log(2) + 1e-3, f"is worse on its training windows ({loss:.3f}) than the shares of the classes")
        return
    for module in model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.p = 0.0
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(STEPS):
        outputs = model(x)
        if bool((head.predicted(outputs) == labels).all()):
            return
        optimizer.zero_grad()
        head.loss(outputs, labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    raise AssertionError(f"does not learn eight windows of noise in {STEPS} steps")


def check_layers(case: Case) -> None:
    """Layers, weights and output shape can be counted without values, for `eegcli models` and `--dry-run`."""
    model = case.build().eval()
    window = tuple(case.shape.values())
    found = layers_of(model, window)
    _require(found.n_parameters == n_parameters(model), "has weights that are not counted with its layers")
    _require(found.output_shapes == ((1, 2),), f"has an output of {found.output_shapes} without values")
    _require(found.memory_bytes > 4 * math.prod(window), "holds nothing but the window")
    sees = zip(found.receptive_field, window, strict=True)
    _require(all(0 <= extent <= size for extent, size in sees), "has a receptive field larger than the window")


def check_saving(case: Case) -> None:
    """Weights can be written and read: none share memory, and a fresh network takes them and gives the same outputs."""
    model, other, x = case.build(seed=1).eval(), case.build(seed=2).eval(), case.windows(2)
    state = model.state_dict()
    places = [value.untyped_storage().data_ptr() for value in state.values() if value.numel()]
    _require(len(places) == len(set(places)), "has weights that share memory, which safetensors does not store")
    other.load_state_dict({name: value.clone() for name, value in state.items()})
    with torch.no_grad():
        _require(torch.equal(model(x), other(x)), "gives other outputs after its weights were read again")


def check_state(case: Case) -> None:
    """After steps of training, stored weights and torch's generator say all: a network that takes them gives the same outputs, in evaluation and in training."""
    model, other, x = case.build(seed=1), case.build(seed=2), case.windows(2)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        for _ in range(2):
            model.train()(x)
        other.load_state_dict(model.state_dict())
        for training, then in ((False, "is read again"), (True, "goes on")):
            given = []
            for one in (model, other):
                torch.manual_seed(0)
                given.append(one.train(training)(x))
            _require(torch.equal(*given), f"gives other outputs when a training {then}: it keeps, or draws, something beside its weights")


def check_reinitialise(case: Case) -> None:
    """Weights can be drawn anew, from a seed, for the controls of explanations."""
    model, x = case.build().eval(), case.windows(2)
    before = torch.random.get_rng_state()
    outputs = []
    with torch.no_grad():
        for seed in (1, 1, 2):
            reinitialise(model, seed)
            outputs.append(model(x))
    _require(torch.equal(before, torch.random.get_rng_state()), "moves torch's own generator when its weights are drawn anew")
    _require(torch.equal(outputs[0], outputs[1]), "draws other weights for the same seed")
    _require(not torch.equal(outputs[0], outputs[2]), "draws the same weights for another seed")


def check_export(case: Case) -> None:
    """`torch.export` takes the network, so that its weights can be used without this package."""
    model, x = stored(case.build().eval()), case.windows(2)
    program = torch.export.export(model, (x,))
    with torch.no_grad():
        _require(torch.allclose(program.module()(x), model(x), rtol=1e-4, atol=1e-4), "gives other outputs when it is exported")


CHECKS: tuple[Check, ...] = (
    check_outputs,
    check_gradient,
    check_each_window_by_itself,
    check_batch_of_one,
    check_final_layer,
    check_seed,
    check_learning,
    check_layers,
    check_saving,
    check_state,
    check_reinitialise,
    check_export,
)


def cases(names: Iterable[str]) -> list[Case]:
    """Architectures of the registry, each on every representation that it takes."""
    return [Case(name, representation) for name in names for representation in registry.entry_of(name).representations]


def check_network(name: str) -> None:
    """Run every check on an architecture, registered or of your own, for every representation that it takes.

    Raises
    ------
    AssertionError
        If a check fails; the message names the check, and what is needed.
    """
    for case in cases([name]):
        for check in CHECKS:
            try:
                check(case)
            except AssertionError as error:
                raise AssertionError(f"{name} on {case.representation} windows {error} ({check.__name__})") from error


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
