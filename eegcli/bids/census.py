"""Census of a data set's names: its recordings, and what looks like one, or like a sidecar of one, and is passed over."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from eegcli.bids.companions import COMPANIONS
from eegcli.bids.entities import SUFFIXES, RecordingName, parse, recording_names
from eegcli.bids.inheritance import ENDINGS, KINDS, Inheritance, levels, plain_entities
from eegcli.bids.lookalike import FOLDER, FORMAT, LABEL, NAME, PACKED, PARTS, UNFINISHED, kind_of
from eegcli.errors import counted, listed

_SAID = {
    NAME: (
        "looks like a recording but has no BIDS name",
        "look like recordings but have no BIDS name",
        "Rename to sub-LABEL_task-LABEL_eeg.EXT (labels of letters and digits).",
    ),
    FOLDER: (
        "looks like a recording but lies in no folder sub-LABEL/[ses-LABEL/]eeg/",
        "look like recordings but lie in no folder sub-LABEL/[ses-LABEL/]eeg/",
        "Move to such a folder.",
    ),
    LABEL: (
        "looks like a recording but names another subject or session than its folder",
        "look like recordings but name another subject or session than their folders",
        "Rename, or move to the folder of that name.",
    ),
    FORMAT: (
        "looks like a recording in a format that is not read",
        "look like recordings in a format that is not read",
        f"Convert to one of {', '.join(COMPANIONS)}.",
    ),
    PACKED: ("looks like a packed recording", "look like packed recordings", "Unpack."),
    UNFINISHED: ("looks like a recording that did not come whole", "look like recordings that did not come whole", "Bring again."),
    PARTS: (
        "looks like a part of a recording whose header or first part is missing",
        "look like parts of recordings whose header or first part is missing",
        "Bring the file that is opened (.vhdr, .set, split-01).",
    ),
}

# Of a recording in several formats, the first of these is taken: those that BIDS recommends, then those it allows.
PREFERRED = (".edf", ".vhdr", ".set", ".bdf", ".fif")

_SIDECAR = re.compile(
    r"[_-]((channels?|events?|electrodes?|coordsystems?)\.(tsv|json|csv|txt)|eeg\.(tsv|json))(\.gz|\.zip)?$", re.IGNORECASE
)
_NAMED_EEG = re.compile(r"_eeg\.[^.]+(\.gz|\.zip)?$", re.IGNORECASE)
_SUBJECT = re.compile(r"sub", re.IGNORECASE)
# Folders of a data set that hold no subjects of it.
_APART = {
    "derivatives",
    "sourcedata",
    "rawdata",
    "code",
    "stimuli",
    "stim",
    "phenotype",
    "docs",
    "doc",
    "scripts",
    "logs",
    "log",
    "work",
    "tmp",
}
_SPLIT = re.compile(r"_split-\d+(?=_|$)")
_DEEPEST = 4  # folders within each other: sub, ses, eeg, and one more
DATATYPES = (
    *("anat", "beh", "dwi", "emg", "eyetrack", "fmap", "func", "ieeg", "meg", "micr", "motion", "mrs", "nirs", "perf", "pet", "physio"),
)
_KNOWN = ("sub", "ses", "task", "acq", "run", "desc", "split", "proc", "space", "rec")

Recording = TypeVar("Recording", bound=RecordingName)


@dataclass(frozen=True)
class Census:
    """Names of a data set, told apart.

    Attributes
    ----------
    recordings : list of RecordingName
        In the order of their paths, of every `desc`.
    passed_over : dict of str to str
        What looks like a recording and is none, by path: its kind, one of `eegcli.bids.lookalike`.
    folders : mapping of str to collection of str
        Names in each folder.
    """

    recordings: list[RecordingName]
    passed_over: dict[str, str]
    folders: Mapping[str, Collection[str]] = field(repr=False)

    @cached_property
    def orphans(self) -> list[str]:
        """Sidecars that belong to no recording."""
        return list(_orphans(self.folders, self.recordings, self.passed_over))

    @cached_property
    def twins(self) -> list[tuple[str, str]]:
        """Names that differ in the zeros of a number only, such as run-1 and run-01."""
        return _twins(self.recordings)

    def lines(self, subjects: Sequence[str] = (), fits: Callable[[str], bool] | None = None) -> list[str]:
        """Say what is passed over, a line for each kind, with what to do.

        Parameters
        ----------
        subjects : sequence of str
            Those that are selected; without it, all.
        fits : callable, optional
            Tests that a path is selected.
        """
        folders = {f"sub-{label.removeprefix('sub-')}" for label in subjects}
        passed = {path: kind for path, kind in self.passed_over.items() if _is_of(path, folders) and (fits is None or fits(path))}
        orphans = [path for path in self.orphans if _is_of(path, folders)]
        said = []
        for kind, (one, several, advice) in _SAID.items():
            paths = [path for path, other in passed.items() if other == kind]
            if paths:
                said.append(f"{counted(len(paths), f'file {one}', f'files {several}')}: {listed(map(_short, paths), count=True)}. {advice}")
        if orphans:
            what = counted(len(orphans), "sidecar belongs to no recording", "sidecars belong to no recording")
            said.append(
                f"{what}: {listed(map(_short, orphans), count=True)}. Rename: all entities are those of the recording, letter by letter."
            )
        if self.twins:
            pairs = listed([f"{one} and {other}" for one, other in self.twins], 3, count=True)
            what = counted(len(self.twins), "pair of recordings differs", "pairs of recordings differ")
            said.append(f"{what} only in the zeros before a number, which BIDS takes for the same: {pairs}. Rename one of each.")
        return said


def take_census(folders: Mapping[str, Collection[str]]) -> Census:
    """Tell the names of a data set apart.

    Parameters
    ----------
    folders : mapping of str to collection of str
        Names in each folder, by its path relative to the data set, with forward slashes (the root: empty).
    """
    recordings: list[RecordingName] = []
    passed: dict[str, str] = {}
    for folder in sorted(folders):
        names = folders[folder]
        if not _is_searched(folder, folders):
            continue
        if not is_eeg(folder):
            passed |= {_join(folder, name): FOLDER for name in sorted(names) if _is_signal_elsewhere(folder, name, names)}
            continue
        taken = set()
        places = folder.split("/")
        for recording in recording_names(folder, names):
            kind = _misplaced(recording, places)
            taken |= {recording.path.name, *(path.name for path in recording.companions)}
            if kind is None:
                recordings.append(recording)
            else:
                passed[recording.path.as_posix()] = kind
        for name in sorted(name for name in names if not name.endswith(ENDINGS) and name not in taken):
            kind = kind_of(name, names)
            if kind is not None:
                passed[_join(folder, name)] = kind
    recordings.sort(key=lambda recording: recording.path.as_posix())
    return Census(recordings, passed, folders)


def is_eeg(folder: str) -> bool:
    """Test that a folder is one of those in which recordings lie."""
    match folder.split("/"):
        case [subject, "eeg"]:
            return subject.startswith("sub-")
        case [subject, session, "eeg"]:
            return subject.startswith("sub-") and session.startswith("ses-")
    return False


def one_file_each(recordings: Sequence[Recording]) -> tuple[list[Recording], list[str]]:
    """Choose one file of every recording that lies in one folder in several formats, and say so.

    Parameters
    ----------
    recordings : sequence of RecordingName
        Those that are selected.

    Returns
    -------
    kept : list of RecordingName
        In their order. What has one name in several folders is kept: nothing says which it is.
    said : list of str
        Lines for the reader.
    """
    groups: dict[tuple[str, str | None], list[Recording]] = {}
    for recording in recordings:  # by place and name, without suffix and extension; a file in parts beside the whole is the same
        place = _SPLIT.sub("", recording.path.as_posix().rpartition("_")[0])
        groups.setdefault((place, recording.desc), []).append(recording)
    said = []
    several = {key: sorted(group, key=_preference) for key, group in groups.items() if len(group) > 1}
    if several:
        first = [group[0] for group in several.values()]
        others = sorted({_pattern(group[0], other) for group in several.values() for other in group[1:]})
        shown = listed([f"{g[0].path.name} of {', '.join(_ending(item) for item in g)}" for g in several.values()], 2, count=True)
        how = " or ".join(f"--include '{pattern}'" for pattern in others)
        what = counted(len(first), "recording lies there in several formats", "recordings lie there in several formats")
        said.append(f"{what}: {listed(dict.fromkeys(map(_ending, first)))} is taken ({shown}); {how} takes the other.")
    left_out = {other.path for group in several.values() for other in group[1:]}
    kept = [recording for recording in recordings if recording.path not in left_out]
    homes: dict[tuple[str, str | None], list[Recording]] = {}
    for recording in kept:
        homes.setdefault((recording.stem, recording.desc), []).append(recording)
    shared = [group for group in homes.values() if len(group) > 1]
    if shared:
        places = listed(
            [f"{group[0].stem} in {', '.join(item.path.parent.as_posix() for item in group)}" for group in shared], 2, count=True
        )
        said.append(
            f"{counted(len(shared), 'name stands', 'names stand')} in more than one folder: {places}. Rename: the name holds the session, too."
        )
    return kept, said


def _preference(recording: RecordingName) -> tuple[int, int, str]:
    order = PREFERRED.index(recording.extension) if recording.extension in PREFERRED else len(PREFERRED)
    return SUFFIXES.index(recording.suffix), order + (len(PREFERRED) if "split" in recording.name.entities else 0), recording.path.name


def _ending(recording: RecordingName) -> str:
    if "split" in recording.name.entities:
        return f"_split-{recording.name.entities['split']}{recording.name.extension}"
    return recording.name.extension if recording.suffix == "eeg" else f"_{recording.suffix}{recording.name.extension}"


def _pattern(taken: RecordingName, other: RecordingName) -> str:
    if "split" in other.name.entities:
        return "*_split-*"
    return f"*{other.name.extension}" if taken.suffix == other.suffix else f"*_{other.suffix}{other.name.extension}"


def _is_searched(folder: str, folders: Mapping[str, Collection[str]]) -> bool:
    """Test that recordings may lie in a folder, or be mislaid there: the root, and what is named like a subject's folder.

    Folders of other datatypes are looked into only where there is none of EEG beside them.
    """
    parts = folder.split("/") if folder else []
    if any(part.startswith(".") or part.lower().endswith((".mff", ".ds")) for part in parts):
        return False
    for place, part in enumerate(parts[1:3], start=1):
        if part.partition(".")[0] in DATATYPES and (len(parts) > place + 1 or _has_eeg(folder.rsplit("/", len(parts) - place)[0], folders)):
            return False
    if not parts or _SUBJECT.match(parts[0]) is not None:
        return True
    # A subject's folder without sub-, such as S03/eeg.
    return parts[0].lower() not in _APART and (len(parts) == 1 or parts[-1] == "eeg" or (len(parts) == 2 and parts[1].startswith("ses")))


def _has_eeg(folder: str, folders: Mapping[str, Collection[str]]) -> bool:
    return f"{folder}/eeg" in folders or "eeg" in folders.get(folder, ())


def is_worth_listing(folder: str, folders: Mapping[str, Collection[str]]) -> bool:
    """Test that a folder may hold recordings, or mislaid ones: so the scan of a disk lists what is needed and no more."""
    return folder.count("/") < _DEEPEST and _is_searched(folder, folders)


def _misplaced(recording: RecordingName, folders: Sequence[str]) -> str | None:
    entities = recording.name.entities
    if any(key not in _KNOWN and key.lower() in _KNOWN for key in entities):
        return NAME  # Task-rest: its task would be unknown
    if folders[0] != f"sub-{entities['sub']}" or (len(folders) == 3 and "ses" in entities and folders[1] != f"ses-{entities['ses']}"):
        return LABEL
    return None


def _is_signal_elsewhere(folder: str, name: str, names: Collection[str]) -> bool:
    if folder == "" and not _SUBJECT.match(name):
        return False
    if folder and not _SUBJECT.match(folder) and not folder.endswith("/eeg"):
        return False
    if folder.rpartition("/")[2] in DATATYPES and not _NAMED_EEG.search(name):
        return False
    return kind_of(name, names) is not None


def _orphans(folders: Mapping[str, Collection[str]], recordings: Sequence[RecordingName], passed: Mapping[str, str]) -> Iterator[str]:
    """Sidecars that apply to no recording; those of what is passed over are not told a second time."""
    inheritance = Inheritance(lambda folder: folders.get(folder, ()))
    told: dict[str, list[str]] = {}
    for path in passed:
        folder, _, name = path.rpartition("/")
        told.setdefault(folder, []).append(name.lower())
    below: dict[str, list[Mapping[str, str]]] = {}
    names: dict[str, list[str]] = {}
    for recording in recordings:
        entities, path = plain_entities(recording.name.entities), recording.path.as_posix()
        names.setdefault(path.rpartition("/")[0], []).append(path.lower())
        for folder in levels(recording):
            below.setdefault(folder, []).append(entities)
    for folder in sorted(folders):
        at_recordings = is_eeg(folder)
        if not at_recordings and not _is_level(folder):
            continue
        here = below.get(folder, [])
        sidecars = [(path, plain_entities(entities)) for path, entities in inheritance.sidecars_in(folder)]
        lost = [(path, entities) for path, entities in sidecars if not any(entities.items() <= own.items() for own in here)]
        if at_recordings:
            paths = [path for path, _ in lost] + [_join(folder, name) for name in folders[folder] if _is_like_sidecar(name)]
            for path in sorted(paths):
                stem = re.split(r"[_-][^_-]*$", path.lower())[0]
                of_told = any(_join(folder, other).lower().startswith(stem) for other in told.get(folder, ()))
                if not of_told or any(name.startswith(stem) for name in names.get(folder, ())):
                    yield path
        else:
            # What is inherited may be that of other datatypes, or of recordings that were never brought here: near misses are told.
            yield from sorted(path for path, entities in lost if any(_blurred(entities) <= _blurred(own) for own in here))


def _is_like_sidecar(name: str) -> bool:
    parsed = parse(name)
    return (parsed is None or parsed.suffix not in KINDS or parsed.extension not in ENDINGS) and _SIDECAR.search(name) is not None


def _blurred(entities: Mapping[str, str]) -> set[tuple[str, str]]:
    return {(key.lower(), label.lower().lstrip("0")) for key, label in entities.items()}


def _is_level(folder: str) -> bool:
    parts = folder.split("/") if folder else []
    return (not parts or _SUBJECT.match(parts[0]) is not None) and (len(parts) < 2 or (len(parts) == 2 and parts[1].startswith("ses-")))


def _twins(recordings: Iterable[RecordingName]) -> list[tuple[str, str]]:
    seen: dict[tuple[object, ...], RecordingName] = {}
    pairs = []
    for recording in recordings:
        labels = tuple(plain_entities(recording.name.entities).items())
        first = seen.setdefault((recording.path.parent, labels), recording)
        if first.stem != recording.stem and (first.stem, recording.stem) not in pairs:
            pairs.append((first.stem, recording.stem))
    return pairs


def _is_of(path: str, folders: Collection[str]) -> bool:
    return not folders or path.partition("/")[0] in folders


def _short(path: str) -> str:
    return path.rpartition("/")[2] if is_eeg(path.rpartition("/")[0]) else path


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
