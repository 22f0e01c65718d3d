"""Step `gain`: one file, as a contributor adds it. Tests put its line into the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eegcli.errors import UsageError
from eegcli.preprocess.definition import Cost, Definition, Options, Size
from eegcli.preprocess.signal import Signal

SECONDS = 1000.0  # per million samples: so slow that a dry run of a toy shows it


def gain(signal: Signal, *, decibel: float = 0.0, limit: float = 20.0) -> Signal:
    """Amplify all channels alike.

    Parameters
    ----------
    signal : Signal
    decibel : float, dB
        20 dB is ten times the amplitude; below zero it is attenuated.
    limit : float, µV
        `gain_above` is the share of the samples whose amplitude is above it.
    """
    data = 10 ** (decibel / 20) * signal.data
    return replace(signal, data=data).noting(gain_above=float((np.abs(data) > limit).mean()))


def _check(options: Options) -> None:
    if options["decibel"] > 120:
        raise UsageError(f"step gain: decibel is {options['decibel']:g}, and at most 120")


def _cost(options: Options, size: Size) -> Cost:
    return Cost(SECONDS)


STEP = Definition(gain, check=_check, below_zero=("decibel",), cost=_cost)
