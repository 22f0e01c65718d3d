"""Command lines that make a run again, from the settings that are stored: those that differ from the defaults."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eegcli.artifacts import folder
from eegcli.artifacts.kinds import class_of
from eegcli.files.atomic import read_json
from eegcli.reporting.material import Material
from eegcli.settings.setting import declared

COMMANDS = {"recordings": "preprocess", "run": "train", "evaluation": "evaluate", "explanation": "explain"}


def pipeline(material: Material) -> str:
    """One line of piped commands; the stages that are not here any more are left out, and their artifact is named.

    Notes
    -----
    The steps of the cleaning are given as a recipe: the run holds them.
    """
    run = material.run
    stages: list[list[str]] = []
    if material.windows is not None:
        if material.recordings:
            dataset = Path(str(_free(material.recordings[0].path, "bids") or "DATASET")).name
            stages.append(["eegcli", "preprocess", dataset, "--recipe", material.name])
        stages.append(_command(material.windows.path, "windows", "recordings" if not stages else "-"))
    first = run.windows_path().name if _named(material) else "WINDOWS"
    stages.append(_command(run.path, "run", "-" if stages else first))
    if material.evaluation is not None:
        stages.append(_command(material.evaluation.path, "evaluation", "-"))
    if material.explanation is not None:
        stages.append(_command(material.explanation.path, "explanation", "-"))
    return " | ".join(shlex.join(stage) for stage in stages)


def _named(material: Material) -> bool:
    return (material.run.path / folder.PROVENANCE).exists()


def _command(path: Path, kind: str, reads: str) -> list[str]:
    stored = read_json(path / folder.SETTINGS)
    settings = class_of(kind, stored)
    command = COMMANDS.get(kind) or ("import" if "Import" in settings.__name__ else "epoch")
    return ["eegcli", command, reads, *options(settings, stored.get("settings") or {})]


def options(settings: Any, stored: Mapping[str, Any]) -> list[str]:
    """Flags of settings that differ from their defaults, in the order of `--help`."""
    found: list[str] = []
    for name, field in declared(settings).items():
        value = stored.get(name)
        if (
            name not in stored
            or field.setting.is_argument
            or not field.setting.help
            or _plain(value) == _plain(field.default)
            or value is None
        ):
            continue
        flag = field.flags[-1]
        if isinstance(value, bool):
            found += [flag] if value else []
        elif isinstance(value, list):
            texts = [_text(item) for item in value]
            found += [flag, ",".join(texts)] if field.setting.commas else [part for text in texts for part in (flag, text)]
            if not texts:
                del found[-2:]
        else:
            found += [flag, _text(value)]
    return found


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _text(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _free(path: Path, name: str) -> Any:
    """Setting of an artifact that does not change its bytes, from its provenance."""
    provenance = path / folder.PROVENANCE
    return (read_json(provenance).get("free_settings") or {}).get(name) if provenance.exists() else None
