"""Nonlinearity of a network: layers after layers with nothing in between are one linear layer."""

from __future__ import annotations

import torch

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import CURVED, Passes, of_network
from eegcli.checks.trial import Trial

NAME = "nonlinearity"
CLOSE = 1e-3  # of the outputs: what rounding leaves
NORMS = ("native_layer_norm", "native_group_norm", "native_batch_norm", "cudnn_batch_norm", "batch_norm")
BENDS = (
    *CURVED,
    "pow",
    "square",
    "log",
    "exp",
    "abs",
    "sqrt",
    "_softmax",
    "softmax",
    "logsumexp",
    "glu",
    "var",
    "std",
    "bmm",
    "matmul",
    "linalg_eigh",
    "mkldnn_rnn_layer",
    "lstm",
    "gru",
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_efficient_attention",
    "rsqrt",
    "clamp",
    "max",
    "maximum",
)
HINT = "Put an activation (nn.ELU(), nn.ReLU()) or the logarithm of the power after each convolution and hidden layer."


@of_network(NAME)
def nonlinearity(trial: Trial, passes: Passes) -> Finding:
    """Test whether outputs are a linear function of the window: f(a + b) - f(a) - f(b) + f(0) is zero then."""
    depth = len(passes.layers)
    value = _bend(passes)
    only_pools = not any(passes.operations.get(name) for name in BENDS) and any(
        name.startswith(("max_pool", "adaptive_max")) for name in passes.operations
    )
    compared = {"layers": depth}
    if value is None:
        return Finding(NAME, None, why="the outputs depend on nothing")
    if value < CLOSE and depth >= 2:
        why = f"{depth} layers with weights give a linear function of the samples (it bends by {value:.1g} of its size): they are worth one, which cannot see the power of a rhythm, since its phase differs from window to window"
        return Finding(NAME, "broken", value, (), why, HINT, compared, weight=0.95)
    if value < CLOSE:
        why = "the network is one linear function of the samples, which cannot see the power of a rhythm, since its phase differs from window to window"
        return Finding(
            NAME,
            "suspect",
            value,
            (),
            why,
            "Use --arch logistic (band power), or the logarithm of the power of filtered samples.",
            compared,
            weight=0.6,
        )
    if only_pools and depth >= 3:
        why = f"{depth} layers with weights have no activation between them: only maximum pools bend what they give"
        return Finding(NAME, "suspect", value, (), why, HINT, compared, weight=0.7)
    if not any(passes.operations.get(name) for name in BENDS) and not only_pools and depth >= 2 and _has_norm(passes):
        why = (
            f"{depth} layers with weights have no activation between them, only norms: scaled to one size, they are worth one linear layer"
        )
        return Finding(NAME, "broken", value, (), why, HINT, compared, weight=0.8)
    return Finding(NAME, "ok", value, compared=compared)


def _has_norm(passes: Passes) -> bool:
    return any(passes.operations.get(name) for name in NORMS)


def _bend(passes: Passes) -> float | None:
    """Bend of the outputs: how far they are from a linear function of the window, in units of what they vary by; in evaluation mode, so that norms stand still."""
    half = len(passes.x) // 2
    a, b = passes.x[:half], passes.x[half : 2 * half]
    with torch.no_grad():
        f = passes.call
        one, other, both, none = f(a), f(b), f(a + b), f(torch.zeros_like(a))
    if not bool(torch.isfinite(both).all() and torch.isfinite(none).all()):
        return 1.0
    size = float((one - none).abs().max() + (other - none).abs().max())
    if size <= 1e-9 * max(1.0, float(none.abs().max())):
        return None
    return float((both - one - other + none).abs().max()) / size
