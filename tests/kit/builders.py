"""Small artifacts that tests build: the shapes of real ones, the sizes of toys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.recordings import Recording, write_recording
from eegcli.artifacts.table import column, from_rows, write_table
from eegcli.settings import PreprocessSettings
from eegcli.study.events import Events

SFREQ = 64.0


def resting_events(blocks: int = 2) -> Events:
    """HBN's paradigm: open (20 s), closed (40 s), ..., open."""
    onset, value = [2.0], ["resting_start"]
    time = 5.0
    for _ in range(blocks):
        onset += [time, time + 20.0]
        value += ["instructed_toOpenEyes", "instructed_toCloseEyes"]
        time += 60.0
    return Events(np.array([*onset, time]), np.zeros(len(onset) + 1), np.array([*value, "instructed_toOpenEyes"], dtype=object))


def recording(seed: int, *, n_channels: int = 4, seconds: float = 140.0, sfreq: float = SFREQ, events: Events | None = None) -> Recording:
    """One recording of white noise with HBN's events."""
    data = 10 * np.random.default_rng(seed).standard_normal((n_channels, round(seconds * sfreq)))
    names = tuple(f"E{i + 1}" for i in range(n_channels))
    return Recording(data.astype(np.float32), names, sfreq, "average", resting_events() if events is None else events)


def recordings_artifact(path: Path, recordings: dict[str, Recording], failed: tuple[str, ...] = (), **participants: list[Any]) -> Path:
    """A finished recordings artifact with one resting recording per subject."""
    target = folder.open_folder(path, "recordings", PreprocessSettings(bids=Path("b")), inputs={"dataset": "toy"}, version=1, growing=True)
    rows = []
    for subject, one in recordings.items():
        stem = f"sub-{subject}_task-rest"
        where = f"sub-{subject}/eeg/{stem}_desc-clean_eeg.h5"
        write_recording(path / where, one, digest=subject)
        rows.append(
            {"recording": stem, "subject": subject, "session": None, "task": "rest", "run": None, "path": where, "status": "ok"}
            | {"error": None, "cause": None, "sfreq": one.sfreq, "ch_names": ",".join(one.ch_names), "n_channels": float(len(one.ch_names))}
            | {"n_times": float(one.data.shape[1]), "seconds": one.data.shape[1] / one.sfreq}
        )
    for subject in failed:
        rows.append(
            {
                "recording": f"sub-{subject}_task-rest",
                "subject": subject,
                "session": None,
                "task": "rest",
                "run": None,
                "path": None,
                "status": "failed",
                "error": "truncated",
                "cause": "truncated",
            }
        )
    table = from_rows(rows)
    write_table(path / "recordings.parquet", table | {name: column(values) for name, values in participants.items()})
    target.finish()
    return path
