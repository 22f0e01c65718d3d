"""Messages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import eegcli
from eegcli.errors import listed
from tests.kit.files import tree_of


@pytest.mark.parametrize(
    ("n_names", "plain", "counted"),
    [(0, "", ""), (2, "0, 1", "0, 1"), (3, "0, 1, 2", "0, 1, 2"), (5, "0, 1, 2, ...", "0, 1, 2 and 2 more")],
)
def test_long_lists_are_shortened(n_names, plain, counted):
    assert listed(range(n_names), 3) == plain
    assert listed(range(n_names), 3, count=True) == counted


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
