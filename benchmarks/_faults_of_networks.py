"""Faults of networks of a user's own, each in three sizes: small files of Python, as people write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from _faulty import Base, Fault, Planted

HEAD = """import torch
from torch import nn
from torch.nn import functional


class Net(nn.Module):
    def __init__(self, n_chans, n_times, n_outputs, sfreq):
        super().__init__()
        self.n_chans, self.n_times = n_chans, n_times
{init}

    def forward(self, x):
{forward}
{more}"""

# Healthy: two convolutions along time with batch norm, the mean over time, a linear layer.
LAYERS = """
self.first = nn.Conv1d(n_chans, 32, 31, padding=15)
self.norm1 = nn.BatchNorm1d(32)
self.second = nn.Conv1d(32, 32, 15, padding=7)
self.norm2 = nn.BatchNorm1d(32)
self.pool = nn.AvgPool1d(4)
self.dropout = nn.Dropout(0.25)
self.output = nn.Linear(32, n_outputs)
"""
BODY = """
x = self.pool(functional.elu(self.norm1(self.first(x / 10))))
x = self.pool(functional.elu(self.norm2(self.second(x))))
x = self.dropout(x.mean(dim=2))
return self.output(x)
"""
# Healthy: an image of electrodes and samples, without norms.
IMAGE = """
self.temporal = nn.Conv2d(1, 8, (1, 33), padding=(0, 16))
self.pool = nn.MaxPool2d((1, 2))
self.spatial = nn.Conv2d(8, 16, (n_chans, 1))
self.output = nn.LazyLinear(n_outputs)
"""
IMAGE_BODY = """
x = functional.relu(self.temporal((x / 10).unsqueeze(1)))
x = functional.relu(self.spatial(self.pool(x)))
return self.output(functional.avg_pool2d(x, (1, 8)).flatten(1))
"""
# Healthy: convolutions without norms.
PLAIN = """
self.first = nn.Conv1d(n_chans, 32, 31, padding=15)
self.second = nn.Conv1d(32, 32, 15, padding=7)
self.output = nn.Linear(32, n_outputs)
"""
PLAIN_BODY = """
x = functional.relu(self.first(x / 10))
x = functional.relu(self.second(functional.avg_pool1d(x, 4)))
return self.output(x.mean(dim=2))
"""


def source(init: str = LAYERS, forward: str = BODY, more: str = "") -> str:
    """File with a network, from the lines of its constructor and of its forward."""
    return HEAD.format(init=_indented(init), forward=_indented(forward), more="\n" + _indented(more, 4) + "\n" if more else "")


def _indented(lines: str, by: int = 8) -> str:
    return "\n".join(" " * by + line if line else "" for line in lines.strip("\n").split("\n"))


def swap(text: str, *pairs: tuple[str, str]) -> str:
    """Text with parts replaced, each of which stands in it."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def fault(name: str, expected: Sequence[str], written: Callable[[int], str], arguments: tuple[str, ...] = ()) -> Fault:
    """Fault of a network: its file by size."""

    def plant(base: Base, size: int, folder: Path) -> Planted:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "mynet.py"
        path.write_text(written(size))
        return Planted(base.windows, ("--target", base.target, *base.arguments, "--arch", f"{path}:Net", *arguments))

    return Fault(name, "network", tuple(expected), plant)


def _last(applied: Sequence[str]) -> Callable[[int], str]:
    """Activation of the outputs."""
    return lambda size: source(forward=swap(BODY, ("return self.output(x)", f"return {applied[size]}")))


def _begun(lines: Sequence[str], init: str = PLAIN, forward: str = PLAIN_BODY) -> Callable[[int], str]:
    """Weights at the beginning."""
    return lambda size: source(init + lines[size] + "\n", forward)


def _each_layer(what: str) -> str:
    return f"for one in (self.first, self.second, self.output):\n    {what}"


def _deep(size: int, activation: str | None, norm: bool = False) -> str:
    depth = (3, 5, 8)[size] if activation is None else (8, 12, 20)[size]
    between = "" if activation is None else f", nn.{activation}()"
    init = f"""
layers = [nn.Conv1d(n_chans, 32, 31, padding=15){between}]
for _ in range({depth - 2}):
    layers += [nn.Conv1d(32, 32, 7, padding=3){between}]
self.layers = nn.Sequential(*layers)
self.output = nn.Linear(32, n_outputs)
"""
    return source(init, "return self.output(self.layers(x / 10).mean(dim=2))")


def _view(size: int) -> str:
    if size == 0:
        return source(
            swap(LAYERS, ("nn.Conv1d(n_chans, 32, 31", "nn.Conv1d(n_chans, 32, 31")),
            "x = x.reshape(len(x), self.n_times, self.n_chans).transpose(1, 2)\n" + BODY.strip("\n"),
        )
    if size == 1:
        init = "self.lstm = nn.LSTM(n_chans, 32, batch_first=True)\nself.output = nn.Linear(32, n_outputs)"
        return source(init, "x, _ = self.lstm((x / 10).view(len(x), self.n_times, self.n_chans))\nreturn self.output(x[:, -1])")
    return source(swap(LAYERS, ("nn.Conv1d(n_chans, 32", "nn.Conv1d(1, 32")), "x = x.reshape(len(x), 1, -1)\n" + BODY.strip("\n"))


def _over_electrodes(size: int) -> str:
    if size == 0:
        init = "self.lstm = nn.LSTM(n_times, 32, batch_first=True)\nself.output = nn.Linear(32, n_outputs)"
        return source(init, "x, _ = self.lstm(x / 10)\nreturn self.output(x[:, -1])")
    if size == 1:
        return source(
            swap(LAYERS, ("nn.Conv1d(n_chans, 32, 31, padding=15)", "nn.Conv1d(n_times, 32, 5, padding=2)")),
            "x = x.transpose(1, 2)\n" + BODY.strip("\n"),
        )
    init = """
self.temporal = nn.Conv2d(1, 8, (33, 1), padding=(16, 0))
self.spatial = nn.Conv2d(8, 16, (n_chans, 1))
self.output = nn.LazyLinear(n_outputs)
"""
    return source(init, IMAGE_BODY.replace("self.spatial(self.pool(x))", "self.spatial(x)"))


TRAIN = """
def train(self, mode=True):
    super().train(mode)
    {}
    return self
"""

# A backward of one's own, with the wrong sign or size.
BACKWARD = """
class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return {} * gradient


class Net("""

FAULTS: list[Fault] = [
    fault("softmax at the end", ["output-activation"], _last(["torch.softmax(self.output(x), dim=1)", "functional.softmax(self.output(x), dim=-1)", "nn.Softmax(dim=1)(torch.softmax(self.output(x), dim=1))"])),
    fault("sigmoid at the end", ["output-activation"], _last(["torch.sigmoid(self.output(x))", "nn.Sigmoid()(self.output(x))", "torch.sigmoid(torch.relu(self.output(x)))"])),
    fault("ReLU at the end", ["output-activation"], _last(["functional.relu(self.output(x))", "functional.relu6(self.output(x))", "functional.relu(-functional.relu(self.output(x)))"])),
    fault("tanh at the end", ["output-activation"], _last(["torch.tanh(self.output(x))", "functional.hardtanh(self.output(x))", "functional.relu(torch.tanh(self.output(x)))"])),
    fault("softmax over a single number", ["output-activation"], lambda size: source(forward=swap(BODY, ("return self.output(x)", f"return torch.softmax(self.output(x)[:, None, :{(1, 1, 1)[size]}], dim={(1, 2, -1)[size]}).flatten(1).expand(-1, self.output.out_features)"))), ()),
    fault("no activation", ["nonlinearity"], lambda size: _deep(size, None)),
    fault("no activation, with norms", ["nonlinearity"], lambda size: source(forward=swap(BODY, ("functional.elu", "torch.clone"))) if size < 2 else source(forward=swap(BODY, ("functional.elu(self.norm1(self.first(x / 10)))", "self.first(x / 10)"), ("functional.elu(self.norm2(self.second(x)))", "self.second(x)")))),
    fault("average before the activation", ["nonlinearity"], lambda size: source(PLAIN, "x = self.first(x / 10).mean(dim=2, keepdim=True)\nx = self.second(x)\nreturn self.output(x[..., 0])" if size else "x = self.second(self.first(x / 10))\nreturn self.output(x.mean(dim=2))")),
    fault("weights that begin alike", ["initialisation"], _begun([_each_layer("nn.init.constant_(one.weight, 0.01)"), _each_layer("nn.init.ones_(one.weight)"), _each_layer("nn.init.zeros_(one.weight)")])),
    fault("weights that begin huge", ["initialisation"], _begun([_each_layer(f"nn.init.normal_(one.weight, 0, {sd})") for sd in (1, 3, 10)])),
    fault("weights that begin tiny", ["initialisation"], _begun([_each_layer(f"nn.init.normal_(one.weight, 0, {sd})") for sd in (1e-4, 1e-5, 1e-7)])),
    fault("features without a gradient", ["gradients"], lambda size: source(forward=swap(BODY, *[(("x.mean(dim=2)", "x.mean(dim=2).detach()"),), (("self.norm2(self.second(x))", "self.norm2(self.second(x).data)"),), (("x = self.pool(functional.elu(self.norm1(self.first(x / 10))))", "with torch.no_grad():\n    x = self.pool(functional.elu(self.norm1(self.first(x / 10))))"),)][size]))),
    fault("layers that are never used", ["gradients"], lambda size: source(LAYERS + ("", "self.third = nn.Conv1d(32, 32, 15)\n", "self.third = nn.Linear(8192, 1024)\n")[size], swap(BODY, ("self.norm2(self.second(x))", "self.norm2(x)")) if size == 0 else BODY)),
    fault("frozen weights", ["frozen-weights"], lambda size: source(LAYERS + ("self.first.requires_grad_(False)", "for one in (self.first, self.second):\n    one.requires_grad_(False)", "self.requires_grad_(False)\nself.output.requires_grad_(True)")[size] + "\n")),
    fault("a stride over electrodes", ["unused-inputs"], lambda size: source(*[(swap(IMAGE, ("nn.MaxPool2d((1, 2))", "nn.MaxPool2d((1, 2), stride=(2, 2))"), ("(n_chans, 1)", "((n_chans + 1) // 2, 1)")), IMAGE_BODY), (swap(IMAGE, ("(1, 33), padding", "(1, 33), stride=(3, 1), padding"), ("(n_chans, 1)", "((n_chans + 2) // 3, 1)")), IMAGE_BODY), (swap(LAYERS, ("nn.Conv1d(n_chans, ", "nn.Conv1d((n_chans + 1) // 2, ")), "x = x[:, ::2]\n" + BODY.strip("\n"))][size])),
    fault("most of the window unseen", ["unused-inputs", "receptive-field"], lambda size: source(forward=swap(BODY, *[(("self.first(x / 10)", "self.first(x[:, :, : self.n_times // 2] / 10)"),), (("x.mean(dim=2)", "x[:, :, -1]"),), (("self.first(x / 10)", "self.first(x[:, :1, :64].expand(-1, self.n_chans, -1) / 10)"),)][size]))),
    fault("a view in place of a transposition", ["axis-order"], _view),
    fault("layers over electrodes in place of time", ["axis-order"], _over_electrodes),
    fault("a gradient that vanishes", ["gradients"], lambda size: _deep(size, "Sigmoid")),
    fault("dead units", ["dead-units", "initialisation"], _begun([_each_layer(f"nn.init.constant_(one.bias, {bias})") for bias in (-10, -30, -100)])),
    fault("saturated units", ["dead-units", "initialisation", "input-scaling"], lambda size: source(PLAIN, swap(PLAIN_BODY, ("functional.relu(self.first(x / 10))", f"torch.{('sigmoid', 'tanh', 'sigmoid')[size]}(self.first({(10, 30, 1000)[size]} * x))")))),
    fault("a dropout of nearly all", ["dropout"], lambda size: source(swap(LAYERS, ("0.25", ("0.9", "0.95", "0.99")[size])))),
    fault("dropout in evaluation", ["can-begin"], lambda size: source(forward=swap(BODY, ("self.dropout(x.mean(dim=2))", f"functional.dropout(x.mean(dim=2), {(0.2, 0.5, 0.9)[size]})")))),
    fault("running statistics that never follow", ["batch-norm"], lambda size: source(swap(LAYERS, ("nn.BatchNorm1d(32)", f"nn.BatchNorm1d(32, momentum={(1e-4, 1e-5, 0.0)[size]})")))),
    fault("a momentum of Keras", ["batch-norm"], lambda size: source(swap(LAYERS, ("nn.BatchNorm1d(32)", f"nn.BatchNorm1d(32, momentum={(0.9, 0.99, 0.999)[size]})")))),
    fault("batch norm in evaluation while it learns", ["batch-norm"], lambda size: source(more=TRAIN.format(("self.norm1.eval()", "self.norm1.eval(); self.norm2.eval()", "[one.eval() for one in self.modules() if isinstance(one, nn.BatchNorm1d)]")[size]))),
    fault("statistics of the batch in evaluation", ["window-by-itself", "can-begin"], lambda size: source(forward=("x = (x - x.mean(dim=0)) / (x.std(dim=0, unbiased=False) + 1)\n", "x = (x - x.mean()) / x.std()\n", "x = x / x.abs().max()\n")[size] + BODY.strip("\n"))),
    fault("windows of a batch mixed up", ["can-begin", "window-by-itself"], lambda size: source(forward=swap(BODY, ("x.mean(dim=2)", ("x.mean(dim=2).reshape(-1, len(x)).t().contiguous()", "x.mean(dim=2) + x.mean(dim=(0, 2))", "x.mean(dim=2).roll(1, 0)")[size])))),
    fault("layers in a plain list", ["can-begin", "number-of-weights"], lambda size: source("self.layers = [nn.Conv1d(n_chans, 32, 31), nn.ELU(), nn.Conv1d(32, 32, 7), nn.ELU()]\n" + ("self.output = nn.Linear(32, n_outputs)", "self.output = nn.Linear(32, n_outputs)", "self.layers.append(nn.Linear(32, n_outputs))")[size], "for one in self.layers[:4]:\n    x = one(x)\n" + ("return self.output(x.mean(dim=2))", "return self.output(x.amax(dim=2))", "return self.layers[4](x.mean(dim=2))")[size])),
    fault("outputs that do not depend on the window", ["constant-outputs", "gradients", "can-begin"], lambda size: source(forward=swap(BODY, ("x = self.dropout(x.mean(dim=2))", ("x = self.dropout(x.mean(dim=2)) * 0", "x = torch.ones(len(x), 32, device=x.device)", "x = torch.clamp(x.mean(dim=2), 1e6, 1e6)")[size])))),
    fault("outputs that are no numbers", ["can-begin", "constant-outputs"], lambda size: source(forward=swap(BODY, ("x.mean(dim=2)", ("x.mean(dim=2).log()", "x.mean(dim=2).sqrt()", "x.mean(dim=2) / torch.zeros(1)")[size])))),
    fault("outputs that are far too large", ["loss-at-the-start", "initialisation"], lambda size: source(forward=swap(BODY, ("return self.output(x)", f"return {(100, 1000, 10000)[size]} * self.output(x)")))),
    fault("a bottleneck of one value", ["number-of-weights"], lambda size: source(LAYERS + "self.narrow = nn.Linear(32, 1)\nself.wide = nn.Linear(1, 32)\n", swap(BODY, ("return self.output(x)", f"return self.output(self.wide(functional.{('elu', 'relu', 'leaky_relu')[size]}(self.narrow(x))))")))),
    fault("a kernel of a few samples", ["receptive-field"], lambda size: source(f"self.first = nn.Conv1d(n_chans, 32, {(5, 3, 2)[size]})\nself.hidden = nn.LazyLinear(64)\nself.output = nn.Linear(64, n_outputs)", "x = functional.relu(self.first(x / 10)).flatten(1)\nreturn self.output(functional.relu(self.hidden(x)))")),
    fault("a pool that averages rhythms away", ["rhythms", "receptive-field"], lambda size: source(PLAIN, f"x = functional.avg_pool1d(x, {(64, 96, 128)[size]})\n" + swap(PLAIN_BODY, ("functional.avg_pool1d(x, 4)", "x")).strip("\n"))),
    fault("windows made far too small", ["input-scaling"], lambda size: source(PLAIN, swap(PLAIN_BODY, ("x / 10", f"x * {(1e-4, 1e-6, 1e-9)[size]}")))),
    fault("windows made far too large", ["input-scaling", "loss-at-the-start"], lambda size: source(PLAIN, swap(PLAIN_BODY, ("x / 10", f"x * {(1e3, 1e6, 1e9)[size]}")))),
    fault("the mean over electrodes", ["input-scaling", "rhythms"], lambda size: source(swap(PLAIN, ("nn.Conv1d(n_chans", "nn.Conv1d(1")), "x = (x - x.mean(dim=1, keepdim=True)).mean(dim=1, keepdim=True)\n" + swap(PLAIN_BODY, ("x / 10", ("x", "x / 10", "x / 100")[size])).strip("\n"))),
    fault("the mean over time first", ["rhythms", "nonlinearity"], lambda size: source(f"self.hidden = nn.Linear(n_chans, {(16, 64, 256)[size]})\nself.output = nn.Linear({(16, 64, 256)[size]}, n_outputs)", "return self.output(functional.relu(self.hidden(x.mean(dim=2))))")),
    fault("a step in the middle", ["gradients"], lambda size: source(PLAIN, swap(PLAIN_BODY, ("functional.relu(self.first(x / 10))", ("(self.first(x / 10) > 0).float()", "torch.sign(self.first(x / 10))", "torch.round(self.first(x / 10))")[size])))),
    fault("weights for far more windows", ["number-of-weights"], lambda size: source(f"self.hidden = nn.Linear(n_chans * n_times, {(12000, 16000, 20000)[size]})\nself.output = nn.Linear({(12000, 16000, 20000)[size]}, n_outputs)", "return self.output(functional.relu(self.hidden((x / 10).flatten(1))))")),
    fault("a backward with the wrong sign", ["gradient-check"], lambda size: swap(source(forward=swap(BODY, ("return self.output(x)", "return self.output(Scaled.apply(x))" if size else "return Scaled.apply(self.output(x))"))), ("class Net(", BACKWARD.format((-1, -1, -10)[size]).strip("\n")))),
    fault("another order in each pass", ["random-forward"], lambda size: source(forward="if self.training:\n    x = " + ("x[:, torch.randperm(x.shape[1])]", "x[..., torch.randperm(x.shape[2])]", "x[:, torch.randperm(x.shape[1])][..., torch.randperm(x.shape[2])]")[size] + "\n" + BODY.strip("\n"))),
    fault("noise that hides the signal", ["random-forward"], lambda size: source(forward=f"if self.training:\n    x = x + {(100, 300, 1000)[size]} * torch.randn_like(x)\n" + BODY.strip("\n"))),
    fault("a clamp for values of one", ["cut-off-inputs"], lambda size: source(forward=("x = x.clamp(-3, 3)\n", "x = functional.hardtanh(x)\n", "x = x.clamp(0, 1)\n")[size] + BODY.strip("\n"))),
    fault("one output for all classes", ["gradients", "constant-outputs"], lambda size: source(LAYERS + "self.one = nn.Linear(32, 1)\nself.n_outputs = n_outputs\n", swap(BODY, ("return self.output(x)", ("return self.one(x).expand(-1, self.n_outputs)", "return torch.cat([self.one(x)] * self.n_outputs, dim=1)", "return self.one(x).repeat(1, self.n_outputs)")[size])))),
    fault("another network in evaluation", ["evaluation-mode"], lambda size: source(forward=("if not self.training:\n    x = x.flip(1) * 30\n", "if not self.training:\n    x = x * 100\n", "if not self.training:\n    x = x.abs() * 1000\n")[size] + swap(BODY, ("self.norm1(self.first(x / 10))", "self.first(x / 10)")).strip("\n"))),
]  # fmt: skip

# Healthy networks, of kinds that people write: none may be called broken.
HEALTHY: dict[str, str] = {
    "convolutions": source(),
    "image": source(IMAGE, IMAGE_BODY),
    "plain": source(PLAIN, PLAIN_BODY),
    "power": source(
        "self.filters = nn.Conv1d(n_chans, 16, 43, padding=21)\nself.dropout = nn.Dropout(0.25)\nself.output = nn.Linear(16, n_outputs)",
        "power = self.filters(x / 10).square().mean(dim=-1)\nreturn self.output(self.dropout(torch.log(power + 1e-3)))",
    ),
    "recurrent": source(
        "self.lstm = nn.LSTM(n_chans, 32, batch_first=True)\nself.output = nn.Linear(32, n_outputs)",
        "x, _ = self.lstm((x / 10).transpose(1, 2))\nreturn self.output(x[:, -1])",
    ),
    "attention": source(
        "self.patch = nn.Conv1d(n_chans, 32, 16, stride=16)\nself.layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)\nself.output = nn.Linear(32, n_outputs)",
        "x = self.patch(x / 10).transpose(1, 2)\nreturn self.output(self.layer(x).mean(dim=1))",
    ),
    "dense": source(
        "self.hidden = nn.Linear(n_chans * n_times, 64)\nself.output = nn.Linear(64, n_outputs)",
        "x = (x - x.mean(dim=2, keepdim=True)) / (x.std(dim=2, keepdim=True) + 1e-3)\nreturn self.output(torch.tanh(self.hidden(x.flatten(1))))",
    ),
    "residual": source(
        LAYERS,
        "x = functional.elu(self.norm1(self.first(x / 10)))\nx = x + functional.elu(self.norm2(self.second(x)))\nreturn self.output(self.dropout(x.square().mean(dim=2)))",
    ),
    "spatial filter first": source(
        "self.spatial = nn.Conv1d(n_chans, 16, 1)\nself.temporal = nn.Conv1d(16, 32, 31, padding=15)\nself.output = nn.Linear(32, n_outputs)",
        "x = self.temporal(self.spatial(x / 10)).square()\nreturn self.output(torch.log(x.mean(dim=2) + 1e-3))",
    ),
    "noise and bounds": source(
        forward="x = x.clamp(-200, 200)\nif self.training:\n    x = x + 2 * torch.randn_like(x)\n" + BODY.strip("\n")
    ),
    "zero at the end": source(PLAIN + "nn.init.zeros_(self.output.weight)\nnn.init.zeros_(self.output.bias)\n", PLAIN_BODY),
}
