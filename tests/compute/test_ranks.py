"""Places of ranks, as torchrun and Slurm say them."""

from __future__ import annotations

import pytest

from eegcli.compute import ranks
from eegcli.compute.ranks import Place, first_host, place_of, threads_of
from eegcli.errors import UsageError

# As torchrun 2.13 sets them for the second of two processes.
TORCHRUN = {
    "RANK": "1",
    "WORLD_SIZE": "2",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "localhost",
    "MASTER_PORT": "29400",
    "TORCHELASTIC_USE_AGENT_STORE": "True",
    "TORCHELASTIC_RESTART_COUNT": "0",
}
# As Slurm 22.05 sets them for the last of five tasks on two nodes.
SRUN = {
    "SLURM_PROCID": "4",
    "SLURM_STEP_NUM_TASKS": "5",
    "SLURM_LOCALID": "1",
    "SLURM_NODEID": "1",
    "SLURM_STEP_NUM_NODES": "2",
    "SLURM_STEP_TASKS_PER_NODE": "3,2",
    "SLURM_STEP_NODELIST": "gpu[07,09]",
    "SLURM_JOB_ID": "1234",
    "SLURM_STEP_ID": "0",
}


def test_processes_of_torchrun_are_together():
    assert place_of("auto", TORCHRUN) == Place(1, 2, 1, 2, "localhost", 29400, hosted=True)
    assert not place_of("auto", TORCHRUN).leads
    assert place_of("auto", TORCHRUN | {"RANK": "0"}).leads


def test_a_process_without_a_launcher_is_alone():
    assert place_of("auto", {}) == place_of("none", TORCHRUN) == Place()
    assert place_of("auto", {"RANK": "3", "WORLD_SIZE": "4"}).size == 1  # what some queues set for purposes of their own


def test_tasks_of_slurm_are_together_only_where_that_is_asked_for():
    assert place_of("auto", SRUN).size == 1  # they may share out folds, or be commands of their own
    place = place_of("slurm", SRUN)
    assert (place.rank, place.size, place.local_rank, place.local_size, place.address) == (4, 5, 1, 2, "gpu07")
    assert place_of("slurm", SRUN | {"SLURM_NODEID": "0"}).local_size == 3


def test_all_tasks_of_a_step_meet_at_one_port_and_steps_at_others():
    ports = {place_of("slurm", SRUN | {"SLURM_PROCID": str(rank)}).port for rank in range(5)}
    assert len(ports) == 1
    assert place_of("slurm", SRUN | {"SLURM_STEP_ID": "1"}).port not in ports
    assert place_of("slurm", SRUN | {"SLURM_JOB_ID": "1235"}).port not in ports
    assert place_of("slurm", SRUN | {"MASTER_PORT": "4000", "MASTER_ADDR": "ib7"}).port == 4000


def test_a_batch_script_without_srun_is_told_what_is_missing():
    batch = {"SLURM_PROCID": "0", "SLURM_NTASKS": "4", "SLURM_JOB_ID": "7"}
    with pytest.raises(UsageError, match="--ranks slurm: SLURM_STEP_NUM_TASKS is not set") as error:
        place_of("slurm", batch)
    assert "srun -n 4" in error.value.hint


@pytest.mark.parametrize(("variable", "value"), [("RANK", "first"), ("RANK", "2"), ("WORLD_SIZE", "")])
def test_a_variable_that_makes_no_sense_is_named(variable, value):
    with pytest.raises(UsageError, match=f"{variable}={value}"):
        place_of("auto", TORCHRUN | {variable: value})


# What `scontrol show hostnames` gives first.
@pytest.mark.parametrize(
    ("nodes", "first"),
    [
        ("node1", "node1"),
        ("gpu[03-07,9],fat1", "gpu03"),
        ("fat1,gpu[1-2]", "fat1"),
        ("rack[1-2]n[4-5]", "rack1n4"),
        ("a[001,003]-ib", "a001-ib"),
    ],
)
def test_ranks_meet_at_the_first_host_of_the_step(nodes, first):
    assert first_host(nodes) == first


@pytest.mark.parametrize(
    ("cores", "granted", "asked", "threads"), [(8, None, None, 4), (8, None, 6, 6), (8, 3, None, 3), (1, None, None, 1)]
)
def test_ranks_of_a_machine_share_its_cores_and_tasks_of_slurm_have_their_own(monkeypatch, cores, granted, asked, threads):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(ranks, "available_cores", lambda: cores)
    monkeypatch.setattr(ranks, "granted_cores", lambda: granted)
    monkeypatch.setattr("eegcli.compute.threads.available_cores", lambda: granted or cores)
    assert threads_of(Place(0, 2, 0, 2), asked) == threads
