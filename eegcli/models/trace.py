"""Trace of a forward pass: what every layer of a network is given, gives, multiplies and holds, counted without computing a value.

A copy of the network without values (torch's ``meta`` device) is run on one window. Modules are followed by hooks, operations by a
dispatch mode below autograd, so that layers that return tuples and operations between layers are seen as well.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry
from torch.utils.weak import WeakTensorKeyDictionary

from eegcli.models.receptive import CONSTANT, rule_of
from eegcli.models.receptive.call import Call
from eegcli.models.receptive.field import Field, of_window, whole

_GATES: dict[type[nn.Module], int] = {nn.RNN: 1, nn.GRU: 3, nn.LSTM: 4}  # matrices of each kind, per direction


@dataclass
class Pass:
    """Forward pass of a module while it goes on.

    Attributes
    ----------
    name, module
        Which module; the network itself has the name "".
    multiply_adds, bytes : int
        Of its own operations, without those of the modules that it calls.
    outputs : list of torch.Tensor
        What it gave, however it is nested.
    field : Field or None
        Receptive field of the first output.
    is_leaf : bool
        Whether it called no other module.
    """

    name: str
    module: nn.Module
    multiply_adds: int = 0
    bytes: int = 0
    outputs: list[torch.Tensor] = field(default_factory=list)
    field: Field | None = None
    is_leaf: bool = True


class _Tracer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts operations for the module that runs them, and follows receptive fields from tensor to tensor."""

    def __init__(self, window: torch.Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.n_axes = window.dim() - 1
        self.fields = WeakTensorKeyDictionary()
        self.fields[window] = of_window(window.shape[1:])
        self.views: dict[int, torch.UntypedStorage] = {}  # memory of which there are views; held, so that no address comes twice
        self.overwritten: set[int] = set()  # written through a view: the other views do not know of what
        self.open: list[Pass] = []
        self.done: list[Pass] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        outputs = [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        if self.open and not any(isinstance(one.module, parametrize.ParametrizationList) for one in self.open):
            # A parametrisation is computed once a batch, not once a window: left out.
            self.open[-1].multiply_adds += _multiply_adds(func, args, kwargs, result)
            memory = {_memory(tensor) for tensor in given}
            self.open[-1].bytes += sum(tensor.numel() * tensor.element_size() for tensor in outputs if _memory(tensor) not in memory)
        self._follow(func, args, kwargs, given, outputs)
        return result

    def field_of(self, tensor: torch.Tensor) -> Field | None:
        """Receptive field of a tensor; None where it does not depend on the window."""
        if _memory(tensor) in self.overwritten:
            return whole(self.n_axes, tensor.dim())
        found: Field | None = self.fields.get(tensor)  # type: ignore[no-untyped-call]
        return found

    def depends_on_all(self, tensor: torch.Tensor) -> None:
        """Note that a tensor depends on the whole window."""
        self.fields[tensor] = whole(self.n_axes, tensor.dim())

    def _follow(self, func: Any, args: Any, kwargs: Any, given: list[torch.Tensor], outputs: list[torch.Tensor]) -> None:
        memory = {_memory(tensor) for tensor in given}
        for tensor in outputs:
            if _memory(tensor) in memory and all(tensor is not one for one in given):
                self.views[_memory(tensor)] = tensor.untyped_storage()
        if not outputs or func.overloadpacket.__name__ in CONSTANT or all(self.field_of(tensor) is None for tensor in given):
            return
        fields = self._fields_after(func, args, kwargs, given, outputs)
        for tensor, found in zip(outputs, fields, strict=True):
            changed = any(tensor is one for one in given) and found != self.field_of(tensor)
            if changed and _memory(tensor) in self.views:
                self.overwritten.add(_memory(tensor))
            self.fields[tensor] = found

    def _fields_after(self, func: Any, args: Any, kwargs: Any, given: list[torch.Tensor], outputs: list[torch.Tensor]) -> list[Field]:
        rule = rule_of(func)
        if rule is None:
            return [whole(self.n_axes, tensor.dim()) for tensor in outputs]
        arguments = {argument.name: argument.default_value for argument in func._schema.arguments if argument.has_default_value()}
        arguments |= dict(zip((argument.name for argument in func._schema.arguments), args, strict=False)) | kwargs
        call = Call(arguments, self.field_of, outputs[0], self.n_axes)
        found = rule(call)
        fields = found if isinstance(found, list) else [found] * len(outputs)
        # Weights that are themselves made of the window: the rule knows nothing of them.
        overlooked = any(id(tensor) not in call.asked and self.field_of(tensor) is not None for tensor in given)
        return [
            one if one.fits(self.n_axes, tensor.shape) and not overlooked else whole(self.n_axes, tensor.dim())
            for one, tensor in zip(fields, outputs, strict=True)
        ]


def trace(model: nn.Module, window: tuple[int, ...]) -> list[Pass]:
    """Run a network on one window and give the passes of all its modules, in the order in which they ended.

    Parameters
    ----------
    model : torch.nn.Module
        Left as it is, wherever it lies: a copy without values is run, in evaluation mode. Where the network cannot be run without values
        (its forward asks for one), a full copy is run where it lies.
    window : tuple of int
        Shape of a window, without the batch.

    Returns
    -------
    list of Pass
        The last one is that of the network itself.

    """
    with torch.no_grad():
        try:
            with torch.device("meta"):
                return _traced(without_values(model), torch.empty(1, *window, device="meta"))
        except (RuntimeError, NotImplementedError, TypeError) as error:
            if "meta" not in str(error):  # torch names the device where a value is asked for, or meets one
                raise
        device = next((weights.device for weights in model.parameters()), torch.device("cpu"))
        return _traced(copy.deepcopy(model), torch.zeros(1, *window, device=device))


def without_values(model: nn.Module) -> nn.Module:
    """Copy a network without its weights: the same modules, with tensors on torch's ``meta`` device."""
    known: dict[int, Any] = {}  # what `deepcopy` takes as copied already
    for module in model.modules():
        for tensor in (*module._parameters.values(), *module._buffers.values(), *vars(module).values()):
            if isinstance(tensor, nn.Parameter):
                known[id(tensor)] = nn.Parameter(tensor.detach().to("meta"), requires_grad=tensor.requires_grad)
            elif isinstance(tensor, torch.Tensor):
                known[id(tensor)] = tensor.detach().to("meta")
    return copy.deepcopy(model, known)


def _traced(model: nn.Module, window: torch.Tensor) -> list[Pass]:
    """Run a network that may be changed."""
    tracer = _Tracer(window)

    def begin(name: str, module: nn.Module) -> None:
        if tracer.open and not isinstance(module, parametrize.ParametrizationList):
            tracer.open[-1].is_leaf = False
        tracer.open.append(Pass(name, module))

    def end(module: nn.Module, result: Any) -> None:
        ended = tracer.open.pop()
        ended.outputs = [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
        ended.field = next((found for tensor in ended.outputs if (found := tracer.field_of(tensor)) is not None), None)
        if not any(isinstance(one.module, parametrize.ParametrizationList) for one in (*tracer.open, ended)):
            tracer.done.append(ended)

    for name, module in model.named_modules():
        module.register_forward_pre_hook(lambda module, _inputs, name=name: begin(name, module))
        module.register_forward_hook(lambda module, _inputs, result: end(module, result))
        if (kind := _recurrent_kind(module)) is not None:
            # Torch runs these step by step: 256 samples took 13 s. Their sizes are known from their definition.
            module.forward = _recurrent(tracer, module, _GATES[kind])
    with _slow_attention(), tracer:
        model.eval()(window)
    return tracer.done


@contextmanager
def _slow_attention() -> Iterator[None]:
    """Have attention run operation by operation; its fast path is one operation, which nobody can look into."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _recurrent_kind(module: Any) -> type[nn.Module] | None:
    """Recurrent layer of torch that a module is, or is derived from without a forward of its own; else None."""
    forward = getattr(module.forward, "__func__", None)
    return next((kind for kind in _GATES if isinstance(module, kind) and forward is kind.forward), None)


def _recurrent(tracer: _Tracer, module: Any, gates: int) -> Any:
    """Forward of an RNN, GRU or LSTM that makes its outputs without values, and counts what torch would multiply."""
    by_steps = module.forward

    def forward(input: Any, hx: Any = None) -> Any:  # torch's name, by which it may be called
        if not isinstance(input, torch.Tensor):  # packed sequences: the number of steps is a value
            return by_steps(input, hx)
        x = input
        is_batched = x.dim() == 3
        batch = [x.shape[0 if module.batch_first else 1]] if is_batched else []
        n_steps = x.shape[1 if is_batched and module.batch_first else 0]
        directions, hidden = 2 if module.bidirectional else 1, module.hidden_size
        n_out = module.proj_size or hidden
        n_runs = directions * n_steps * (batch[0] if batch else 1)
        multiply_adds = held = 0
        for layer in range(module.num_layers):
            n_in = module.input_size if layer == 0 else directions * n_out
            multiply_adds += n_runs * (gates * hidden * (n_in + n_out) + hidden * module.proj_size)
            # Kept for the way back: gates, the state of each step, and the cell of an LSTM.
            held += n_runs * ((gates if gates > 1 else 0) * hidden + n_out + (hidden if gates == 4 else 0))
        sizes = [n_steps, *batch] if not (is_batched and module.batch_first) else [*batch, n_steps]
        output = x.new_zeros([*sizes, directions * n_out])
        state = x.new_zeros([directions * module.num_layers, *batch, n_out])
        states = (state, x.new_zeros([directions * module.num_layers, *batch, hidden])) if gates == 4 else state
        for tensor in tree_leaves((output, states)):
            tracer.depends_on_all(tensor)
        tracer.open[-1].multiply_adds, tracer.open[-1].bytes = multiply_adds, held * x.element_size()
        return output, states

    return forward


def _multiply_adds(func: Any, args: Any, kwargs: Any, result: Any) -> int:
    """Products and sums of an operation, in pairs: convolutions and matrix products; of anything else, none are counted."""
    count = flop_registry.get(func.overloadpacket)
    if count is not None:
        return int(count(*args, **kwargs, out_val=result)) // 2
    if func.overloadpacket in (torch.ops.aten.mv, torch.ops.aten.dot):
        return int(args[0].numel())
    if func.overloadpacket is torch.ops.aten._trilinear:  # nn.Bilinear: (n, outputs, first, second)
        return int(args[1].numel() * args[0].shape[0])
    return 0


def _memory(tensor: torch.Tensor) -> int:
    """Address of the memory of a tensor, which its views share."""
    address: int = tensor.untyped_storage()._cdata
    return address
