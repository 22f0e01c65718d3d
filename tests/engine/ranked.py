"""Computations of ranks beside those of one process: run by each of them, printed as JSON by the first.

Arguments: the file to write to.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from eegcli import models, registry
from eegcli.compute.ranks import place_of
from eegcli.compute.signals import Stop
from eegcli.engine.context import Context
from eegcli.engine.feed import Batch
from eegcli.engine.line import joined
from eegcli.engine.objective import Objective
from eegcli.engine.ranks import ALONE, Ranks, together
from eegcli.engine.shareable import require_shareable
from eegcli.engine.update import Update
from eegcli.errors import InputError
from eegcli.models.checks import Case, cases
from eegcli.models.head import NUMBER, SOFTMAX
from eegcli.registry import Training
from eegcli.reporter import Silent

CPU = torch.device("cpu")
NETWORKS = ("eegnet", "deepconvnet", "vgg", "covwave")
OTHERS = ("ctnet", "cnn-lstm", "shallow")  # looked at as a training does it, in single precision
SHAPE = (8, 128)
BATCHES = (5, 1)  # with three ranks: a share of one and two of two; two empty ones


class Net(nn.Module):
    """A network of two layers with something between them that the table of `LAYERS` names."""

    def __init__(self, between: str) -> None:
        super().__init__()
        self.first, self.last, self.between = nn.Conv1d(SHAPE[0], 6, 5), nn.Linear(6, 2), LAYERS[between]()
        self.kind = between

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = self.between(self.first(x))
        if self.kind == "functional dropout":
            maps = functional.dropout(maps, 0.5, training=self.training)
        return self.last(torch.log(maps.square().mean(dim=-1) + 1))


class Noise(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1e-3 * torch.randn_like(x) if self.training else x  # nothing that a comparison of outputs would see


class Centred(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - x.mean(dim=0)


class Followed(nn.Module):
    """Gives windows as they are, and keeps a running mean of them."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.mean.lerp_(x.detach().mean(), 0.1)
        return x


class Turned(nn.Module):
    """Windows stand behind the features in memory, where masks are drawn in another order."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(x.permute(1, 2, 0).contiguous().permute(2, 0, 1))


LAYERS: dict[str, Any] = {
    "batch norm without memory": lambda: nn.BatchNorm1d(6, track_running_stats=False),
    "batch norm of all batches": lambda: nn.BatchNorm1d(6, momentum=None),
    "dropout of maps": lambda: nn.Dropout1d(0.5),
    "alpha dropout": lambda: nn.AlphaDropout(0.5),
    "functional dropout": nn.Identity,
    "turned dropout": Turned,
    "noise": Noise,
    "mean of the batch": Centred,
    "running mean": Followed,
    "lstm with dropout": lambda: nn.Sequential(Swapped(), LSTM(), Swapped()),
}


class Swapped(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.transpose(1, 2)


class LSTM(nn.LSTM):
    def __init__(self) -> None:
        super().__init__(6, 6, 2, batch_first=True, dropout=0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return super().forward(x)[0]


def shape_of(network: str | Case) -> tuple[int, ...]:
    return tuple(network.shape.values()) if isinstance(network, Case) else SHAPE


def make(network: str | Case) -> nn.Module:
    if isinstance(network, Case):
        return network.build(seed=1)
    torch.manual_seed(1)
    return Net(network) if network in LAYERS else models.build(network, n_chans=SHAPE[0], n_times=SHAPE[1], n_outputs=2, sfreq=64.0)


def windows(n: int, shape: tuple[int, ...] = SHAPE) -> tuple[torch.Tensor, torch.Tensor]:
    louder = torch.arange(1, n + 1).view(-1, *[1] * len(shape))
    x = 10 * torch.randn(n, *shape, generator=torch.Generator().manual_seed(n)) * louder
    return x, (torch.arange(n) % 3 == 0).float()


def trained(
    name: str | Case, ranks: Ranks, batches: tuple[int, ...], *, dtype: torch.dtype, regression: bool = False, accumulate: int = 1
) -> Update:
    """A network after some updates, or in the middle of one of `accumulate` batches; classes have weights."""
    objective = Objective(NUMBER) if regression else Objective(SOFTMAX, torch.tensor([0.7, 1.3]))
    hyper = Training(epochs=1, batch_size=5, optimizer="sgd", lr=1e-3, weight_decay=0.0, accumulate=accumulate)
    model = make(name)
    if regression:
        model.final_layer = nn.Linear(model.final_layer.in_features, 1)
    update = Update(model.to(dtype), objective, hyper, CPU, n_batches=accumulate, ranks=ranks)
    update.model.train()
    torch.manual_seed(5)
    for number, n in enumerate(batches):
        x, labels = windows(n, shape_of(name))
        update.totals = update.step(Batch(x.to(dtype), labels.to(dtype), np.arange(n)), number).tolist()
    return update


def furthest(ones: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> float:
    """The largest difference of any, as a share of the largest value of all."""
    largest = max((float(one.abs().max()) for one in ones.values()), default=1.0)
    return max((float((one.double() - others[name].double()).abs().max()) for name, one in ones.items()), default=0.0) / largest


def gradients(update: Update) -> dict[str, torch.Tensor]:
    return {name: weights.grad for name, weights in update.model.named_parameters()}


def compared(name: str | Case, ranks: Ranks, batches: tuple[int, ...], **how: Any) -> dict[str, Any]:
    """Gradients, weights and running statistics of ranks beside those of one process, both in double precision; and in single precision."""
    exact, shared = trained(name, ALONE, batches, dtype=torch.float64, **how), trained(name, ranks, batches, dtype=torch.float64, **how)
    single = {who: trained(name, of, batches, dtype=torch.float32, **how) for who, of in (("alone", ALONE), ("ranks", ranks))}
    return {
        "gradients": furthest(gradients(exact), gradients(shared)),
        "state": furthest(exact.model.state_dict(), shared.model.state_dict()),
        "totals": [exact.totals, shared.totals],
        **{who: furthest(gradients(exact), gradients(update)) for who, update in single.items()},
    }


def refusal(name: str | Case, ranks: Ranks) -> str | None:
    """Reason why a network is refused; None where it is not."""
    model = make(name)
    before = {what: value.clone() for what, value in model.state_dict().items()}
    state = torch.get_rng_state()
    try:
        require_shareable(model, shape_of(name), Context(CPU, 1, Path(), Stop(), Silent(), ranks=ranks))
    except InputError as error:
        return error.message
    finally:
        assert all(torch.equal(value, before[what]) for what, value in model.state_dict().items())
        assert torch.equal(torch.get_rng_state(), state)
    return None


def main_of_all(path: Path) -> None:
    """Every network of the registry, on the smallest windows of each representation that it takes."""
    torch.set_num_threads(1)
    learning = [case for case in cases(registry.MODELS) if registry.MODELS[case.name].training is not None]
    with joined(place_of("auto")) as line, together(line, CPU) as ranks:
        found = {
            f"{case.name}-{case.representation}": compared(case, ranks, (5, 1)) | {"refused": refusal(case, ranks)} for case in learning
        }
        if ranks.writes:
            path.write_text(json.dumps(found))


def main(path: Path) -> None:
    torch.set_num_threads(1)
    with joined(place_of("auto")) as line, together(line, CPU) as ranks:
        found = {
            "batches": {name: {n: compared(name, ranks, (n,)) for n in BATCHES} for name in NETWORKS},
            "epoch": {name: compared(name, ranks, (5, 5, 2)) for name in NETWORKS},
            "accumulated": {n: compared("eegnet", ranks, (5, 2, 4)[:n], accumulate=3) for n in (2, 3)},
            "regression": compared("eegnet", ranks, (5, 2), regression=True),
            "layers": {name: compared(name, ranks, (5, 2)) for name in LAYERS},
            "refused": {name: refusal(name, ranks) for name in (*NETWORKS, *OTHERS, *LAYERS)},
        }
        if ranks.writes:
            path.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
