"""Devices: what is not there is named, with what is."""

from __future__ import annotations

import pytest
import torch

from eegcli.engine.device import available_devices, exact, find_device
from eegcli.errors import UnavailableError, UsageError


def test_the_cpu_is_always_there():
    assert available_devices()[-1] == "cpu"
    assert find_device("cpu") == torch.device("cpu")
    assert str(find_device("auto")) in available_devices()


@pytest.mark.parametrize("name", ["cuda:99", "cuda:7"])
def test_a_device_that_is_not_there_is_exit_6_with_what_is_there(name):
    with pytest.raises(UnavailableError, match=f"--device {name}: not in this machine") as error:
        find_device(name)
    assert "cpu" in error.value.hint
    assert error.value.exit_code == 6


def test_the_fastest_device_is_taken_where_none_is_named(monkeypatch):
    monkeypatch.setattr("eegcli.engine.device.available_devices", lambda: ["cuda:0", "cuda:1", "cpu"])
    assert find_device("auto") == torch.device("cuda:0")
    assert find_device("cuda") == torch.device("cuda:0")
    assert find_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(UnavailableError, match="cuda:2") as error:
        find_device("cuda:2")
    assert "cuda:0, cuda:1, cpu" in error.value.hint


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cpu:1", "mps:0", "cuda:", ""])
def test_a_device_that_cannot_be_is_a_usage_error(name):
    with pytest.raises(UsageError, match="none of auto, cpu, cuda"):
        find_device(name)


def test_threads_precision_and_random_state_are_put_back():
    before = torch.get_num_threads(), torch.get_rng_state(), torch.backends.cudnn.benchmark, torch.backends.cuda.matmul.allow_tf32
    with exact(before[0] + 1, torch.device("cpu")):
        assert torch.get_num_threads() == before[0] + 1
        assert torch.backends.cudnn.deterministic
        assert not torch.backends.cuda.matmul.allow_tf32
        torch.manual_seed(123)
    assert torch.get_num_threads() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])
    assert (torch.backends.cudnn.benchmark, torch.backends.cuda.matmul.allow_tf32) == before[2:]
