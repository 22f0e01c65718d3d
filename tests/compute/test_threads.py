"""Cores that a process may use: Slurm, affinity, quotas of control groups, OMP_NUM_THREADS."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from eegcli.compute import threads


def tree(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "400000 100000\n"}, 4),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "350000 100000\n"}, 3),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"}, 1),
        # The least of all levels holds.
        (
            {
                "proc/self/cgroup": "0::/lab/job\n",
                "sys/fs/cgroup/lab/job/cpu.max": "800000 100000\n",
                "sys/fs/cgroup/lab/cpu.max": "200000 100000\n",
            },
            2,
        ),
        # In a container: the path is the host's, the mount is its own.
        ({"proc/self/cgroup": "0::/../../docker/abc\n", "sys/fs/cgroup/cpu.max": "300000 100000\n"}, 3),
        (
            {
                "proc/self/cgroup": "5:cpu,cpuacct:/docker/a\n1:name=systemd:/\n",
                "sys/fs/cgroup/cpu/docker/a/cpu.cfs_quota_us": "600000\n",
                "sys/fs/cgroup/cpu/docker/a/cpu.cfs_period_us": "100000\n",
            },
            6,
        ),
        (
            {
                "proc/self/cgroup": "5:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
    ],
)
def test_the_quota_of_a_container_is_read(tmp_path, files, cores):
    assert threads.quota_cores(tree(tmp_path, files)) == cores


@pytest.fixture
def machine(monkeypatch):
    """A node of 16 cores without limits."""
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setattr(threads, "quota_cores", lambda: None)
    return monkeypatch


def test_the_documented_order(machine):
    assert threads.available_cores() == 16
    machine.setattr(threads, "quota_cores", lambda: 12)
    assert threads.available_cores() == 12
    machine.setenv("SLURM_CPUS_ON_NODE", "8")
    assert threads.available_cores() == 8
    machine.setenv("OMP_NUM_THREADS", "2")
    assert (threads.default_threads(), threads.default_jobs()) == (2, 8)
    machine.setenv("SLURM_CPUS_PER_TASK", "14")  # what Slurm grants a task it sees to itself
    assert (threads.default_threads(), threads.default_jobs()) == (2, 14)
    assert threads.default_threads(5) == 5
    machine.setenv("OMP_NUM_THREADS", "64")
    assert threads.default_threads() == 14
    machine.setenv("OMP_NUM_THREADS", "3,2")  # as OpenMP has it for nested levels
    assert threads.default_threads() == 3


def test_a_library_that_is_loaded_later_is_bounded_too():
    program = """
from eegcli.compute.threads import limited
with limited(1):
    pass
import numpy, scipy.linalg, threadpoolctl
with limited(2):
    found = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
print(found)
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"OPENBLAS_NUM_THREADS": "3"}, capture_output=True, text=True, check=True
    )
    found = json.loads(answer.stdout)
    assert found and set(found) == {2}


def test_libraries_are_looked_for_once_while_no_module_is_imported(monkeypatch):
    import threadpoolctl

    looked = []
    real = threadpoolctl.ThreadpoolController
    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", lambda: looked.append(1) or real())
    threads._libraries.cache_clear()
    for _ in range(3):
        with threads.limited(1):
            pass
    assert len(looked) == 1
