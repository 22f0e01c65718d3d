"""A small cohort of heads, as arrays: sources that fall off over the scalp, slow and with a rhythm of 10 Hz, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from eegcli.artifacts.content import content_hash
from eegcli.checks.case import Recorded
from eegcli.checks.finding import Evidence, Finding
from eegcli.registry import CHECKS, load

SFREQ, N_TIMES, N_RECORDINGS, EACH = 128.0, 256, 10, 8
CH_NAMES = ("Fp1", "Fp2", "F7", "F3", "F4", "F8", "T7", "C3", "C4", "T8", "P7", "P3", "P4", "P8", "O1", "O2")
# Left to right and front to back, in radii of the head.
PLACES = np.array(
    [
        (-3, 9),
        (3, 9),
        (-8, 6),
        (-4, 5),
        (4, 5),
        (8, 6),
        (-10, 0),
        (-5, 0),
        (5, 0),
        (10, 0),
        (-8, -6),
        (-4, -5),
        (4, -5),
        (8, -6),
        (-3, -9),
        (3, -9),
    ]
)
RECORDING = np.repeat(np.arange(N_RECORDINGS), EACH)


@cache
def _signals() -> np.ndarray:
    """Windows of all recordings, shape (80, 16, 256), about 10 µV; each recording is one stretch of signal."""
    random, n_sources, n_samples = np.random.default_rng(0), 24, EACH * N_TIMES
    frequencies = np.fft.rfftfreq(n_samples, 1 / SFREQ)
    falling = 1 / np.maximum(frequencies, 1.0) + 0.6 * np.exp(-0.5 * ((frequencies - 10) / 0.7) ** 2)
    falling[(frequencies < 0.5) | (frequencies > 40)] = 0
    places = random.uniform(-10, 10, (n_sources, 2))
    found = []
    for _ in range(N_RECORDINGS):
        moved = places + random.normal(0, 0.5, places.shape)
        mixing = np.exp(-((PLACES[:, None] - moved) ** 2).sum(axis=2) / 60.0) + 0.02 * random.standard_normal((len(PLACES), n_sources))
        phases = np.exp(2j * np.pi * random.random((n_sources, len(frequencies))))
        sources = np.fft.irfft(falling * phases, n_samples)
        signal = mixing @ (sources / sources.std(axis=1, keepdims=True)) + 0.1 * random.standard_normal((len(PLACES), n_samples))
        found.append((10 * signal / signal.std()).reshape(len(PLACES), EACH, N_TIMES).transpose(1, 0, 2))
    return np.concatenate(found)


def signals() -> np.ndarray:
    """Windows of all recordings, to be changed."""
    return _signals().copy()


def recorded(
    x: np.ndarray,
    *,
    ch_names: Sequence[str] = CH_NAMES,
    ch_types: Sequence[str] = (),
    sfreq: float = SFREQ,
    rows: np.ndarray | None = None,
    hashes_of: np.ndarray | None = None,
) -> Recorded:
    """Windows as a finished artifact has them; `rows` of the cohort are those that x holds, hashes are those of `hashes_of`."""
    recording = RECORDING if rows is None else RECORDING[rows]
    names = np.array([f"sub-{number:02d}" for number in range(N_RECORDINGS)], dtype=object)[recording]
    x = np.ascontiguousarray(x, dtype=np.float32)
    kept = x if hashes_of is None else np.ascontiguousarray(hashes_of, dtype=np.float32)
    table = {"dataset": np.full(len(x), "heads", dtype=object), "subject": names, "recording": names, "content_hash": content_hash(kept)}
    return Recorded(x, table, tuple(ch_names), sfreq, "raw", "uV", x.shape[2], tuple(ch_types))


def look(check: str, windows: Recorded) -> Finding:
    """Finding of one of doctor's checks on some windows."""
    finding: Finding = load(CHECKS[check].path)(Evidence(recorded=windows))
    return finding


def verdicts(windows: Recorded) -> dict[str, str | None]:
    """Verdict of every check of data, by its name."""
    return {name: look(name, windows).verdict for name, entry in CHECKS.items() if entry.topic == "data"}


def of_some(change: Callable[[np.ndarray], np.ndarray], recordings: Sequence[int]) -> np.ndarray:
    """The cohort with a change in some recordings."""
    x = signals()
    some = np.isin(RECORDING, recordings)
    x[some] = change(x[some])
    return x
