"""Segment rules of one run: parsed, checked against the window's length, and told where their segments end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from eegcli.errors import UsageError
from eegcli.reporter import Reporter
from eegcli.settings import EpochSettings
from eegcli.settings.parse import stretch_of
from eegcli.study.ends import BOUNDARY, NEXT_EVENT, SAME_NAME
from eegcli.study.events import Events
from eegcli.study.segments import SegmentRule, parse_rules
from eegcli.study.vocabulary import Vocabulary, survey

AUTO = "auto"
LONGEST_TRIAL = 10.0  # s: one window that is longer (a whole block, a minute of sleep) must not run into the next task
SAME_LENGTH = 1e-6  # s: what decimal numbers of seconds lose when one is subtracted from the other, and more


def segment_rules(settings: EpochSettings) -> tuple[SegmentRule, ...]:
    """The segments that are asked for; a HED query that cannot be parsed is told of at once.

    Raises
    ------
    UsageError
        If a rule, `--until` or `--baseline` makes no sense.
    """
    rules = parse_rules(settings.segment, hed=settings.hed, annotation=settings.annotation)
    for rule in rules:
        if rule.kind == "hed":
            from eegcli.bids.hed_query import check_query

            check_query(rule.event)
    _check_until(settings.until)
    _check_baseline(settings.baseline, rules)
    return tuple(_ending(rule, settings) for rule in rules)


def known_rules(
    settings: EpochSettings, rules: tuple[SegmentRule, ...], cohort: Iterable[Events], where: str, reporter: Reporter
) -> tuple[tuple[SegmentRule, ...], Vocabulary]:
    """Rules that know which names and columns the cohort's events have, and the vocabulary itself.

    Without a rule no event is looked at.

    Raises
    ------
    UsageError, InputError
        If a condition cannot be read, or names a column that no recording has.
    """
    wanted = {rule.event for rule in rules if rule.kind == "event"}
    vocabulary = survey(cohort if rules else (), settings.event_column or "", wanted)
    if settings.event_column is not None and not rules:
        raise UsageError(f"--event-column {settings.event_column} names the events that segments begin at, and no segment is named")
    if not rules:
        return rules, vocabulary
    vocabulary.check_column(where)
    for rule in rules:
        if rule.kind != "annotation" and (length := rule.tmax - rule.tmin) < settings.length - SAME_LENGTH:
            reporter.warn(
                f"segment {rule.name} goes from {rule.tmin:g} to {rule.tmax:g} s: no window of {settings.length:g} s fits; "
                f"--length {length:g} makes one window of each"
            )
    for column in sorted(vocabulary.mixed):
        asked = column == settings.event_column or any(column in rule.event for rule in rules)
        tell = reporter.warn if asked else reporter.debug  # of columns that nobody names it is no news
        tell(f"events: {column} holds text in one recording and numbers in another: it is text for all")
    for name in sorted(wanted - vocabulary.names):
        if holder := vocabulary.holders.get(name):
            reporter.warn(f"no event is named {name}, but the column {holder} holds it: --event-column {holder}")
    enders = {name for rule in rules for name in rule.until} - {NEXT_EVENT, SAME_NAME, BOUNDARY}
    if unknown := sorted(enders - vocabulary.names):
        reporter.warn(f"--until: no recording has an event {' or '.join(unknown)}")
    return vocabulary.resolve(rules), vocabulary


def _ending(rule: SegmentRule, settings: EpochSettings) -> SegmentRule:
    """Tell a rule where its segments end, and whether each is one window: a trial.

    A trial runs past other events: the key that answers a stimulus belongs to it, and trials cut there would leave the slow answers only.
    """
    if rule.kind == "annotation":
        return rule
    trial = abs(rule.tmax - rule.tmin - settings.length) <= SAME_LENGTH
    short = settings.length <= LONGEST_TRIAL + SAME_LENGTH
    until = settings.until if settings.until != (AUTO,) else (BOUNDARY,) if trial and short else (NEXT_EVENT,)
    return replace(rule, until=until, trial=trial)


def _check_until(until: tuple[str, ...]) -> None:
    if len(until) > 1 and {AUTO, NEXT_EVENT} & set(until):
        raise UsageError(f"--until {','.join(until)}: {AUTO} and {NEXT_EVENT} stand alone")


def _check_baseline(baseline: str | None, rules: tuple[SegmentRule, ...]) -> None:
    if baseline is None:
        return
    if not rules:
        raise UsageError("--baseline counts from an event, and no segment is named", hint="For example --segment go=go:-0.2:0.8")
    tmin, tmax = stretch_of(baseline)
    for rule in rules:
        first = 0.0 if rule.kind == "annotation" else rule.tmin
        if tmin < first - SAME_LENGTH or tmax > rule.tmax + SAME_LENGTH:
            raise UsageError(f"--baseline {baseline} reaches out of segment {rule.name}, which goes from {first:g} to {rule.tmax:g} s")
