"""Plan of a data set: which files are recordings, what their names say, and what each is to be called."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from eegcli.bids.entities import RecordingName, parse
from eegcli.bids.name_pattern import Pattern
from eegcli.errors import InputError, UsageError, counted, listed
from eegcli.fetch.named.labels import WORDS, check_labels, label_of
from eegcli.reporter import Reporter

# Formats that BIDS allows for EEG: their bytes are kept.
KEPT = (".edf", ".bdf", ".set", ".vhdr")
# Formats that become BrainVision, each with MNE's readers, tried in this order.
CONVERTED: dict[str, tuple[str, ...]] = {
    ".gdf": ("read_raw_gdf",),
    ".cnt": ("read_raw_cnt", "read_raw_ant"),
    ".mat": ("read_raw_eeglab",),
    ".fif": ("read_raw_fif",),
    ".fif.gz": ("read_raw_fif",),
    ".nxe": ("read_raw_eximia",),
    ".raw": ("read_raw_egi",),
    ".nedf": ("read_raw_nedf",),
    ".cdt": ("read_raw_curry",),
}
# Files that belong to a recording of the same name beside them.
BESIDE = {
    ".vhdr": (".eeg", ".dat", ".avg", ".vmrk"),
    ".set": (".fdt",),
    ".cnt": (".seg", ".evt", ".trg"),
    ".cdt": (".cdt.dpa", ".cdt.dpo", ".cdt.cef", ".cdt.ceo"),
}
ORDER = ("sub", "ses", "task", "acq", "run")  # of a BIDS name
_PART = re.compile(r"-\d+(?=\.fif(\.gz)?$)", re.IGNORECASE)  # of a FIF file that MNE split
_SHOWN = 5  # names in a message


@dataclass(frozen=True)
class Named:
    """Recording whose name was understood.

    Attributes
    ----------
    source : PurePosixPath
        Path of its file, relative to the folder.
    texts : mapping of str to str
        Text of each entity, as the name has it.
    target : RecordingName
        Name that it gets.
    is_kept : bool
        True where its bytes are kept; False where it becomes BrainVision.
    """

    source: PurePosixPath
    texts: Mapping[str, str]
    target: RecordingName
    is_kept: bool

    @property
    def extension(self) -> str:
        """Extension of the file as it is now, in small letters."""
        return extension_of(self.source.name)


@dataclass(frozen=True)
class Plan:
    """Plan of a data set.

    Attributes
    ----------
    items : tuple of Named
        In the order of their targets.
    unmatched : tuple of str
        Files in a format of recordings whose name does not fit the pattern.
    others : tuple of str
        All other files, but for those that belong to a recording.
    """

    items: tuple[Named, ...]
    unmatched: tuple[str, ...]
    others: tuple[str, ...]


def extension_of(name: str) -> str:
    """Extension of a file of a recording, in small letters; that of any other file from its last dot on."""
    lower = name.lower()
    known = max((ending for ending in (*KEPT, *CONVERTED) if lower.endswith(ending)), key=len, default="")
    return known or PurePosixPath(lower).suffix


def make_plan(root: Path, pattern: Pattern, *, task: str | None, reporter: Reporter) -> Plan:
    """Find the recordings below a folder, and read their names.

    Parameters
    ----------
    root : Path
        The folder. Hidden files and folders are passed over.
    pattern : Pattern
    task : str, optional
        The task of all recordings, where names do not say it.
    reporter : Reporter
        Is told of changed labels, and of what does not fit.

    Raises
    ------
    InputError
        If no name fits, a name fits in two ways, or two files would get one name.
    UsageError
        If neither the pattern nor the setting says the task, or both do.
    """
    _require_task(pattern, task)
    paths = sorted(_files(root))
    belonging = _belonging(paths)
    recordings = [path for path in paths if extension_of(path) in (*KEPT, *CONVERTED) and path not in belonging]
    readings = {path: pattern.readings(path) for path in paths if path not in belonging}
    _refuse_two_readings(pattern, {path: readings[path] for path in recordings})
    fitting = {path: {**readings[path][0], **({"task": task} if task else {})} for path in recordings if readings[path]}
    unmatched = tuple(path for path in recordings if not readings[path])
    others = tuple(path for path in paths if path not in recordings and path not in belonging)
    if not fitting:
        raise InputError(
            f"{root}: no recording fits the pattern {pattern.text}",
            hint=f"There are: {listed(unmatched or others, _SHOWN, count=True)}. " * bool(unmatched or others)
            + f"Formats: {', '.join((*KEPT, *CONVERTED))}; folders stand in the pattern ('*/' or '**/').",
        )
    for entity in (name for name in ORDER if any(name in texts for texts in fitting.values())):
        check_labels(entity, (texts[entity] for texts in fitting.values() if entity in texts), reporter)
    items = sorted((_named(path, texts) for path, texts in fitting.items()), key=lambda item: item.target.path.as_posix())
    _refuse_one_target(items)
    _tell_of_others(unmatched, others, readings, pattern, reporter)
    return Plan(tuple(items), unmatched, others)


def show(items: Sequence[Named], *, title: str, reporter: Reporter) -> None:
    """Show what was understood of every name, a row per file."""
    entities = [entity for entity in ORDER if any(entity in item.texts for item in items)]
    head = ("file", *(WORDS[entity] for entity in entities), "becomes", "")
    rows = [
        (
            item.source.as_posix(),
            *(item.target.name.entities.get(entity, "") for entity in entities),
            item.target.path.as_posix(),
            "as it is" if item.is_kept else "converted to BrainVision",
        )
        for item in items
    ]
    reporter.table(title, head, rows)


def _require_task(pattern: Pattern, task: str | None) -> None:
    if task is None and "task" not in pattern.entities:
        raise UsageError(
            f"--pattern {pattern.text}: no field is {{task}}, and BIDS names the task of every recording",
            hint="Say it with --task-label, such as --task-label rest.",
        )
    if task is not None and "task" in pattern.entities:
        raise UsageError("--task-label says the task, and so does {task} in --pattern", hint="Leave out one of them.")


def _files(root: Path) -> list[str]:
    found = []
    for folder, names, files in os.walk(root):
        here = Path(folder).relative_to(root)
        names[:] = sorted(name for name in names if not name.startswith("."))
        found += [(here / name).as_posix() for name in files if not name.startswith(".")]
    return found


def _belonging(paths: Sequence[str]) -> set[str]:
    """Files that hold samples or markers of a recording beside them, whose name they have."""
    known = set(paths)
    lower = {path.lower(): path for path in paths}
    found: set[str] = set()
    for path in paths:
        base = path[: len(path) - len(extension_of(path))]
        found.update(lower[other] for ending in BESIDE.get(extension_of(path), ()) if (other := (base + ending).lower()) in lower)
        if _PART.search(path) and _PART.sub("", path) in known:
            found.add(path)
    return found


def _refuse_two_readings(pattern: Pattern, readings: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
    twice = {path: both for path, both in readings.items() if len(both) > 1}
    if twice:
        path, (one, other) = next(iter(twice.items()))
        raise InputError(
            f"--pattern {pattern.text}: {path} fits in two ways ({_said(one)}; or {_said(other)})"
            + (f", and so do {counted(len(twice) - 1, 'other file')}" if len(twice) > 1 else ""),
            hint="Say more in the pattern: literal text, or what a field looks like, such as {subject:S??} or {subject:[0-9][0-9]}.",
        )


def _said(texts: Mapping[str, str]) -> str:
    return ", ".join(f"{WORDS[entity]} {text}" for entity, text in texts.items())


def _named(path: str, texts: Mapping[str, str]) -> Named:
    try:
        labels = {entity: label_of(entity, texts[entity]) for entity in ORDER if entity in texts}
    except InputError as error:
        raise InputError(f"{path}: {error.message}", hint=error.hint) from error
    is_kept = extension_of(path) in KEPT
    file = "_".join(f"{entity}-{label}" for entity, label in labels.items()) + "_eeg" + (extension_of(path) if is_kept else ".vhdr")
    session = [f"ses-{labels['ses']}"] if "ses" in labels else []
    name = parse(file)
    assert name is not None  # labels are letters and digits
    return Named(PurePosixPath(path), texts, RecordingName(PurePosixPath(f"sub-{labels['sub']}", *session, "eeg", file), name, ()), is_kept)


def _refuse_one_target(items: Sequence[Named]) -> None:
    # One stem, whatever the format: a recording in two formats is read once, and nobody would know from which.
    sources: dict[str, list[str]] = defaultdict(list)
    for item in items:
        sources[item.target.stem.lower()].append(item.source.as_posix())
    twice = {stem: paths for stem, paths in sources.items() if len(paths) > 1}
    if twice:
        stem, paths = next(iter(twice.items()))
        raise InputError(
            f"{listed(paths, 3)} would all be {stem}"
            + (f", and {len(twice) - 1} other names would stand for several files" * (len(twice) > 1)),
            hint="Tell them apart by a field ({run}, {session}, {acq}), or leave some out with a pattern that says more.",
        )


def _tell_of_others(
    unmatched: Sequence[str], others: Sequence[str], readings: Mapping[str, Sequence[object]], pattern: Pattern, reporter: Reporter
) -> None:
    if unmatched:
        reporter.warn(
            f"{counted(len(unmatched), 'recording does', 'recordings do')} not fit {pattern.text}, left out: {listed(unmatched, _SHOWN)}"
        )
    if unreadable := [path for path in others if readings[path]]:
        reporter.warn(
            f"{counted(len(unreadable), 'file fits', 'files fit')} {pattern.text}, in no format that is read: {listed(unreadable, _SHOWN)}"
        )
    if rest := len(others) - len(unreadable):
        reporter.info(f"{counted(rest, 'other file is no recording and', 'other files are no recordings and')} left out.")
