"""Part of the explanations of simulated recordings: what each method ranks highest, held against what was planted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eegcli.artifacts.explanation import StoredExplanation
from eegcli.errors import counted, listed
from eegcli.reporting.content import Block, Grid, Missing, Text
from eegcli.reporting.material import Material, settings_of
from eegcli.reporting.relevance import Axis, Score, axes_of, precision_at_k
from eegcli.reporting.truth import FILE, TARGET, Effect, Truth
from eegcli.reporting.wording import DASH

FOUND = 2.0  # times chance: from here on a method is said to find what was planted
FOUND_WORDS = "twice chance or better (where chance is above a third, halfway from chance to all of it)"
WORDS = {"band": "frequency", "region": "channel", "time": "time"}
COLUMNS = ("method", "verdict", "what", "planted", "ranked highest", "of these planted", "by chance", "times chance")


@dataclass(frozen=True)
class Comparison:
    """Comparison of what a method ranks highest along an axis with what was planted there.

    Attributes
    ----------
    method : str
    passed : bool or None
        Whether the method passed its controls.
    what : str
        The axis in a word; of channels within a band also which.
    planted, highest : str
        In words.
    score : Score
    n : int
        Of the items that are true.
    """

    method: str
    passed: bool | None
    what: str
    planted: str
    highest: str
    score: Score
    n: int

    @property
    def is_found(self) -> bool:
        """True at twice chance or better; where chance is above a third, halfway from chance to all that was planted."""
        return self.score.precision >= min(FOUND * self.score.chance, (1 + self.score.chance) / 2)


def comparisons_of(material: Material) -> list[Comparison]:
    """Hold every method of an explanation against what was planted; nothing where the truth is unknown, or about another target."""
    truth, explanation = _truth_of(material), material.explanation
    if truth is None or explanation is None or material.run.target != TARGET:
        return []
    verdicts = {str(one["name"]): one.get("passed") for one in explanation.metrics["methods"]}
    return [
        held
        for name in verdicts
        if name in explanation.methods
        for held in _of_method(explanation, name, verdicts[name], truth, with_time=_is_cut_as_planted(material, truth))
    ]


def finding(material: Material) -> Text | None:
    """Say how the methods that passed stand to what was planted, with a verdict; None where that is not known."""
    truth, explanation = _truth_of(material), material.explanation
    if truth is None or explanation is None or material.run.target != TARGET:
        return None
    passed = [str(one["name"]) for one in explanation.metrics["methods"] if one.get("passed")]
    if not truth.effects:
        told = f"passed, and there is nothing to show: {listed(passed, 4, count=True)}" if passed else "no method passed, as it should be"
        return Text(f"The recordings are simulated and nothing was planted in them; {told}.", "broken" if passed else "ok")
    if not any(effect.has_a_place for effect in truth.effects):
        return Text("The recordings are simulated; what was planted in them is everywhere, so that there is no place to be found.")
    missed: dict[str, list[str]] = {}
    for one in comparisons_of(material):
        if one.passed:
            missed.setdefault(one.method, []).extend([] if one.is_found else [one.what])
    if not missed:
        return Text(
            "The recordings are simulated, but no method that passed tells of a place in which something was planted.", "not-judged"
        )
    but = "; ".join(f"{name}: not its {', '.join(whats)}" for name, whats in missed.items() if whats)
    n_found = sum(not whats for whats in missed.values())
    return Text(
        f"The recordings are simulated: of {counted(len(missed), 'method')} that passed and tell{'s' if len(missed) == 1 else ''} of its place, "
        f"{n_found} {'finds' if n_found == 1 else 'find'} what was planted{f' ({but})' if but else ''}.",
        "suspect" if but else "ok",
    )


def blocks_of(material: Material) -> Iterator[Block]:
    """State what was planted, and table what each method ranks highest beside it; nothing where recordings are not known to be simulated."""
    if FILE in material.why_not:
        yield Missing(f"What was planted in the recordings is not known: {material.why_not[FILE]}.")
    truth = _truth_of(material)
    if truth is None:
        if len(material.truths) > 1:
            yield Text(
                f"The recordings are simulated, of data sets with different effects: {_names(material.truths)}. No method is held against them."
            )
        return
    yield Text(f"The recordings are simulated; {FILE} of {_names(material.truths)} says what was planted. {truth.summary}")
    if material.run.target != TARGET:
        yield Text(f"No method is held against it: what was planted depends on {TARGET}, and this run tells {material.run.target}.")
        return
    if (found := finding(material)) is not None:
        yield found
    if any(effect.seconds for effect in truth.effects) and not _is_cut_as_planted(material, truth):
        yield Text(f"Times are not compared: they are those of windows cut with --segment {truth.segment}.")
    held = comparisons_of(material)
    if held:
        yield _table(held)
        yield Text(
            "How to read it: of n frequencies, channels or times k are the planted ones; of the k that a method ranks highest so many are planted, and so many "
            f"would be by chance. Found means {FOUND_WORDS}. A channel beside a planted one has part of its signal, and is counted as wrong."
        )


def _truth_of(material: Material) -> Truth | None:
    """The one truth of all recordings; None where there is none, or data sets differ in it."""
    differing = {(one.effects, one.segment) for one in material.truths}
    return material.truths[0] if len(differing) == 1 else None


def _names(truths: Sequence[Truth]) -> str:
    return listed(dict.fromkeys(one.dataset for one in truths), 4, count=True)


def _is_cut_as_planted(material: Material, truth: Truth) -> bool:
    segments = [] if material.windows is None else settings_of(material.windows.path).get("segment") or []
    return truth.segment in segments


def _of_method(explanation: StoredExplanation, name: str, passed: bool | None, truth: Truth, *, with_time: bool) -> Iterator[Comparison]:
    axes = axes_of(explanation, name)
    if "band" in axes and (bands := [one.band for one in truth.effects if one.band]):
        is_true = np.any([axes["band"].within(*band) for band in bands], axis=0)
        planted = f"{' and '.join(f'{low:g} to {high:g}' for low, high in bands)} Hz"
        yield from _compared(name, passed, "band", "", axes["band"], is_true, planted)
    yield from _channels(explanation, name, passed, truth)
    if with_time and "time" in axes:
        for effect in truth.effects:
            if effect.seconds:
                low, high = effect.seconds
                yield from _compared(name, passed, "time", "", axes["time"], axes["time"].within(low, high), f"{low:.2f} to {high:.2f} s")


def _channels(explanation: StoredExplanation, name: str, passed: bool | None, truth: Truth) -> Iterator[Comparison]:
    """Channels of each effect within its band, of methods that tell frequencies apart at each; else those of all effects together."""
    placed = [one for one in truth.effects if one.electrodes]
    several = len(placed) > 1
    by_effect = {one: axes_of(explanation, name, one.band if several else None).get("region") for one in placed}
    if not placed or any(axis is None for axis in by_effect.values()):
        return
    if several and all(axis is not None and axis.of_band for axis in by_effect.values()):
        for effect, axis in by_effect.items():
            assert axis is not None and effect.band is not None  # of_band says so
            yield from _of_channels(name, passed, axis, [effect], truth, f" at {effect.band[0]:g} to {effect.band[1]:g} Hz")
    else:
        axis = by_effect[placed[0]] if not several else axes_of(explanation, name)["region"]
        assert axis is not None
        yield from _of_channels(name, passed, axis, placed, truth, "")


def _of_channels(name: str, passed: bool | None, axis: Axis, effects: Sequence[Effect], truth: Truth, where: str) -> Iterator[Comparison]:
    wanted = {electrode for effect in effects for electrode in effect.electrodes or ()}
    is_true = np.array([electrode in wanted for electrode in truth.electrodes_of(axis.names)])
    planted = ", ".join(one for one, own in zip(axis.names, is_true, strict=True) if own)
    yield from _compared(name, passed, "region", where, axis, is_true, planted)


def _compared(name: str, passed: bool | None, kind: str, where: str, axis: Axis, is_true: np.ndarray, planted: str) -> Iterator[Comparison]:
    score = precision_at_k(axis.relevance, is_true)
    if score is not None:
        yield Comparison(
            name, passed, WORDS[kind] + where, planted, _highest(axis, score, "Hz" if kind == "band" else "s"), score, int(is_true.sum())
        )


def _highest(axis: Axis, score: Score, unit: str) -> str:
    """The items of highest relevance: channels by name, the highest first; neighbouring frequencies and times as ranges."""
    if axis.names:
        return ", ".join(axis.names[item] for item in score.highest)
    ranges: list[list[int]] = []
    for item in sorted(score.highest):
        if ranges and ranges[-1][1] == item - 1:
            ranges[-1][1] = item
        else:
            ranges.append([item, item])
    texts = []
    for first, last in ranges:
        low, high = f"{axis.low[first]:.4g}", f"{axis.high[last]:.4g}"
        texts.append(low if low == high else f"{low} to {high}")
    return f"{', '.join(texts)} {unit}"


def _table(held: Sequence[Comparison]) -> Grid:
    words = {True: "passed", False: "FAILED", None: DASH}
    rows = tuple(
        (
            one.method,
            words[one.passed],
            one.what,
            one.planted,
            one.highest,
            f"{round(one.score.precision * one.n)} of {one.n}",
            f"{one.score.chance * one.n:.1f} of {one.n}",
            f"{one.score.ratio:.1f}",
        )
        for one in held
    )
    return Grid("What was planted, and what each method ranks highest", COLUMNS, rows, (5, 6, 7), sortable=True)
