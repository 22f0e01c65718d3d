"""Accession numbers of public data sets: OpenNeuro's (``ds005505``) and NEMAR's (``nm000103``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ACCESSION = re.compile(r"(?<![a-z0-9])(?:ds|nm)\d{6}(?!\d)")


def accession(root: Path, description: Mapping[str, Any]) -> str | None:
    """Find the accession number of a data set: in its DOI, else in the name of its folder.

    Parameters
    ----------
    root : Path
        Folder of the data set.
    description : mapping
        Its dataset_description.json.

    Returns
    -------
    str or None
        Such as ``ds005515``; None if neither has one.
    """
    for text in (str(description.get("DatasetDOI", "")), root.resolve().name):
        if found := _ACCESSION.search(text.lower()):
            return found[0]
    return None
