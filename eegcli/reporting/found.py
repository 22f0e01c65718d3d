"""Runs below a folder, each told in a row: what it is, on whom, how good, how sure, and whether to trust it; of small JSON files alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eegcli.artifacts import folder
from eegcli.artifacts.evaluation import NAME as EVALUATION
from eegcli.artifacts.explanation import NAME as EXPLANATION
from eegcli.artifacts.network import METRICS
from eegcli.registry import METRICS as METRIC_ENTRIES
from eegcli.reporting.wording import bounds_of

DATASET = "dataset_description.json"  # beside it, a folder sub-... holds signals and no runs
TRUSTED, WITH_CARE, NOT_TRUSTED, UNKNOWN = "yes", "with care", "no", "not evaluated"


@dataclass(frozen=True)
class FoundRun:
    """A run as its small files tell it.

    Attributes
    ----------
    path : Path
    name : str
        Path relative to the folder.
    arch, target, kind, windows : str
        Empty where it cannot be read.
    n_windows, n_subjects : int
        0: unknown.
    figures : mapping of str to object
        Vote of the test set, as the evaluation has it; empty without one.
    trust : str
    reasons : tuple of str
        Why it is not simply trusted.
    explained : str
        Verdict on the explanation; empty without one.
    """

    path: Path
    name: str
    arch: str = ""
    target: str = ""
    kind: str = ""
    windows: str = ""
    n_windows: int = 0
    n_subjects: int = 0
    figures: Mapping[str, Any] | None = None
    p: float | None = None
    trust: str = UNKNOWN
    reasons: tuple[str, ...] = ()
    explained: str = ""


def runs_below(root: Path) -> Iterator[Path]:
    """Folders of runs below a folder, sorted; neither links nor what lies within an artifact are entered."""
    for place, names, files in os.walk(root, followlinks=False):
        kind = _kind(Path(place)) if folder.SETTINGS in files else None
        if kind == "run":
            yield Path(place)
        if kind not in (None, "dataset"):
            names.clear()
            continue
        signals = DATASET in files
        names[:] = sorted(name for name in names if not name.startswith(".") and not (signals and name.startswith("sub-")))


def found_run(path: Path, root: Path) -> FoundRun:
    """Read what the small files of a run say; what cannot be read is said in its reasons."""
    name = path.relative_to(root).as_posix()
    name = path.resolve().name if name == "." else name
    if not (path / folder.DONE).exists():
        return FoundRun(path, name, reasons=("unfinished",))
    try:
        metrics = _read(path / METRICS)
        evaluation, explanation = (
            _read(path / part / METRICS) if (path / part / folder.DONE).exists() else None for part in (EVALUATION, EXPLANATION)
        )
        vote = None if evaluation is None else evaluation["splits"]["test"]["vote"]
        trust, reasons = _trust(metrics, evaluation, explanation)
        return FoundRun(
            path,
            name,
            str(metrics["arch"]),
            str(metrics["target"]),
            str(metrics["kind"]),
            _windows(path),
            int(metrics["n_windows"]),
            int(metrics["n_subjects"] or 0),
            vote,
            None if evaluation is None else _p(evaluation),
            trust,
            tuple(reasons),
            "" if explanation is None else _verdict(explanation),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return FoundRun(path, name, reasons=(f"cannot be read: {type(error).__name__} {error}".replace(str(path), path.name),))


def _kind(path: Path) -> str | None:
    try:
        kind = _read(path / folder.SETTINGS).get("kind")
    except (OSError, ValueError, AttributeError):
        return None
    return kind if isinstance(kind, str) else None


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _windows(path: Path) -> str:
    try:
        told = _read(path / folder.PROVENANCE).get("windows")
    except (OSError, ValueError, AttributeError):
        return ""
    return Path(told).name if isinstance(told, str) else ""


def _p(evaluation: Mapping[str, Any]) -> float | None:
    p = ((evaluation.get("permutation") or {}).get("vote") or {}).get("p")
    return float(p) if isinstance(p, (int, float)) else None


def _trust(
    metrics: Mapping[str, Any], evaluation: Mapping[str, Any] | None, explanation: Mapping[str, Any] | None
) -> tuple[str, list[str]]:
    """Verdict on a run, and its reasons: leaks first, then marks, then what its figures cannot tell."""
    marks = [one for one in [*str(metrics.get("marked") or "").split("; "), str(metrics.get("control") or "")] if one]
    if evaluation is None:
        return UNKNOWN, marks
    checks = evaluation.get("leak_checks") or []
    failed = [f"leak: {one['name']}" for one in checks if one.get("passed") is False]
    unknown = [f"not judged: {one['name']}" for one in checks if one.get("passed") is None]
    unknown += ["no leak check was made"] if not checks else []
    vote = evaluation["splits"]["test"]["vote"]
    cannot = []
    bounds = _bounds(vote, str(metrics["kind"]))
    if bounds is None:
        cannot.append("no interval")
    elif bounds[0] <= _constant(vote, metrics):
        cannot.append("not told from a constant answer")
    judged = _judged(explanation or {})
    if judged and not any(judged):
        cannot.append("no explanation passed its controls")
    reasons = [*failed, *marks, *unknown, *cannot]
    return NOT_TRUSTED if failed else WITH_CARE if reasons else TRUSTED, reasons


def figure_of(kind: str) -> str:
    """Name of the figure of a list of runs: it has to mean the same whatever the class shares."""
    return "balanced_accuracy" if kind == "classification" else "r"


def _bounds(vote: Mapping[str, Any], kind: str) -> tuple[float, float] | None:
    interval = METRIC_ENTRIES[figure_of(kind)].interval
    return None if interval is None else bounds_of(vote, interval.key)


def _constant(vote: Mapping[str, Any], metrics: Mapping[str, Any]) -> float:
    """Figure of a constant answer: one class in so many for balanced accuracy, no correlation for a number."""
    return 1 / max(len(metrics.get("classes") or ()), 1) if metrics["kind"] == "classification" else 0.0


def _verdict(explanation: Mapping[str, Any]) -> str:
    if isinstance(told := explanation.get("verdict"), str):
        return told
    judged = _judged(explanation)
    return f"passed {sum(judged)} of {len(judged)}" if judged else "no controls"


def _judged(explanation: Mapping[str, Any]) -> list[bool]:
    """Truth of each method that has a verdict: whether it passed its controls."""
    return [bool(one["passed"]) for one in explanation.get("methods") or () if one.get("passed") is not None]
