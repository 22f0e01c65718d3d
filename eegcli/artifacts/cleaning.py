"""Cleaning of windows: what was done to the recordings that they were cut from, so that another cohort can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eegcli.artifacts import folder
from eegcli.errors import ArtifactError, InputError
from eegcli.files import atomic
from eegcli.reporter import Reporter

CLEANING = "cleaning.json"
SEED = "seed"  # of a step: another draw is no other way of cleaning
PICK = ("pick:", "pick ")  # how a difference in the step that chooses channels begins

Steps = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Cleaning:
    """Processing of recordings before they were cut, and of windows while they were.

    Attributes
    ----------
    steps : tuple of tuple of mapping
        Each sequence of steps that the recordings went through, options resolved; several where pooled data sets were cleaned otherwise.
    reference : tuple of str
        References of the cleaned recordings, sorted.
    raw_sfreq : tuple of float
        Sampling frequencies of the recordings as they were read, before any resampling, Hz, sorted; empty where it was not kept.
    baseline : str or None
        Stretch whose mean was taken from each window, ``TMIN:TMAX``.
    reject : float or None
        Peak-to-peak amplitude above which windows were left out, µV.
    """

    steps: tuple[Steps, ...]
    reference: tuple[str, ...]
    raw_sfreq: tuple[float, ...]
    baseline: str | None = None
    reject: float | None = None


def write_cleaning(path: Path, cleaning: Cleaning) -> None:
    """Write the cleaning of windows into the folder of an artifact."""
    atomic.write_json(path / CLEANING, asdict(cleaning))


def read_cleaning(path: Path) -> Cleaning | None:
    """Read the cleaning of the windows of an artifact; None where it is older, or its windows were not cut by eegcli.

    Raises
    ------
    ArtifactError
        If it is not what was written.
    """
    folder.contents_of(path).check(CLEANING)
    if not (path / CLEANING).exists():
        return None
    return cleaning_of(atomic.read_json(path / CLEANING), f"{path / CLEANING}")


def cleaning_of(stored: dict[str, Any], name: str) -> Cleaning:
    """Cleaning as it is stored, of a file of this name.

    Raises
    ------
    ArtifactError
        If it is not what was written.
    """
    try:
        steps, reference, rates = (tuple(stored.pop(name)) for name in ("steps", "reference", "raw_sfreq"))
        return Cleaning(tuple(map(tuple, steps)), reference, rates, **stored)
    except (KeyError, TypeError) as error:
        raise ArtifactError(f"{name}: is not what this version can read ({error})", hint="A newer eegcli may know it.") from error


def differences(there: Cleaning, here: Cleaning) -> tuple[str, ...]:
    """Differences between the cleaning of two cohorts, in words: each with what was done there, and here.

    Parameters
    ----------
    there, here : Cleaning
        Of the windows that were trained on, and of those that are evaluated. What is done here is compared: of several ways of cleaning
        that the training knows, one is enough.
    """
    known = [_flat(steps) for steps in there.steps]
    found: list[str] = []
    for steps in map(_flat, here.steps):
        if steps not in known and known:
            found += _differing(min(known, key=lambda other: len(_differing(other, steps))), steps)
    for name in ("reference", "raw_sfreq"):
        learnt, new = getattr(there, name), getattr(here, name)
        if learnt and (strangers := [value for value in new if value not in learnt]):
            found.append(f"{name}: {_listed(learnt)} there, {_listed(strangers)} here")
    for name in ("baseline", "reject"):
        if (one := getattr(there, name)) != (other := getattr(here, name)):
            found.append(f"{name}: {_shown(one)} there, {_shown(other)} here")
    return tuple(dict.fromkeys(found))


def differences_among(cleaning: Cleaning) -> tuple[str, ...]:
    """Differences within one cohort, in words: between the first of its sequences of steps, and its first reference, and the others."""
    first, *others = map(_flat, cleaning.steps or ((),))
    found = [said for steps in others for said in _differing(first, steps, ("in some", "in others"))]
    if len(cleaning.reference) > 1:
        found.append(f"reference: {_listed(cleaning.reference)}")
    return tuple(dict.fromkeys(found))


def require_alike(
    there: tuple[Path, Cleaning | None],
    here: tuple[Path | str, Cleaning | None],
    *,
    allowed: bool,
    reporter: Reporter,
    by_name: bool = False,
    remade: str = "",
) -> tuple[str, ...]:
    """Check that windows were cleaned like those that a run was trained on.

    Parameters
    ----------
    there, here : tuple of Path and Cleaning or None
        The run, and the windows that it is applied to, each with its cleaning; None where nobody knows it, which is said.
    allowed : bool
        Name the differences, and go on.
    reporter : Reporter
    by_name : bool
        Channels are found by their names, so that it is no difference which of them were picked.
    remade : str
        Commands that clean them alike.

    Returns
    -------
    tuple of str
        The differences, in words.

    Raises
    ------
    InputError
        If there are any, unless they are allowed.
    """
    (run, learnt), (windows, new) = there, here
    if learnt is None or new is None:
        unknown = run if learnt is None else windows
        reporter.warn(f"{unknown}: does not say how its recordings were cleaned, so that it is not compared with how the others were")
        return ()
    found = tuple(said for said in differences(learnt, new) if not (by_name and said.startswith(PICK)))
    if found and not allowed:
        raise InputError(
            f"{windows}: the recordings were cleaned otherwise than those that {run} was trained on ({'; '.join(found)})",
            hint="Clean them alike, or name it with --allow-differences: what comes out then tells the difference in cleaning and in people together."
            + f" Alike: {remade}" * bool(remade),
        )
    for difference in found:
        reporter.warn(f"{windows}: cleaned otherwise: {difference}")
    return found


def _flat(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Options of a sequence of steps by ``STEP.OPTION``, in the order of the steps; a step that comes again has its number."""
    result: dict[str, Any] = {}
    for step in steps:
        name = str(step["step"])
        number = sum(key.partition(".")[0].partition("#")[0] == name and key.endswith(".") for key in result) + 1
        name = name if number == 1 else f"{name}#{number}"
        result[f"{name}."] = True
        result |= {f"{name}.{option}": value for option, value in sorted(step.items()) if option not in ("step", SEED)}
    return result


def _differing(there: Mapping[str, Any], here: Mapping[str, Any], where: tuple[str, str] = ("there", "here")) -> list[str]:
    found = []
    one, other = where
    for key in dict.fromkeys((*there, *here)):
        step, _, option = key.partition(".")
        if not option and (key in there) != (key in here):
            found.append(f"{step}: {'done' if key in there else 'not done'} {one}, {'done' if key in here else 'not done'} {other}")
        elif option and f"{step}." in there and f"{step}." in here and there.get(key) != here.get(key):
            found.append(f"{step} {option}: {_shown(there.get(key))} {one}, {_shown(here.get(key))} {other}")
    orders = [[key[:-1] for key in steps if key.endswith(".")] for steps in (there, here)]
    if not found and orders[0] != orders[1]:
        found.append(f"order of steps: {', '.join(orders[0])} {one}, {', '.join(orders[1])} {other}")
    return found


def _listed(values: Iterable[Any]) -> str:
    return " and ".join(map(_shown, values))


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(map(_shown, value)) or "none"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
