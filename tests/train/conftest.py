"""A small cohort whose classes differ in the amplitude of a 10-Hz rhythm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from eegcli.artifacts import folder
from eegcli.artifacts.windows import create_windows
from eegcli.settings import EpochSettings

SFREQ = 64.0
N_CHANS, N_TIMES = 8, 64
MakeWindows = Callable[..., Path]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """One thread: test processes run beside each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def make_windows(tmp_path: Path) -> MakeWindows:
    def make(
        name: str = "small-windows", *, n_subjects: int = 12, n_windows: int = 6, male: int | None = None, spoil: bool = False
    ) -> Path:
        path = tmp_path / name
        artifact = folder.open_folder(path, "windows", EpochSettings(recordings=Path("none")), inputs={}, version=1)
        rng = np.random.default_rng(0)
        time = np.arange(N_TIMES) / SFREQ
        with create_windows(path, (N_CHANS, N_TIMES), ch_names=[f"E{i}" for i in range(N_CHANS)], sfreq=SFREQ) as writer:
            for subject in range(n_subjects):
                is_male = subject % 2 == 0 if male is None else subject < male
                for task in ("rest", "arithmetic"):
                    amplitude = (12.0 if is_male else 4.0) + (2.0 if task == "rest" else 0.0)
                    x = 5 * rng.standard_normal((n_windows, N_CHANS, N_TIMES))
                    x += amplitude * np.sin(2 * np.pi * (10 * time + rng.random((n_windows, 1, 1))))
                    if spoil:
                        x[0, 0, 0] = np.nan
                    writer.append(x, _rows(subject, task, n_windows, is_male))
        artifact.finish()
        return path

    return make


def _rows(subject: int, task: str, n: int, is_male: bool) -> dict[str, np.ndarray]:
    def text(value: str | None) -> np.ndarray:
        return np.full(n, value, dtype=object)

    label = f"{subject:02d}"
    return {
        "dataset": text("small"),
        "recording": text(f"sub-{label}_task-{task}"),
        "subject": text(label),
        "session": text(None),
        "task": text(task),
        "run": text(None),
        "segment": text("all"),
        "segment_count": np.full(n, n, dtype=np.int64),
        "onset": np.arange(n, dtype=np.float64),
        "sex": text("M" if is_male else "F"),
        "age": np.full(n, 6.0 + subject),
        "site": text("RU" if subject < 3 else "CBIC"),
    }
