"""The dry run on a BIDS tree: what its metadata say of segments and windows, whether or not a recording is fetched."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.naming import derived_output
from eegcli.artifacts.table import Table, column
from eegcli.bids.description import dataset_name
from eegcli.bids.participants import Participants, load_participants
from eegcli.bids.reading import events_in_file
from eegcli.bids.scan import RecordingFile, survey
from eegcli.bids.selection import needs_participants
from eegcli.bids.sidecars import Sidecars
from eegcli.epoch.counting import UNBOUNDED, Counted, count, show_irregular, summarise
from eegcli.epoch.grid import samples
from eegcli.epoch.hed import HedBookkeeping
from eegcli.epoch.rules import known_rules, segment_rules
from eegcli.epoch.tally import Tally
from eegcli.errors import ASKED_WRONGLY, EegcliError, InputError, counted
from eegcli.reporter import Reporter
from eegcli.result import DryRun
from eegcli.settings import EpochSettings
from eegcli.study.events import Events
from eegcli.study.labels import join, read_labels, tell
from eegcli.study.segments import SegmentRule
from eegcli.study.vocabulary import Vocabulary

STEP = 1000.0  # Hz: how finely times are taken where no rate is stated


def dry_run_of_tree(settings: EpochSettings, reporter: Reporter) -> DryRun:
    """Count the segments and windows that a BIDS tree would give.

    The events are those of `events.tsv`, the length and the rate those of `*_eeg.json`: no recording is opened, but those that are here
    and have no `events.tsv`, for the events in the file itself.

    Raises
    ------
    InputError
        If no recording is selected, or only HED is asked for and no event has any.
    """
    (root,) = settings.recordings
    participants = load_participants(Path(os.path.abspath(root)))  # noqa: PTH100  # as the survey does
    participants.tell(reporter)
    found = survey(root, settings, reporter=reporter, participants=lambda: participants.table).recordings
    if not needs_participants(settings):  # else it was said before the selection
        participants.tell_mistaken(reporter, {recording.subject for recording in found})
    _try_labels(found, settings, reporter)
    rules = segment_rules(settings)
    read = _read(found, participants, needed=bool(rules), reporter=reporter)
    cohort = (item[0] for item in read if not isinstance(item, EegcliError))
    rules, vocabulary = known_rules(settings, rules, cohort, str(root), reporter)
    asked, tally = HedBookkeeping(rules), Tally(rules, settings.length)
    pairs = zip(found, read, strict=True)
    items = [_counted(recording, item, rules, vocabulary, settings, asked, tally) for recording, item in pairs]
    asked.check(reporter, str(root))
    tally.tell(reporter)
    unbounded = sum(item.error == "" and n_times == UNBOUNDED for item, n_times in items)
    if unbounded:
        reporter.warn(f"the length of {counted(unbounded, 'recording')} is not stated: their last segments may be shorter than counted")
    summary: dict[str, Any] = summarise((item for item, _ in items), rules)
    show_irregular(summary, reporter)
    if not summary["n_windows"]:
        reporter.warn("no recording gives a window")
    summary["n_subjects"] = len({item.subject for item in found})
    return DryRun(output=settings.output or derived_output(root, "windows"), summary=summary, shown=("irregular",))


def _try_labels(found: Sequence[RecordingFile], settings: EpochSettings, reporter: Reporter) -> None:
    """Join a table of labels to the recordings, so that what fits nobody is told before anything is cut."""
    labels = None if settings.labels is None else read_labels(settings.labels)
    if labels is not None and not labels.of_windows:
        table: Table = {name: column(getattr(item, name) for item in found) for name in ("subject", "session", "task", "run")}
        table |= {"recording": column(item.stem for item in found), "dataset": np.full(len(found), dataset_name(found[0].root), object)}
        tell(join(labels, table), table, reporter, of="recordings")


def _read(
    found: Sequence[RecordingFile], participants: Participants, *, needed: bool, reporter: Reporter
) -> list[tuple[Events, dict[str, Any]] | EegcliError]:
    """Events and metadata of each recording, or why it has none."""
    sidecars = Sidecars(found[0].root)
    homes = Counter(recording.stem for recording in found)
    read: list[tuple[Events, dict[str, Any]] | EegcliError] = []
    for recording in reporter.progress(found, "Reading events", len(found)):
        try:
            if homes[recording.stem] > 1:
                raise InputError("stands in more than one folder")
            if recording.subject in participants.contradicted:
                raise InputError(participants.contradicted[recording.subject])
            metadata = sidecars.metadata(recording)
            events = sidecars.events(recording)
            if events is None and needed:
                events = _in_file(recording)
            read.append((Events() if events is None else events, metadata))
        except EegcliError as error:
            if error.exit_code in ASKED_WRONGLY:
                raise
            read.append(error)
    for remark in sidecars.remarks:
        reporter.warn(remark)
    return read


def _in_file(recording: RecordingFile) -> Events:
    if not recording.fetched:
        raise InputError("no events.tsv; the recording is not fetched, and the events may be in the file itself")
    return events_in_file(recording)


def _counted(
    recording: RecordingFile,
    read: tuple[Events, dict[str, Any]] | EegcliError,
    rules: tuple[SegmentRule, ...],
    vocabulary: Vocabulary,
    settings: EpochSettings,
    asked: HedBookkeeping,
    tally: Tally,
) -> tuple[Counted, int]:
    n_times = UNBOUNDED
    try:
        if isinstance(read, EegcliError):
            raise read
        sfreq, n_times = _length(read[1])
        events = vocabulary.fit(read[0])
        asked.see(events)
        window = samples(settings, sfreq)
        item = count(recording.stem, events, rules, sfreq=sfreq, n_times=n_times, window=window, match_hed=asked.match, tally=tally)
        return item, n_times
    except EegcliError as error:
        if error.exit_code in ASKED_WRONGLY:
            raise
        return Counted(recording.stem, Counter(), Counter(), error=error.message), n_times


def _length(metadata: dict[str, Any]) -> tuple[float, int]:
    """Sampling frequency (Hz) and number of samples, as far as stated."""
    sfreq, duration = _positive(metadata.get("SamplingFrequency")) or STEP, _positive(metadata.get("RecordingDuration"))
    return sfreq, UNBOUNDED if duration is None else math.floor(duration * sfreq + 0.5)


def _positive(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value > 0:
        return float(value)
    return None
