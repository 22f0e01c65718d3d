"""Networks run over windows on disk."""

import numpy as np
import pytest
import torch
from torch import nn

from eegcli.engine import inference
from eegcli.errors import InputError
from eegcli.reporter import Silent


def linear():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(6, 2))


def run(model, x, rows):
    return inference.outputs(model, x, rows, device=torch.device("cpu"), reporter=Silent())


def test_outputs_come_in_the_order_of_the_rows(tmp_path):
    x = np.memmap(tmp_path / "x", dtype="<f4", mode="w+", shape=(700, 2, 3))
    x[:] = np.random.default_rng(0).standard_normal(x.shape)
    rows = np.arange(0, 700, 2)
    model = linear()
    with torch.no_grad():
        expected = model(torch.from_numpy(x[rows])).numpy()
    np.testing.assert_allclose(run(model, x, rows), expected, rtol=1e-5, atol=1e-6)


def test_dropout_is_off():
    model = nn.Sequential(nn.Dropout(0.9), linear())
    x = np.ones((4, 2, 3), np.float32)
    assert np.ptp(run(model, x, np.arange(4)), axis=0).max() == 0


def test_a_window_that_is_not_finite_is_named():
    x = np.ones((5, 2, 3), np.float32)
    x[3, 0, 0] = np.nan
    with pytest.raises(InputError, match=r"1 of 3 windows \(the first is window 3\)"):
        run(linear(), x, np.array([2, 3, 4]))
