"""One recording placed in a BIDS data set: its bytes as links, or BrainVision made of them, and the sidecars that go with it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from eegcli.bids.conversion import write_brainvision
from eegcli.bids.entities import RecordingName
from eegcli.bids.errors import RecordingError
from eegcli.bids.reading import Reading, quiet, read_recording
from eegcli.bids.scan import RecordingFile
from eegcli.errors import InputError, UnavailableError
from eegcli.fetch.named.mending import EVENTS, MEND, Columns
from eegcli.fetch.named.plan import CONVERTED, Named
from eegcli.files.causes import disk_errors
from eegcli.study.events import is_boundary

# What a recording may be brought with all the same: preprocess is told what to do about it.
_VOLT = 107  # FIFF's number of the unit
FOR_THE_USER = ("no EEG channels", "unit")
# Types of channels in BIDS, by the file's own word and by names that leave no doubt; all else that is no EEG is MISC.
TYPES = {
    "eog": "EOG",
    "ecg": "ECG",
    "emg": "EMG",
    "stim": "TRIG",
    "trig": "TRIG",
    "resp": "RESP",
    "gsr": "GSR",
    "temperature": "TEMP",
    "temp": "TEMP",
}
_BY_NAME = (
    (re.compile(r"(^|[^a-z])(ecg|ekg)", re.IGNORECASE), "ECG"),
    (re.compile(r"(^|[^a-z])[vh]?eog", re.IGNORECASE), "EOG"),
    (re.compile(r"(^|[^a-z])emg", re.IGNORECASE), "EMG"),
    (re.compile(r"(^|[^a-z])(status|stim|sti|trig|trigger)", re.IGNORECASE), "TRIG"),
    (re.compile(r"(^|[^a-z])resp", re.IGNORECASE), "RESP"),
    (re.compile(r"(^|[^a-z])(gsr|eda)", re.IGNORECASE), "GSR"),
)
COUNTED = {
    "EEG": "EEGChannelCount",
    "EOG": "EOGChannelCount",
    "ECG": "ECGChannelCount",
    "EMG": "EMGChannelCount",
    "TRIG": "TriggerChannelCount",
}
_MODULE = re.compile(r"the module (\w+)\S* is needed")  # as MNE says it
_POINTER = re.compile(rb"(?im)^([ \t]*(DataFile|MarkerFile)[ \t]*=[ \t]*)([^\r\n]*)")


@dataclass(frozen=True)
class Placed:
    """Recording in its place.

    Attributes
    ----------
    files : tuple of str
        Paths of all its files, relative to the data set; the one that is opened last.
    remark : str
        What has to be said of it; empty if nothing.
    notes : tuple of str
        What MNE and mne-bids said, for the log.
    """

    files: tuple[str, ...]
    remark: str = ""
    notes: tuple[str, ...] = ()


def place(item: Named, root: Path, output: Path, work: Path) -> Placed:
    """Place one recording: made aside, read by our own reader, then moved file by file, the one that is opened last.

    Parameters
    ----------
    item : Named
    root : Path
        Folder of the files as they are, absolute.
    output : Path
        The data set.
    work : Path
        An empty folder on the same disk.

    Raises
    ------
    RecordingError
        If it cannot be read.
    InputError
        If a link in the way leads out of the data set.
    UnavailableError
        If a package that reads or writes its format is not installed.
    """
    folder = work / item.target.path.parent
    folder.mkdir(parents=True)
    converted = None if item.is_kept else _convert(item, root / item.source, folder)
    if item.is_kept:
        _link(item, root / item.source, folder)
    recording = _recording(item, work)
    reading, remark = _read(recording)
    if converted is not None:
        # Events of a file that is kept are its own: a table beside it would hide what else the file says of them.
        _write_table(folder / f"{item.target.stem}_events.tsv", converted.events)
    if reading is not None:
        channels = Channels.of(_header(recording.file), has_units=False) if converted is None else converted.channels
        types = channel_types(reading, channels)
        table = {"name": channels.names, "type": types, "units": channels.units}
        if converted is not None and channels.bad:
            table["status"] = ["bad" if name in channels.bad else "good" for name in channels.names]
        _write_table(folder / f"{item.target.stem}_channels.tsv", table)
        _write_sidecar(folder / f"{item.target.stem}_eeg.json", item.target, reading, types)
    notes = (*(converted.notes if converted else ()), *(reading.notes if reading else ()))
    return Placed(_move(folder, output / item.target.path.parent, output, item.target.path.name), remark, notes)


@dataclass(frozen=True)
class Channels:
    """Channels of a file: names, types in MNE's words, units as BIDS has them (``n/a`` where the file itself says it), and those marked bad."""

    names: list[str]
    kinds: list[str]
    units: list[str]
    bad: frozenset[str] = frozenset()

    @classmethod
    def of(cls, raw: Any, *, has_units: bool) -> Channels:
        """Channels of a recording that MNE has opened; with units as pybv writes them."""
        kinds = list(raw.get_channel_types())
        volts = [int(channel["unit"]) == _VOLT and kind != "stim" for channel, kind in zip(raw.info["chs"], kinds, strict=True)]
        units = ["µV" if has_units and is_volt else "n/a" for is_volt in volts]
        return cls(list(raw.ch_names), kinds, units, frozenset(raw.info["bads"]))


def channel_types(reading: Reading, channels: Channels) -> list[str]:
    """Types for channels.tsv: EEG is what our own reader takes for it, on names, types and values; another table would overrule it.

    Parameters
    ----------
    reading : Reading
    channels : Channels
        All channels of the file that was brought; where it was converted, of the one that it was made of.
    """
    kept = set(reading.ch_names)
    known = {choice.name: choice.kind for choice in getattr(reading, "choices", ())}
    return [
        "EEG" if name in kept and kind == "eeg" else _other_type(name, kind if kind != "eeg" else known.get(name) or kind)
        for name, kind in zip(channels.names, channels.kinds, strict=True)
    ]


def _other_type(name: str, kind: str) -> str:
    return TYPES.get(kind) or next((word for fits, word in _BY_NAME if fits.search(name)), "MISC")


def _read(recording: RecordingFile) -> tuple[Reading | None, str]:
    try:
        return read_recording(recording), ""
    except RecordingError as error:
        if error.cause not in FOR_THE_USER:
            raise
        return None, f"{error.message}; it has no channels.tsv"


def _recording(item: Named, work: Path) -> RecordingFile:
    """Recording as our reader takes it, in the folder in which it was made."""
    folder = item.target.path.parent
    others = sorted(path.name for path in (work / folder).iterdir() if path.suffix in (".fdt", ".eeg", ".vmrk"))
    name = replace(item.target, companions=tuple(PurePosixPath(folder, other) for other in others))
    return RecordingFile(
        name.path, name.name, name.companions, root=work, fetched=True, size=None, annex_key=None, companion_keys=(None,) * len(others)
    )


def _header(file: Path) -> Any:
    import mne

    with quiet():
        return mne.io.read_raw(file)


def _link(item: Named, source: Path, folder: Path) -> None:
    """Link the files of a recording; of BrainVision the two text files are written, for they name the others."""
    base = folder / item.target.path.name.removesuffix(item.extension)
    if item.extension != ".vhdr":
        (folder / item.target.path.name).symlink_to(source)
        if item.extension == ".set" and (samples := _samples_of_set(source)) is not None:
            base.with_name(base.name + ".fdt").symlink_to(samples)
        return
    header = source.read_bytes()
    pointed = {found[2].decode("ascii").lower(): found[3].decode("latin-1").strip() for found in _POINTER.finditer(header)}
    samples = _beside(source, pointed.get("datafile"), (".eeg", ".dat", ".avg"))
    if samples is None:
        raise RecordingError(f"{pointed.get('datafile') or 'its file of samples'} is not beside it", cause="companion")
    markers = _beside(source, pointed.get("markerfile"), (".vmrk",))
    names = {b"datafile": f"{base.name}.eeg", b"markerfile": f"{base.name}.vmrk"}
    base.with_name(names[b"datafile"]).symlink_to(samples)
    base.with_name(f"{base.name}.vhdr").write_bytes(_repointed(header, names))
    if markers is not None:
        base.with_name(names[b"markerfile"]).write_bytes(_repointed(markers.read_bytes(), names))


def _repointed(text: bytes, names: Mapping[bytes, str]) -> bytes:
    return _POINTER.sub(lambda found: found[1] + names[found[2].lower()].encode("ascii"), text)


def _beside(source: Path, pointed: str | None, endings: Sequence[str]) -> Path | None:
    """File that a header names, where it is there; else that of the header's own name."""
    names = [PurePosixPath(pointed.replace("\\", "/").replace("$b", source.stem)).name] if pointed else []
    there = {path.name.lower(): path for path in source.parent.iterdir()}
    return next((there[name.lower()] for name in (*names, *(source.stem + ending for ending in endings)) if name.lower() in there), None)


def _samples_of_set(source: Path) -> Path | None:
    if (found := _beside(source, None, (".fdt",))) is not None:
        return found
    if source.stat().st_size > 64 << 20:  # a header alone is smaller: the samples are inside
        return None
    from scipy.io import loadmat

    try:
        content = loadmat(source, simplify_cells=True, variable_names=["EEG", "data", "datfile"])
    except Exception:  # MATLAB v7.3, or damaged: our reader says so
        return None
    named = content.get("EEG", content).get("data")
    return _beside(source, named, ()) if isinstance(named, str) else None


@dataclass(frozen=True)
class Converted:
    """Recording that became BrainVision: channels of the file that it was made of, and its events as columns of events.tsv."""

    channels: Channels
    events: Columns
    notes: tuple[str, ...]


def _convert(item: Named, source: Path, folder: Path) -> Converted:
    """Write a recording as BrainVision."""
    with quiet() as notes:
        raw = _opened(item, source)
    # Of other formats positions are templates, or made of a drawing of the head: nobody measured them.
    notes += write_brainvision(raw, item.target, folder, positions=item.extension.startswith(".fif"))
    events = EVENTS[item.extension](source) if item.extension in EVENTS else None
    return Converted(Channels.of(raw, has_units=True), events or _marked(raw), tuple(notes))


def _marked(raw: Any) -> Columns:
    """Annotations, and the codes of trigger channels, as columns of events.tsv in the order of time."""
    found = raw.annotations
    rows = list(zip(found.onset - raw.first_time, found.duration, map(str, found.description), strict=True))
    known = {(round(onset * raw.info["sfreq"]), name) for onset, _, name in rows}
    rows += [(onset, 0.0, name) for onset, name in _triggers(raw) if (round(onset * raw.info["sfreq"]), name) not in known]
    rows.sort()
    return {
        "onset": [f"{onset:.10g}" for onset, _, _ in rows],
        "duration": [f"{0 if is_boundary(name) else duration:.10g}" for _, duration, name in rows],
        "trial_type": [" ".join(name.split()) or "n/a" for _, _, name in rows],
    }


def _triggers(raw: Any) -> list[tuple[float, str]]:
    """Codes of trigger channels, each with its onset (s): BrainVision would keep them as a signal, which nobody takes for events."""
    import mne

    kinds = raw.get_channel_types()
    stim = [name for name, kind in zip(raw.ch_names, kinds, strict=True) if kind == "stim"]
    # One channel that sums up the others, where there is one.
    stim = next(([name] for name in ("STI101", "STI 014", "Status") if name in stim), stim)
    if not stim:
        return []
    names = {code: str(name) for name, code in (getattr(raw, "event_id", None) or {}).items()}
    with quiet():
        marks = mne.find_events(
            raw, stim_channel=stim, shortest_event=1, consecutive=True, initial_event=True, uint_cast=True, verbose="ERROR"
        )
    return [((sample - raw.first_samp) / raw.info["sfreq"], names.get(code, str(code))) for sample, _, code in marks.tolist()]


def _opened(item: Named, source: Path) -> Any:
    import mne

    errors = []
    for name in CONVERTED[item.extension]:
        try:
            raw = getattr(mne.io, name)(source, preload=True)
            if item.extension in MEND:
                MEND[item.extension](raw, source)
            return raw
        except RecordingError:
            raise
        except Exception as error:
            if "epoch" in str(error).lower() or "trials" in str(error).lower():
                raise RecordingError("cut into epochs; continuous recordings are needed", cause="epochs") from error
            errors.append(_one_line(error))
    missing = [found[1] for error in errors if (found := _MODULE.search(error))]
    if missing and len(missing) == len(errors):
        raise UnavailableError(f"{item.source}: reading it needs {missing[0]}, which is not installed", hint=f"pip install {missing[0]}")
    # Of a format that two makers have, the other one may be the right one.
    other = f"; if it is of another maker, reading it needs {missing[0]} (pip install {missing[0]})" if missing else ""
    raise RecordingError(f"cannot be read ({errors[0]}){other}", cause="unreadable")


def _write_table(path: Path, columns: Columns) -> None:
    """Write a TSV; none where there are no rows."""
    if any(columns.values()):
        rows = [tuple(columns), *zip(*columns.values(), strict=True)]
        path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


def _write_sidecar(path: Path, target: RecordingName, reading: Reading, types: Sequence[str]) -> None:
    counts = {name: types.count(kind) for kind, name in COUNTED.items()}
    counts["MiscChannelCount"] = sum(kind not in COUNTED for kind in types)
    facts = {
        "TaskName": target.task,
        "SamplingFrequency": reading.sfreq,
        "PowerLineFrequency": "n/a",
        "EEGReference": "n/a",
        "SoftwareFilters": "n/a",
        "RecordingDuration": reading.data.shape[1] / reading.sfreq,
        "RecordingType": "continuous",
        **counts,
    }
    path.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _move(folder: Path, target: Path, output: Path, main: str) -> tuple[str, ...]:
    """Move the files of a recording to their place, the one that is opened last: where it is, all are."""
    if not target.resolve().is_relative_to(output.resolve()):
        raise InputError(f"{target}: a link leads out of the data set", hint="Choose another folder with --output.")
    with disk_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        names = sorted((path.name for path in folder.iterdir()), key=lambda name: (name == main, name))
        for name in names:
            if not (folder / name).is_symlink():
                with (folder / name).open("rb") as file:
                    os.fsync(file.fileno())
            (folder / name).replace(target / name)
    return tuple((target / name).relative_to(output).as_posix() for name in names)


def sources_of(item: Named, root: Path) -> Iterator[Path]:
    """Files in the folder that a recording consists of, as far as their names tell: whether one has changed decides whether it is placed again."""
    source = root / item.source
    stem = source.name.removesuffix(source.name[len(source.name) - len(item.extension) :]).lower()
    for path in sorted(source.parent.iterdir()):
        if path.is_file() and (path == source or path.name.lower().startswith((f"{stem}.", f"{stem}-"))):
            yield path


def _one_line(error: object) -> str:
    text = " ".join(str(error).split())
    return text[:200] if text else type(error).__name__
