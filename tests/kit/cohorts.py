"""Small cohorts in which what is planted is known: sex in a 10-Hz rhythm, of one channel or of all, and age in that of another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.windows_writer import create_windows
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, TrainSettings

SFREQ = 64.0
CH_NAMES = ("Fz", "Cz", "Pz", "O1", "O2", "T7", "T8", "Fp1")
N_TIMES = 128
SEX_CHANNEL, AGE_CHANNEL = "Pz", "Fz"
BAND = "alpha"


def windows(
    path: Path,
    *,
    subjects: Sequence[int] = range(20),
    n_windows: int = 6,
    effect: float = 8.0,
    dataset: str = "toy",
    seed: int = 0,
    ch_names: Sequence[str] = CH_NAMES,
    n_times: int = N_TIMES,
) -> Path:
    """A finished windows artifact: two tasks per subject; odd subjects are F, even ones M with `effect` µV more at 10 Hz."""
    time = np.arange(n_times) / SFREQ
    with _created(path, ch_names, n_times, seed) as writer:
        for subject in subjects:
            random = np.random.default_rng([seed, subject])
            amplitude = np.full((len(ch_names), 1), 3.0)
            amplitude[ch_names.index(SEX_CHANNEL)] += effect * (subject % 2 == 0) + random.normal(0, 1.5)
            amplitude[ch_names.index(AGE_CHANNEL)] += 0.5 * subject
            for task in ("rest", "sums"):
                x = 5 * random.standard_normal((n_windows, len(ch_names), n_times))
                x += amplitude * np.sin(2 * np.pi * (10 * time + random.random((n_windows, 1, 1))))
                writer.append(x, _rows(dataset, subject, task, n_windows, is_male=subject % 2 == 0))
    return path


def loud_windows(
    path: Path,
    *,
    n_subjects: int = 12,
    n_windows: int = 6,
    male: int | None = None,
    spoil: bool = False,
    dataset: str = "small",
    seed: int = 0,
) -> Path:
    """A finished windows artifact that is learnt in an epoch or two: men have 12 µV at 10 Hz in all channels, women 4; one task has 2 more.

    `male` of the subjects are men, every other one unless told; `spoil` makes the first value of each recording NaN.
    """
    n_channels, n_times = 8, 64
    random, time = np.random.default_rng(seed), np.arange(n_times) / SFREQ
    with _created(path, [f"E{i}" for i in range(n_channels)], n_times, seed=0) as writer:
        for subject in range(n_subjects):
            is_male = subject % 2 == 0 if male is None else subject < male
            for task in ("rest", "arithmetic"):
                amplitude = (12.0 if is_male else 4.0) + (2.0 if task == "rest" else 0.0)
                x = 5 * random.standard_normal((n_windows, n_channels, n_times))
                x += amplitude * np.sin(2 * np.pi * (10 * time + random.random((n_windows, 1, 1))))
                if spoil:
                    x[0, 0, 0] = np.nan
                rows = _rows(dataset, subject, task, n_windows, is_male=is_male)
                site = np.full(n_windows, "RU" if subject < 3 else "CBIC", dtype=object)
                writer.append(x, rows | {"onset": np.arange(n_windows, dtype=np.float64), "site": site})
    return path


def windows_for(name: str, path: Path) -> Path:
    """Raw windows of six people, one per recording, of the size on which an architecture is checked."""
    from eegcli.models.checks import Case

    shape = Case(name, "raw").shape
    names = [*CH_NAMES, *(f"E{number}" for number in range(100))]
    few = [SEX_CHANNEL, AGE_CHANNEL, *(one for one in names if one not in (SEX_CHANNEL, AGE_CHANNEL))]
    return windows(path, subjects=range(6), n_windows=1, ch_names=few[: max(2, shape["n_chans"])], n_times=shape["n_times"])


def train(windows: Path, output: Path, **settings: object) -> Path:
    """A finished run; logistic regression on sex, and no strongest baseline beside a network, unless told otherwise."""
    from eegcli import train as stage

    wishes = {"arch": "logistic", "threads": 1, "no_baseline": True, **settings}
    return stage.run(TrainSettings(windows=windows, output=output, **wishes), reporter=Silent()).output


@contextlib.contextmanager
def _created(path: Path, ch_names: Sequence[str], n_times: int, seed: int) -> Iterator[Any]:
    artifact = folder.open_folder(path, "windows", EpochSettings(recordings=Path("none")), inputs={"seed": str(seed)}, version=1)
    with create_windows(path, (len(ch_names), n_times), ch_names=ch_names, sfreq=SFREQ) as writer:
        yield writer
    artifact.finish()


def _rows(dataset: str, subject: int, task: str, n: int, *, is_male: bool) -> dict[str, np.ndarray]:
    label = f"{subject:02d}"
    words = {"dataset": dataset, "recording": f"sub-{label}_task-{task}", "subject": label, "session": None, "task": task, "run": None}
    words |= {"segment": "all", "sex": "M" if is_male else "F"}
    numbers = {"onset": 2.0 * np.arange(n), "age": np.full(n, 6.0 + subject), "segment_count": np.full(n, n, dtype=np.int64)}
    return {name: np.full(n, word, dtype=object) for name, word in words.items()} | numbers
