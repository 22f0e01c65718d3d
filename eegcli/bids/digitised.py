"""Digitised electrodes: `electrodes.tsv` with its `coordsystem.json`, brought to metres in head coordinates, or refused with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.bids.electrodes import standard_directions
from eegcli.bids.entities import parse
from eegcli.bids.montage import resolve
from eegcli.errors import InputError, listed
from eegcli.files.objects import read_object
from eegcli.files.tsv import read_sheet
from eegcli.study.electrodes import DIGITISED, UNKNOWN
from eegcli.study.sphere import MAX_DROPPED, MAX_MISFIT, MAX_OFF, ORIGIN, Sphere, apart, fit_sphere, known, seen_from, turn, turned_by

Floats = NDArray[np.float64]

UNORIENTED = "unoriented"  # digitised, but nothing tells where the nose is: of use for interpolation, not for a map
METRES = {"m": 1.0, "cm": 1e-2, "mm": 1e-3} | {
    f"{prefix}met{ending}": factor
    for prefix, factor in (("", 1.0), ("centi", 1e-2), ("milli", 1e-3))
    for ending in ("er", "ers", "re", "res")
}
MIN_RADIUS, MAX_RADIUS = 0.05, 0.15  # m, of a head; an infant's is 0.06
EARS = (0.08, 0.25)  # m, from one to the other
MIN_NAMED = 6  # names that can speak against the axes
MAX_APART = 25.0  # degrees from the standard positions, once turned to fit them: caps differ by 5 to 10
MAX_TURNED = 45.0  # degrees: a cap may be tilted, but no nose points to an ear
MIN_FLATNESS = 0.05  # thickness of the cap by its width: less is a drawing
# Axes of the frames that BIDS names: x to the right and y to the nose, or x to the nose and y to the left.
_ALS = ("ctf", "eeglab", "eeglab-hj", "4dbti", "kityokogawa", "yokogawa")
_RAS = ("captrak", "elektaneuromag", "neuromag", "chietiitab", "besa", "acpc", "scanras", "talairach", "individual", "t1w", "head")
_TEMPLATES = ("mni", "icbm", "ixi", "fsaverage", "fslr", "colin", "nihpd", "oasis", "uncinfant")  # MNI's axes are RAS
_LANDMARKS = {"nas": "nas", "nasion": "nas", "nz": "nas", "lpa": "lpa", "rpa": "rpa"}
_COLUMNS = ("name", "x", "y", "z")
_SYSTEMS = ("AnatomicalLandmark", "Fiducials")


@dataclass(frozen=True)
class Stated:
    """Positions of a recording's electrodes, as its files state them.

    Attributes
    ----------
    positions : ndarray of float64, shape (n_channels, 3), m
        In head coordinates; NaN where unknown.
    source : str
        ``digitised``, ``unoriented`` (digitised in a frame of unknown axes), ``file`` or ``unknown``.
    centre : tuple of float or None, m
        Centre of the head, where it was digitised.
    warnings, notes : tuple of str
        For the reader of the cohort, and for the log.
    """

    positions: Floats
    source: str = UNKNOWN
    centre: tuple[float, ...] | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _NotUsedError(Exception):
    """Positions are not used; the text says why."""


def read_electrodes(tables: Sequence[Path], systems: Sequence[Path], names: Sequence[str]) -> Stated | None:
    """Read the digitised positions of a recording's channels.

    Parameters
    ----------
    tables, systems : sequence of Path
        Its ``electrodes.tsv`` and ``coordsystem.json``, the most specific first.
    names : sequence of str
        Channels, as the file names them.

    Returns
    -------
    Stated or None
        None where there is no such table. One that cannot be used costs its positions, with a warning, never the recording.
    """
    if not tables:
        return None
    table = min(tables, key=lambda path: (_is_template(_space(path)), tables.index(path)))
    nowhere = np.full((len(names), 3), np.nan)
    said: list[str] = []
    try:
        system = _system_of(table, systems)
        return _digitised(*_rows(table, names, said), system, _space(table), names, said)
    except _NotUsedError as why:
        return Stated(nowhere, warnings=(*said, f"electrodes.tsv is not used: {why}"), notes=(f"{table.name} is not used: {why}",))


def _digitised(
    positions: Floats, in_table: Mapping[str, Floats], system: Mapping[str, Any], space: str, names: Sequence[str], said: list[str]
) -> Stated:
    if not known(positions).any():
        raise _NotUsedError("it has no position of a channel of this recording")
    frame = str(system.get("EEGCoordinateSystem") or space or "").strip()
    axes = _axes(frame)
    scale = _scale(positions, system, axes is not None, said)
    positions = positions * scale
    to_head = _head_frame(_landmarks(system, in_table, frame, scale))
    if to_head is not None:
        rotation, origin = to_head
        positions = (positions - origin) @ rotation
    elif axes is not None:
        positions = positions @ axes
    oriented = to_head is not None or axes is not None
    sphere = head_of(positions, oriented)
    if sphere is None:
        unit = next(word for word, metres in METRES.items() if metres == scale)
        raise _NotUsedError(f"in its unit ({unit}) it is no head with a radius of {100 * MIN_RADIUS:g} to {100 * MAX_RADIUS:g} cm")
    positions, sphere, oriented = _by_names(positions, sphere, oriented, names, said)
    far = known(positions) & ~known(seen_from(positions, sphere))
    if far.any():
        said.append(
            f"electrodes.tsv has {listed([name for name, off in zip(names, far, strict=True) if off], 4)} far off the head: not used"
        )
        positions[far] = np.nan
    if not oriented:
        said.append("electrodes.tsv is in a frame of unknown axes and has no landmarks: it serves interpolation, not maps")
    return Stated(positions, DIGITISED if oriented else UNORIENTED, tuple(sphere.centre.tolist()), tuple(said))


def _rows(path: Path, names: Sequence[str], said: list[str]) -> tuple[Floats, dict[str, Floats]]:
    """Positions of the channels in the table's unit, and those of landmarks among its rows."""
    try:
        sheet = read_sheet(path)
    except InputError as error:
        raise _NotUsedError(error.message) from error
    written = {column.lower(): column for column in reversed(sheet.columns)}  # some write Name and X
    lacking = [column for column in _COLUMNS if column not in written]
    if lacking:
        raise _NotUsedError(f"it has no column {', '.join(lacking)}")
    cells = [sheet.column(written[column]) for column in _COLUMNS]
    if any(cell is not None and np.isnan(_number(cell)) for column in cells[1:] for cell in column):
        said.append("electrodes.tsv has coordinates that are no numbers: not used")
    found: dict[str, Floats] = {}
    twice: set[str] = set()
    for name, *coordinates in zip(*cells, strict=True):
        where = np.array([_number(cell) for cell in coordinates])
        if name is None:
            continue
        if name in found and not np.array_equal(found[name], where, equal_nan=True):
            twice.add(name)
        found[name] = where
    for name in twice:
        found[name] = np.full(3, np.nan)
    if twice:
        said.append(f"electrodes.tsv has {listed(sorted(twice), 4)} in two places: not used")
    order = list(found)
    places = np.array([found[name] for name in order]).reshape(-1, 3)
    places[(places == 0).all(axis=1)] = np.nan  # what a digitiser writes for an electrode that it missed
    rows = resolve(names, order)
    nowhere = np.full(3, np.nan)
    positions = np.array([nowhere if row is None else places[row] for row in rows]).reshape(-1, 3)
    positions[~known(positions)] = np.nan
    landmarks = {_LANDMARKS[name.lower()]: found[name] for name in order if name.lower() in _LANDMARKS and name not in names}
    return positions, landmarks


def _number(cell: str | None) -> float:
    try:
        return float((cell or "nan").replace(",", "."))  # some programs write the comma of their language
    except ValueError:
        return float("nan")


def _system_of(table: Path, systems: Sequence[Path]) -> Mapping[str, Any]:
    """The coordinate system of a table: that of the same space, else one that names none."""
    space = _space(table)
    path = next((path for path in systems if _space(path) == space), next((path for path in systems if not _space(path)), None))
    if path is None:
        return {}
    try:
        return read_object(path).value
    except InputError as error:
        raise _NotUsedError("its coordsystem.json is no JSON") from error


def _space(path: Path) -> str:
    parsed = parse(path.name)
    return parsed.entities.get("space", "") if parsed else ""


def _is_template(space: str) -> bool:
    return space.lower().startswith(_TEMPLATES)


def _axes(frame: str) -> Floats | None:
    """Matrix that turns rows of coordinates in a frame into those along x to the right and y to the nose; None where it is not known."""
    name = frame.lower().replace("_", "").replace(" ", "")
    if name in _ALS:
        return np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return np.eye(3) if name in _RAS or _is_template(name) else None


def _scale(positions: Floats, system: Mapping[str, Any], has_axes: bool, said: list[str]) -> float:
    """Metres that the table's unit is: the one stated; where none is, the one in which this is a head."""
    unit = str(system.get("EEGCoordinateUnits") or "n/a").strip()
    if unit.lower() in METRES:
        return METRES[unit.lower()]
    if unit.lower() not in ("n/a", ""):
        raise _NotUsedError(f"its unit is {unit!r}, no length")
    fitting = [word for word in ("m", "cm", "mm") if head_of(positions * METRES[word], has_axes) is not None]
    if not fitting:
        raise _NotUsedError("it states no unit, and in none it is a head")
    said.append(f"electrodes.tsv states no unit: taken for {fitting[0]}, in which it is a head")
    return METRES[fitting[0]]


def head_of(positions: Floats, has_axes: bool = True) -> Sphere | None:
    """Find the sphere of a head: through the electrodes, or, where they are few or cover little of it, about the usual centre.

    Parameters
    ----------
    positions : ndarray, shape (n, 3), m
    has_axes : bool
        They are in head coordinates, or in some with the same axes.

    Returns
    -------
    Sphere or None
        None where this is no head.
    """
    points = positions[known(positions)]
    sphere = fit_sphere(positions)
    if sphere is not None:
        near = positions[known(seen_from(positions, sphere))]
        scalp = near[~((near[:, 2] < 0) & (near[:, 1] > 0))] if has_axes else near  # without the face, as MNE does it
        sphere = fit_sphere(scalp) or sphere
    if sphere is not None and MIN_RADIUS <= sphere.radius <= MAX_RADIUS:
        return sphere
    if not has_axes or (len(points) >= MIN_NAMED and _is_flat(points)):
        return None
    distance = np.linalg.norm(points - np.array(ORIGIN), axis=1)
    radius = float(np.median(distance))
    if not MIN_RADIUS <= radius <= MAX_RADIUS:
        return None
    off = np.abs(distance / radius - 1)
    near = off <= MAX_OFF
    if near.mean() < 1 - MAX_DROPPED or np.sqrt(np.mean(off[near] ** 2)) > MAX_MISFIT:
        return None
    return Sphere(np.array(ORIGIN), radius)


def _is_flat(points: Floats) -> bool:
    size = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(size[2] < MIN_FLATNESS * size[0])


def _landmarks(system: Mapping[str, Any], in_table: Mapping[str, Floats], frame: str, scale: float) -> dict[str, Floats]:
    """Nasion and the points before the ears, in metres in the electrodes' frame, as far as stated."""
    found = {name: where * scale for name, where in in_table.items()}
    for prefix in _SYSTEMS:
        stated = system.get(f"{prefix}Coordinates")
        other = str(system.get(f"{prefix}CoordinateSystem") or frame)
        if not isinstance(stated, Mapping) or other.strip().lower() != frame.lower():
            continue
        factor = METRES.get(str(system.get(f"{prefix}CoordinateUnits") or "").strip().lower(), scale)
        for name, where in stated.items():
            point = _point(where)
            if name.lower() in _LANDMARKS and point is not None:
                found.setdefault(_LANDMARKS[name.lower()], factor * point)
    return found


def _point(value: object) -> Floats | None:
    try:
        point = np.array(value, dtype=float)
    except (TypeError, ValueError):
        return None
    return point if point.shape == (3,) and np.isfinite(point).all() else None


def _head_frame(landmarks: Mapping[str, Floats]) -> tuple[Floats, Floats] | None:
    """Rotation and origin of head coordinates: x through the points before the ears, y to the nasion."""
    if not {"nas", "lpa", "rpa"} <= landmarks.keys():
        return None
    nasion, left, right = (landmarks[name] for name in ("nas", "lpa", "rpa"))
    width = float(np.linalg.norm(right - left))
    if not EARS[0] <= width <= EARS[1]:
        return None
    x = (right - left) / width
    origin = left + np.dot(nasion - left, x) * x
    depth = float(np.linalg.norm(nasion - origin))
    if not MIN_RADIUS <= depth <= 2 * MAX_RADIUS:
        return None
    y = (nasion - origin) / depth
    return np.column_stack([x, y, np.cross(x, y)]), origin


def _by_names(positions: Floats, sphere: Sphere, oriented: bool, names: Sequence[str], said: list[str]) -> tuple[Floats, Sphere, bool]:
    """Compare the positions with those that the channels' names have, and turn them where their axes are others than stated."""
    seen, standard = seen_from(positions, sphere), standard_directions(names, "10-05")
    are_names = int((known(seen) & known(standard)).sum()) >= MIN_NAMED
    if not are_names:  # an E number may be one of another net: it can confirm a turn, but not speak against positions
        standard = standard_directions(names)
    both = known(seen) & known(standard)
    rotation = turn(seen[both], standard[both]) if both.sum() >= MIN_NAMED else None
    if rotation is None:
        return positions.copy(), sphere, oriented
    if float(np.median(apart(seen[both] @ rotation, standard[both]))) > MAX_APART:
        if are_names:
            raise _NotUsedError("its positions contradict the names of the channels")
        return positions.copy(), sphere, oriented
    if oriented and turned_by(rotation) <= MAX_TURNED:
        return positions.copy(), sphere, True
    if oriented:
        said.append("electrodes.tsv is not in the frame that it states (the nose lies elsewhere): turned as the names of the channels say")
    turned = (positions - sphere.centre) @ rotation + np.array(ORIGIN)
    return turned, Sphere(np.array(ORIGIN), sphere.radius), True
