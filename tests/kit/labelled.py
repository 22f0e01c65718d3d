"""Labelled windows as doctor's checks see them, made in memory: a column of labels, people, sets, and signals where they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eegcli.checks.case import Labelled, Outcome, Recorded
from eegcli.checks.finding import Evidence
from eegcli.study.target import read_target

SFREQ = 64.0


def asked(
    labels: Sequence[Any],
    *,
    n_subjects: int = 20,
    n_recordings: int = 1,
    target: str = "sex",
    sets: Sequence[int] | None = None,
    unit: str = "subject",
    x: np.ndarray | None = None,
    kind: Any = None,
    **columns: Any,
) -> Evidence:
    """Windows of equally many for each recording, the recordings of a subject next to each other; 60, 20 and 20 % of the subjects in the sets.

    `labels` are of windows: text, None where missing, or numbers.
    """
    n = len(labels)
    recording = np.arange(n) * n_subjects * n_recordings // n
    subject = recording // n_recordings
    onset = np.concatenate([2.0 * np.arange(np.sum(recording == one)) for one in range(n_subjects * n_recordings)])
    table = {
        "dataset": _text(["toy"] * n),
        "recording": _text([f"sub-{who:02d}_run-{1 + one % n_recordings}" for who, one in zip(subject, recording, strict=True)]),
        "subject": _text([f"{who:02d}" for who in subject]),
        "segment": _text(["all"] * n),
        "onset": onset,
    }
    table |= {name: values if isinstance(values, np.ndarray) else _text(values) for name, values in columns.items()}
    values = np.asarray(labels) if all(isinstance(one, float) for one in labels) else _text(labels)
    table[target] = values
    found = read_target(table, target, kind=kind)
    rows = np.flatnonzero(found.known)
    ch_names = ("Fz", "Cz", "Pz", "O1", "O2", "T7")
    recorded = Recorded(np.zeros((n, 6, 64), dtype=np.float32) if x is None else x, table, ch_names, SFREQ, "raw", "uV", 64)
    which = np.repeat([0, 1, 2], [n_subjects - 2 * (n_subjects // 5), n_subjects // 5, n_subjects // 5])[
        np.random.default_rng(0).permutation(n_subjects)
    ]
    own = np.asarray(sets) if sets is not None else which[subject]
    labelled = Labelled(recorded, target, found.kind, found.classes, rows, found.values[rows], subject[rows], own[rows], unit, 1)
    return Evidence(labelled=labelled, recorded=recorded)


def signals(n: int, seed: int = 0, n_subjects: int = 20) -> np.ndarray:
    """Noise of people who differ, shared by neighbouring channels: shape (n, 6, 64), µV."""
    random = np.random.default_rng(seed)
    subject = np.arange(n) * n_subjects // n
    size = 1 + 0.3 * random.standard_normal((n_subjects, 6, 1))
    x = 10 * random.standard_normal((n, 6, 64)) * size[subject]
    return (x + 0.5 * np.roll(x, 1, axis=1)).astype(np.float32)


def with_rhythm(x: np.ndarray, one: np.ndarray, *, amplitude: float = 12.0, channels: slice = slice(None)) -> np.ndarray:
    """The same with a rhythm at 10 Hz in some windows, in all channels unless told."""
    wave = np.zeros_like(x)
    wave[:, channels] = amplitude * np.sin(2 * np.pi * 10 * np.arange(x.shape[2]) / SFREQ)
    return np.asarray(x + wave * one[:, None, None], dtype=np.float32)


def left(
    *,
    n_classes: int = 2,
    metrics: dict[str, Any] | None = None,
    evaluation: Any = None,
    predictions: Any = None,
    **history: Sequence[float],
) -> Evidence:
    """Outcome of a training of one network: its history by epoch."""
    n = len(next(iter(history.values())))
    table = {"fold": np.zeros(n, dtype=np.int64), "seed": np.zeros(n, dtype=np.int64), "epoch": 1 + np.arange(n)}
    table |= {name: np.asarray(values, dtype=np.float64) for name, values in history.items()}
    return Evidence(outcome=Outcome(table, {"classes": list("abcdef"[:n_classes]), **(metrics or {})}, evaluation, predictions))


def _text(values: Sequence[Any]) -> np.ndarray:
    column = np.full(len(values), None, dtype=object)
    column[:] = list(values)
    return column
