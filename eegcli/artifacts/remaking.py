"""Commands that make windows which fit a run: of what the run, and the windows that do not fit, say of how they were made."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from eegcli.artifacts import folder
from eegcli.artifacts.configuration import leave_out
from eegcli.artifacts.kinds import class_of
from eegcli.artifacts.network import ModelDescription
from eegcli.artifacts.run import Run
from eegcli.errors import EegcliError
from eegcli.files.atomic import read_json
from eegcli.settings import EpochSettings, Selected
from eegcli.settings.setting import declared

DATASET = "DATASET"  # where nobody knows which
MADE = "windows_settings"  # in provenance.json of a run: settings of `epoch` for its windows
_NOT_OF_THE_WINDOWS = {"labels", "channels", "length", *(field.name for field in fields(Selected))}


def remaking(run: Run, misfit: Path | str, ch_names: Sequence[str], sfreq: float) -> str:
    """Command line that makes windows of a cohort which fit a run.

    Parameters
    ----------
    run : Run
    misfit : Path or str
        Windows of the cohort that do not fit: what they were made of is made anew.
    ch_names : sequence of str
        Their channels.
    sfreq : float
        Their sampling frequency, Hz.

    Returns
    -------
    str
        ``eegcli preprocess ... && eegcli epoch ...``, quoted for a shell. The steps of the run are given by its folder, as a recipe; the
        data set is called ``DATASET`` where the windows do not say of which they were made.
    """
    taken = run.networks[0].description
    dataset = _dataset(misfit)
    recordings = Path(dataset).with_name(f"{Path(dataset).name}-for-{run.path.resolve().name}-recordings")
    windows = recordings.with_name(f"{recordings.name.removesuffix('recordings')}windows")
    lacking = [name for name in taken.ch_names if name not in ch_names]
    preprocess = ["eegcli", "preprocess", dataset, *_cleaning(run, taken, lacking=bool(lacking), sfreq=sfreq), "--output", str(recordings)]
    epoch = ["eegcli", "epoch", str(recordings), *_cutting(run, taken), "--output", str(windows)]
    return f"{shlex.join(preprocess)} && {shlex.join(epoch)}"


def settings_of_windows(path: Path | str) -> dict[str, Any] | None:
    """Settings by which `epoch` cut windows, without those that equal their defaults; None where they are not here, or were not cut by it."""
    settings = Path(path) / folder.SETTINGS
    if not settings.is_file():
        return None
    stored = read_json(settings)
    values = stored.get("settings")
    if stored.get("kind") != "windows" or not isinstance(values, dict) or class_of("windows", stored) is not EpochSettings:
        return None
    return leave_out(EpochSettings, values)


def _dataset(windows: Path | str) -> str:
    """Data set that the recordings behind windows are of, from here; ``DATASET`` where nothing says it."""
    recordings = _read_from(windows, "recordings")
    dataset = _read_from(recordings[0], "bids") if recordings else []
    return dataset[0] if dataset else DATASET


def _read_from(artifact: Path | str, argument: str) -> list[str]:
    """Paths of what an artifact was made of, as its provenance says it; none where that is not here."""
    provenance = Path(artifact) / folder.PROVENANCE
    if not provenance.is_file():
        return []
    stored = read_json(provenance)
    named = (stored.get("free_settings") or {}).get(argument)
    paths = [Path(str(stored.get("cwd") or "."), name) for name in ([named] if isinstance(named, str) else named or [])]
    return [_from_here(path) for path in paths if path.exists()]


def _from_here(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _cleaning(run: Run, taken: ModelDescription, *, lacking: bool, sfreq: float) -> list[str]:
    """Options of `preprocess`: the run as a recipe; what it does not say of its cleaning is said by flags."""
    cleaning = run.cleaning
    steps = cleaning.steps[0] if cleaning is not None and cleaning.steps else ()
    names = {str(step["step"]) for step in steps}
    options = ["--recipe", str(run.path)] if steps else []
    if "resample" not in names and (not steps or sfreq != taken.sfreq):
        options += ["--sfreq", f"{taken.sfreq:.15g}"]
    if not steps or (lacking and "pick" not in names):
        options += ["--channels", ",".join(taken.ch_names)]
    return [*options, *(["--missing-channels", "interpolate"] if lacking else [])]


def _cutting(run: Run, taken: ModelDescription) -> list[str]:
    """Options of `epoch`: those of the run's windows, where they are known; length, channels and representation are known in any case."""
    made = _settings_of_training(run)
    if made is None:
        made = {"representation": taken.representation, "bands": taken.bands} if taken.representation != "raw" else {}
    options = []
    for name, field in declared(EpochSettings).items():
        if name in made and name not in _NOT_OF_THE_WINDOWS and field.setting.help:
            options += _flags(field.flags[-1], made[name], commas=field.setting.commas)
    return [*options, "--length", f"{taken.n_times / taken.sfreq:.15g}", "--channels", ",".join(taken.ch_names)]


def _settings_of_training(run: Run) -> dict[str, Any] | None:
    provenance = run.path / folder.PROVENANCE
    kept = read_json(provenance).get(MADE) if provenance.is_file() else None
    if isinstance(kept, dict):
        return kept
    try:
        before = run.windows_path()
    except EegcliError:
        return None
    beside = run.path.resolve().parent / before.name
    return settings_of_windows(before if before.exists() else beside)


def _flags(flag: str, value: Any, *, commas: bool) -> list[str]:
    if value is None or value is False or value == []:
        return []
    if value is True:
        return [flag]
    if isinstance(value, (list, tuple)):
        texts = [f"{item:.15g}" if isinstance(item, float) else str(item) for item in value]
        return [flag, ",".join(texts)] if commas else [part for text in texts for part in (flag, text)]
    return [flag, f"{value:.15g}" if isinstance(value, float) else str(value)]
