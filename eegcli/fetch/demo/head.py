"""The head of the simulation: electrodes, dipoles below them, and the fields between (MNE's four-shell sphere)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

MONTAGE = "GSN-HydroCel-129"
REFERENCE = "Cz"
MASTOIDS = ("E57", "E100")
# The 24 channels of Truong et al. 2021, both mastoids (E57, E100), O2 (E83) and a cheek below the left eye (E127).
# Electrode order is that of the net, with the flat online reference last, as in HBN.
CH_NAMES = tuple(
    f"E{n}" for n in (6, 9, 11, 22, 24, 29, 33, 36, 42, 45, 52, 55, 57, 58, 62, 70, 83, 92, 93, 96, 100, 104, 108, 111, 122, 124, 127)
)
CH_NAMES += (REFERENCE,)
FULL_NAMES = (*(f"E{n}" for n in range(1, 129)), REFERENCE)  # the whole net, as in HBN

N_BACKGROUND = 96
BACKGROUND_ECCENTRICITY = 0.72  # of the head's radius: about the depth of cortex
LOWEST_BACKGROUND = -0.35  # sine of the lowest elevation that still has cortex


@dataclass(frozen=True)
class Below:
    """Dipoles straight below electrodes, at one depth.

    Attributes
    ----------
    electrodes : tuple of str
        Names in the montage.
    eccentricity : float
        Distance from the head's centre as a fraction of its radius.
    direction : tuple of float, optional
        Orientation in head coordinates (right, front, up); None is radial, which projects most strongly straight above.
    """

    electrodes: tuple[str, ...]
    eccentricity: float
    direction: tuple[float, float, float] | None = None


GROUPS: Mapping[str, Below] = {
    "alpha": Below(("E70", "E83", "E75", "E62", "E67", "E77"), 0.70),
    "upper_alpha": Below(("E62", "E72", "E70", "E83"), 0.72),
    "theta": Below(("E11", "E6", "E24", "E124"), 0.70),
    # The eye is a dipole from retina to cornea; a closing lid makes the forehead positive and the cheek negative.
    "eyes": Below(("E25", "E8"), 0.80, (0.0, 1.0, 1.0)),
    "muscle": Below(("E45", "E108", "E33", "E122"), 0.85),
}


@dataclass(frozen=True)
class HeadModel:
    """Electrodes, sources and the leadfield between them.

    Attributes
    ----------
    ch_names : tuple of str
        Channels, the reference last.
    ch_pos : ndarray, shape (n_channels, 3)
        Electrode positions in the head frame (right, front, up), m.
    centre, radius : ndarray, shape (3,), and float
        The sphere, m.
    group : ndarray of str, shape (n_sources,)
        Which group a source belongs to.
    positions : ndarray, shape (n_sources, 3)
        Source positions in the head frame, m.
    directions : ndarray, shape (n_sources, 3)
        Unit vectors: the orientation where the group has one, else outwards.
    leadfield : ndarray, shape (n_channels, n_sources, 3)
        Potential against the reference per moment along each axis, µV/nAm.
    """

    ch_names: tuple[str, ...]
    ch_pos: np.ndarray
    centre: np.ndarray
    radius: float
    group: np.ndarray
    positions: np.ndarray
    directions: np.ndarray
    leadfield: np.ndarray

    def sources(self, group: str) -> np.ndarray:
        """Indices of a group's sources."""
        return np.flatnonzero(self.group == group)

    def gain(self, sources: np.ndarray, directions: np.ndarray | None = None) -> np.ndarray:
        """Potential per moment of sources with given orientations (default: their own).

        Returns
        -------
        ndarray, shape (n_channels, len(sources)), µV/nAm
        """
        directions = self.directions[sources] if directions is None else directions
        gain: np.ndarray = np.einsum("csk,sk->cs", self.leadfield[:, sources], directions)
        return gain


def make_head(ch_names: tuple[str, ...] = CH_NAMES) -> HeadModel:
    """Compute the leadfield of MNE's four-shell sphere (brain, fluid, skull, scalp), fitted to the HydroCel net.

    Parameters
    ----------
    ch_names : tuple of str
        Electrodes of the net, the reference last.

    Notes
    -----
    One head for the whole cohort: anatomy must not tell who is who. Shells and conductivities are MNE's defaults, and its
    approximation of the shells by three dipoles each is that of Berg & Scherg 1994.
    """
    import mne

    with mne.use_log_level("error"):
        montage = mne.channels.make_standard_montage(MONTAGE)
        info = mne.create_info(montage.ch_names, 500.0, "eeg")
        info.set_montage(montage)
        sphere = mne.make_sphere_model("auto", "auto", info)
        centre, radius = np.asarray(sphere["r0"]), float(sphere.radius)
        electrodes = {ch["ch_name"]: np.asarray(ch["loc"][:3]) for ch in info["chs"]}
        group, positions, directions = _place_sources(electrodes, centre, radius)
        source_space = mne.setup_volume_source_space(pos={"rr": positions, "nn": directions}, sphere=sphere)
        forward = mne.make_forward_solution(info, None, source_space, sphere, meg=False, eeg=True)

    rows = [forward["sol"]["row_names"].index(name) for name in ch_names]
    leadfield = forward["sol"]["data"][rows].reshape(len(rows), len(positions), 3) * 1e-3  # V/Am = 1e6 µV / 1e9 nAm
    leadfield = leadfield - leadfield[ch_names.index(REFERENCE)]
    return HeadModel(
        ch_names=ch_names,
        ch_pos=np.array([electrodes[name] for name in ch_names]),
        centre=centre,
        radius=radius,
        group=group,
        positions=positions,
        directions=directions,
        leadfield=leadfield,
    )


def _place_sources(electrodes: Mapping[str, np.ndarray], centre: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    outwards = _even_directions(N_BACKGROUND, LOWEST_BACKGROUND)
    group = ["background"] * N_BACKGROUND
    positions = [centre + BACKGROUND_ECCENTRICITY * radius * direction for direction in outwards]
    # Cortex is folded: background dipoles point anywhere, but in the same directions in everyone.
    anywhere = np.random.default_rng(N_BACKGROUND).standard_normal((N_BACKGROUND, 3))
    directions = list(anywhere / np.linalg.norm(anywhere, axis=1, keepdims=True))
    for name, below in GROUPS.items():
        for electrode in below.electrodes:
            radial = electrodes[electrode] - centre
            radial = radial / np.linalg.norm(radial)
            direction = radial if below.direction is None else np.asarray(below.direction)
            group.append(name)
            positions.append(centre + below.eccentricity * radius * radial)
            directions.append(direction / np.linalg.norm(direction))
    return np.array(group), np.array(positions), np.array(directions)


def _even_directions(n: int, lowest: float) -> np.ndarray:
    """Spread `n` unit vectors evenly over the sphere above a height (Fibonacci lattice)."""
    height = 1 - (1 - lowest) * (np.arange(n) + 0.5) / n
    angle = np.arange(n) * np.pi * (3 - np.sqrt(5))
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(angle), ring * np.sin(angle), height], axis=1)
