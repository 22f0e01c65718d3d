"""Entries of the schema: a file of an artifact, and a column, array or attribute in it."""

from __future__ import annotations

from dataclasses import dataclass

# Raised only when artifacts written before can no longer be read: a decision, written into the changelog (`tests/kept/` holds us to it).
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One dataset, column or attribute."""

    name: str
    type: str
    meaning: str
    shape: str = ""
    unit: str = ""


@dataclass(frozen=True)
class File:
    """One file of an artifact and what is in it; `entries` is empty where the prose says it all."""

    name: str
    meaning: str
    entries: tuple[Entry, ...] = ()


ENTITIES = (
    Entry("subject", "text", "label without `sub-`"),
    Entry("session", "text", "label without `ses-`; missing where there is none"),
    Entry("task", "text", "label without `task-`"),
    Entry("run", "text", "label without `run-`; missing where there is none"),
)
EVERYWHERE = (
    File(
        "settings.json",
        "resolved settings, digests of the inputs, version of the stage; the digest of all of them, without settings that equal the default they were added with",
    ),
    File(
        "done.json",
        "written last: the artifact is finished; the digest again, size and xxh3-128 of every file that does not vary (of `windows.h5` "
        "without the bytes of the array, which it names: each window has its own in `windows.parquet`), and a checksum of itself",
    ),
    File("provenance.json", "time, host, command, absolute paths (outside the promise of equal bytes)"),
)
