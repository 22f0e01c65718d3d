"""Probe of a foreign network before its training: two windows show what would fail, or be wrong without a word, hours later."""

from __future__ import annotations

import contextlib
import copy
import tempfile
from collections.abc import Callable

import torch
from safetensors.torch import save
from torch import nn

from eegcli.errors import InputError, listed
from eegcli.models.code import SHOWN, Code
from eegcli.models.foreign import ForeignNetwork

N_WINDOWS = 2
SPREAD = 10.0  # µV, as of EEG
LOUD = 1e4  # times the spread: only what squashes its input still gives values from 0 to 1
STEPS = 2  # in training, before it is looked at whether their traces are stored
CLOSE = 1e-3  # of the largest output: sums of a batch are made in another order than those of one window


def probe(code: Code, build: Callable[[], ForeignNetwork], *, device: torch.device, batch_of_one: bool) -> list[str]:
    """Try a foreign network on two windows of noise, there and back.

    The code is run in an empty folder: what it would read from the present one, no reader of the run would have.

    Parameters
    ----------
    code : Code
    build : callable
        Gives the network, with weights from torch's global generator, which is left as it is.
    device : torch.device
        Device on which it would be trained.
    batch_of_one : bool
        True where the last batch of an epoch holds one window.

    Returns
    -------
    list of str
        Remarks on what works, and is probably not meant.

    Raises
    ------
    InputError
        If it cannot be trained, stored, or read again; the first reason is named.
    """
    with tempfile.TemporaryDirectory() as empty, contextlib.chdir(empty):
        code.constructor()  # run before any seed is set: it may set one itself
        model = _seeded(build, 0)
        with code.anew():  # as another process will
            again, other = _seeded(build, 0), _seeded(build, 1)
        fails = _Failing(model)
        x = SPREAD * torch.randn(N_WINDOWS, *model.window, generator=torch.Generator().manual_seed(0))
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            _look_at_weights(model.network, again.network, fails)
            _look_at_memory(model.network, other.network, x, model, other, fails)
            remarks = [
                *_look_at_range(model, x, fails),
                *_look_at_seeds(model.network, _seeded(build, 1).network, fails),
                *_look_at_training(model.to(device), x.to(device), batch_of_one, fails),
            ]
            _look_at_state(model, _seeded(build, 1).to(device), x.to(device), fails)
            return remarks


class _Failing:
    """Errors of one network."""

    def __init__(self, model: ForeignNetwork) -> None:
        self.name = model.code.title

    def __call__(self, what: str, hint: str | None = None) -> InputError:
        return InputError(f"{self.name} {what}", hint=hint)


def _seeded(build: Callable[[], ForeignNetwork], seed: int) -> ForeignNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def _look_at_weights(network: nn.Module, again: nn.Module, fails: _Failing) -> None:
    """Weights are float32, of torch's generator alone, and can be stored."""
    weights = dict(network.named_parameters())
    if not any(one.requires_grad for one in weights.values()):
        raise fails("has no weights to train", "Layers are found where they are attributes, or in a torch.nn.ModuleList.")
    state = network.state_dict()
    for name, value in state.items():
        if not isinstance(value, torch.Tensor):
            raise fails(f"stores {name}, which is no tensor", "Weights are stored as tensors alone.")
        if value.layout != torch.strided:
            raise fails(f"has weights that cannot be stored: {name} is sparse")
        if name in weights and value.dtype != torch.float32:
            raise fails(f"has {name} of {str(value.dtype).removeprefix('torch.')}, and float32 is needed")
    places: dict[int, str] = {}
    for name, value in state.items():
        if value.numel() and (first := places.setdefault(value.untyped_storage().data_ptr(), name)) != name:
            raise fails(
                f"has weights that share memory: {first} and {name}", "Each can be stored once: compute one from the other in forward."
            )
    try:
        save({name: value.contiguous() for name, value in state.items()})
    except Exception as error:
        raise fails(f"has weights that cannot be stored ({error})") from error
    # A copy of the weights is compared: a constructor may keep a generator of its own.
    if any(not torch.equal(value, other) for value, other in zip(state.values(), again.state_dict().values(), strict=True)):
        raise fails("has other weights for the same seed", "Draw them with torch's generator alone, not NumPy's or Python's.")


def _look_at_seeds(network: nn.Module, other: nn.Module, fails: _Failing) -> list[str]:
    """Another seed gives other weights."""
    if any(not torch.equal(*pair) for pair in zip(network.parameters(), other.parameters(), strict=True)):
        return []
    return [
        f"{fails.name} has the same weights for every seed (does it set one itself?): --seeds and the controls of explain compare nothing"
    ]


def _look_at_memory(
    network: nn.Module, other: nn.Module, x: torch.Tensor, model: ForeignNetwork, fresh: ForeignNetwork, fails: _Failing
) -> None:
    """In evaluation mode, outputs are a function of the window and the stored weights alone."""
    model.eval(), fresh.eval()
    before = x.clone()
    with torch.no_grad():
        outputs = model(x)
        if not torch.equal(x, before):
            raise fails("changes its input in place", "Write x = x / s, not x /= s.")
        if outputs.dtype != torch.float32:
            raise fails(f"gives outputs of {str(outputs.dtype).removeprefix('torch.')}, and float32 is needed")
        if not torch.isfinite(outputs).all():
            raise fails("gives outputs that are not finite for noise of 10 µV")
        if not _are_close(model(x), outputs):
            raise fails(
                "gives other outputs for the same windows in evaluation mode",
                "A dropout goes by self.training; nothing else may be random.",
            )
        if not _are_close(torch.cat([model(window[None]) for window in x]), outputs):
            raise fails(
                "gives other outputs for a window beside other windows in evaluation mode", "A result may not depend on who is beside."
            )
        other.load_state_dict(network.state_dict())
        if not _are_close(fresh(x), outputs):
            raise fails(
                "gives other outputs after its weights were stored and read", "Every tensor that it keeps is a parameter or a buffer."
            )


def _look_at_range(model: ForeignNetwork, x: torch.Tensor, fails: _Failing) -> list[str]:
    """Outputs of classes are no probabilities: the loss takes the softmax itself."""
    if model.n_outputs < 2:  # a number, which may well lie between 0 and 1
        return []
    try:
        with torch.no_grad():
            faint, loud = model.eval()(x), model(LOUD * x.flip(0))
    except InputError:  # it refuses such values, which no EEG has
        return []
    both = torch.cat([faint, loud])
    if not bool(((both >= 0) & (both <= 1)).all()):
        return []
    if torch.allclose(both.sum(1), torch.ones(len(both))):
        last = "a softmax"
    elif not torch.allclose(faint, loud):  # constant outputs, as a last layer of zeros gives, say nothing
        last = "a sigmoid"
    else:
        return []
    return [
        f"{fails.name} gives what {last} gives (from 0 to 1, whatever the input): the loss applies a softmax again, which slows learning; leave it out"
    ]


def _look_at_training(model: ForeignNetwork, x: torch.Tensor, batch_of_one: bool, fails: _Failing) -> list[str]:
    """A step of training works, on the device."""
    outputs = model.train()(x)
    if not torch.isfinite(outputs).all():
        raise fails("gives outputs that are not finite in training, for noise of 10 µV")
    if not outputs.requires_grad:
        raise fails("gives outputs that do not depend on its weights", "Nothing in forward may leave torch: no .detach(), no .numpy().")
    with model.code.running():
        outputs.square().sum().backward()  # type: ignore[no-untyped-call]
    trained = {name: one.grad is not None for name, one in model.network.named_parameters() if one.requires_grad}
    if not any(trained.values()):
        raise fails("passes no gradient to its weights")
    try:
        copy.deepcopy(model)
    except Exception as error:
        why = " ".join(str(error).split())[:SHOWN]
        raise fails(f"cannot be copied, as explanations do ({why})", "torch.nn.utils.parametrizations has what can be.") from error
    if batch_of_one:
        try:
            model(x[:1])
        except InputError as error:
            raise InputError(
                f"{error.message}; for a batch of one window, which the last of an epoch is here", hint="Choose another --batch-size."
            ) from error
    remarks = []
    if unused := [name for name, reached in trained.items() if not reached]:
        remarks.append(f"{fails.name} never uses some of its weights: {listed(unused, 3)}")
    return remarks


def _look_at_state(model: ForeignNetwork, other: ForeignNetwork, x: torch.Tensor, fails: _Failing) -> None:
    """After steps of training, outputs are still a function of the window, the stored weights and torch's generator: those of a run that is read, or goes on."""
    with torch.no_grad():
        for _ in range(STEPS):
            model.train()(x)
        try:
            other.network.load_state_dict(model.network.state_dict())
        except RuntimeError as error:
            raise fails("stores other weights after a step of training than before", "What it keeps is made in its constructor.") from error
        for training, what, hint in (
            (False, "is read again", "Every tensor that training changes is a parameter or a buffer that is stored (persistent)."),
            (True, "goes on", "Draw with torch's generator alone, and keep what training changes in buffers that are stored (persistent)."),
        ):
            given = []
            for one in (model, other):
                torch.manual_seed(0)
                given.append(one.train(training)(x))
            if not _are_close(*given):
                raise fails(f"gives other outputs when a training {what}: it keeps, or draws, something beside its stored weights", hint)


def _are_close(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Test that outputs are the same but for the order of sums."""
    return float((one - other).abs().max()) <= CLOSE * (1 + float(other.abs().max()))
