"""Imports run downwards, and each library has one home."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import eegcli
from tests.kit.files import tree_of

ROOT = Path(eegcli.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

ARCHITECTURE = ROOT.parent / "docs" / "architecture.md"
# The one place where the rooms stand in order, the ground first.
FLOORS = [line.split() for line in ARCHITECTURE.read_text(encoding="utf-8").split("```rooms\n")[1].split("```")[0].splitlines()]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
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


@functools.cache
def imports(path: Path) -> set[str]:
    """Every module that a file imports, at the top or inside functions; `if TYPE_CHECKING` aside."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.update(module_of(f"{node.module}.{alias.name}") for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree_of(path))
    return found


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def file_of(module: str) -> Path | None:
    """The file of one of our modules."""
    place = ROOT.parent.joinpath(*module.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def module_of(name: str) -> str:
    """`package.module.attribute` as the module that is imported; of other libraries all but the last word."""
    return name if name.startswith("eegcli") and file_of(name) else name.rpartition(".")[0]


def layer(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def upward(path: Path) -> list[str]:
    """Imports of a file that do not run downwards along the list of rooms."""
    mine = layer(path)
    if mine in ("__init__", "__main__"):
        return []
    targets = {name: layer(file) for name in imports(path) if name.startswith("eegcli") and (file := file_of(name))}
    return sorted(name for name, room in targets.items() if room != mine and FLOOR.get(room, len(FLOORS)) >= FLOOR[mine])


def test_every_room_stands_in_the_list_once():
    rooms = {layer(path) for path in MODULES} - {"__init__", "__main__"}
    assert sorted(room for floor in FLOORS for room in floor) == sorted(rooms)


def test_imports_run_downwards():
    assert not {name_of(path): names for path in MODULES if (names := upward(path))}


def test_an_upward_import_is_seen_wherever_it_stands(tmp_path, monkeypatch):
    house = tmp_path / "eegcli"
    texts = {
        "files/__init__.py": "import eegcli.artifacts\n",
        "remote/_hidden.py": "def f():\n    from eegcli.artifacts import folder\n",
        "train/split.py": "from eegcli.evaluate import run\n",
        "artifacts/folder.py": "from eegcli.files import atomic\nfrom eegcli import __version__\n",
        "artifacts/__init__.py": "",
        "evaluate/__init__.py": "",
        "files/atomic.py": "",
        "__init__.py": "",
    }
    for name, text in texts.items():
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        (house / name).write_text(text)
    monkeypatch.setitem(globals(), "ROOT", house)
    assert upward(house / "files/__init__.py") == ["eegcli.artifacts"]
    assert upward(house / "remote/_hidden.py") == ["eegcli.artifacts.folder"]
    assert upward(house / "train/split.py") == ["eegcli.evaluate"]
    assert upward(house / "artifacts/folder.py") == ["eegcli"]  # the package itself stands on top
    assert upward(house / "artifacts/__init__.py") == []


def test_no_folders_import_each_other_in_a_circle():
    below: dict[Path, set[Path]] = {}
    for path in MODULES:
        files = [file_of(name) for name in imports(path) if name.startswith("eegcli.")]
        folders = {file.parent for file in files if file and file.parent not in (path.parent, ROOT)}
        # A folder and those inside it are one thing.
        apart = {other for other in folders if not other.is_relative_to(path.parent) and not path.parent.is_relative_to(other)}
        below.setdefault(path.parent, set()).update(apart)
    while leaves := [folder for folder, others in below.items() if not others & set(below)]:
        for folder in leaves:
            del below[folder]
    assert not {str(folder.relative_to(ROOT)): sorted(str(o.relative_to(ROOT)) for o in others) for folder, others in below.items()}


def test_each_library_has_one_home():
    strangers = {name_of(path): {name.split(".")[0] for name in imports(path)} & set(HOMES) for path in MODULES}
    assert not [
        f"{name} imports {library}, whose home is {HOMES[library]}"
        for name, libraries in strangers.items()
        for library in libraries
        if layer(ROOT / name) not in HOMES[library]
    ]


def test_only_the_command_line_prints():
    assert not [
        f"{name_of(path)}:{node.lineno}: {node.func.id}"
        for path in MODULES
        if layer(path) != "cli"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "input", "eval", "exec"}
    ]


def test_a_file_is_one_noun():
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert not {name: length for name, length in lengths.items() if length > 400}
