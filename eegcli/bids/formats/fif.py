"""FIF, in one file or several: read by MNE, whose own format it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.events import join, make_events
from eegcli.bids.formats.clock import BOUNDARY
from eegcli.bids.formats.contents import VIEW, Contents, lacking, one_line, truncated, unreadable
from eegcli.bids.formats.pointers import RENAMED
from eegcli.bids.formats.tal import OUTSIDE
from eegcli.bids.padding import SKIPPED
from eegcli.bids.scan import RecordingFile
from eegcli.files.scratch import scratch
from eegcli.study.events import Events, is_boundary

_VOLT = 107  # FIFF_UNIT_V


@contextmanager
def open_fif(recording: RecordingFile) -> Iterator[Contents]:
    """Open a FIF file and its other parts; samples are not read.

    Parameters
    ----------
    recording : RecordingFile

    Yields
    ------
    Contents

    Raises
    ------
    RecordingError
        If a part is missing or damaged, or holds epochs.
    """
    # Parts name each other, and an annexed file may be a link to one of another name: MNE sees all of them under their own.
    with scratch(VIEW) as folder:
        for path in (recording.path, *recording.companions):
            (folder / path.name).symlink_to(recording.root / path)
        file = folder / recording.path.name
        raw, renamed = _opened(file, [recording.root / path for path in recording.companions])
        yield replace(_contents(raw), warnings=(*_left_out(raw, file), *([RENAMED] if renamed else [])))


def _opened(file: Path, parts: Sequence[Path]) -> tuple[Any, bool]:
    """Open a file in a folder of links; a part that it calls as before a rename is the one that goes on where it ends."""
    import mne

    renamed = False
    while True:
        try:
            return mne.io.read_raw_fif(file, allow_maxshield="yes"), renamed
        except Exception as error:
            missing = _missing_part(error)
            following = _following(file, parts) if missing else None
            if missing is None or following is None:
                raise _explained(error) from error
        (file.parent / missing).symlink_to(following)
        renamed = True


def _following(file: Path, parts: Sequence[Path]) -> Path | None:
    """Find the part that begins with the sample after the last that the file reaches; None if none does."""
    import mne

    options = {"allow_maxshield": "yes", "on_split_missing": "ignore"}
    reached = mne.io.read_raw_fif(file, **options)
    known = {Path(path).resolve() for path in reached.filenames}
    others = [part for part in parts if part.resolve() not in known]
    return next((part for part in others if mne.io.read_raw_fif(part, **options).first_samp == reached.last_samp + 1), None)


def _missing_part(error: Exception) -> str | None:
    """Name of the part that MNE looked for in vain."""
    found = re.search(r"next file (.+?) does not exist", one_line(error))
    return found[1].rpartition("/")[2] if found else None


def _contents(raw: Any) -> Contents:
    channels = raw.info["chs"]
    rate = float(raw.info["sfreq"])
    multipliers = np.array([10.0 ** int(channel["unit_mul"]) if int(channel["unit"]) == _VOLT else 1.0 for channel in channels])

    def read(picks: Any) -> np.ndarray:
        try:
            data: np.ndarray = raw.get_data(picks=list(picks))
        except Exception as error:
            raise _explained(error) from error
        data *= 1e6
        factors = multipliers[list(picks)]
        return data if (factors == 1.0).all() else data * factors[:, np.newaxis]

    positions = np.array([channel["loc"][:3] for channel in channels], dtype=float)
    positions[~np.isfinite(positions).all(axis=1) | (np.abs(positions).sum(axis=1) == 0)] = np.nan
    return Contents(
        ch_names=tuple(raw.ch_names),
        types=tuple(raw.get_channel_types()),
        units=("V",) * len(channels),
        rates=(rate,) * len(channels),
        n_times=(int(raw.n_times),) * len(channels),
        read=read,
        steps=lambda channel: np.round(raw.get_data(picks=[channel])[0]).astype(np.int64),
        events=_events(raw),
        positions=positions,
        landmarks=_has_landmarks(raw),
    )


def _has_landmarks(raw: Any) -> bool:
    from mne.io.constants import FIFF

    found = [point["coord_frame"] for point in raw.info["dig"] or () if point["kind"] == FIFF.FIFFV_POINT_CARDINAL]
    return found.count(FIFF.FIFFV_COORD_HEAD) >= 3


def _left_out(raw: Any, file: Path) -> tuple[str, ...]:
    """Remark on annotations that MNE leaves out in silence, since they lie outside the data."""
    import mne

    try:
        stored = Counter(mne.read_annotations(file).description)
    except OSError:  # it has none
        return ()
    return (OUTSIDE,) if stored - Counter(raw.annotations.description) else ()


def _events(raw: Any) -> Events:
    """Annotations; boundaries about what was skipped, and where a part does not go on where the one before ended."""
    stored = raw.annotations
    # Onsets count from the measurement's begin, the data from their first sample. A skip that was saved as an annotation, too, is one.
    rows = dict.fromkeys(
        (float(onset), 0.0 if is_boundary(name) else float(seconds), str(name), 0 if name.lower() == SKIPPED else number)
        for number, (onset, seconds, name) in enumerate(
            zip(stored.onset - raw.first_time, stored.duration, stored.description, strict=True)
        )
    )
    events = make_events([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    rate, seconds = float(raw.info["sfreq"]), raw.n_times / float(raw.info["sfreq"])
    skipped = np.array([str(name).lower() == SKIPPED for name in events.value], dtype=bool)
    cuts = [*events.onset[skipped], *(events.onset + events.duration)[skipped]]
    firsts, lasts = getattr(raw, "_first_samps", [0]), getattr(raw, "_last_samps", [0])
    ends = np.cumsum([last - first + 1 for first, last in zip(firsts, lasts, strict=True)])
    cuts += [end / rate for end, last, first in zip(ends, lasts, firsts[1:], strict=False) if first != last + 1]
    cuts = sorted({round(cut * rate) / rate for cut in cuts if 0.5 / rate < cut < seconds - 0.5 / rate})
    return join(events, make_events(cuts, [0.0] * len(cuts), [BOUNDARY] * len(cuts)))


def _explained(error: Exception) -> RecordingError:
    text = one_line(error)
    if "epoch" in text.lower():
        return RecordingError("cut into epochs; continuous recordings are needed", cause="epochs")
    missing = _missing_part(error)
    if missing is not None:
        return lacking(f"its next part, {missing}, is not here")
    if "appears to be broken" in text or "end of file" in text.lower():
        return truncated(f"truncated or damaged ({text})")
    return unreadable(error)
