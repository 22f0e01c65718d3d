"""Options of a command that can spread its work over machines."""

from __future__ import annotations

from typing import Annotated, Literal

from eegcli.cli.options import COMPUTE, option
from eegcli.settings import Spread

ShardOption = Annotated[
    str | None,
    option(
        "Clean the I-th of N shares of the recordings, into the same output. Left out: the place in a Slurm array, else all (1/1).",
        "--shard",
        panel=COMPUTE,
        metavar="I/N",
    ),
]
ExecutorOption = Annotated[
    Literal["joblib", "dask", "slurm"] | None,
    option(
        "Who does the work: processes here (joblib), a dask cluster, or Slurm jobs that this command starts.",
        "--executor",
        panel=COMPUTE,
        default=Spread.executor,
    ),
]
SchedulerOption = Annotated[
    str | None, option("Scheduler of --executor dask: tcp://HOST:PORT, or a scheduler file (.json).", "--scheduler", panel=COMPUTE)
]
SlurmWorkersOption = Annotated[
    int | None, option("Jobs of --executor slurm.", "--slurm-workers", panel=COMPUTE, default=Spread.slurm_workers)
]
SlurmCpusOption = Annotated[
    int | None, option("Cores of each job, with a process each.", "--slurm-cpus", panel=COMPUTE, default=Spread.slurm_cpus)
]
SlurmMemoryOption = Annotated[str | None, option("Memory of each job.", "--slurm-memory", panel=COMPUTE, default=Spread.slurm_memory)]
SlurmWalltimeOption = Annotated[
    str | None, option("Time limit of each job.", "--slurm-walltime", panel=COMPUTE, default=Spread.slurm_walltime)
]
SlurmPartitionOption = Annotated[str | None, option("Partition of the jobs.", "--slurm-partition", panel=COMPUTE)]
SlurmAccountOption = Annotated[str | None, option("Account of the jobs.", "--slurm-account", panel=COMPUTE)]
SlurmInterfaceOption = Annotated[
    str | None, option("Network interface on which the jobs reach this machine, such as ib0.", "--slurm-interface", panel=COMPUTE)
]
SlurmOptionsOption = Annotated[
    list[str] | None,
    option("More for sbatch, as after #SBATCH (repeated), such as --slurm-options=--qos=short.", "--slurm-options", panel=COMPUTE),
]
