"""Data sets elsewhere, as users write them; a kind a file, named in `registry.SOURCES`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eegcli.errors import UsageError
from eegcli.lazy import submodules
from eegcli.registry import SOURCES, load, source_name
from eegcli.remote.client import Client
from eegcli.remote.sources.protocol import Access, Source, SourceKind, not_a_source

__all__ = ["Access", "Source", "SourceKind", "is_remote", "open_source", "open_sources"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)


def is_remote(text: str) -> bool:
    """True for a text that names a source elsewhere; no server is asked."""
    return source_name(text, elsewhere=True) is not None


def open_source(text: str, *, endpoint_url: str | None = None, client: Client | None = None) -> Source:
    """Understand where one data set lies; no server is asked yet.

    Parameters
    ----------
    text : str
        ``ds005505[@1.0.1]``, ``nm000103[@1.0.0]``, ``hbn:R1``, ``s3://bucket/prefix`` or ``https://host/path``.
    endpoint_url : str, optional
        A server to ask instead of Amazon's or NEMAR's; else AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.
    client : Client, optional

    Raises
    ------
    UsageError
        If it is none of these, or several data sets.
    """
    sources = open_sources(text, endpoint_url=endpoint_url, client=client)
    if len(sources) > 1:
        one = f"{sources[0].collection}:{sources[0].name}"
        raise UsageError(f"{text}: several data sets", hint=f"Name one, e.g. {one}.")
    return sources[0]


def open_sources(text: str, *, release: Sequence[str] = (), endpoint_url: str | None = None, client: Client | None = None) -> list[Source]:
    """Understand where one or several data sets lie: as `open_source`, and ``hbn`` is all releases of HBN, or those of `release`.

    Raises
    ------
    UsageError
        If it is none of these, or there is no such release.
    """
    name = source_name(text, elsewhere=True)
    if name is None:
        raise not_a_source(text)
    kind: SourceKind = load(SOURCES[name].path)
    return list(kind.sources_of(text, Access(endpoint_url, tuple(release), client or Client())))
