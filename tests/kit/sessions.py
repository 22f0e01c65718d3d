"""A small cohort with sessions and runs: each person's own rhythm, louder in men, in two sessions of two runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.kit.cohorts import SFREQ, _created

CH_NAMES, N_TIMES, N_WINDOWS = ("Fz", "Cz", "Pz", "Oz"), 64, 3


def windows(path: Path, *, subjects: int = 10, sessions: Sequence[str | None] = ("1", "2"), repeated: bool = False, seed: int = 0) -> Path:
    """A finished windows artifact: every session has two runs; `repeated`: the second session holds the first one's windows again."""
    time = np.arange(N_TIMES) / SFREQ
    with _created(path, CH_NAMES, N_TIMES, seed) as writer:
        for subject in range(subjects):
            for session in sessions:
                for run in ("1", "2"):
                    drawn = np.random.default_rng([seed, subject, int(run), 0 if repeated else sessions.index(session)])
                    x = 4 * drawn.standard_normal((N_WINDOWS, len(CH_NAMES), N_TIMES))
                    x += (4 + 6 * (subject % 2 == 0)) * np.sin(2 * np.pi * (10 * time + drawn.random((N_WINDOWS, 1, 1))))
                    writer.append(x, rows(f"{subject:02d}", session, run))
    return path


def rows(subject: str, session: str | None, run: str) -> dict[str, np.ndarray]:
    """Rows of the table of one recording."""
    stem = f"sub-{subject}" + (f"_ses-{session}" if session else "") + f"_task-rest_run-{run}"
    words = {"dataset": "toy", "recording": stem, "subject": subject, "session": session, "task": "rest", "run": run, "segment": "all"}
    words["sex"] = "FM"[int(subject) % 2]
    numbers = {"onset": 2.0 * np.arange(N_WINDOWS), "segment_count": np.full(N_WINDOWS, N_WINDOWS, dtype=np.int64)}
    return {name: np.full(N_WINDOWS, word, dtype=object) for name, word in words.items()} | numbers
