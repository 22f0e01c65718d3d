"""The tests themselves: folders mirror the package, helpers stand in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import eegcli
from tests.kit.files import tree_of

TESTS = Path(__file__).parents[1]
PACKAGE = Path(eegcli.__file__).parent
# What is no test of one room: promises of the whole, helpers, programs beside the package, a real cluster, artifacts of earlier versions.
APART = {"contract", "kit", "benchmarks", "slurm", "kept"}
FOLDERS = sorted({path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")} - {Path()})
TABLES = {"registry"}  # tested where they are read
ROOMS = sorted({path.parent.name for path in PACKAGE.glob("*/*.py")} - TABLES)
MODULES = sorted(path for path in TESTS.rglob("*.py") if path.parent != TESTS / "kit")


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder.parts[0] not in APART], ids=str)
def test_a_folder_of_tests_mirrors_a_folder_of_the_package(folder):
    assert (PACKAGE / folder / "__init__.py").is_file()


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_its_folder_of_tests(room):
    assert list((TESTS / room).rglob("test_*.py")), f"`pytest tests/{room}` finds nothing"


def test_no_module_of_tests_imports_one_of_another_folder():
    """Helpers that two folders need stand in tests/kit."""
    found = []
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").rpartition(".")[2].startswith("test_"):
                file = TESTS.parent.joinpath(*str(node.module).split(".")).with_suffix(".py")
                if file.parent != path.parent:
                    found.append(f"{path.relative_to(TESTS)}: {node.module}")
    assert found == []


def test_only_the_kit_keeps_what_a_stage_tells():
    """One reporter that captures: a second would keep the same things under other names."""
    bases = [
        (path.name, node.name, {child.name for child in node.body if isinstance(child, ast.FunctionDef)})
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Silent" for base in node.bases)
    ]
    assert [(name, cls) for name, cls, methods in bases if methods & {"info", "warn", "debug", "table"}] == []
