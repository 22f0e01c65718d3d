"""Free memory: the least of what machine, control groups and limits leave."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from eegcli.compute.memory import free_memory, is_out_of_memory

MACHINE = "MemTotal:       16000 kB\nMemAvailable:    9000 kB\n"


def system(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, None),
        ({"proc/meminfo": MACHINE}, 9_216_000),
        (
            {
                "proc/meminfo": MACHINE,
                "proc/self/cgroup": "0::/job\n",
                "sys/fs/cgroup/job/memory.max": "5000000\n",
                "sys/fs/cgroup/job/memory.current": "4000000\n",
                "sys/fs/cgroup/job/memory.stat": "anon 1000\ninactive_file 300000\n",
            },
            1_300_000,
        ),
        (
            {
                "proc/meminfo": MACHINE,
                "proc/self/cgroup": "0::/job\n",
                "sys/fs/cgroup/job/memory.max": "max\n",
                "sys/fs/cgroup/job/memory.current": "4000000\n",
            },
            9_216_000,
        ),
        (
            {
                "proc/meminfo": MACHINE,
                "proc/self/cgroup": "3:memory:/docker/a\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": "2500000\n",
            },
            0,
        ),
        (
            {
                "proc/meminfo": MACHINE,
                "proc/self/cgroup": "3:memory:/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": "2500000\n",
            },
            9_216_000,
        ),
    ],
)
def test_the_least_of_all_holds(tmp_path, files, free):
    assert free_memory(system(tmp_path, files)) == free


def test_here_it_is_a_number():
    assert 0 < free_memory() < 1 << 50


def test_errors_of_memory_are_known_and_others_are_not():
    with pytest.raises(RuntimeError) as refused:
        torch.empty(10**15)
    assert is_out_of_memory(refused.value)
    with pytest.raises(MemoryError) as of_numpy:
        np.empty(10**15)
    assert is_out_of_memory(of_numpy.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."))
    with pytest.raises(RuntimeError) as other:
        torch.zeros(2) @ torch.zeros(3)
    assert not is_out_of_memory(other.value)
