"""Order and polarity of channels: whether the channels of each recording hang together as those of the cohort do."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.data.axes import mistaken_axes
from eegcli.checks.data.offset import straight
from eegcli.checks.data.portrait import Portrait, portrait
from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import counted, listed

NAME, POLARITY = "order of channels", "polarity of channels"
KEY = "order"
MIN_CHANNELS, MIN_RECORDINGS, MIN_WINDOWS = 6, 4, 4
ALIKE = 0.75  # typical likeness of recordings (correlation of their channels' correlations): below, heads differ too much to judge
FLAT_PATTERN = 0.05  # standard deviation of the correlations of channels: below, they are all the same
STEADY, OF_A_WINDOW = 0.25, 0.45  # likeness of a window's pattern to its recording's, at least; strongest correlation within a window
OF_PAIRS = (
    0.2  # standard deviation of correlations over pairs of channels, within a window: of channels that are all alike order says nothing
)
DRIFTING = 0.4  # share of a straight line in the power of windows
COMPANY = 0.45  # strongest correlation of the typical channel with another: below, there is no pattern to go by
DIFFERENT = 0.25  # root mean square difference of two channels' correlations with the others, from which on they can be told apart
OPPOSITE = -0.5  # cosine between a difference in the cohort and in a recording
# A search over all orders finds one that is better for any head: by 0.25 for the oddest of eegmat, by 0.6 and more for one whose order is another.
BETTER = 0.35
BY_EXCHANGE = 0.1  # gain by few exchanges; neighbours of healthy heads gain 0.06
BY_SIGNS = 0.05  # gain by the signs of channels, each of which has to be clear
RESTORED = 0.2  # below typical likeness, at most, under the order that was found
MOST = 32  # recordings for which another order is searched
MANY = 0.1  # share of recordings
Floats = NDArray[np.float64]


class Placed(NamedTuple):
    """Fault of a recording: channels that stand in another's place, channels that are negated, and its likeness as it is and mended."""

    moved: tuple[int, ...]
    negated: tuple[int, ...]
    likeness: float
    mended: float


def channel_order(evidence: Evidence) -> Finding:
    """Look for recordings whose channels stand in another order than those of the cohort."""
    why, found = _judged(evidence, NAME)
    if why is not None:
        return why
    assert evidence.recorded is not None
    seen = portrait(evidence.recorded)
    odd = {number: placed for number, placed in found.items() if placed.moved}
    if not odd:
        return Finding(NAME, "ok", 0)
    channels = sorted({channel for placed in odd.values() for channel in placed.moved})
    share, worst = len(odd) / seen.n_recordings, max(len(placed.moved) for placed in odd.values())
    names = tuple(seen.names[number] for number in odd)
    one = min(odd.values(), key=lambda placed: placed.likeness)
    why_text = (
        f"up to {worst} of {counted(len(seen.ch_names), 'channel')} ({listed([seen.ch_names[c] for c in channels], 3)}) stand in another place "
        f"{seen.who(list(odd))}: channels hang together as in the cohort ({one.mended:.2f}, as they lie {one.likeness:.2f}) if they are put in another order"
    )
    hint = "Pick channels by name in every recording (eegcli preprocess --channels), or import each file with its own --channels."
    broken = (share >= MANY and worst >= 3) or share >= 3 * MANY
    compared = {"recordings": len(odd), "channels": worst}
    return Finding(NAME, "broken" if broken else "suspect", len(odd), names, why_text, hint, compared, weight=0.97 if broken else 0.35)


def polarity(evidence: Evidence) -> Finding:
    """Look for channels that are negated: in some recordings, against the cohort; in all, against every other channel."""
    why, found = _judged(evidence, POLARITY)
    assert evidence.recorded is not None
    seen = portrait(evidence.recorded) if evidence.recorded.raw else None
    if seen is not None and not mistaken_axes(evidence.recorded):
        against = _against_all(seen)
        if len(against):
            names = tuple(seen.ch_names[channel] for channel in against)
            text = f"{listed(names, 3)} runs against every other channel in nearly every recording: leads were exchanged, or it was negated where it was read"
            hint = "Negate it where the data come in, or leave it out (eegcli epoch --channels)."
            return Finding(POLARITY, "suspect", len(against), names, text, hint, weight=0.3)  # harmless to a network, if it is so in all
    if why is not None:
        return why
    assert seen is not None
    odd = {number: placed for number, placed in found.items() if placed.negated}
    if not odd:
        return Finding(POLARITY, "ok", 0)
    channels = sorted({channel for placed in odd.values() for channel in placed.negated})
    share, worst = len(odd) / seen.n_recordings, max(len(placed.negated) for placed in odd.values())
    text = f"{listed([seen.ch_names[channel] for channel in channels], 3)} are negated {seen.who(list(odd))}, against the cohort: what one head teaches is wrong for another"
    hint = "Negate them where the data come in, or leave these recordings out (--exclude)."
    broken = (share >= MANY and worst >= 3) or share >= 3 * MANY
    names = tuple(seen.names[number] for number in odd)
    return Finding(
        POLARITY, "broken" if broken else "suspect", len(odd), names, text, hint, {"channels": worst}, weight=0.97 if broken else 0.35
    )


def _judged(evidence: Evidence, name: str) -> tuple[Finding | None, dict[int, Placed]]:
    """Faults by recording, or a finding that says why it is not judged."""
    assert evidence.recorded is not None
    recorded = evidence.recorded
    if not recorded.raw:
        return Finding(name, None, why="windows of another representation hold no channels to compare"), {}
    seen = portrait(recorded)
    if mistaken_axes(recorded):
        return Finding(name, None, why="channels and samples are not told apart"), {}
    known = [number for number, places in enumerate(seen.of_recording) if len(places) >= MIN_WINDOWS]
    if len(seen.ch_names) < MIN_CHANNELS or len(known) < MIN_RECORDINGS:
        return Finding(
            name,
            None,
            why=f"{counted(len(seen.ch_names), 'channel')} of {counted(len(known), 'recording')} of {MIN_WINDOWS} windows or more cannot tell an odd order",
        ), {}
    if float(np.nanmedian(straight(seen))) > DRIFTING:
        return Finding(name, None, why="slow drift hides how channels follow one another"), {}
    if (unsteady := _unsteady(seen, known)) is not None:
        return unsteady if unsteady.name == name else Finding(name, None, why="channels follow one another differently in each window"), {}
    if float(np.median(seen.company[known])) < COMPANY:
        return Finding(name, None, why="channels follow one another too little to tell their places"), {}
    if float(np.median(np.std(seen.correlation[known][:, *np.triu_indices(len(seen.ch_names), 1)], axis=1))) < FLAT_PATTERN:
        return Finding(name, None, why="all channels are too much alike to tell their places"), {}
    if KEY not in recorded.kept:
        recorded.kept[KEY] = _placed(seen, known)
    likeness, found = recorded.kept[KEY]
    if likeness < ALIKE:
        return Finding(
            name, None, likeness, why=f"recordings are not alike enough to tell (their channels' correlations correlate at {likeness:.2f})"
        ), {}
    return None, found


def _unsteady(seen: Portrait, known: list[int]) -> Finding | None:
    """Find that channels follow one another differently in each window of a recording: their order, or their signs, change from window to window."""
    above = np.triu_indices(len(seen.ch_names), 1)
    likeness, of_sizes, strongest, spread = list[float](), list[float](), list[float](), list[float]()
    for number in known:
        part = seen.unit[seen.of_recording[number]]
        patterns = (part @ part.transpose(0, 2, 1))[:, *above].astype(np.float64) / part.shape[2]
        if len(patterns) >= 4:
            rest = (patterns.sum(axis=0) - patterns) / (len(patterns) - 1)
            likeness.append(float(np.median((_standard(patterns) * _standard(rest)).mean(axis=1))))
            sizes = np.abs(patterns)
            rest = (sizes.sum(axis=0) - sizes) / (len(sizes) - 1)
            of_sizes.append(float(np.median((_standard(sizes) * _standard(rest)).mean(axis=1))))
            strongest.append(float(np.median(sizes.max(axis=1))))
            spread.append(float(np.median(patterns.std(axis=1))))
    if not likeness or np.median(likeness) > STEADY or np.median(strongest) < OF_A_WINDOW or np.median(spread) < OF_PAIRS:
        return None
    value = float(np.median(likeness))
    if np.median(of_sizes) > 2 * STEADY:
        why = f"the signs of channels change from window to window: windows of a recording are alike in how strongly channels correlate ({np.median(of_sizes):.2f}), not in the sign ({value:.2f})"
        return Finding(
            POLARITY, "broken", value, (), why, "See what was done to each window before it came in; no sign may depend on it.", weight=0.9
        )
    why = f"channels correlate strongly within a window, but with others in each: windows of one recording are alike by {value:.2f}, as if channels were shuffled in each"
    return Finding(NAME, "suspect", value, (), why, "Keep one order of channels for all windows (eegcli import --channels).", weight=0.8)


def _placed(seen: Portrait, known: list[int]) -> tuple[float, dict[int, Placed]]:
    """Typical likeness of recordings with the cohort, and what is wrong in some, by their number."""
    correlation = np.nan_to_num(seen.correlation[known])
    n_channels = correlation.shape[1]
    above = np.triu_indices(n_channels, 1)
    patterns = _standard(correlation[:, above[0], above[1]])
    likenesses = patterns @ patterns.T / patterns.shape[1]
    # The cohort is the largest number of recordings that are like one another: nearly half of all may be wrong.
    n_members = max(3, len(known) // 3)
    closest = np.sort(likenesses, axis=1)[:, -n_members:].mean(axis=1)
    centre = int(np.argmax((likenesses > ALIKE).sum(axis=1) + closest))
    members = np.argsort(-likenesses[centre])[:n_members]
    typical_pattern = np.median(correlation[members], axis=0)
    likeness = np.array([_likeness(one, typical_pattern, above) for one in correlation])
    typical = float(np.median(likeness[members]))
    found = dict[int, Placed]()
    if typical < ALIKE:
        return typical, found
    for place in np.argsort(likeness)[:MOST]:
        placed = _mended(correlation[place], typical_pattern, above, float(likeness[place]), typical)
        if placed is not None:
            found[known[int(place)]] = placed
    return typical, dict(sorted(found.items()))


def _mended(
    own: Floats, typical_pattern: Floats, above: tuple[NDArray[np.intp], NDArray[np.intp]], likeness: float, typical: float
) -> Placed | None:
    """Fault of one recording; None where neither signs nor another order make it clearly more like the cohort."""
    signs = _signs(own, typical_pattern)
    signed = own * signs[:, None] * signs
    negated = np.flatnonzero(signs < 0)
    if len(negated) and len(negated) <= len(own) // 2:
        mended = _likeness(signed, typical_pattern, above)
        if mended > likeness + BY_SIGNS and mended >= typical - RESTORED:
            return Placed((), tuple(negated.tolist()), likeness, mended)
    order = _exchanged(own, typical_pattern, np.arange(len(own)))
    mended = _likeness(own[np.ix_(order, order)], typical_pattern, above)
    moved = np.flatnonzero(order != np.arange(len(order)))
    if len(moved) and len(moved) <= 6 and mended >= max(typical - RESTORED, likeness + BY_EXCHANGE) and _clear(own, typical_pattern, order):
        return Placed(tuple(moved.tolist()), (), likeness, mended)
    if likeness < typical - BETTER:
        order, mended = _searched(own, typical_pattern, above)
        moved = np.flatnonzero(order != np.arange(len(order)))
        if mended > likeness + BETTER and mended >= typical - RESTORED and len(moved) > 2:
            return Placed(tuple(moved.tolist()), (), likeness, mended)
    return None


def _signs(own: Floats, typical_pattern: Floats) -> Floats:
    """Sign of each channel by which its correlations with the others are those of the cohort; shape (n_channels,)."""
    agreement = np.where(np.eye(len(own), dtype=bool), 0.0, own * typical_pattern)
    signs = np.where(np.linalg.eigh(agreement)[1][:, -1] < 0, -1.0, 1.0)
    for _ in range(4 * len(own)):  # from the largest common agreement, one by one
        gain = signs * (agreement @ signs)
        worst = int(np.argmin(gain))
        if gain[worst] >= 0:
            break
        signs[worst] *= -1
    signs = signs if signs.sum() >= 0 else -signs
    # Of a channel that hardly follows others its sign says nothing.
    off = ~np.eye(len(own), dtype=bool)
    strong = np.sqrt((np.where(off, typical_pattern, 0.0) ** 2).mean(axis=1)) > DIFFERENT / 2
    return np.where(strong, signs, 1.0)


def _differences(own: Floats, typical_pattern: Floats) -> tuple[Floats, Floats]:
    """Cosine, for each pair of channels, between their difference in the cohort and in the recording, and its root mean square in the cohort.

    The difference is that of their correlations with all channels but the two.
    """
    there = typical_pattern[:, None] - typical_pattern[None]
    here = own[:, None] - own[None]
    n_channels = len(own)
    both = np.zeros((n_channels, n_channels, n_channels), dtype=bool)
    numbers = np.arange(n_channels)
    both[numbers, :, numbers] = True
    both[:, numbers, numbers] = True
    there, here = np.where(both, 0.0, there), np.where(both, 0.0, here)
    size = np.sqrt((there**2).sum(axis=2) * (here**2).sum(axis=2))
    cosine = np.where(size > 0, (there * here).sum(axis=2) / np.maximum(size, 1e-12), 1.0)
    return cosine, np.sqrt((there**2).sum(axis=2) / max(n_channels - 2, 1))


def _exchanged(own: Floats, typical_pattern: Floats, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order after exchanges of two channels, the clearest first, as long as one makes the recording more like the cohort."""
    order = order.copy()
    for _ in range(2 * len(own)):
        cosine, size = _differences(own[np.ix_(order, order)], typical_pattern)
        gain = np.where((cosine < 0) & (size > DIFFERENT), -cosine * size, 0.0)
        one, other = np.unravel_index(int(np.argmax(gain)), gain.shape)
        if gain[one, other] <= 0:
            break
        order[[one, other]] = order[[other, one]]
    return order


def _clear(own: Floats, typical_pattern: Floats, order: NDArray[np.int64]) -> bool:
    """Test that every channel that was moved stood clearly in the place of one of the others that were."""
    cosine, size = _differences(own, typical_pattern)
    moved = np.flatnonzero(order != np.arange(len(order)))
    opposite = (cosine < OPPOSITE) & (size > DIFFERENT)
    return bool(opposite[np.ix_(moved, moved)].any(axis=1).all())


def _searched(own: Floats, typical_pattern: Floats, above: tuple[NDArray[np.intp], NDArray[np.intp]]) -> tuple[NDArray[np.int64], float]:
    """Order under which a recording is most like the cohort: by graph matching from several starts, each mended by exchanges.

    Notes
    -----
    Vogelstein et al. 2015, doi:10.1371/journal.pone.0121002.
    """
    from scipy.optimize import quadratic_assignment

    best, highest = np.arange(len(own)), -np.inf
    for start in range(4):
        options = {"maximize": True, "P0": "barycenter" if start == 0 else "randomized", "rng": np.random.default_rng(start), "maxiter": 30}
        order = np.asarray(quadratic_assignment(typical_pattern, own, options=options).col_ind, dtype=np.int64)
        order = _exchanged(own, typical_pattern, order)
        likeness = _likeness(own[np.ix_(order, order)], typical_pattern, above)
        if likeness > highest:
            best, highest = order, likeness
    return best, float(highest)


def _against_all(seen: Portrait) -> NDArray[np.intp]:
    """Channels that correlate strongly with others, and only negatively, in nearly every recording, where other channels do not."""
    correlation = np.nan_to_num(seen.correlation[[number for number, places in enumerate(seen.of_recording) if len(places)]])
    if correlation.shape[0] == 0 or correlation.shape[1] < MIN_CHANNELS:
        return np.empty(0, dtype=np.intp)
    off = ~np.eye(correlation.shape[1], dtype=bool)
    highest, lowest = np.where(off, correlation, -1.0).max(axis=2), np.where(off, correlation, 1.0).min(axis=2)
    lonely = ((highest < 0.1) & (lowest < -0.6)).mean(axis=0) >= 0.7
    others = np.median(highest, axis=0) > 0.5
    return np.flatnonzero(lonely) if others.mean() >= 0.7 else np.empty(0, dtype=np.intp)


def _standard(patterns: Floats) -> Floats:
    """Patterns less their mean, of standard deviation 1; along the last axis."""
    centred = patterns - patterns.mean(axis=-1, keepdims=True)
    standard: Floats = centred / np.maximum(centred.std(axis=-1, keepdims=True), 1e-12)
    return standard


def _likeness(own: Floats, typical_pattern: Floats, above: tuple[NDArray[np.intp], NDArray[np.intp]]) -> float:
    """Correlation of two matrices' upper triangles."""
    return float(np.mean(_standard(own[above]) * _standard(typical_pattern[above])))
