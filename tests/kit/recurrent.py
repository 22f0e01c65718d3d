"""A network as a plug-in would add it: one file, with a layer that returns a tuple, and a module that returns a dict."""

from __future__ import annotations

import torch
from torch import nn

from eegcli.registry import ModelEntry, Training

ENTRY = ModelEntry(
    "tests.kit.recurrent:Recurrent",
    "one LSTM over the samples",
    "the tests",
    training=Training(optimizer="adam", lr=0.003, weight_decay=0.0, batch_size=16, epochs=3),
)


class _Steps(nn.Module):
    def __init__(self, n_chans: int, n_hidden: int) -> None:
        super().__init__()
        self.pool, self.lstm = nn.AvgPool1d(4), nn.LSTM(n_chans, n_hidden, batch_first=True)

    def forward(self, x: torch.Tensor) -> dict[str, object]:
        steps, (last, _) = self.lstm(self.pool(x / 10).transpose(1, 2))
        return {"steps": steps, "last": (last[-1],)}


class Recurrent(nn.Module):
    def __init__(self, n_chans: int, n_times: int, n_outputs: int, sfreq: float, *, n_hidden: int = 12) -> None:
        super().__init__()
        self.steps, self.final_layer = _Steps(n_chans, n_hidden), nn.Linear(2 * n_hidden, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = self.steps(x)
        return self.final_layer(torch.cat([found["steps"].mean(dim=1), found["last"][0]], dim=1))
