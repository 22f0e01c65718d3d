"""Ground truth of simulated recordings: what `fetch demo` planted in them, for explanations to be held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eegcli.bids.montage import resolve
from eegcli.errors import ArtifactError
from eegcli.files.atomic import read_json

FILE = "demo-truth.json"
TARGET = "sex"  # what depends on that which is planted, and nothing else does


@dataclass(frozen=True)
class Effect:
    """Planted effect: the band, the electrodes and the time in which it lies; None where none is set apart.

    Attributes
    ----------
    name : str
        Empty where it is the only one.
    band : tuple of float, optional
        Edges, Hz.
    electrodes : tuple of str, optional
        By the names of the recordings.
    seconds : tuple of float, optional
        From when to when in a window.
    """

    name: str
    band: tuple[float, float] | None
    electrodes: tuple[str, ...] | None
    seconds: tuple[float, float] | None = None

    @property
    def has_a_place(self) -> bool:
        """True where an explanation could find it."""
        return any(one is not None for one in (self.band, self.electrodes, self.seconds))


@dataclass(frozen=True)
class Truth:
    """Ground truth of a data set.

    Attributes
    ----------
    dataset : str
        Name of its folder.
    summary : str
        What was planted, in a sentence.
    effects : tuple of Effect
        Empty where nothing was planted.
    names : tuple of str
        All electrodes that the truth speaks of.
    segment : str or None
        How windows have to be cut for `Effect.seconds` to be theirs.
    """

    dataset: str
    summary: str
    effects: tuple[Effect, ...]
    names: tuple[str, ...]
    segment: str | None = None

    def electrodes_of(self, ch_names: Sequence[str]) -> list[str | None]:
        """Electrode of each channel of windows, by whatever system they are named; None where the truth does not speak of it."""
        return [None if place is None else self.names[place] for place in resolve(ch_names, self.names)]


def read_truth(path: Path) -> Truth:
    """Read the ground truth of a data set.

    Parameters
    ----------
    path : Path
        The data set's folder.

    Raises
    ------
    ArtifactError
        If the file cannot be read, or is not as `fetch` writes it.
    """
    content = read_json(path / FILE)
    try:
        summary = str(content["summary"])
        return _of_world(path.name, summary, content) if "effect" in content else _of_cohort(path.name, summary, content["effects"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError(f"{path / FILE}: not as eegcli fetch writes it ({error})", cause="damaged") from error


def _of_cohort(dataset: str, summary: str, effects: Mapping[str, Any]) -> Truth:
    found = tuple(
        Effect(name.replace("_", " "), _edges(one["band_hz"]), tuple(map(str, one["strongest_channels"]))) for name, one in effects.items()
    )
    names = dict.fromkeys(str(name) for one in effects.values() for name in one["topography_uv_per_nam"])
    return Truth(dataset, summary, found, tuple(names))


def _of_world(dataset: str, summary: str, content: Mapping[str, Any]) -> Truth:
    planted, translated = content["planted"], content["planted"]["electrodes"]
    channels = None if planted["channels"] is None else tuple(str(translated[name]) for name in planted["channels"])
    effects = (Effect("", _edges(planted["band_hz"]), channels, _edges(planted["time_s"])),) if content["effect"] != "nothing" else ()
    return Truth(dataset, summary, effects, tuple(map(str, translated.values())), str(content["windows"]["segment"]))


def _edges(stored: Any) -> tuple[float, float] | None:
    if stored is None:
        return None
    low, high = map(float, stored)
    return low, high
