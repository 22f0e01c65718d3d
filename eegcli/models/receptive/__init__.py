"""Receptive fields: what every operation of torch makes of the positions that the values of a tensor depend on.

Every operation has a rule of its own where it moves along an axis (convolution, pooling, slice), and a rule of its kind where it does not
(element by element, views). An operation without a rule is taken to look at the whole window: a field is never stated too small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from eegcli.lazy import submodules
from eegcli.models.receptive.call import Rule
from eegcli.models.receptive.computing import (
    adaptive,
    batch_norm_dims,
    convolution,
    elementwise,
    interpolation,
    mixing,
    normalisation,
    pooling,
    product,
    reduction,
    within,
)
from eegcli.models.receptive.rearranging import (
    concatenated,
    expanded,
    moved,
    padded,
    parted,
    rearranged,
    reflected,
    rolled,
    selected,
    sliced,
    squeezed,
    stacked,
    transposed,
    unbound,
    unfolded,
    unsqueezed,
    viewed,
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

# By name, since not every release of torch has every operation.
RULES: dict[str, Rule] = {
    **dict.fromkeys(("clone", "_to_copy", "detach", "alias", "native_dropout", "copy_", "lift_fresh"), elementwise),
    **dict.fromkeys(("leaky_relu", "leaky_relu_"), elementwise),  # not tagged as such before torch 2.7
    **dict.fromkeys(("_prelu_kernel", "hardswish", "hardswish_", "log_sigmoid_forward", "rrelu_with_noise", "celu", "selu"), elementwise),
    **dict.fromkeys(("view", "_unsafe_view", "reshape", "_reshape_alias", "_reshape_alias_copy"), viewed),
    **dict.fromkeys(("max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool1d", "avg_pool2d", "avg_pool3d"), pooling),
    **dict.fromkeys(("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_max_pool2d", "adaptive_max_pool3d"), adaptive),
    **{f"upsample_nearest{n}d": interpolation(None, centred=False) for n in (1, 2, 3)},
    **{f"_upsample_nearest_exact{n}d": interpolation(None, centred=True) for n in (1, 2, 3)},
    **{f"upsample_{name}": interpolation((0, 0), centred=True) for name in ("linear1d", "bilinear2d", "trilinear3d")},
    "upsample_bicubic2d": interpolation((1, 1), centred=True),
    **dict.fromkeys(("mean", "sum", "amax", "amin", "var", "std", "max", "min", "prod", "logsumexp", "linalg_vector_norm"), reduction),
    **dict.fromkeys(("_softmax", "_log_softmax", "_safe_softmax", "cumsum", "cumprod", "glu"), mixing),
    **dict.fromkeys(("_fft_r2c", "_fft_c2r", "_fft_c2c"), mixing),
    **dict.fromkeys(("split", "split_with_sizes", "unsafe_split", "unsafe_split_with_sizes"), parted),
    "constant_pad_nd": padded(within),
    **{f"reflection_pad{n}d": padded(reflected) for n in (1, 2, 3)},
    **{f"replication_pad{n}d": padded(lambda index, size: np.clip(index, 0, size - 1)) for n in (1, 2, 3)},
    **dict.fromkeys(("transpose", "t"), rearranged(transposed)),
    **dict.fromkeys(("mm", "bmm"), product("self", "mat2", None)),
    "addmm": product("mat1", "mat2", "self"),
    "baddbmm": product("batch1", "batch2", "self"),
    "cat": concatenated,
    "convolution": convolution,
    "expand": rearranged(expanded),
    "flip": moved(lambda _call, _dim, index: index[::-1], "dims"),
    "native_batch_norm": normalisation(batch_norm_dims),
    "_native_batch_norm_legit_no_training": normalisation(batch_norm_dims),
    "native_group_norm": normalisation(lambda call: range(1, call["input"].dim())),
    "native_layer_norm": normalisation(lambda call: range(call["input"].dim())[-len(call["normalized_shape"]) :]),
    "permute": rearranged(lambda call: call.dims("dims")),
    "roll": rolled,
    "select": selected,
    "slice": sliced,
    "squeeze": rearranged(squeezed),
    "stack": stacked,
    "unbind": unbound,
    "unfold": unfolded,
    "unsqueeze": rearranged(unsqueezed),
}
# Made afresh: nothing of a tensor argument but its shape is taken.
CONSTANT = {f"new_{what}" for what in ("empty", "zeros", "ones", "full", "empty_strided")} | {
    f"{what}_like" for what in ("zeros", "ones", "empty", "full", "rand", "randn")
}


def rule_of(operation: Any) -> Rule | None:
    """Rule of an operation of torch, or None where it may look at everything."""
    return elementwise if torch.Tag.pointwise in operation.tags else RULES.get(operation.overloadpacket.__name__)
