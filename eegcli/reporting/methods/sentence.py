"""Sentences with their sources, and the text that is made of them: numbered citations, one list of references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eegcli.registry import METRICS


@dataclass(frozen=True)
class Sentence:
    """Sentence of a methods section.

    Attributes
    ----------
    words : str
        Without the full stop.
    sources : tuple of str
        Publications, as the registry has them; several in one text are parted by "; ".
    """

    words: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """Part of a methods section.

    Attributes
    ----------
    title : str
    sentences : tuple of Sentence
        None: the part is left out.
    """

    title: str
    sentences: tuple[Sentence, ...] = ()


def is_publication(source: str) -> bool:
    """True for a source that can be cited: it has a year, as ``stratified random draw`` has not."""
    return any(len(word) >= 4 and word[:4].isdigit() for word in source.replace("(", " ").split())


def metric_words(name: str) -> str:
    """Words of a metric: its heading where that is a name, as ``AUC`` is and ``right %`` is not."""
    heading = METRICS[name].heading if name in METRICS else ""
    if name == "majority_rate":
        return "the share of the most frequent class, which a constant answer reaches"
    return heading if heading and "%" not in heading else name.replace("_", " ")


def markdown(paragraphs: Sequence[Paragraph], provenance: Sequence[str] = ()) -> str:
    """Write paragraphs, the list of their references in the order in which they are cited, and the provenance of the inputs.

    Parameters
    ----------
    paragraphs : sequence of Paragraph
    provenance : sequence of str
        Entries of the last list.
    """
    numbers: dict[str, int] = {}
    lines = ["# Methods", ""]
    for paragraph in paragraphs:
        if paragraph.sentences:
            lines += [f"## {paragraph.title}", "", " ".join(_cited(one, numbers) for one in paragraph.sentences), ""]
    if numbers:
        lines += ["## References", "", *(f"{number}. {source}" for source, number in numbers.items()), ""]
    if provenance:
        lines += ["## Provenance", "", *(f"- {one}" for one in provenance), ""]
    return "\n".join(lines)


def _cited(sentence: Sentence, numbers: dict[str, int]) -> str:
    named = [part for source in sentence.sources for part in source.split("; ") if is_publication(part)]
    cited = ", ".join(str(numbers.setdefault(one, len(numbers) + 1)) for one in dict.fromkeys(named))
    return _escaped(sentence.words) + (f" [{cited}]" if cited else "") + "."


def _escaped(words: str) -> str:
    """Words in which nothing is taken for HTML or for emphasis: names come from files of other people."""
    for mark in ("\\", "<", "*", "`", "["):
        words = words.replace(mark, f"\\{mark}")
    return " ".join(words.split())
