"""Docstrings and glossary: words that a stranger can search."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import eegcli
from tests.kit.files import tree_of

ROOT = Path(eegcli.__file__).parents[1]
FOLDERS = ("eegcli", "benchmarks", "tests", "completions", "docs")
MODULES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
GLOSSARY = ROOT / "docs" / "glossary.md"
# Questions, genitive fragments and pronouns without their noun: nobody searches for them.
RIDDLE = re.compile(r"(Who|What|Whether|Where|Whence|How|Which|Why|When|Of|It|Those|That|This)\b")


def first_lines(path: Path) -> list[tuple[str, str]]:
    """Name and first line of every docstring of a file."""
    nodes = [
        node for node in ast.walk(tree_of(path)) if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return [(getattr(node, "name", "module"), text.splitlines()[0]) for node in nodes if (text := ast.get_docstring(node))]


def test_a_docstring_begins_with_a_term_of_the_field():
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(FOLDERS)  # a folder that is gone guards nothing
    assert not [f"{path.relative_to(ROOT)}: {name}: {line}" for path in MODULES for name, line in first_lines(path) if RIDDLE.match(line)]


def glossary() -> list[list[str]]:
    rows = [line.strip("|").split("|") for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[1:]]


def test_the_glossary_has_one_meaning_a_word_in_order():
    words = [row[0] for row in glossary()]
    assert words == sorted(set(words), key=str.casefold) and all(len(row) == 4 and row[1] for row in glossary())
    assert not [f"{word}: {meaning}" for word, meaning, *_ in glossary() if second_meaning(meaning)]


def second_meaning(meaning: str) -> bool:
    """True where a row goes on to something else: brackets are for keys and options that are called otherwise, nothing else."""
    return any("called" not in aside for aside in re.findall(r"\(([^)]*)\)", meaning)) or bool(re.search(r"\*|, and its\b", meaning))


@pytest.mark.parametrize(
    ("meaning", "second"),
    [
        ("what a command writes (a disturbance in a signal is an *EEG artifact*)", True),
        ("a train artifact (in a selection, `--run` is the BIDS entity)", True),
        ("the column that is learnt, and its value for a window", True),
        ("the last layer and what its outputs mean", False),  # one thing, described
        ("windows that belong together (the option is called `--split-unit`)", False),
    ],
)
def test_a_second_meaning_is_seen(meaning, second):
    assert second_meaning(meaning) == second
