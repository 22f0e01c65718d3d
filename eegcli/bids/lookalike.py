"""Files that look like recordings and are none, told by their names."""

from __future__ import annotations

import re
from collections.abc import Collection

from eegcli.bids.entities import COMPANIONS, SUFFIXES, parse
from eegcli.bids.inheritance import plain_label

# Kinds of what is passed over: what is said of one and of several, and what to do.
NAME = "no BIDS name"
FOLDER = "another folder"
LABEL = "another label than its folder"
FORMAT = "another format"
PACKED = "packed"
PARTS = "parts missing"

_PACKED = (".gz", ".bz2", ".xz", ".zip", ".zst", ".7z", ".rar", ".tar", ".tgz", ".lz4")
# Other formats of EEG: Neuroscan and ANT, EGI, GDF, XDF, NWB, Nihon Kohden, Nicolet, Micromed, Persyst, Enobio, TMSi, Neuralynx, Intan, KIT.
_OTHER = (
    *(
        ".cnt",
        ".avr",
        ".mff",
        ".egi",
        ".gdf",
        ".xdf",
        ".xdfz",
        ".nwb",
        ".nxe",
        ".e",
        ".trc",
        ".lay",
        ".easy",
        ".poly5",
        ".ncs",
        ".rhd",
        ".sqd",
    ),
    *(".bdf+", ".edf+", ".rec", ".m00", ".21e", ".nedf", ".ebm", ".eph", ".sef"),
)
_HEADERS = {".eeg": ".vhdr", ".vmrk": ".vhdr", ".fdt": ".set"}  # of files that are not opened themselves
_NOT_SIGNALS = (
    ".json",
    ".tsv",
    ".csv",
    ".txt",
    ".md",
    ".html",
    ".htm",
    ".png",
    ".jpg",
    ".svg",
    ".pdf",
    ".log",
    ".yaml",
    ".yml",
    ".tmp",
    ".part",
)
# Files of MNE that end in .fif and hold no raw signal.
_NO_RAW = re.compile(r"[_-](ave|epo|evoked|epochs|cov|fwd|inv|ica|proj|trans|src|bem|sol|eve|head|dig|annot|info|stc|xfm)\.fif$")
_NEXT_PART = re.compile(r"-\d+\.fif$")  # as MNE names the parts of a long recording


def kind_of(name: str, names: Collection[str]) -> str | None:
    """Kind of a file in a folder of EEG that is no recording; None if it does not look like one."""
    lower = name.lower()
    if name.startswith("."):
        return None
    if lower.endswith(_PACKED):
        bare = _without_packing(lower)
        return PACKED if bare.endswith((*COMPANIONS, *_OTHER, *_HEADERS, "_eeg")) else None
    base, dot, ending = lower.rpartition(".")
    ending = dot + ending
    if ending in COMPANIONS:
        if _NO_RAW.search(lower) or _is_part(name, names):
            return None
        parsed = parse(name)
        return PARTS if parsed is not None and parsed.suffix in SUFFIXES and "split" in parsed.entities else NAME
    if ending in _HEADERS:
        # A header may name its files otherwise than they are called: then some header is without a file of its own name.
        header = _HEADERS[ending]
        headers = [other for other in names if other.lower().endswith(header)]
        stems = {other.lower().rpartition(".")[0] for other in names if other.lower().endswith(ending)}
        lonely = base not in {other.lower().removesuffix(header) for other in headers}
        spare = any(other.lower().removesuffix(header) not in stems for other in headers)
        return PARTS if lonely and not spare and not (ending == ".vmrk" and f"{base}.eeg" in {n.lower() for n in names}) else None
    if ending in _OTHER or (base.endswith("_eeg") and ending not in _NOT_SIGNALS and ending != ".dat"):
        return FORMAT
    return None


def _is_part(name: str, names: Collection[str]) -> bool:
    """Test that a FIF file is a later part of one that is there."""
    if _NEXT_PART.search(name) and _NEXT_PART.sub(".fif", name) in names:
        return True
    parsed = parse(name)
    if parsed is None or "split" not in parsed.entities:
        return False
    rest = {key: label for key, label in parsed.entities.items() if key != "split"}
    return any(
        (other := parse(another)) is not None
        and other.suffix == parsed.suffix
        and {key: label for key, label in other.entities.items() if key != "split"} == rest
        and plain_label("split", other.entities.get("split", "1")) in ("1", "0")
        for another in names
        if another != name and another.lower().endswith(".fif")
    )


def _without_packing(name: str) -> str:
    while name.endswith(_PACKED):
        name = name.rpartition(".")[0]
    return name
