"""Settings of a command that can spread its work over processes, a dask cluster or Slurm jobs."""

from dataclasses import dataclass
from typing import Literal

from eegcli.settings.groups import Selected
from eegcli.settings.setting import COMPUTE, Values, setting


@dataclass(frozen=True, kw_only=True)
class Spread(Selected):
    """Settings of who does the work on a cohort; none of it changes a byte of the result."""

    shard: str | None = setting(
        help="Clean the I-th of N shares of the recordings, into the same output.",
        shown="the place in a Slurm array, else all, 1/1",
        panel=COMPUTE,
        metavar="I/N",
        values=Values("shard", words=("1/1",), meaning="all recordings, in a Slurm array, too"),
        result=False,
    )
    executor: Literal["joblib", "dask", "slurm"] = setting(
        "joblib",
        help="Who does the work: processes here (joblib), a dask cluster, or Slurm jobs that this command starts.",
        panel=COMPUTE,
        result=False,
    )
    scheduler: str | None = setting(
        help="Scheduler of --executor dask: tcp://HOST:PORT, or a scheduler file (.json).",
        panel=COMPUTE,
        values=Values("scheduler file", paths="files", suffix=".json"),
        result=False,
    )
    slurm_workers: int = setting(4, help="Jobs of --executor slurm.", panel=COMPUTE, min=1, result=False)
    slurm_cpus: int = setting(1, help="Cores of each job, with a process each.", panel=COMPUTE, min=1, result=False)
    slurm_memory: str = setting("4GB", help="Memory of each job.", panel=COMPUTE, result=False)
    slurm_walltime: str = setting("01:00:00", help="Time limit of each job.", panel=COMPUTE, result=False)
    slurm_partition: str | None = setting(help="Partition of the jobs.", panel=COMPUTE, result=False)
    slurm_account: str | None = setting(help="Account of the jobs.", panel=COMPUTE, result=False)
    slurm_interface: str | None = setting(
        help="Network interface on which the jobs reach this machine, such as ib0.", panel=COMPUTE, result=False
    )
    slurm_options: tuple[str, ...] = setting(
        (),
        help="More for sbatch, as after #SBATCH (repeated), such as --slurm-options=--qos=short.",
        panel=COMPUTE,
        commas=False,
        result=False,
    )
