"""Releases of the Healthy Brain Network's EEG: ``hbn:R1``, ``hbn:R1,R5``, or ``hbn`` for all; each is a data set of its own."""

from __future__ import annotations

import re
from dataclasses import replace

from eegcli.catalogue.releases import hbn_releases
from eegcli.registry import SOURCES, load, source_name
from eegcli.remote.sources.protocol import Access, Source, not_a_source

COLLECTION = "hbn"
_RELEASES = re.compile(r"hbn(?::([\w,]+))?", re.IGNORECASE)


def recognises(text: str) -> bool:
    """True for ``hbn`` and its releases."""
    return _RELEASES.fullmatch(text) is not None


def sources_of(text: str, access: Access) -> list[Source]:
    """The data sets of the releases that are named, by their accession numbers.

    Raises
    ------
    UsageError
        If there is no such release.
    """
    match = _RELEASES.fullmatch(text)
    assert match is not None
    wanted = [part for part in (match[1] or "").split(",") if part] or access.release
    return [_published(item.id, item.release, access) for item in hbn_releases(wanted)]


def _published(number: str, release: str, access: Access) -> Source:
    name = source_name(number, elsewhere=True)
    if name is None:
        raise not_a_source(number)
    source: Source = load(SOURCES[name].path).sources_of(number, access)[0]
    return replace(source, name=release, text=f"{COLLECTION}:{release}", collection=COLLECTION)
