"""Devices: what is not there is named, with what is."""

from __future__ import annotations

import pytest
import torch

from eegcli.compute.ranks import Place
from eegcli.engine.device import _deterministic, available_devices, device_of, exact, find_device
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


def test_an_operation_without_a_reproducible_version_is_named(monkeypatch):
    # As torch says it; no CPU has such an operation.
    asked = []
    monkeypatch.setattr(torch, "use_deterministic_algorithms", asked.append)
    with (
        pytest.raises(UnavailableError, match="adaptive_max_pool2d_backward_cuda, which the network needs") as error,
        _deterministic(torch.device("cuda")),
    ):
        raise RuntimeError("adaptive_max_pool2d_backward_cuda does not have a deterministic implementation, but you set ...")
    assert "--device cpu" in error.value.hint
    assert asked == [True, False]
    with pytest.raises(RuntimeError, match="anything else"), _deterministic(torch.device("cuda")):
        raise RuntimeError("anything else")


@pytest.mark.parametrize(
    ("name", "place", "cuda", "found"),
    [
        ("auto", Place(1, 2, 1, 2), 2, "cuda:1"),
        ("cuda", Place(5, 8, 1, 4), 4, "cuda:1"),
        ("cuda", Place(3, 4, 3, 4), 1, "cuda:0"),  # each task of Slurm sees the one that is its own
        ("auto", Place(1, 2, 1, 2), 0, "cpu"),
        ("cpu", Place(1, 2, 1, 2), 2, "cpu"),
        ("cuda:1", Place(), 2, "cuda:1"),
    ],
)
def test_each_rank_of_a_machine_has_a_device_of_its_own(monkeypatch, name, place, cuda, found):
    of_cuda(monkeypatch, cuda)
    assert str(device_of(name, place)) == found


@pytest.mark.parametrize(("name", "error"), [("cuda:1", UsageError), ("mps", UsageError), ("cuda", UnavailableError)])
def test_ranks_that_would_share_a_device_are_refused(monkeypatch, name, error):
    of_cuda(monkeypatch, 2)
    with pytest.raises(error, match="ranks"):
        device_of(name, Place(2, 3, 2, 3))


def of_cuda(monkeypatch, n: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: n > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: n)
