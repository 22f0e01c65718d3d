"""Material of a report: the run, and what was made of it or before it, as far as it is still there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from eegcli.artifacts import folder
from eegcli.artifacts.evaluation import NAME as EVALUATION
from eegcli.artifacts.evaluation import Evaluation, open_evaluation
from eegcli.artifacts.explanation import NAME as EXPLANATION
from eegcli.artifacts.explanation import StoredExplanation, open_explanation
from eegcli.artifacts.recordings import Recordings, open_recordings
from eegcli.artifacts.refit import validated
from eegcli.artifacts.run import Run, open_run
from eegcli.artifacts.windows import Windows, open_windows
from eegcli.errors import EegcliError
from eegcli.files.digest import digest_of, digest_of_file
from eegcli.remote.address import is_address
from eegcli.reporting.truth import FILE as TRUTH
from eegcli.reporting.truth import Truth, read_truth
from eegcli.version import __version__

VERSION = 4  # raised when the same artifacts give another page
T = TypeVar("T")


@dataclass(frozen=True)
class Material:
    """Everything that a page is made of.

    Attributes
    ----------
    run : Run
    evaluation : Evaluation or None
    others : dict of str to Evaluation
        Evaluations on other windows, by their folder's name.
    explanation : StoredExplanation or None
    windows : Windows or None
        Those of the training, where they are still the same.
    recordings : tuple of Recordings
        Those that the windows were cut from, as far as they are there.
    truths : tuple of Truth
        Ground truths of the simulated data sets among those that the recordings were made of.
    validated : Run or None
        Of a run that is refitted, the run in which the epochs were chosen.
    why_not : dict of str to str
        By name of a part, why it is not there.
    digest : str
        Of all of it: equal where the page would be equal.
    """

    run: Run
    evaluation: Evaluation | None
    others: dict[str, Evaluation]
    explanation: StoredExplanation | None
    windows: Windows | None
    recordings: tuple[Recordings, ...]
    truths: tuple[Truth, ...] = ()
    validated: Run | None = None
    why_not: dict[str, str] = field(default_factory=dict)
    digest: str = ""

    @property
    def name(self) -> str:
        """Name of the run's folder."""
        return self.run.path.resolve().name


def gather(path: Path) -> Material:
    """Open a run and what belongs to it; a part that cannot be opened is missing, with the reason.

    Raises
    ------
    InputError, ArtifactError
        If the run itself cannot be opened.
    """
    run = open_run(path)
    why_not: dict[str, str] = {}
    windows_path, recordings_paths = places(run)
    windows = _opened("windows", windows_path, open_windows, why_not)
    if windows is not None and windows.digest != run.windows_digest:
        windows, why_not["windows"] = None, "the windows that lie there now are not those of the training"
    recordings = tuple(found for place in recordings_paths if (found := _opened("recordings", place, open_recordings, why_not)) is not None)
    if not recordings_paths:
        why_not.setdefault("recordings", "the windows do not say of which recordings they were cut")
    others = {}
    for place in sorted(run.path.glob(f"{EVALUATION}-*")):
        if (one := _opened(place.name, place, open_evaluation, why_not)) is not None:
            others[place.name] = one
    return Material(
        run,
        _opened("evaluation", run.path / EVALUATION, open_evaluation, why_not),
        others,
        _opened("explanation", run.path / EXPLANATION, open_explanation, why_not),
        windows,
        recordings,
        _truths(recordings_paths, why_not),
        _opened("validated", validated(run.path), open_run, why_not) if run.settings.refit else None,
        why_not,
        digest_of_material(path),
    )


def digest_of_material(path: Path) -> str:
    """Digest of what a page is made of, without opening it: done marks, and which of them are there."""
    marks = []  # in their order, by names alone: the same run elsewhere has the same page
    for place in _made_of(path):
        mark = place / folder.DONE
        marks.append([place.resolve().name, json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else None])
    windows = _moved(path, _told(path, "windows"))
    truths = [] if windows is None else [_digest_of_truth(place) for place in _simulated(_recordings_of(windows))]
    return digest_of({"version": VERSION, "eegcli": __version__, "name": path.resolve().name, "marks": marks, "truths": truths})


def _made_of(path: Path) -> Iterator[Path]:
    yield path
    yield path / EVALUATION
    yield path / EXPLANATION
    if validated(path).is_dir():
        yield validated(path)
    yield from sorted(path.glob(f"{EVALUATION}-*"))
    windows = _moved(path, _told(path, "windows"))
    if windows is not None:
        yield windows
        yield from _recordings_of(windows)


def places(run: Run) -> tuple[Path | None, tuple[Path, ...]]:
    """Paths of a run's windows and of their recordings: where they were, or beside the run if all were moved together."""
    windows = _moved(run.path, _told(run.path, "windows"))
    return windows, () if windows is None else tuple(_recordings_of(windows))


def _told(artifact: Path, name: str) -> str | None:
    """Value in the provenance of an artifact; None where there is none."""
    provenance = artifact / folder.PROVENANCE
    try:
        value = json.loads(provenance.read_text(encoding="utf-8")).get(name)
    except (OSError, ValueError, AttributeError):
        return None
    return value if isinstance(value, str) else None


def _moved(run: Path, told: str | None) -> Path | None:
    if told is None or is_address(told):
        return None
    beside = run.resolve().parent / Path(told).name
    return Path(told) if Path(told).exists() or not beside.exists() else beside


def _recordings_of(windows: Path) -> Iterator[Path]:
    """Recordings that windows were cut from, as their provenance says."""
    yield from _asked_of(windows, "recordings")


def _asked_of(artifact: Path, setting: str) -> Iterator[Path]:
    """Folders that an artifact was made of, as its provenance says: there, or beside the artifact."""
    provenance = artifact / folder.PROVENANCE
    try:
        stored = json.loads(provenance.read_text(encoding="utf-8"))
        named = stored["free_settings"][setting]
        begun = Path(str(stored["cwd"]))
    except (OSError, ValueError, KeyError, TypeError):
        return
    for name in [named] if isinstance(named, str) else named or []:
        if is_address(str(name)):
            continue
        path = begun / str(name)
        beside = artifact.resolve().parent / Path(str(name)).name
        yield path if path.exists() or not beside.exists() else beside


def _simulated(recordings: Iterable[Path]) -> Iterator[Path]:
    """Data sets with a ground truth among those that recordings were made of."""
    for place in dict.fromkeys(dataset for one in recordings for dataset in _asked_of(one, "bids")):
        if (place / TRUTH).is_file():
            yield place


def _truths(recordings: tuple[Path, ...], why_not: dict[str, str]) -> tuple[Truth, ...]:
    """Ground truths of the data sets; none where recordings of others are among them, of which nobody knows it."""
    places = list(_simulated(recordings))
    if places and any(not (place / TRUTH).is_file() for one in recordings for place in [*_asked_of(one, "bids")] or [one]):
        why_not[TRUTH] = f"{', '.join(place.name for place in places)} states it, and not all recordings are of that"
        return ()
    return tuple(truth for place in places if (truth := _truth(place, why_not)) is not None)


def _digest_of_truth(dataset: Path) -> str | None:
    try:
        return digest_of_file(dataset / TRUTH)
    except OSError:
        return None  # the page says so


def _truth(dataset: Path, why_not: dict[str, str]) -> Truth | None:
    try:
        return read_truth(dataset)
    except EegcliError as error:
        why_not[TRUTH] = error.message.replace(str(dataset), dataset.name)
        return None


def _opened(name: str, path: Path | None, function: Callable[[Path], T], why_not: dict[str, str]) -> T | None:
    if path is None or not (path / folder.DONE).exists():
        why_not[name] = "not made" if path is not None and not path.exists() else "not here any more" if path is None else "unfinished"
        return None
    try:
        return function(path)
    except EegcliError as error:
        why_not[name] = error.message.replace(str(path), path.name)
        return None


def settings_of(path: Path) -> dict[str, Any]:
    """Settings that an artifact was made with; nothing where they cannot be read."""
    try:
        stored = json.loads((path / folder.SETTINGS).read_text(encoding="utf-8"))
        values = stored["settings"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return values if isinstance(values, dict) else {}
