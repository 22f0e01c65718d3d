"""Maps of the scalp, one for each band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eegcli.bands import Band
from eegcli.bids.electrodes import polar_of, polar_positions
from eegcli.bids.errors import RecordingError
from eegcli.errors import InputError, counted, listed
from eegcli.representations import Representation, Signals
from eegcli.representations.bands import band_power, require_bands
from eegcli.study.electrodes import DIGITISED, IN_FILE, Electrodes

Floats = NDArray[np.float64]

PIXELS = 24  # of a side
RADIUS = 0.5  # of the head in the map's own unit; the map reaches from -0.5 to 0.5
MARGIN = 1.02  # the outermost electrode lies a little inside the rim
SAME = 1e-6  # electrodes nearer than this are one position
MIN_POSITIONS = 3  # two points have no map
MAX_CONDITION = 1e12  # beyond it, the weights of the spline are rounding
OWN = "data"  # of --montage: no positions but the recording's own
KEPT = 8  # interpolations that are kept: recordings with one cap share one
ROWS = 64  # maps interpolated at once; always so many, for the shape of a product of matrices may decide its last bits


def pixels(side: int = PIXELS) -> tuple[Floats, NDArray[np.bool_]]:
    """Places of the pixels of a map.

    Parameters
    ----------
    side : int
        Pixels of a side.

    Returns
    -------
    places : ndarray of float64, shape (side, side, 2)
        x to the right ear, y to the nose. The first row is the front of the head, the first column its left.
    inside : ndarray of bool, shape (side, side)
        Whether a pixel lies in the head.
    """
    line = np.linspace(-RADIUS, RADIUS, side)
    places = np.stack(np.meshgrid(line, line[::-1]), axis=-1)
    return places, np.hypot(places[..., 0], places[..., 1]) <= RADIUS


def flatten(polar: Floats) -> Floats:
    """Places of electrodes on the map.

    Parameters
    ----------
    polar : ndarray, shape (n_channels, 2)
        Azimuth (degrees) and radius, as `eegcli.bids.electrodes.polar_positions` gives them.

    Returns
    -------
    ndarray of float64, shape (n_channels, 2)
        x and y; electrodes below the equator are squeezed, with all others, until the outermost lies within the rim.
    """
    azimuth, radius = np.radians(polar[:, 0]), polar[:, 1]
    drawn = min(1.0, max(RADIUS, MARGIN * radius.max()))  # EEGLAB's plotrad
    places: Floats = np.stack([radius * np.sin(azimuth), radius * np.cos(azimuth)], axis=1) * (RADIUS / drawn)
    return places


def interpolation(electrodes: Floats, places: Floats) -> Floats:
    """The biharmonic spline through values at electrodes, as one matrix.

    Parameters
    ----------
    electrodes : ndarray, shape (n_channels, 2)
        Where the values are known.
    places : ndarray, shape (n_places, 2)
        Where they are asked for.

    Returns
    -------
    ndarray of float64, shape (n_places, n_channels)
        ``matrix @ values`` is the spline at the places. Channels at one position count with their mean.

    Raises
    ------
    InputError
        If there are fewer than three positions, or they lie so that no spline is determined.

    Notes
    -----
    Sandwell 1987 (doi:10.1029/GL014i002p00139): the minimum-curvature surface is a sum of Green's functions r² (ln r - 1) about the
    electrodes, whose weights solve a linear system; so it is linear in the values.
    """
    group = _groups(electrodes)
    mean = (group[None, :] == np.arange(group.max() + 1)[:, None]).astype(np.float64)
    mean /= mean.sum(axis=1, keepdims=True)  # (n_positions, n_channels)
    positions = mean @ electrodes
    if len(positions) < MIN_POSITIONS:
        raise InputError(
            f"a map of the scalp needs {MIN_POSITIONS} electrodes in different places; there are {len(positions)}",
            hint="Preprocess with more --channels, or choose --representation bands.",
        )
    system = _green(positions, positions)
    if not np.linalg.cond(system) < MAX_CONDITION:
        raise InputError("the electrodes lie so that no map of the scalp is determined by them", hint="Choose --representation bands.")
    weights: Floats = np.linalg.solve(system, _green(positions, places)).T @ mean
    return weights


def _groups(electrodes: Floats) -> NDArray[np.int64]:
    """Number of the position of each channel: those nearer than `SAME` share one."""
    near = np.linalg.norm(electrodes[:, None] - electrodes[None, :], axis=-1) < SAME
    return np.unique(near.argmax(axis=1), return_inverse=True)[1]


def _green(at: Floats, places: Floats) -> Floats:
    """Green's function of the biharmonic operator in the plane, shape (n_at, n_places)."""
    distance = np.linalg.norm(at[:, None] - places[None, :], axis=-1)
    value: Floats = distance**2 * (np.log(np.where(distance > 0, distance, 1.0)) - 1)
    return value


def topomaps(power: Floats, matrix: Floats, inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Draw maps of values at channels, each scaled to its own range.

    Parameters
    ----------
    power : ndarray, shape (n, n_channels, n_bands)
        dB, or any other unit: no unit is left.
    matrix : ndarray, shape (n_inside, n_channels)
        The interpolation at the pixels inside the head.
    inside : ndarray of bool, shape (height, width)

    Returns
    -------
    ndarray of float32, shape (n, n_bands, height, width)
        From 0 (the lowest pixel of the head) to 255 (the highest); 0 outside the head and where all pixels are equal. NaN inside the head
        where a channel is not finite.
    """
    n, n_channels, n_bands = power.shape
    maps = np.zeros((n * n_bands, inside.size), dtype=np.float32)
    values = np.zeros((-(-n * n_bands // ROWS) * ROWS, n_channels))
    values[: n * n_bands] = power.transpose(0, 2, 1).reshape(-1, n_channels)
    where = np.flatnonzero(inside)
    for start in range(0, len(values), ROWS):
        surface = values[start : start + ROWS] @ matrix.T
        surface -= surface.min(axis=1, keepdims=True)
        span = surface.max(axis=1, keepdims=True)
        surface /= np.where(span == 0, 1.0, span)
        rows = maps[start : start + ROWS]
        rows[:, where] = (255 * surface)[: len(rows)]
    return maps.reshape(n, n_bands, *inside.shape)


def prepare(signals: Signals, *, bands: tuple[Band, ...], montage: str) -> Representation:
    """Windows (n_bands, 24, 24), each map from 0 to 255.

    Raises
    ------
    InputError
        If a band cannot be told, or there are too few electrodes; of a recording also if a channel has no known position.
    UsageError
        If there is no such montage.

    Notes
    -----
    The topographies of Truong, Makeig & Delorme 2021 (arXiv:2105.04762), who drew them with EEGLAB's topoplot: band power in dB, a biharmonic
    spline on 24 x 24 points, the head's outline at radius 0.5. Their networks saw each map transposed; here the nose is up and the left
    is on the left. The scaling leaves of the power of a window only its distribution, but for what the spline, which has no constant
    term, makes of a constant: 0.99 to 1.04 times it, where no electrode is near.
    """
    require_bands(signals, bands)
    by_name = polar_positions(signals.ch_names, montage)

    @lru_cache(maxsize=KEPT)
    def drawn(polar_bytes: bytes) -> Representation:
        polar = np.frombuffer(polar_bytes).reshape(-1, 2)
        electrodes = flatten(polar)
        places, inside = pixels()
        matrix = interpolation(electrodes, places[inside])
        return Representation(
            "topomap",
            signals,
            (len(bands), PIXELS, PIXELS),
            lambda x: topomaps(band_power(x, signals.sfreq, bands), matrix, inside),
            bands,
            electrodes,
        )

    def place(electrodes: Electrodes | None) -> Representation:
        polar = _chosen(by_name, electrodes, montage)
        _require_positions(signals.ch_names, polar, montage)
        return drawn(polar.tobytes())

    if np.isfinite(by_name).all():
        return replace(drawn(by_name.tobytes()), place=place)
    return Representation("topomap", signals, (len(bands), PIXELS, PIXELS), _nowhere, bands, place=place)


def _nowhere(x: NDArray[np.float32]) -> NDArray[np.float32]:
    raise ValueError("windows of recordings whose names say nothing of their electrodes: use Representation.of")


def _chosen(by_name: Floats, electrodes: Electrodes | None, montage: str) -> Floats:
    """Polar positions of the channels of one recording: digitised ones, else those of the names, else those that its file states."""
    if electrodes is None or montage not in ("auto", OWN):
        return by_name
    own = polar_of(electrodes.directions)
    if montage == OWN:
        own[[source not in (DIGITISED, IN_FILE) for source in electrodes.sources]] = np.nan
        return own
    n_own, n_named = (int(np.isfinite(polar[:, 0]).sum()) for polar in (own, by_name))
    digitised = electrodes.source == DIGITISED
    return own if n_own > n_named or (digitised and n_own == n_named) else by_name


def _require_positions(ch_names: Sequence[str], polar: Floats, montage: str) -> None:
    unknown = [name for name, known in zip(ch_names, np.isfinite(polar[:, 0]), strict=True) if not known]
    if not unknown:
        return
    said = f"where {len(unknown)} of {counted(len(ch_names), 'channel')} lie on the head is not known ({listed(unknown, 8)})"
    if montage == OWN:
        hint = "--montage auto takes the positions that the channels' names have where the recording states none."
    else:
        hint = (
            "Preprocess with --channels, of names of the 10-05 system or E1 to E128 of EGI's net, or give the data set an electrodes.tsv; "
            "or choose --representation bands."
        )
    raise RecordingError(said, hint=hint, cause="no positions")
