"""Unfinished artifacts: how far they are, who is at work on them and where, and what is left."""

from __future__ import annotations

import datetime
import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eegcli.artifacts import folder
from eegcli.artifacts.network import METRICS, Network
from eegcli.artifacts.run import SPLITS, networks_of
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import ARRAY
from eegcli.errors import counted
from eegcli.files.atomic import read_json
from eegcli.files.causes import unreadable
from eegcli.files.claim import owners

CHECKPOINT, PROGRESS = "checkpoint/checkpoint.safetensors", "checkpoint/.progress.json"
FETCH_LOG = ".eegcli-fetch.jsonl"


def unfinished(path: Path, kind: str, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Describe an artifact that is not finished.

    Parameters
    ----------
    path : Path
        Its folder.
    kind : str
    stored : mapping
        Content of its settings.json.

    Returns
    -------
    dict
        Facts by name: ``state``, ``at_work`` (the processes, where any live), how far it is.

    Raises
    ------
    ArtifactError
        If a file of it is damaged.
    """
    there = list({(owner.host, owner.process): str(owner) for owner in owners(path).values()}.values())
    provenance = read_json(path / folder.PROVENANCE) if (path / folder.PROVENANCE).exists() else {}
    describers = {"run": _run, "recordings": _recordings, "windows": _windows, "dataset": _dataset}
    facts = describers[kind](path, stored, provenance) if kind in describers else {}
    if not there:
        facts.pop("time_left", None)
    last = max((file.stat().st_mtime for file in path.rglob("*") if file.is_file()), default=path.stat().st_mtime)
    where = {"host": provenance.get("host"), "slurm_job": provenance.get("slurm_job")} if not there else {}
    return {
        "state": "at work" if there else "unfinished: the same command goes on with it",
        **({"at_work": there} if there else {}),
        **facts,
        **{f"last_{name}": value for name, value in where.items() if value},
        "last_written": datetime.datetime.fromtimestamp(last, datetime.UTC).isoformat(timespec="seconds"),
    }


def _run(path: Path, stored: Mapping[str, Any], provenance: Mapping[str, Any]) -> dict[str, Any]:
    settings = stored.get("settings", {})
    facts: dict[str, Any] = {"arch": settings.get("arch"), "target": settings.get("target")}
    n_folds = len(set(read_table(path / SPLITS)["fold"].tolist())) if (path / SPLITS).exists() else 1
    networks = list(networks_of(path, n_folds, int(settings.get("seeds") or 1)))
    left = [network for network in networks if not (network.path / METRICS).exists()]
    if len(networks) > 1:
        facts["networks"] = f"{len(networks) - len(left)} of {len(networks)} are trained"
    several = {network: _progress(network, settings.get("epochs")) for network in left}
    begun = {network: found for network, found in several.items() if found}
    if not begun:
        epochs = settings.get("epochs")
        return {**facts, "epoch": f"0 of {epochs}"} if epochs and left else facts
    if len(networks) == 1:
        facts |= _told(next(iter(begun.values())))
    else:
        facts["in_training"] = {f"fold {network.fold}, seed {network.seed}": _sentence(_told(found)) for network, found in begun.items()}
    seconds = [_seconds_left(found) for found in begun.values()]
    whole = [found["seconds_per_epoch"] * found["epochs"] for found in begun.values() if found.get("seconds_per_epoch")]
    if whole and None not in seconds:
        waiting = (len(left) - len(begun)) * sum(whole) / len(whole)
        facts["time_left"] = clock((sum(second or 0.0 for second in seconds) + waiting) / max(len(begun), 1))
    return facts


def _progress(network: Network, epochs: Any) -> dict[str, Any]:
    """Progress of a network in training: as noted after an epoch, or as in its checkpoint where that is later; empty before both."""
    noted = read_json(network.path / PROGRESS) if (network.path / PROGRESS).exists() else {}
    kept = _checkpoint(network.path / CHECKPOINT)
    if kept and kept["epoch"] > noted.get("epoch", -1):
        best = kept["history"][kept["kept_row"] - 1] if kept["kept_row"] else {}
        noted = {**noted, "epoch": kept["epoch"], "epochs": epochs, "best": best}
    if kept:
        noted["checkpoint"] = f"after epoch {kept['epoch']}" + (f" and {counted(kept['batch'], 'batch')}" if kept["batch"] else "")
    if noted:
        noted["written"] = max(file.stat().st_mtime for name in (PROGRESS, CHECKPOINT) if (file := network.path / name).exists())
    return noted


def _checkpoint(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            parts = json.loads(file.metadata()["eegcli"])
            found: dict[str, Any] = parts["progress"] | parts["keeper"]
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise unreadable(path, error, "damaged", hint=f"Remove it, and this network begins again: rm {path}") from error
    return found


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"epoch": f"{found['epoch']} of {found['epochs']}"}
    if found.get("best"):
        told["best"] = {
            name: round(value, 4)
            for name, value in found["best"].items()
            if name in ("epoch", "batch") or name.startswith(("validation_", "test_"))
        }
    return told | ({"checkpoint": found["checkpoint"]} if "checkpoint" in found else {})


def _sentence(told: Mapping[str, Any]) -> str:
    best = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in told.get("best", {}).items())
    return f"epoch {told['epoch']}" + (f"; best: {best}" if best else "")


def _seconds_left(found: Mapping[str, Any]) -> float | None:
    per_epoch = float(found.get("seconds_per_epoch") or 0.0)
    if not per_epoch:
        return None
    left = int(found["epochs"]) - int(found["epoch"])
    return max(0.0, per_epoch * left - (time.time() - float(found["written"])))


def clock(seconds: float) -> str:
    """Hours, minutes and seconds, for people: ``0:03:20``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _recordings(path: Path, stored: Mapping[str, Any], provenance: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = list(path.glob("sub-*/**/*_desc-clean_eeg.json"))
    failures = Counter(str(read_json(note).get("cause")) for note in sorted((path / "failures").glob("*.json")))
    n, unreachable = provenance.get("n_recordings"), int(provenance.get("n_unreachable") or 0)
    failures["not fetched"] += unreachable
    tried = len(cleaned) + failures.total()
    facts: dict[str, Any] = {"dataset": stored.get("inputs", {}).get("dataset"), "cleaned": f"{len(cleaned)} of {n}" if n else len(cleaned)}
    facts |= (
        {"failed": failures.total(), "causes": {cause: count for cause, count in failures.most_common() if count}}
        if failures.total()
        else {"failed": 0}
    )
    started = _moment(provenance.get("started"))
    new = [file.stat().st_mtime for file in cleaned if started is not None and file.stat().st_mtime >= started]
    if n and new and started is not None:
        facts["time_left"] = clock(max(0, n - tried) * (max(new) - started) / len(new))
    return facts


def _moment(text: Any) -> float | None:
    try:
        return datetime.datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError):
        return None


def _windows(path: Path, stored: Mapping[str, Any], provenance: Mapping[str, Any]) -> dict[str, Any]:
    parts = [file.stat().st_size for file in path.glob(f".{ARRAY}.*.tmp")]
    return {"bytes_written": sum(parts) if parts else (path / ARRAY).stat().st_size if (path / ARRAY).exists() else 0}


def _dataset(path: Path, stored: Mapping[str, Any], provenance: Mapping[str, Any]) -> dict[str, Any]:
    files: dict[str, int] = {}
    if (path / FETCH_LOG).exists():
        for line in (path / FETCH_LOG).read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
                files[entry["path"]] = entry["bytes"] or 0
            except (ValueError, TypeError, KeyError):  # the last line of a killed run may be half a line
                continue
    return {"files_here": len(files), "bytes_here": sum(files.values())} if files else {}


def is_unfinished(path: Path, stored: Mapping[str, Any]) -> bool:
    """Test that an artifact is begun and not finished.

    Raises
    ------
    ArtifactError
        If its done mark or its settings are damaged.
    """
    folder.check_readable(str(path), stored, str(stored.get("kind")))
    return not folder.is_done(path, stored)
