"""Messages."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

import eegcli
from eegcli.errors import counted, listed
from tests.kit.files import tree_of


@pytest.mark.parametrize(
    ("n_names", "plain", "with_count"),
    [(0, "", ""), (2, "0, 1", "0, 1"), (3, "0, 1, 2", "0, 1, 2"), (5, "0, 1, 2, ...", "0, 1, 2 and 2 more")],
)
def test_long_lists_are_shortened(n_names, plain, with_count):
    assert listed(range(n_names), 3) == plain
    assert listed(range(n_names), 3, count=True) == with_count


def test_a_list_of_which_no_name_is_shown_is_its_number():
    assert listed(range(3), 0, count=True) == "and 3 more"


def shortened(path: Path) -> list[str]:
    """Joined names of which some are cut away, and marks that say so: what `listed` is for."""
    found = []
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="join"), args=[ast.Subscript(slice=ast.Slice())]):
                found.append(f"{path.name}:{node.lineno}: {ast.unparse(node)}")
            case ast.Constant(value=", ..."):
                found.append(f"{path.name}:{node.lineno}: {ast.unparse(node)}")
    return found


def test_names_are_shortened_in_one_place():
    assert not [found for path in Path(eegcli.__file__).parent.rglob("*.py") if path.name != "errors.py" for found in shortened(path)]


@pytest.mark.parametrize(
    "text", ["', '.join(names[:20])", "f\"There are: {', '.join(names[:_SHOWN])}.\"", "more = ', ...' if n == 5 else ''"]
)
def test_a_list_that_is_shortened_by_hand_is_seen(tmp_path, text):
    (tmp_path / "any.py").write_text(text)
    assert shortened(tmp_path / "any.py")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (counted(1, "file"), "1 file"),
        (counted(0, "file"), "0 files"),
        (counted(16320, "row"), "16,320 rows"),
        (counted(2, "class"), "2 classes"),
        (counted(1, "batch"), "1 batch"),
        (counted(1, "recording is", "recordings are"), "1 recording is"),
        (counted(3, "recording is", "recordings are"), "3 recordings are"),
    ],
)
def test_one_thing_is_counted_in_the_singular(count, words):
    assert count == words


NOUNS = r" (?:more |other )?(files|subjects|windows|recordings|channels|trials|networks|rows|folds|seeds|votes)\b"


def counted_by_hand(path: Path) -> list[str]:
    """Numbers before a noun that is always plural, in texts made of values: what `counted` is for."""
    found = []
    for node in ast.walk(tree_of(path)):
        for value, text in pairwise(node.values) if isinstance(node, ast.JoinedStr) else ():
            if not (isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant) and re.match(NOUNS, str(text.value))):
                continue
            said = ast.unparse(value.value)
            if not (said.isupper() or "counted(" in said or said.rpartition(".")[2] in ("name", "representation")):
                found.append(f"{path.name}:{node.lineno}: {said}{str(text.value)[:20]}")
    return found


def test_things_are_counted_in_one_place():
    assert not [found for path in Path(eegcli.__file__).parent.rglob("*.py") for found in counted_by_hand(path)]


@pytest.mark.parametrize("text", ['f"{len(x)} files"', 'f"of {n:,} other subjects of {m}"'])
def test_things_that_are_counted_by_hand_are_seen(tmp_path, text):
    (tmp_path / "any.py").write_text(text)
    assert counted_by_hand(tmp_path / "any.py")
