"""Reads one recording into memory: EEG channels, µV, events; nothing of what it meets is printed."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from eegcli.bids.amplitude import amplitude, check_amplitude, clipped, plausible
from eegcli.bids.channel_check import check_values
from eegcli.bids.channel_choice import Asked, ChannelChoice, choose_channels, contradictions, without
from eegcli.bids.channels import Channels, read_channels
from eegcli.bids.digitised import Stated
from eegcli.bids.errors import RecordingError
from eegcli.bids.events import join
from eegcli.bids.formats import Contents, opened
from eegcli.bids.formats.contents import VIEW, Sex, one_line, truncated
from eegcli.bids.padding import padding
from eegcli.bids.positions import stated_positions
from eegcli.bids.scan import RecordingFile
from eegcli.bids.sidecars import Sidecars
from eegcli.bids.triggers import events_of_triggers
from eegcli.bids.units import microvolts
from eegcli.errors import listed
from eegcli.study.events import Events, is_bad, is_boundary

NO_EEG = "State the types in channels.tsv, or name the channels with --eeg-channels."
WRONG_UNIT = "channels.tsv states a unit that the samples cannot be in; they are taken for µV"
OTHER_UNIT = "channels.tsv states another unit than the file's header, which is taken"
OTHER_RATE = "eeg.json states another SamplingFrequency than the file has, which is taken; info and dry runs go by eeg.json"
OTHER_DURATION = "eeg.json states another RecordingDuration than the file has, which is taken; info and dry runs go by eeg.json"
OTHER_SHARE, OTHER_SECONDS, OTHER_LENGTH = 1e-3, 2.0, 0.02  # of the rate; s; of the length
MOST_OUTSIDE = "most events of events.tsv lie outside the recording: they are of another file, or their onsets are not in seconds"
SOME_OUTSIDE = "events.tsv has events outside the recording, before its begin or after its end"
BY_THE_CLOCK = "the recording has gaps, and events.tsv counts the seconds of the clock: its events are moved to their place in the data"
BY_THE_DATA = "the recording has gaps; events.tsv is taken to count the seconds of the data, gaps left out"


class Ecg(NamedTuple):
    """Channel that records the heart, shape (n_times,), in whatever unit the file has, and its own sampling frequency (Hz)."""

    data: np.ndarray
    sfreq: float


@dataclass(frozen=True)
class Reading:
    """Recording as read from its files, before any step.

    Attributes
    ----------
    data : ndarray of float64, or of float32 where that is what the file holds, shape (n_channels, n_times), µV
        EEG channels only.
    ch_names : tuple of str
        As the file names them.
    sfreq : float
        Sampling frequency, Hz.
    reference : str
        As the sidecar states it; ``unknown`` if it does not.
    events : Events
        Of events.tsv, or the file's annotations, or its trigger channels; ``boundary`` and ``BAD_`` of the file in any case,
        ``BAD_clipped`` and ``BAD_padding`` found here.
    electrodes : Stated
        Where they lie, as electrodes.tsv or the file states it.
    bad_channels : tuple of str
        Marked ``bad`` in channels.tsv.
    header_sex : str or None
        F or M in an EDF header; participants.tsv, not this, says who was recorded.
    broken_channels : tuple of str
        With samples that are NaN or infinite.
    choices : tuple of ChannelChoice
        Every channel of the file: taken as EEG or not, and why.
    ecg : Ecg or None
        First channel that records the heart.
    line_frequency : float or None, Hz
        Of the mains, as the sidecar states it.
    warnings : tuple of str
        What the reader of a cohort should know, without the recording's name, so that equal ones can be counted.
    notes : tuple of str
        What MNE and mne-bids said, for the log.
    """

    data: np.ndarray
    ch_names: tuple[str, ...]
    sfreq: float
    reference: str
    events: Events
    electrodes: Stated
    bad_channels: tuple[str, ...] = ()
    broken_channels: tuple[str, ...] = ()
    header_sex: Sex | None = None
    choices: tuple[ChannelChoice, ...] = ()
    ecg: Ecg | None = None
    line_frequency: float | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def positions(self) -> np.ndarray:
        """Positions of the electrodes in head coordinates, shape (n_channels, 3), m; NaN where unknown."""
        return self.electrodes.positions


def read_recording(recording: RecordingFile, asked: Asked | None = None) -> Reading:
    """Read a recording and the sidecars that apply to it.

    Parameters
    ----------
    recording : RecordingFile
        From `find_recordings`.
    asked : Asked, optional
        What the user says of channels and unit, which goes before all else.

    Returns
    -------
    Reading

    Raises
    ------
    RecordingError
        If the file is not fetched, empty, truncated or damaged, holds no continuous EEG, is flat or in an unknown unit,
        or if a sidecar contradicts it.
    """
    _check_file(recording)
    sidecars = Sidecars(recording.root)
    metadata = sidecars.metadata(recording)
    stated_events = sidecars.events(recording)
    with quiet() as notes, opened(recording) as contents:
        names = list(contents.ch_names)
        stated = next((read_channels(path, names, sidecars.remarks) for path in sidecars.find(recording, "channels", ".tsv")), Channels())
        choices = choose_channels(names, stated.types, contents.types, asked)
        picks = [i for i, choice in enumerate(choices) if choice.is_eeg]
        if not picks:
            raise RecordingError(f"no EEG channels among {listed(choices, 6)}", cause="no EEG channels", hint=NO_EEG)
        picks, of_rates = _of_one_rate(contents, picks)
        choices = without(choices, picks, "another sampling frequency")
        sfreq, n_times = contents.rates[picks[0]], contents.n_times[picks[0]]
        if not n_times:
            raise truncated("no samples")
        in_file = _in_file(contents, stated, triggers=stated_events is None)
        events, of_events = _chosen(stated_events, in_file, contents, sfreq)
        of_events = [*of_events, *_outside(stated_events, events, n_times / sfreq)]
        data, ecg = _read(contents, picks, [i for i, choice in enumerate(choices) if choice.kind == "ecg"][:1])
    kept = [names[index] for index in picks]
    data, of_units = _microvolts(data, kept, stated, [contents.units[index] for index in picks])
    if recording.extension != ".fif":  # which is in volts whatever its channels.tsv is written for
        of_units = (*of_units, *_other_units(kept, stated, [contents.units[index] for index in picks]))
    of_file = _other_facts(metadata, sfreq, n_times)
    data = data if asked is None or asked.factor == 1.0 else data * asked.factor
    reference = _reference(metadata)
    checked = check_values(choices, data, sfreq, reference)
    saturated = clipped(checked.take_usual(data), sfreq)
    data, kept = checked.take(data), [kept[row] for row in checked.rows]
    positions = contents.positions[picks][list(checked.rows)]
    electrodes = stated_positions(recording, sidecars, kept, positions, has_landmarks=contents.landmarks)
    check_amplitude(data)
    return Reading(
        data=data,
        ch_names=tuple(kept),
        sfreq=sfreq,
        reference=reference,
        events=join(events, saturated, padding(data, sfreq)),
        electrodes=electrodes,
        bad_channels=tuple(name for name in kept if name in stated.bad or name in checked.bad),
        broken_channels=tuple(name for name, channel in zip(kept, data, strict=True) if not np.isfinite(channel).all()),
        header_sex=contents.sex,
        choices=checked.choices,
        ecg=ecg,
        line_frequency=_line_frequency(metadata),
        warnings=(
            *(*contents.warnings, *of_rates, *of_events, *of_units, *checked.warnings, *_contradicted(choices)),
            *(*of_file, *electrodes.warnings, *sidecars.remarks),
        ),
        notes=(*(note for note in notes if VIEW not in note or note.startswith("mne-bids")), *electrodes.notes),
    )


def channels_in_file(recording: RecordingFile) -> list[ChannelChoice]:
    """List the channels of a recording's file, each taken as EEG or not by its name and the file's own type; samples are not read.

    Raises
    ------
    RecordingError
        If it cannot be read.
    """
    _check_file(recording)
    with quiet(), opened(recording) as contents:
        return choose_channels(contents.ch_names, {}, contents.types)


def events_in_file(recording: RecordingFile) -> Events:
    """Read the events that the recording's own file holds: annotations and markers, else those of its trigger channels.

    Parameters
    ----------
    recording : RecordingFile
        Fetched. Of its samples, those of trigger channels alone are read.

    Raises
    ------
    RecordingError
        If it cannot be read.
    """
    _check_file(recording)
    sidecars = Sidecars(recording.root)
    with quiet(), opened(recording) as contents:
        tables = sidecars.find(recording, "channels", ".tsv")
        stated = read_channels(tables[0], contents.ch_names) if tables else Channels()
        return _in_file(contents, stated, triggers=True)


class _Collector(logging.Handler):
    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self.notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        self.notes.append(one_line(record.getMessage()))


@contextmanager
def quiet() -> Iterator[list[str]]:
    """Collect what MNE, mne-bids and others warn of inside the block; nothing of it is printed."""
    import mne

    notes: list[str] = []
    logger = mne.utils.logger
    handlers = logger.handlers[:]
    logger.handlers[:] = [_Collector(notes)]  # MNE's own handler writes to standard output, which carries the artifact's path alone
    try:
        with warnings.catch_warnings(record=True) as caught, mne.utils.use_log_level("WARNING"):
            warnings.simplefilter("always")
            yield notes
    finally:
        logger.handlers[:] = handlers
        notes.extend(one_line(warning.message) for warning in caught)
        notes[:] = list(dict.fromkeys(notes))


def _check_file(recording: RecordingFile) -> None:
    if not recording.fetched:
        raise RecordingError(f"not fetched{f' ({recording.size / 1e6:.0f} MB)' if recording.size else ''}", cause="not fetched")
    own = [path for path in recording.companions if path.stem == recording.path.stem or path.suffix.lower() == ".fif"]
    for path in (recording.path, *own):
        if (recording.root / path).stat().st_size == 0:
            raise truncated(f"{path.name} is empty")


def _of_one_rate(contents: Contents, picks: list[int]) -> tuple[list[int], list[str]]:
    """EEG channels at the rate that most of them have: one that was sampled otherwise is never resampled in secret."""
    counts = Counter(contents.rates[pick] for pick in picks).most_common()
    if len(counts) == 1:
        return picks, []
    groups = [
        f"{rate:g} Hz: {listed([contents.ch_names[pick] for pick in picks if contents.rates[pick] == rate], 4)}" for rate, _ in counts
    ]
    if counts[0][1] == counts[1][1]:
        raise RecordingError(
            f"its EEG channels have several sampling frequencies ({'; '.join(groups)})",
            cause="rates differ",
            hint="State in channels.tsv which of them are EEG.",
        )
    kept = [pick for pick in picks if contents.rates[pick] == counts[0][0]]
    others = "; ".join(group for group, (rate, _) in zip(groups, counts, strict=True) if rate != counts[0][0])
    return kept, [f"EEG channels that are not sampled at {counts[0][0]:g} Hz, as most are, are left out ({others})"]


def _read(contents: Contents, picks: list[int], heart: list[int]) -> tuple[np.ndarray, Ecg | None]:
    """Samples of the EEG, and those of the heart: in one pass over the file where their rate is the same."""
    if not heart:
        return contents.read(picks), None
    sfreq = contents.rates[heart[0]]
    if sfreq != contents.rates[picks[0]] or contents.n_times[heart[0]] != contents.n_times[picks[0]]:
        return contents.read(picks), Ecg(contents.read(heart)[0].astype(float), sfreq)
    data = contents.read([*picks, *heart])
    return data[:-1], Ecg(data[-1].astype(float), sfreq)


def _in_file(contents: Contents, stated: Channels, *, triggers: bool) -> Events:
    """Events of the file: those of trigger channels only where it has none in words."""
    if not triggers or any(not _is_technical(str(value)) for value in contents.events.value):
        return contents.events
    return join(contents.events, events_of_triggers(contents, [stated.types.get(name) for name in contents.ch_names]))


def _is_technical(value: str) -> bool:
    return is_boundary(value) or is_bad(value)


def _chosen(stated: Events | None, in_file: Events, contents: Contents, sfreq: float) -> tuple[Events, list[str]]:
    """Events of events.tsv where there is one, with what only the file knows: cuts and stretches to reject."""
    if stated is None:
        return in_file, []
    stated, warned = _placed(stated, in_file, contents, sfreq)
    technical = [
        index
        for index, value in enumerate(in_file.value)
        if _is_technical(value)
        if not any(
            value == other and abs(in_file.onset[index] - onset) <= 1 / sfreq
            for other, onset in zip(stated.value, stated.onset, strict=True)
        )
    ]
    return join(stated, in_file.take(np.array(technical, dtype=int))), warned


def _outside(stated: Events | None, placed: Events, seconds: float) -> list[str]:
    """Remark on events of events.tsv that lie where nothing was recorded: they are of another file, or not in seconds."""
    if stated is None or not len(stated):
        return []
    n_outside = int(((placed.onset < -1.0) | (placed.onset > seconds + 1.0)).sum())
    if 2 * n_outside > len(stated):
        return [MOST_OUTSIDE]
    return [SOME_OUTSIDE] if n_outside else []


def _placed(stated: Events, in_file: Events, contents: Contents, sfreq: float) -> tuple[Events, list[str]]:
    """Events of events.tsv in seconds of the data, where the recording has gaps.

    BIDS counts seconds from the first sample, and does not say whether they go on in a gap. The file's own annotations tell it by their
    two times; else an onset beyond the data does; else they are seconds of the data.
    """
    clock = contents.clock
    if clock is None or not len(stated):
        return stated, []
    onset, duration, there = clock.placed(stated.onset, stated.duration)
    own = np.array([time for time, value in zip(in_file.onset, in_file.value, strict=True) if not _is_technical(str(value))])

    def alike(times: np.ndarray) -> int:
        return int(sum(np.abs(own - time).min() <= 1 / sfreq for time in times)) if len(own) else 0

    in_data, passed = clock.seconds
    beyond = ((stated.onset > in_data + 1 / sfreq) & (stated.onset <= passed + 1 / sfreq)).any()
    by_clock, by_data = alike(onset[there]), alike(stated.onset)
    if not (by_clock > by_data or (by_clock == by_data and beyond)):
        return stated, [BY_THE_DATA]
    moved = replace(stated, onset=onset, duration=duration).take(there)
    return moved, [BY_THE_CLOCK]


def _microvolts(data: np.ndarray, names: Sequence[str], stated: Channels, units: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Bring channels whose file names no unit of voltage from the unit in channels.tsv to µV."""
    unknown = np.array([microvolts(unit) is None for unit in units])
    if not unknown.any():
        return data, ()
    odd = sorted({unit for unit in units if unit.strip() and microvolts(unit) is None})
    warned = [f"the file's unit {listed(odd, 3)} is not known: channels.tsv decides, else µV is taken"] if odd else []
    factors = np.array([microvolts(stated.units.get(name, "")) or 1.0 for name in names])
    factors[~unknown] = 1.0
    typical = amplitude(data)
    if not plausible(typical * float(np.median(factors))) and plausible(typical):
        return data, (*warned, WRONG_UNIT)
    return (data * factors[:, np.newaxis] if (factors != 1.0).any() else data), tuple(warned)  # in double precision


def _other_units(names: Sequence[str], stated: Channels, units: Sequence[str]) -> list[str]:
    """Remark on units of voltage in channels.tsv that are not those of the file's header."""
    pairs = ((microvolts(unit), microvolts(stated.units.get(name, ""))) for name, unit in zip(names, units, strict=True))
    other = any(one is not None and two is not None and one != two for one, two in pairs)
    return [OTHER_UNIT] if other else []


def _other_facts(metadata: Mapping[str, Any], sfreq: float, n_times: int) -> list[str]:
    """Remark on figures of eeg.json that are not the file's, which go before them."""
    rate, seconds = (_positive(metadata.get(name)) for name in ("SamplingFrequency", "RecordingDuration"))
    said = [OTHER_RATE] if rate is not None and abs(rate / sfreq - 1) > OTHER_SHARE else []
    length = n_times / sfreq
    if seconds is not None and abs(seconds - length) > max(OTHER_SECONDS, OTHER_LENGTH * length):
        said.append(OTHER_DURATION)
    return said


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0 else None


def _reference(metadata: dict[str, Any]) -> str:
    stated = metadata.get("EEGReference")
    text = ", ".join(map(str, stated)) if isinstance(stated, list) else str(stated or "")
    return text if text.strip() and text.strip().lower() != "n/a" else "unknown"


def _line_frequency(metadata: dict[str, Any]) -> float | None:
    return _positive(metadata.get("PowerLineFrequency"))


def _contradicted(choices: Sequence[ChannelChoice]) -> list[str]:
    found = contradictions(choices)
    return [f"channels.tsv calls EEG what has the name of another input, and is believed: {listed(found)}"] if found else []
