"""Digitised caps: positions on a head that is nobody's template, and the tables that BIDS keeps them in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import mne
import numpy as np

STANDARD = next(name for name in ("colin27_1005", "standard_1005") if name in mne.channels.get_builtin_montages())
LANDMARKS = {"NAS": (0.0, 0.1, 0.0), "LPA": (-0.075, 0.0, 0.0), "RPA": (0.075, 0.0, 0.0)}  # m, in head coordinates
TO_ALS = np.array(
    [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
)  # rows along x to the right, y to the nose -> x to the nose, y to the left


def cap(names: Sequence[str], *, scatter: float = 0.004, seed: int = 0) -> np.ndarray:
    """Positions in head coordinates, m: the standard ones, each moved by so much."""
    info = mne.create_info(list(names), 100.0, "eeg")
    info.set_montage(STANDARD, verbose="ERROR")
    standard = np.array([channel["loc"][:3] for channel in info["chs"]])
    return standard + np.random.default_rng(seed).normal(0.0, scatter, standard.shape)


def write_electrodes(
    folder: Path,
    names: Sequence[str],
    positions: np.ndarray,
    *,
    subject: str = "01",
    space: str = "CapTrak",
    frame: str | None = None,
    units: str | None = "m",
    landmarks: Mapping[str, Sequence[float]] | None = None,
    missing: Sequence[str] = (),
) -> None:
    """Write electrodes.tsv and coordsystem.json: positions (m) are divided by `units`; those of `missing` are n/a."""
    scale = {"m": 1.0, "cm": 100.0, "mm": 1000.0}.get(units or "mm", 1.0)
    stem = f"sub-{subject}" + (f"_space-{space}" if space else "")
    rows = [
        f"{name}\t" + ("n/a\tn/a\tn/a" if name in missing else "\t".join(f"{value * scale:.7g}" for value in where))
        for name, where in zip(names, positions, strict=True)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}_electrodes.tsv").write_text("\n".join(["name\tx\ty\tz", *rows]) + "\n")
    system: dict[str, object] = {"EEGCoordinateSystem": frame or space or "CapTrak"}
    system |= {} if units is None else {"EEGCoordinateUnits": units}
    if landmarks is not None:
        scaled = {name: [float(value) * scale for value in where] for name, where in landmarks.items()}
        system |= {"AnatomicalLandmarkCoordinates": scaled, "AnatomicalLandmarkCoordinateSystem": system["EEGCoordinateSystem"]}
        system |= {} if units is None else {"AnatomicalLandmarkCoordinateUnits": units}
    (folder / f"{stem}_coordsystem.json").write_text(json.dumps(system))
