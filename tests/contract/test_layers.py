"""Imports run downwards, and each library has one home."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import eegcli

ROOT = Path(eegcli.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

STAGES = {"fetch", "preprocess", "epoch", "train", "evaluate", "explain", "describe"}
MIDDLE = {"artifacts", "bids", "compute", "models", "registry", "remote"}
BASE = {"settings", "config", "report", "result", "errors"}
ALLOWED = {
    "cli": STAGES | MIDDLE | BASE | {"cli"},
    **{stage: MIDDLE | BASE | {stage} for stage in STAGES},
    **dict.fromkeys(MIDDLE, MIDDLE | BASE),
    **dict.fromkeys(BASE, BASE | {"registry"}),
    "registry": {"errors"},
}
HOMES = {
    "typer": {"cli"},
    "rich": {"cli"},
    "h5py": {"artifacts"},
    "pyarrow": {"artifacts"},
    "mne_bids": {"bids"},
    "mne": {"bids", "preprocess", "fetch"},
    "urllib3": {"remote"},
    "joblib": {"compute"},
    "dask": {"compute"},
    "distributed": {"compute"},
    "dask_jobqueue": {"compute"},
}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at the top or inside functions; `if TYPE_CHECKING` aside."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names if node.module == "eegcli")
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def layer(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downwards(path):
    if path.parent == ROOT and path.stem in ("__init__", "__main__"):
        return
    mine = layer(path)
    assert mine in ALLOWED, f"{mine} has no place in the house: docs/architecture.md"
    for name in imports(path):
        if name.startswith("eegcli.") and (target := name.split(".")[1]) != mine and not target.startswith("_"):
            assert target in ALLOWED[mine], f"{mine} imports {target}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_library_has_one_home(path):
    for name in imports(path):
        library = name.split(".")[0]
        if library in HOMES:
            assert layer(path) in HOMES[library], f"{library} is imported outside {HOMES[library]}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_command_line_prints(path):
    if layer(path) == "cli":
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    assert not [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id in {"print", "input", "eval", "exec"}]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_noun(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
