"""Step `asr`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.errors import UsageError, listed
from eegcli.preprocess.asr import clean_samples, repair
from eegcli.preprocess.definition import Cost, Definition, Flag, Options, Size, Step
from eegcli.preprocess.empty import empty_samples
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.filter import stretches

# The window criterion of clean_rawdata, by which `seconds_kept` is counted; nothing is cut.
FINAL_BAD_CHANNELS, FINAL_TOLERANCES = 0.25, (-math.inf, 7.0)

SECONDS, SECONDS_PER_CHANNEL = 0.2, 0.0018  # per million samples (channel x time) of one core, for the dry run: docs/benchmarks.md


def asr(signal: Signal, *, cutoff: float = 20.0, max_bad_channels: float = 0.075) -> Signal:
    """Repair bursts of artifacts by artifact subspace reconstruction, calibrated on the recording's own clean part.

    Where the recording was interrupted, the repair begins anew; padding does not count as clean.

    Parameters
    ----------
    signal : Signal
        Without drifts. Channels marked bad take no part and stay as they are.
    cutoff : float
        Standard deviations of a component's clean power above which it is rebuilt from the others; 5 is strict, 20 mild.
    max_bad_channels : float
        Share of the channels that may have unusual power in a window that serves as clean.

    Returns
    -------
    Signal
        With the figures of ASR noted.

    Raises
    ------
    RecordingError
        If fewer than 15 s are clean, a channel is flat or the only one, or samples are missing.

    Notes
    -----
    Mullen et al. 2015, doi:10.1109/TBME.2015.2481482; Chang et al. 2020, doi:10.1109/TBME.2019.2930186.
    """
    good = [row for row, name in enumerate(signal.ch_names) if name not in signal.bad_channels]
    if not good:
        raise RecordingError("every channel is marked bad", cause="bad channels")
    if len(good) == 1:
        raise RecordingError(
            f"ASR rebuilds channels from others, and {signal.ch_names[good[0]]} is alone",
            cause="one channel",
            hint="--asr-cutoff off leaves ASR out.",
        )
    flat = [signal.ch_names[row] for row in good if np.ptp(signal.data[row]) == 0.0]
    if flat:
        raise RecordingError(
            f"ASR: flat channels ({listed(flat, 4)})",
            cause="flat channels",
            hint="Put the steps bad-channels and interpolate before asr, or leave the channels out with drop-channels.",
        )
    whole = len(good) == len(signal.ch_names)
    result = repair(
        signal.data if whole else signal.data[good],
        signal.sfreq,
        cutoff=cutoff,
        max_bad_channels=max_bad_channels,
        stretches=stretches(signal),
        empty=empty_samples(signal),
    )
    data = result.data
    kept = clean_samples(data, signal.sfreq, max_bad_channels=FINAL_BAD_CHANNELS, tolerances=FINAL_TOLERANCES)
    if not whole:
        data = signal.data.copy()
        data[good] = result.data
    return replace(signal, data=data).noting(
        asr_calibration_seconds=result.calibration_seconds,
        asr_fraction_changed=result.fraction_changed,
        asr_dimensions_removed=result.dimensions_removed,
        asr_variance_removed=result.variance_removed,
        seconds_kept=float(kept.sum() / signal.sfreq),
    )


def _cutoff(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UsageError(f"--asr-cutoff {text}: a number of standard deviations, or off, is needed") from error


def _check(options: Options) -> None:
    if not options["cutoff"]:
        raise UsageError("step asr: cutoff is 0 standard deviations; --asr-cutoff off leaves ASR out")


def _check_place(before: Sequence[Step]) -> None:
    """ASR takes drifts for artifacts: they have to be gone before."""
    if not any(step.definition.removes_drifts(step.options) for step in before):
        raise UsageError(
            "step asr needs a signal without drifts", hint="Filter with --l-freq before it, or put the step remove-drifts there."
        )


def _make_room(steps: list[dict[str, Any]], index: int) -> None:
    """Let a low-pass filter follow: ASR tells artifacts better by what lies above."""
    for step in [step for step in steps[:index] if step["step"] == "filter" and step.get("h_freq")]:
        steps.insert(index + 1, {"step": "filter"} | {key: step.pop(key) for key in ("h_freq", "h_trans_bandwidth") if key in step})


def _cost(options: Options, size: Size) -> Cost:
    return Cost(SECONDS + SECONDS_PER_CHANNEL * size.n_channels, copies=2.0)


STEP = Definition(
    asr,
    flags=(Flag("asr_cutoff", "cutoff", read=_cutoff, off="off"),),
    check=_check,
    check_place=_check_place,
    make_room=_make_room,
    cost=_cost,
)
