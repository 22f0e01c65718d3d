"""Unit of values: what was stated, else guessed from their spread, and said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eegcli.bids.amplitude import MAX_DECADES, TYPICAL
from eegcli.bids.units import microvolts
from eegcli.errors import InputError

ARBITRARY = "arbitrary"
STANDARDISED = (0.5, 2.0)  # SD of what was divided by a standard deviation; an EEG varies by more in µV and by less in mV


@dataclass(frozen=True)
class Unit:
    """Unit of the stored values, and the factor that makes them what the artifact holds.

    Attributes
    ----------
    name : str
        ``V``, ``mV``, ``uV``, ``nV`` or ``arbitrary``.
    factor : float
        µV that one of the unit is; 1 of arbitrary units.
    said : str
        Where it comes from.
    """

    name: str
    factor: float
    said: str

    @property
    def units(self) -> str:
        """Unit of the artifact's values."""
        return ARBITRARY if self.name == ARBITRARY else "uV"


def stated_unit(name: str, said: str) -> Unit:
    """Unit that somebody states."""
    return Unit(name, 1.0 if name == ARBITRARY else microvolts(name) or 1.0, said)


def guess_unit(x: np.ndarray, name: str) -> Unit:
    """Guess the unit of EEG from the median standard deviation.

    Parameters
    ----------
    x : ndarray, shape (n_trials, n_channels, n_samples)
        Some trials.
    name : str
        The array, for messages.

    Raises
    ------
    InputError
        If it is that of no unit.

    Notes
    -----
    The unit in which the spread is nearest to 20 µV in decades, at most one and a half of them away; 0.5 to 2 is what z-scores have, and
    values that all lie from 0 to 1 were scaled: arbitrary units.
    """
    spreads = _spreads(x)
    if not len(spreads):
        raise InputError(
            f"{name}: every channel of the first trials is flat or not finite: nobody can tell the unit", hint="State it with --unit."
        )
    spread = float(np.median(spreads))
    measured = f"the median SD of channels is {spread:.3g}"
    finite = x[np.isfinite(x)]
    if finite.min() >= 0 and finite.max() <= 1:
        return Unit(ARBITRARY, 1.0, f"all values lie from 0 to 1, {measured}")
    if STANDARDISED[0] <= spread <= STANDARDISED[1]:
        return Unit(ARBITRARY, 1.0, f"{measured}, as of z-scores")
    decades = {unit: abs(float(np.log10(spread * (microvolts(unit) or 1.0) / TYPICAL))) for unit in ("uV", "mV", "V", "nV")}
    nearest = min(decades, key=lambda unit: decades[unit])
    if decades[nearest] > MAX_DECADES:
        raise InputError(f"{name}: {measured}, as of no unit that EEG is stored in", hint="State it with --unit; arbitrary is one.")
    return stated_unit(nearest, measured)


def has_spread(x: np.ndarray) -> bool:
    """Test that a channel of some trials, shape (n_trials, n_channels, n_samples), varies: else nobody can tell the unit."""
    return len(_spreads(x)) > 0


def _spreads(x: np.ndarray) -> np.ndarray:
    """Standard deviations of the channels that vary, trial by trial."""
    whole = x.reshape(-1, x.shape[-1])
    whole = whole[np.isfinite(whole).all(axis=1)]
    with np.errstate(over="ignore"):
        spreads = whole.std(axis=-1)
    varying: np.ndarray = spreads[np.isfinite(spreads) & (spreads > 0)]
    return varying
