"""The dry run on a BIDS tree: what its metadata say of segments and windows, whether or not a recording is fetched."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from eegcli.artifacts.naming import derived_output
from eegcli.bids.participants import Participants, load_participants
from eegcli.bids.scan import RecordingFile, survey
from eegcli.bids.sidecars import Sidecars
from eegcli.epoch.counting import UNBOUNDED, Counted, count, show_irregular, summarise
from eegcli.epoch.grid import samples, segment_rules
from eegcli.epoch.hed import HedBookkeeping
from eegcli.errors import ASKED_WRONGLY, EegcliError, InputError
from eegcli.reporter import Reporter
from eegcli.result import DryRun
from eegcli.settings import EpochSettings
from eegcli.study.events import Events
from eegcli.study.segments import SegmentRule

STEP = 1000.0  # Hz: how finely times are taken where no rate is stated


def dry_run_of_tree(settings: EpochSettings, reporter: Reporter) -> DryRun:
    """Count the segments and windows that a BIDS tree would give.

    The events are those of `events.tsv`, the length and the rate those of `*_eeg.json`: no recording is opened.

    Raises
    ------
    InputError
        If no recording is selected, or only HED is asked for and no event has any.
    """
    (root,) = settings.recordings
    participants = load_participants(Path(os.path.abspath(root)))  # noqa: PTH100  # as the survey does
    participants.tell(reporter)
    found = survey(root, settings, reporter=reporter, participants=lambda: participants.table).recordings
    participants.tell_mistaken(reporter, {recording.subject for recording in found})
    rules = segment_rules(settings)
    asked = HedBookkeeping(rules)
    items = list(_counted(found, participants, rules, settings, asked, reporter))
    asked.check(reporter, str(root))
    unbounded = sum(item.error == "" and n_times == UNBOUNDED for item, n_times in items)
    if unbounded:
        reporter.warn(f"the length of {unbounded} recordings is not stated: their last segments may be shorter than counted")
    summary: dict[str, Any] = summarise((item for item, _ in items), rules)
    show_irregular(summary, reporter)
    if not summary["n_windows"]:
        reporter.warn("no recording gives a window")
    summary["n_subjects"] = len({item.subject for item in found})
    return DryRun(output=settings.output or derived_output(root, "windows"), summary=summary, shown=("irregular",))


def _counted(
    found: Sequence[RecordingFile],
    participants: Participants,
    rules: Sequence[SegmentRule],
    settings: EpochSettings,
    asked: HedBookkeeping,
    reporter: Reporter,
) -> Iterator[tuple[Counted, int]]:
    sidecars = Sidecars(found[0].root)
    homes = Counter(recording.stem for recording in found)
    for recording in reporter.progress(found, "Counting segments", len(found)):
        n_times = UNBOUNDED
        try:
            if homes[recording.stem] > 1:
                raise InputError("stands in more than one folder")
            if recording.subject in participants.contradicted:
                raise InputError(participants.contradicted[recording.subject])
            sfreq, n_times = _length(sidecars.metadata(recording))
            events = _events(recording, sidecars, needed=bool(rules))
            asked.see(events)
            window = samples(settings, sfreq)
            item = count(recording.stem, events, rules, sfreq=sfreq, n_times=n_times, window=window, match_hed=asked.match)
        except EegcliError as error:
            if error.exit_code in ASKED_WRONGLY:
                raise
            item = Counted(recording.stem, Counter(), Counter(), error=error.message)
        yield item, n_times
    for remark in sidecars.remarks:
        reporter.warn(remark)


def _events(recording: RecordingFile, sidecars: Sidecars, *, needed: bool) -> Events:
    events = sidecars.events(recording)
    if events is None and needed:
        raise InputError("no events.tsv; the events in the file itself are seen by preprocess")
    return Events() if events is None else events


def _length(metadata: dict[str, Any]) -> tuple[float, int]:
    """Sampling frequency (Hz) and number of samples, as far as stated."""
    sfreq, duration = _positive(metadata.get("SamplingFrequency")) or STEP, _positive(metadata.get("RecordingDuration"))
    return sfreq, UNBOUNDED if duration is None else math.floor(duration * sfreq + 0.5)


def _positive(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value > 0:
        return float(value)
    return None
