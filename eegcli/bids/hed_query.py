"""HED queries: events that fit hedtools' own query language, with the schemas that the package ships."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.bids.hed import split_top
from eegcli.bids.hedtools import import_hedtools
from eegcli.errors import UnavailableError, UsageError
from eegcli.study.events import Events

DEFAULT_VERSION = "8.3.0"  # of data sets that state none; HBN's
_PARENTHESIS = re.compile(r"[()]")
_DEF = re.compile(r"(?<![\w-])Def/([\w-]+)(?:/([^,()]*))?", re.IGNORECASE)


def match_hed(query: str, events: Events) -> np.ndarray:
    """Mark the events whose HED annotation fits a query.

    Parameters
    ----------
    query : str
        In the language of hedtools' `QueryHandler`, e.g. ``Sensory-event && Label/now-close-your-eyes``.
    events : Events
        An annotation that names a definition (``Def/...``) holds the content of that definition, too.

    Returns
    -------
    ndarray of bool, shape (n_events,)
        False where an event has no annotation, or one that is no HED.

    Raises
    ------
    UsageError
        If the query cannot be parsed.
    UnavailableError
        If hedtools is not installed, or does not ship the data set's schema.
    """
    fits = {hed: bool(hed) and _fits(query, hed, events.definitions, events.hed_version) for hed in set(events.hed)}
    return np.array([fits[hed] for hed in events.hed], dtype=bool)


def check_query(query: str) -> None:
    """Raise what `match_hed` would raise of this query."""
    _handler(query)


@functools.lru_cache(maxsize=4096)
def is_readable(hed: str) -> bool:
    """Test that every parenthesis of an annotation is closed."""
    depth = 0
    for mark in _PARENTHESIS.findall(hed):
        depth += 1 if mark == "(" else -1
        if depth < 0:
            return False
    return depth == 0 and "{" not in hed


@functools.lru_cache(maxsize=4096)
def _fits(query: str, hed: str, definitions: tuple[str, ...], version: str) -> bool:
    handler = _handler(query)
    hed_string = import_hedtools().HedString
    schema = _schema(version)
    if not is_readable(hed):
        return False
    return bool(handler.search(hed_string(_expanded(hed, _contents(definitions)), schema)))


@functools.cache
def _handler(query: str) -> Any:
    try:
        import_hedtools()
        from hed.errors.exceptions import HedQueryError
        from hed.models.query_handler import QueryHandler
    except ImportError as error:
        raise UnavailableError("--hed needs hedtools, which is not installed", hint="pip install 'eegcli[hed]'") from error
    try:
        return QueryHandler(query)
    except (HedQueryError, ValueError) as error:
        raise UsageError(
            f"--hed: {query!r} is no HED query ({' '.join(str(error).split())})", hint='For example "Sensory-event && Label/now-close*".'
        ) from error


@functools.cache
def _schema(version: str) -> Any:
    hed = import_hedtools()
    from hed.errors.exceptions import HedFileError
    from hed.schema import load_schema_version

    wanted = version or DEFAULT_VERSION
    # Only the folder inside the package: with any other, hedtools would look on the network for what is not there.
    folder = Path(hed.__file__).parent / "schema" / "schema_data"
    try:
        return load_schema_version(json.loads(wanted) if wanted.startswith("[") else wanted, xml_folder=str(folder))
    except (HedFileError, ValueError) as error:
        raise UnavailableError(
            f"HED schema {wanted} is not among those that the installed hedtools ships", hint="Install a newer hedtools."
        ) from error


@functools.cache
def _contents(definitions: tuple[str, ...]) -> Mapping[str, str]:
    """Content of each HED definition, by its name in lower case."""
    contents: dict[str, str] = {}
    for definition in definitions:
        parts = split_top(definition[1:-1])
        name = next((part for part in parts if part.lower().startswith("definition/")), "").partition("/")[2]
        contents[name.partition("/")[0].lower()] = ", ".join(part for part in parts if part.startswith("("))
    return contents


def _expanded(hed: str, contents: Mapping[str, str]) -> str:
    """Put the content of each definition beside the tag that names it, as HED's `Def-expand`."""

    def beside(match: re.Match[str]) -> str:
        content = contents.get(match.group(1).lower(), "")
        if not content:
            return match.group(0)
        value = (match.group(2) or "").strip()
        name = f"{match.group(1)}/{value}" if value else match.group(1)
        return f"{match.group(0).strip()}, (Def-expand/{name}, {content.replace('#', value)})"

    return _DEF.sub(beside, hed)
