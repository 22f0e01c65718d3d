"""Step `bad-channels`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.montage import resolve
from eegcli.errors import UsageError, counted, listed
from eegcli.preprocess.bad import flat, location_free, ransac
from eegcli.preprocess.bad import line_noise as noise
from eegcli.preprocess.definition import Cost, Definition, Options, Size
from eegcli.preprocess.empty import recorded
from eegcli.preprocess.positions import directions
from eegcli.preprocess.signal import Signal
from eegcli.study.spline import MIN_SOURCES

# Rounding that a filter or a re-reference leaves on a flat line lies far below this, the smallest step of any amplifier far above. The
# criterion itself, 20 eps, would hold for data that were never touched: it is absolute, whatever the unit.
FLAT_TOLERANCE = 1e-6  # µV
MAX_BAD = 0.75  # of the channels: with more, the recording is bad, not its channels
MIN_CHANNELS = 6  # fewer cannot tell which of them is the odd one out
MIN_JUDGED = 3  # two are equally far from their median
# Seconds per million samples (channel x time) of one core, for the dry run: docs/benchmarks.md.
SECONDS_LOOK, SECONDS_LINE_NOISE, SECONDS_RANSAC, SECONDS_LOCATION_FREE = 0.002, 0.06, 0.13, 0.06
LABELS = {"flat_channels": "flat", "line_noise_channels": "with line noise", "uncorrelated_channels": "uncorrelated"}


def bad_channels(
    signal: Signal,
    *,
    flat_seconds: float = 5.0,
    line_noise: float = 4.0,
    correlation: float = 0.8,
    max_bad_time: float = 0.5,
    reference: Literal["recorded", "average"] = "recorded",
    method: Literal["auto", "ransac", "location-free"] = "auto",
    location_free_correlation: float = 0.45,
    n_samples: int = 50,
    subset: float = 0.25,
    seed: int = 0,
) -> Signal:
    """Find bad channels and mark them: flat, noisy at high frequencies, or not correlated with the others.

    Parameters
    ----------
    signal : Signal
        High-passed, so that correlations are of the EEG; channels marked bad before stay so and take no part. A recording's
        reference electrode, as far as `signal.reference` names it, is zero by definition and takes no part either.
    flat_seconds : float, s
        A channel is bad if it does not change for longer; 0 switches the criterion off. A filter smears flat stretches, so that
        this belongs before it: a recipe may have this step twice.
    line_noise : float
        A channel is bad whose noise above 50 Hz, by its signal, is so many robust standard deviations above the others; 0: off.
    correlation : float
        With RANSAC, a window of 5 s is bad below this correlation with the prediction from other channels; 0: off, for both methods.
    max_bad_time : float
        A channel is uncorrelated if more than this share of its windows is bad.
    reference : {'recorded', 'average'}
        Against what channels are judged for noise and correlation; the signal keeps its reference. Near the reference electrode signals
        are small, and RANSAC calls good channels there bad: against the average it does not.
    method : {'auto', 'ransac', 'location-free'}
        Of the correlation; auto is RANSAC where all positions are known and a subset has at least six channels.
    location_free_correlation : float
        In the location-free test, a window of 2 s is bad if all correlations but the highest tenth are below this.
    n_samples, subset : int and float
        RANSAC's random subsets: how many, and the share of the channels in each.
    seed : int
        Of the subsets. A recipe without it takes ``--seed``.

    Returns
    -------
    Signal
        `bad_channels` is longer; `quality` has ``flat_channels``, ``line_noise_channels``, ``uncorrelated_channels`` and
        ``correlation_method``.

    Raises
    ------
    RecordingError
        If more than 75 % of the channels are bad, samples are missing, or a criterion cannot be applied: too few channels, too short,
        positions unknown, sampled too slowly.

    Notes
    -----
    The criteria and their defaults are those of EEGLAB's clean_rawdata; Bigdely-Shamlo et al. 2015, Front. Neuroinform. 9:16.
    """
    whole, signal = signal, recorded(signal)
    tested = _tested(signal)
    found: dict[str, np.ndarray] = {}
    if flat_seconds:
        mask = flat.flat_channels(_rows(signal, tested), signal.sfreq, seconds=flat_seconds, tolerance=FLAT_TOLERANCE)
        found["flat_channels"], tested = tested[mask], tested[~mask]
        _check_share(signal, found)
    if not (line_noise or correlation):
        return _marked(whole, found)
    judged = replace(signal, data=np.asarray(signal.data, dtype=np.float64))  # a flat line is flat in single precision, too
    if reference == "average":
        judged, tested = _against_average(signal, found)
    figures: dict[str, str] = {}
    if correlation:
        where = directions(signal)[tested]
        figures["correlation_method"] = chosen = _choose(method, [signal.ch_names[row] for row in tested], where, subset)
    if line_noise or (correlation and chosen == "ransac"):
        lowpassed, ratios = noise.split_noise(_rows(judged, tested), signal.sfreq)
    if line_noise and len(tested) < MIN_JUDGED:
        whole = whole.remarking(f"line noise was not judged: of fewer than {MIN_JUDGED} channels none is unlike the others")
    if line_noise:
        _check_band(ratios, signal.sfreq)
        found["line_noise_channels"] = tested[noise.outliers(ratios, line_noise)]
    if correlation and chosen == "ransac":
        found["uncorrelated_channels"] = tested[
            ransac.uncorrelated_channels(
                lowpassed,
                signal.sfreq,
                where,
                correlation=correlation,
                max_bad_time=max_bad_time,
                n_samples=n_samples,
                subset=subset,
                seed=seed,
            )
        ]
    elif correlation:
        lowpassed = np.empty((0, 0))  # this test needs that memory for a copy of its own
        mask = location_free.uncorrelated_channels(
            _rows(judged, tested), signal.sfreq, correlation=location_free_correlation, max_bad_time=max_bad_time
        )
        found["uncorrelated_channels"] = tested[mask]
    _check_share(signal, found)
    return _marked(whole, found).noting(**figures)


def _tested(signal: Signal) -> np.ndarray:
    """Rows that take part."""
    left_out = set(signal.bad_channels)
    reference = resolve([signal.reference], signal.ch_names)[0]
    if reference is not None and np.ptp(signal.data[reference]) <= FLAT_TOLERANCE:
        left_out.add(signal.ch_names[reference])
    tested = np.array([row for row, name in enumerate(signal.ch_names) if name not in left_out], dtype=int)
    broken = [signal.ch_names[row] for row in tested if not np.isfinite(signal.data[row]).all()]
    if broken:
        raise RecordingError(
            f"samples are missing (NaN or infinite) in {listed(broken, 4)}",
            cause="missing samples",
            hint="Leave these channels out with the step drop-channels, or that stretch with the step crop.",
        )
    return tested


def _against_average(signal: Signal, found: Mapping[str, np.ndarray]) -> tuple[Signal, np.ndarray]:
    """The signal against the average of the channels that are not bad so far, and their rows: the reference electrode is one of them."""
    bad = _bad_names(signal, found)
    good = [row for row, name in enumerate(signal.ch_names) if name not in bad]
    return replace(signal, data=signal.data - signal.data[good].mean(axis=0, dtype=np.float64)), np.array(good, dtype=int)


def _rows(signal: Signal, rows: np.ndarray) -> list[np.ndarray]:
    """Views of channels: a copy of some would be as large as the recording."""
    return [signal.data[row] for row in rows]


def _choose(method: str, names: list[str], where: np.ndarray, subset: float) -> str:
    if len(names) < MIN_CHANNELS:
        raise RecordingError(
            f"{counted(len(names), 'channel is', 'channels are')} too few to tell bad ones by their correlation",
            cause="missing channels",
            hint="Switch this criterion of the step bad-channels off with correlation = 0.",
        )
    if method == "location-free":
        return method
    unknown = [name for name, there in zip(names, np.isfinite(where).all(axis=1), strict=True) if not there]
    obstacle = ""
    if unknown:
        obstacle = f"the position of {listed(unknown, 4)} is not known"
    elif method == "auto" and ransac.subset_size(len(names), subset) < MIN_SOURCES:
        # With subsets of five of 19 channels, RANSAC called a quarter of the channels of 24 real recordings bad.
        obstacle = f"a share of {subset:g} of {counted(len(names), 'channel')} is fewer than {MIN_SOURCES}"
    if not obstacle:
        return "ransac"
    if method == "ransac":
        raise RecordingError(
            f"RANSAC cannot be used: {obstacle}",
            cause="missing channels",
            hint='Drop channels that are not on the scalp, or let the step bad-channels use method = "location-free".',
        )
    warnings.warn(f"bad channels were found by the location-free test: {obstacle}", stacklevel=3)
    return "location-free"


def _check_band(ratios: np.ndarray, sfreq: float) -> None:
    if sfreq <= noise.MIN_SFREQ or float(np.median(ratios)) < noise.MIN_RATIO:
        warnings.warn("line noise could hardly be judged: the recording has next to no signal above 50 Hz at this step", stacklevel=3)


def _check_share(signal: Signal, found: Mapping[str, np.ndarray]) -> None:
    n_channels, n_bad = len(signal.ch_names), len(_bad_names(signal, found))
    if n_bad > MAX_BAD * n_channels:
        kinds = [f"{len(rows)} {LABELS[column]}" for column, rows in found.items() if len(rows)]
        kinds += [f"{len(signal.bad_channels)} marked before"] if signal.bad_channels else []
        raise RecordingError(f"{n_bad} of {counted(n_channels, 'channel')} are bad ({', '.join(kinds)})", cause="bad channels")


def _bad_names(signal: Signal, found: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """All bad channels; those marked before stand first, the others in the recording's order."""
    rows = {int(row) for rows in found.values() for row in rows}
    return (*signal.bad_channels, *(signal.ch_names[row] for row in sorted(rows)))


def _marked(signal: Signal, found: Mapping[str, np.ndarray]) -> Signal:
    columns = {}
    for column, rows in found.items():
        before = [name for name in str(signal.quality.get(column, "")).split(",") if name]
        # A step between may have declared a channel good, as recover-reference does with a flat line.
        good = set(signal.ch_names) - set(signal.bad_channels) - set(signal.interpolated)
        names = [*(name for name in before if name not in good), *(signal.ch_names[row] for row in rows)]
        columns[column] = ",".join(dict.fromkeys(names))
    return replace(signal, bad_channels=_bad_names(signal, found)).noting(**columns)


def _check(options: Options) -> None:
    if not 0 < options["subset"] <= 1 or options["n_samples"] < 1:
        raise UsageError("step bad-channels: subset is a share of the channels (above 0, at most 1), n_samples at least 1")
    if options["correlation"] > 1 or options["location_free_correlation"] > 1 or options["max_bad_time"] > 1:
        raise UsageError("step bad-channels: correlations and max_bad_time are at most 1")


def _cost(options: Options, size: Size) -> Cost:
    test = SECONDS_LOCATION_FREE if options["method"] == "location-free" else SECONDS_RANSAC
    seconds = SECONDS_LOOK + (test if options["correlation"] else 0.0) + (SECONDS_LINE_NOISE if options["line_noise"] else 0.0)
    # For more than flat lines it makes a signal of its own.
    return Cost(seconds, copies=2.0 if options["line_noise"] or options["correlation"] else 0.0)


# Flat lines are looked for in whatever precision there is: a copy in double precision would take longer than the look.
STEP = Definition(bad_channels, check=_check, takes_single=True, cost=_cost)
