"""Pattern of file names, ``{subject}_{task}.edf``: what it says of a name, and whether it says two things."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from eegcli.errors import UsageError

# Fields as people write them, and the BIDS entity that each is.
FIELDS = {
    "subject": "sub",
    "participant": "sub",
    "sub": "sub",
    "session": "ses",
    "ses": "ses",
    "task": "task",
    "acquisition": "acq",
    "acq": "acq",
    "run": "run",
}
_TOKEN = re.compile(r"\{([^{}]*)\}|(\*\*/?)|(\*)")
_HINT = "For example '{subject}_{task}.edf' or '{subject}/{session}/*_{task}.vhdr'; {} and * stand for any text."


@dataclass(frozen=True)
class Part:
    """Part of a pattern: literal text, a field, or text that says nothing.

    Attributes
    ----------
    text : str
        Literal text; empty for the other two.
    entity : str
        BIDS entity of a field.
    fits : re.Pattern
        Expression that the text has to fit.
    """

    text: str
    entity: str
    fits: re.Pattern[str]


@dataclass(frozen=True)
class Pattern:
    """Pattern of the paths of recordings, relative to their folder.

    Attributes
    ----------
    text : str
        As the user wrote it.
    parts : tuple of Part
    """

    text: str
    parts: tuple[Part, ...]

    @property
    def entities(self) -> tuple[str, ...]:
        """Entities that the pattern reads."""
        return tuple(dict.fromkeys(part.entity for part in self.parts if part.entity))

    def readings(self, path: str) -> list[Mapping[str, str]]:
        """Ways in which a path fits the pattern: none, one, or the first two that differ.

        Parameters
        ----------
        path : str
            Relative to the folder, with forward slashes.

        Returns
        -------
        list of mapping of str to str
            Text of each entity.
        """
        found: list[Mapping[str, str]] = []
        for reading in _readings(self.parts, path, {}):
            if reading not in found:
                found.append(reading)
            if len(found) > 1:
                break
        return found


def parse_pattern(text: str, *, more: Mapping[str, str] = MappingProxyType({}), needs: str | None = "subject") -> Pattern:
    """Parse a pattern.

    Parameters
    ----------
    text : str
        Literal text; ``{subject}``, ``{session}``, ``{task}``, ``{run}``, ``{acq}``, each for a text without a slash, or with what it
        looks like: ``{subject:S??}``; ``{}`` and ``*`` for any text of a name, ``**/`` for any folders.
    more : mapping of str to str, optional
        Further fields, and what each is called in a reading.
    needs : str or None
        Field that has to be there; None: any.

    Raises
    ------
    UsageError
        If a field is unknown, a brace is left open, or the field that is needed is not there.
    """
    fields = {**FIELDS, **more}
    parts: list[Part] = []
    place = 0
    for token in _TOKEN.finditer(text):
        parts += _literal(text[place : token.start()], text)
        place = token.end()
        field, deep, any_text = token.groups()
        if deep:
            parts.append(Part("", "", re.compile(r"(?:.*/)?" if deep.endswith("/") else r".*")))
        elif any_text or not field:
            parts.append(Part("", "", re.compile(r"[^/]*")))
        else:
            parts.append(_field(field, text, fields))
    parts += _literal(text[place:], text)
    known = {part.entity for part in parts} - {""}
    if (fields[needs] not in known) if needs else not known:
        raise UsageError(f"--pattern {text}: no field is {{{needs or 'subject'}}}", hint=_HINT)
    if parts[-1].text:  # .EDF is .edf
        parts[-1] = Part(parts[-1].text, "", re.compile(re.escape(parts[-1].text), re.IGNORECASE))
    return Pattern(text, tuple(parts))


def _literal(text: str, pattern: str) -> list[Part]:
    if "{" in text or "}" in text:
        raise UsageError(f"--pattern {pattern}: a brace has no other one", hint=_HINT)
    return [Part(text, "", re.compile(re.escape(text)))] if text else []


def _field(field: str, pattern: str, fields: Mapping[str, str]) -> Part:
    name, colon, form = field.partition(":")
    entity = fields.get(name.strip().lower())
    if entity is None:
        raise UsageError(f"--pattern {pattern}: {{{field}}} is no field; there are: {', '.join(fields)}", hint=_HINT)
    fits = re.compile(fnmatch.translate(form)) if colon else re.compile(r".+", re.DOTALL)
    return Part("", entity, fits)


def _readings(parts: tuple[Part, ...], rest: str, known: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    if not parts:
        if not rest:
            yield known
        return
    part, others = parts[0], parts[1:]
    if part.text:
        found = part.fits.match(rest)
        if found:
            yield from _readings(others, rest[found.end() :], known)
        return
    for end in _ends(part, others, rest):
        text = rest[:end]
        if part.entity and known.get(part.entity, text) != text:  # `{subject}/{subject}_{task}.edf` names one subject
            continue
        yield from _readings(others, rest[end:], {**known, part.entity: text} if part.entity else known)


def _ends(part: Part, others: tuple[Part, ...], rest: str) -> Iterator[int]:
    """Places at which the text of a field may end: those where the literal text behind it goes on."""
    if others and others[0].text:
        places = [found.start() for found in re.finditer(f"(?={others[0].fits.pattern})", rest, others[0].fits.flags)]
    elif not others:
        places = [len(rest)]
    else:
        places = list(range(len(rest) + 1))
    for end in places:
        text = rest[:end]
        if part.entity and (not text or "/" in text):
            continue
        if part.fits.fullmatch(text):
            yield end
