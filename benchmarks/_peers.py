"""The environment in which the peers run: made once, in the user's cache folder."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CONSTRAINTS = Path(__file__).parents[1] / ".ci" / "constraints.txt"


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the peers that could be installed.

    Attributes
    ----------
    python : Path
        Its interpreter.
    missing : dict[str, str]
        The peers that are not there, and why, in one line.
    """

    python: Path
    missing: dict[str, str]


def make_environment(name: str, common: dict[str, str], peers: dict[str, tuple[str, ...]]) -> Environment:
    """Make the environment, or use what an earlier run made.

    Parameters
    ----------
    name : str
        Of its folder in ``$XDG_CACHE_HOME/eegcli-benchmarks``.
    common : dict[str, str]
        Package and version of what all peers need; goes before the project's own versions.
    peers : dict[str, tuple[str, ...]]
        What pip has to install for each peer.

    Returns
    -------
    Environment
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eegcli-benchmarks"
    pins = [f"{package}=={version}" for package, version in common.items()]
    # Other versions get another folder: an environment is never changed once it is complete.
    folder = cache / f"{name}-{hashlib.sha256(json.dumps([sys.version, pins, peers]).encode()).hexdigest()[:8]}"
    python, list_of_done = folder / "bin" / "python", folder / "installed"
    done = set(list_of_done.read_text(encoding="utf-8").splitlines()) if list_of_done.exists() else set()
    wanted = [peer for peer in peers if peer not in done]
    if not wanted:
        return Environment(python, {})
    print(f"Installing {', '.join(wanted)} in {folder}", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    constraints = folder / "constraints.txt"
    constraints.write_text(_constraints(common), encoding="utf-8")
    pip = [python, "-m", "pip", "install", "--quiet", "--retries", "1", "--constraint", constraints]
    broken = _failure([sys.executable, "-m", "venv", folder]) or _failure([*pip, *pins])
    reasons = {peer: broken or _failure([*pip, *peers[peer]]) for peer in wanted}
    missing = {peer: f"not installed: {reason}" for peer, reason in reasons.items() if reason}
    list_of_done.write_text("".join(f"{peer}\n" for peer in peers if peer not in missing), encoding="utf-8")
    return Environment(python, missing)


def _constraints(common: dict[str, str]) -> str:
    """The project's versions, but for what the peers need otherwise."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.partition("==")[0].lower() not in common and not line.startswith("#")]
    return "\n".join([*kept, *(f"{package}=={version}" for package, version in common.items())]) + "\n"


def _failure(command: list[str | Path]) -> str | None:
    """Run a command; None, or the one line that says why it failed."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode == 0:
        return None
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or [f"exit status {done.returncode}"])[-1]
