"""HED annotations of events, put together from `events.json` and `events.tsv`: text only, no HED tool is needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eegcli.errors import InputError
from eegcli.files.objects import read_object
from eegcli.files.tsv import Sheet

COLUMN = "HED"  # of events.tsv
_REFERENCE = re.compile(r"\{([^{}]*)\}")
_DEFINITION = "definition/"
_MARK = re.compile(r"[(),]")


@dataclass(frozen=True)
class HedSidecar:
    """HED annotations in the `events.json` of a recording.

    Attributes
    ----------
    categories : dict of str to dict of str to str
        Annotation of each level, by column.
    templates : dict of str to str
        Annotation of columns of values, with ``#`` where the value goes.
    definitions : tuple of str
        Definition groups, each once, in order of their text.
    version : str
        HED schema that the data set states, e.g. ``8.3.0``; of several, as JSON.
    remarks : tuple of str
        What is wrong with the files, without their names.
    """

    categories: Mapping[str, Mapping[str, str]]
    templates: Mapping[str, str]
    definitions: tuple[str, ...] = ()
    version: str = ""
    remarks: tuple[str, ...] = ()

    def assemble(self, sheet: Sheet) -> list[str]:
        """The annotation of each row of an `events.tsv`; empty text where there is none.

        Columns add up in the order of the table. A column that another names in braces stands only there.
        """
        columns = {name: self._column(sheet, name) for name in sheet.columns if name == COLUMN or self._annotates(name)}
        texts = [*self.templates.values(), *(text for levels in self.categories.values() for text in levels.values())]
        texts += columns.get(COLUMN, [])
        referred = {name for text in texts for name in _REFERENCE.findall(text)}
        free = [name for name in columns if name not in referred]
        known: dict[tuple[str, ...], str] = {}
        result = []
        for cells in zip(*columns.values(), strict=True) if columns else ((),) * len(sheet.rows):
            if cells not in known:  # thousands of events are of a few kinds
                row = dict(zip(columns, cells, strict=True))
                known[cells] = ", ".join(text for text in (_filled(row[name], row) for name in free) if text)
            result.append(known[cells])
        return result

    def _annotates(self, name: str) -> bool:
        return name in self.categories or name in self.templates

    def _column(self, sheet: Sheet, name: str) -> list[str]:
        cells = sheet.column(name)
        if name in self.categories:
            levels = self.categories[name]
            return ["" if cell is None else levels.get(cell, "") for cell in cells]
        if name in self.templates:
            return ["" if cell is None else self.templates[name].replace("#", cell) for cell in cells]
        return ["" if cell is None else cell for cell in cells]


def read_hed(paths: Sequence[Path], version: str = "") -> HedSidecar:
    """Read the HED annotations of the `events.json` that apply to a recording.

    Nothing of it is checked against a schema, and what is no annotation is passed over: HED that nobody asks for costs no recording.

    Parameters
    ----------
    paths : sequence of Path
        The most specific first: what is nearer goes before what is inherited.
    version : str
        HED schema that the data set states.
    """
    merged: dict[str, Any] = {}
    remarks: list[str] = []
    for path in reversed(paths):
        try:
            read = read_object(path)
        except InputError as error:
            remarks.append(f"events.json is {error.message.removeprefix(f'{path}: ')}: its HED is left out")
            continue
        remarks += [f"events.json {remark}" for remark in read.remarks]
        merged |= read.value
    categories: dict[str, dict[str, str]] = {}
    templates: dict[str, str] = {}
    for name, entry in merged.items():
        hed = entry.get("HED") if isinstance(entry, dict) else None
        if isinstance(hed, dict):
            categories[name] = {level: " ".join(text.split()) for level, text in hed.items() if isinstance(text, str)}
        elif isinstance(hed, str):
            templates[name] = " ".join(hed.split())
    texts = [*templates.values(), *(text for levels in categories.values() for text in levels.values())]
    return HedSidecar(categories, templates, tuple(sorted(set(_definitions(texts)))), version, tuple(remarks))


def stated_version(description: Mapping[str, Any]) -> str:
    """The HED schema that a `dataset_description.json` states; empty if it states none."""
    stated = description.get("HEDVersion")
    if isinstance(stated, list):
        return json.dumps([str(item) for item in stated])
    return stated.strip() if isinstance(stated, str) else ""


def _definitions(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if _DEFINITION in text.lower():
            yield from (part for part in split_top(text) if part.startswith("(") and _DEFINITION in part.lower())


def split_top(text: str) -> list[str]:
    """Split a HED annotation at the commas outside all parentheses."""
    parts, depth, begin = [], 0, 0
    for mark in _MARK.finditer(text):  # a data set has tens of thousands of annotations: no look at each letter
        depth += (mark[0] == "(") - (mark[0] == ")")
        if mark[0] == "," and depth == 0:
            parts.append(text[begin : mark.start()].strip())
            begin = mark.end()
    return [part for part in (*parts, text[begin:].strip()) if part]


def _filled(text: str, row: Mapping[str, str]) -> str:
    """Put the annotations of other columns where their names stand in braces; what is empty goes, and its comma with it."""
    if "{" not in text:
        return text
    return _tidy(_REFERENCE.sub(lambda match: row.get(match.group(1), "") if "{" not in row.get(match.group(1), "") else "", text))


def _tidy(text: str) -> str:
    """Remove empty groups, and commas that separate nothing."""
    kept = []
    for part in split_top(text):
        if part.startswith("(") and part.endswith(")"):
            inner = _tidy(part[1:-1])
            part = f"({inner})" if inner else ""
        if part:
            kept.append(part)
    return ", ".join(kept)
