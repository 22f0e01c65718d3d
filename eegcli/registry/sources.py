"""Table of sources: what `fetch` and streaming understand as the place of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eegcli.registry.lookup import load


@dataclass(frozen=True)
class SourceEntry:
    """A kind of source.

    Attributes
    ----------
    path : str
        Module with ``recognises(text)``; of a source elsewhere also ``sources_of(text, access)``
        (`eegcli.remote.sources.protocol` describes both).
    summary : str
        One line for the documentation.
    form : str
        As users write it.
    words : mapping of str to str
        Complete names that TAB offers, each with its meaning.
    fetcher : str
        Module with ``default_output``, ``dry_run`` and ``fetch``; empty for a source elsewhere, which is listed and downloaded like any other.
    """

    path: str
    summary: str
    form: str
    words: Mapping[str, str] = field(default_factory=dict)
    fetcher: str = ""

    @property
    def elsewhere(self) -> bool:
        """True where files are listed by a server, so that they can be streamed, too."""
        return not self.fetcher


# The first entry that recognises a text has it: addresses of Amazon's buckets stand before other web servers.
SOURCES: dict[str, SourceEntry] = {
    "demo": SourceEntry(
        "eegcli.fetch.simulated",
        "a simulated data set: [the demo data](../demo-data.md)",
        "demo",
        {"demo": "a simulated HBN data set with a planted effect of sex"},
        fetcher="eegcli.fetch.simulated",
    ),
    "openneuro": SourceEntry(
        "eegcli.remote.sources.openneuro",
        "a data set of OpenNeuro, from its public bucket. The bucket holds the newest version only: another version (`ds005505@1.0.1`) is "
        "refused, and the one that is there is named",
        "ds005505",
    ),
    "hbn": SourceEntry(
        "eegcli.remote.sources.hbn",
        "a release of the Healthy Brain Network's EEG, R1 to R11 or NC (not for commercial use); `hbn` alone is R1 to R11: a folder `hbn` with a "
        "data set per release in it. `--release R1,R5` chooses (NC comes only if it is named)",
        "hbn:R1",
        {
            "hbn": "releases R1 to R11 of the Healthy Brain Network's EEG",
            **{f"hbn:R{number}": f"release {number} of HBN" for number in range(1, 12)},
            "hbn:NC": "HBN's recordings that are not for commercial use",
        },
    ),
    "nemar": SourceEntry("eegcli.remote.sources.nemar", "a data set of NEMAR, or a version of it (`nm000103@1.0.2`)", "nm000103"),
    "s3": SourceEntry("eegcli.remote.sources.s3", "a BIDS tree in any bucket", "s3://bucket/prefix"),
    "https": SourceEntry(
        "eegcli.remote.sources.tree",
        "a BIDS tree on a web server that lists its folders (autoindex of nginx or Apache, or nginx' JSON). At the root, only `sub-*` folders "
        "are looked into",
        "https://host/path",
    ),
    "local": SourceEntry("eegcli.fetch.local", "a local BIDS tree or DataLad clone: see below", "a path", fetcher="eegcli.fetch.local"),
}


def source_words() -> dict[str, str]:
    """Complete names of sources, each with its meaning."""
    return {word: meaning for entry in SOURCES.values() for word, meaning in entry.words.items()}


def source_name(text: str, *, elsewhere: bool = False) -> str | None:
    """Name of the first entry that recognises a text; None if there is none. No server is asked.

    Parameters
    ----------
    text : str
        As users write it.
    elsewhere : bool
        Look at sources elsewhere only.
    """
    known = (name for name, entry in SOURCES.items() if entry.elsewhere or not elsewhere)
    return next((name for name in known if load(SOURCES[name].path).recognises(text)), None)
