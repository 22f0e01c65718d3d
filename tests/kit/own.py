"""Networks of a user's own, as files: a good one, and what it is changed to."""

from __future__ import annotations

from pathlib import Path

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, n_chans, n_times, n_outputs, n_filters=6):
        super().__init__()
        self.filters = nn.Conv1d(n_chans, n_filters, 9, padding=4)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(n_filters, n_outputs)

    def forward(self, x):
        power = self.filters(x / 10).square().mean(dim=-1)
        return self.head(self.drop(torch.log(power + 1e-3)))
"""


def own(folder: Path, text: str = NET, name: str = "mynet.py") -> str:
    """Write a file with a network; its path, as `--arch` takes it with ``:Net`` behind it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)
