"""A Slurm of one node, for tests: its own ports, keys and folders, so that it disturbs no other."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = ("sbatch", "squeue", "scancel", "scontrol", "sinfo")
CPUS = 4  # that the node claims to have, whatever the machine has
START_SECONDS = 180.0
CREDENTIAL_SECONDS = 8


def missing() -> str | None:
    """Reason why no Slurm can be started here; None if one can."""
    if os.geteuid() != 0:
        return "starting a Slurm needs root"
    absent = [name for name in (*DAEMONS, *COMMANDS) if _which(name) is None]
    return f"not installed: {', '.join(absent)} (Debian: slurmctld slurmd slurm-client munge)" if absent else None


def start(folder: Path) -> dict[str, str]:
    """Start the daemons; the environment in which Slurm's commands find them."""
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    host = socket.gethostname().split(".")[0]
    munge = _munge(folder)
    conf = folder / "slurm.conf"
    conf.write_text(_configuration(folder, host), encoding="utf-8")
    environment = {"SLURM_CONF": str(conf)}
    _spawn(folder, "munged", munge)
    _until(lambda: (folder / "munge.socket").exists(), folder)
    _spawn(folder, "slurmctld", ["-D", "-f", str(conf)], **environment)
    _spawn(folder, "slurmd", ["-D", "-N", host, "-f", str(conf)], **environment)
    _until(lambda: _ask(["sinfo", "-h", "-o", "%t"], environment) == "idle", folder)
    return environment


def stop(folder: Path) -> None:
    """Cancel all jobs and end the daemons that `start` has started."""
    environment = {"SLURM_CONF": str(folder / "slurm.conf")}
    _ask(["scancel", "--partition=test"], environment)
    deadline = time.monotonic() + 20
    while _ask(["squeue", "-h"], environment) and time.monotonic() < deadline:
        time.sleep(0.2)
    for name in reversed(DAEMONS):
        pid = folder / f"{name}.pid"
        if pid.exists():
            subprocess.run(["kill", pid.read_text()], capture_output=True)
            while _alive(pid.read_text()) and time.monotonic() < deadline:
                time.sleep(0.05)  # what still writes would fill the folder again


def _alive(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ask(*command: str) -> str:
    """Run a command of Slurm in this process's environment, and give what it prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def queue() -> list[str]:
    """Numbers of the jobs that wait or run."""
    return ask("squeue", "--noheader", "--format=%F").split()


def wait_for(condition: Callable[[], object], *logs: Path, seconds: float = 240.0) -> None:
    """Wait until something is so; after so many seconds a failure, which shows the queue and the logs."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            said = [ask("scontrol", "show", "jobs"), *(path.read_text() for path in logs)]
            pytest.fail("\n\n".join(["nothing happens", *said]))
        time.sleep(0.05)


def _configuration(folder: Path, host: str) -> str:
    control, node = _free_port(), _free_port()
    lines = {
        "ClusterName": "test",
        "SlurmctldHost": f"{host}(127.0.0.1)",
        "SlurmctldPort": control,
        "SlurmdPort": node,
        "SlurmUser": "root",
        "SlurmdUser": "root",
        "AuthType": "auth/munge",
        # So long a requeued job is held back (else two minutes); to let it go sooner by hand makes the node refuse it at times.
        "AuthInfo": f"socket={folder / 'munge.socket'},cred_expire={CREDENTIAL_SECONDS}",
        "CredType": "cred/munge",
        "StateSaveLocation": folder / "state",
        "SlurmdSpoolDir": folder / "spool",
        "SlurmctldPidFile": folder / "slurmctld.run",
        "SlurmdPidFile": folder / "slurmd.run",
        # What needs cgroups, a database or MPI is left out.
        "ProctrackType": "proctrack/linuxproc",
        "TaskPlugin": "task/none",
        "SwitchType": "switch/none",
        "MpiDefault": "none",
        "JobAcctGatherType": "jobacct_gather/none",
        "AccountingStorageType": "accounting_storage/none",
        "SelectType": "select/cons_tres",
        "SelectTypeParameters": "CR_Core",
        "SlurmdParameters": "config_overrides",
        "ReturnToService": 2,
        "KillWait": 10,
        # Schedule at once rather than in rounds.
        "SchedulerParameters": "batch_sched_delay=0,sched_min_interval=0,sched_interval=2",
    }
    text = "".join(f"{name}={value}\n" for name, value in lines.items())
    text += f"NodeName={host} NodeAddr=127.0.0.1 CPUs={CPUS} RealMemory=8000 State=UNKNOWN\n"
    return text + f"PartitionName=test Nodes={host} Default=YES MaxTime=INFINITE State=UP\n"


def _munge(folder: Path) -> list[str]:
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    files = {"key-file": key, "socket": folder / "munge.socket", "pid-file": folder / "munge.run", "seed-file": folder / "munge.seed"}
    return ["--foreground", "--force", *(f"--{name}={path}" for name, path in files.items()), f"--log-file={folder / 'munge.log'}"]


def _spawn(folder: Path, name: str, arguments: list[str], **environment: str) -> None:
    with (folder / f"{name}.out").open("w") as out:
        process = subprocess.Popen(
            [str(_which(name)), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={**os.environ, **environment},
        )
    (folder / f"{name}.pid").write_text(str(process.pid))


def _which(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _ask(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=120).stdout.strip()


def _until(condition: object, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            told = "\n".join(f"{path.name}: {path.read_text()[-500:]}" for path in sorted(folder.glob("*.out")))
            raise RuntimeError(f"the Slurm for tests does not start:\n{told}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port
