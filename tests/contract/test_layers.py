"""Imports run downwards, and each library has one home."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

import eegcli
from tests.kit.files import tree_of

ROOT = Path(eegcli.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

ABOVE_ALL = ("__init__", "__main__")
ARCHITECTURE = ROOT.parent / "docs" / "architecture.md"
# The one place where the rooms stand in order, the ground first.
FLOORS = [line.split() for line in ARCHITECTURE.read_text(encoding="utf-8").split("```rooms\n")[1].split("```")[0].splitlines()]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
HOMES = {
    "typer": {"cli"},
    "rich": {"cli"},
    "h5py": {"artifacts", "bids", "importing"},  # MATLAB 7.3 is HDF5
    "pyarrow": {"artifacts", "importing"},  # tables of others
    "mne_bids": {"bids"},
    "mne": {"bids", "preprocess", "fetch", "importing"},
    "urllib3": {"remote"},
    "joblib": {"compute"},
    "dask": {"compute"},
    "distributed": {"compute"},
    "dask_jobqueue": {"compute"},
    "jinja2": {"pages"},
}


# Where a module may be imported by a name that only the running program knows.
BY_NAME = {"lazy.py", "registry/lookup.py", "settings/__init__.py", "compute/executors/dask.py", "models/code.py"}
IMPORTERS = {"import_module", "__import__", "resolve_name", "run_module", "run_path", "spec_from_file_location"}
OURS = re.compile(r"eegcli(\.\w+)+(:\w+)?")


@functools.cache
def imports(path: Path) -> set[str]:
    """Every module that a file imports, at the top or inside functions, or names in a text such as ``eegcli.files.atomic:writing``.

    Of an ``if TYPE_CHECKING:`` our own modules count as all others do, other libraries do not: they need not be there.
    The registry's texts do not count: its tables name the code of every room, and import none of it.
    """
    tree, found = tree_of(path), set()
    typing_only = types_are_checked_by_typing(tree)

    def visit(node: ast.AST, checked: bool) -> None:
        if isinstance(node, ast.If) and typing_only and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for child in node.body:
                visit(child, True)
            for child in node.orelse:
                visit(child, checked)
            return
        found.update(name for name in imported_by(node, path) if not checked or name.split(".")[0] == "eegcli")
        for child in ast.iter_child_nodes(node):
            visit(child, checked)

    visit(tree, False)
    return found


def imported_by(node: ast.AST, path: Path) -> list[str]:
    """Modules that one node of the tree imports or names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{path}: imports are absolute"
        return [module_of(f"{node.module}.{alias.name}") for alias in node.names]
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and OURS.fullmatch(node.value) and layer(path) != "registry":
        module = node.value.partition(":")[0]
        return [module] if file_of(module) else []
    return []


def types_are_checked_by_typing(tree: ast.Module) -> bool:
    """True unless a file gives the name TYPE_CHECKING a meaning of its own."""
    of_its_own = [node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store)]
    bound = {node.id if isinstance(node, ast.Name) else node.attr for node in of_its_own}
    strangers = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.module != "typing")
        for alias in node.names
    } - {"typing"}
    return "TYPE_CHECKING" not in bound | strangers


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def file_of(module: str) -> Path | None:
    """The file of one of our modules."""
    place = ROOT.parent.joinpath(*module.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def module_of(name: str) -> str:
    """`package.module.attribute` as the module that is imported; of other libraries all but the last word."""
    return name if name.startswith("eegcli") and file_of(name) else name.rpartition(".")[0]


def files_imported_by(path: Path) -> set[Path]:
    """Files of ours that a file imports or names, itself aside."""
    return {file for name in imports(path) if name.split(".")[0] == "eegcli" and (file := file_of(name))} - {path}


def layer(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def upward(path: Path) -> list[str]:
    """Imports of a file that do not run downwards along the list of rooms."""
    mine = layer(path)
    if mine in ABOVE_ALL:
        return []
    assert mine in FLOOR, f"{mine} is a new room: give it a place in the list of rooms and a row in the table in docs/architecture.md"
    targets = {name: layer(file) for name in imports(path) if name.startswith("eegcli") and (file := file_of(name))}
    return sorted(name for name, room in targets.items() if room != mine and FLOOR.get(room, len(FLOORS)) >= FLOOR[mine])


def test_every_room_stands_in_the_list_once():
    rooms, listed = {layer(path) for path in MODULES} - {*ABOVE_ALL}, [room for floor in FLOORS for room in floor]
    assert not rooms - set(listed), "new rooms: give them a place in the list of rooms and a row in the table in docs/architecture.md"
    assert sorted(listed) == sorted(rooms)


def test_a_room_that_the_list_lacks_is_named_with_what_to_do(house):
    with pytest.raises(AssertionError, match=r"^scores is a new room: .* docs/architecture.md"):
        upward(house("scores/__init__.py", "import eegcli.files"))


def test_imports_run_downwards():
    assert not {name_of(path): names for path in MODULES if (names := upward(path))}


@pytest.fixture
def house(tmp_path, monkeypatch) -> Callable[[str, str], Path]:
    """Builds a package file by file."""
    monkeypatch.setitem(globals(), "ROOT", tmp_path / "eegcli")

    def write(name: str, text: str = "") -> Path:
        path = tmp_path / "eegcli" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    for name in ("__init__.py", "artifacts/__init__.py", "artifacts/folder.py", "evaluate/__init__.py", "files/atomic.py"):
        write(name)
    return write


@pytest.mark.parametrize(
    ("name", "text", "upwards"),
    [
        ("files/__init__.py", "import eegcli.artifacts", ["eegcli.artifacts"]),
        ("remote/_hidden.py", "def f():\n    from eegcli.artifacts import folder", ["eegcli.artifacts.folder"]),
        ("train/split.py", "from eegcli.evaluate import run", ["eegcli.evaluate"]),
        ("artifacts/any.py", "from eegcli.files import atomic\nfrom eegcli import __version__", ["eegcli"]),  # the package stands on top
        ("artifacts/any.py", "from eegcli.artifacts import folder", []),
        ("files/any.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import eegcli.artifacts", ["eegcli.artifacts"]),
        ("files/any.py", "if not TYPE_CHECKING:\n    import eegcli.artifacts", ["eegcli.artifacts"]),
        ("files/any.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import eegcli.artifacts", ["eegcli.artifacts"]),
        ("files/any.py", 'load("eegcli.artifacts.folder:open_folder")', ["eegcli.artifacts.folder"]),
        ("files/any.py", 'PLACE = "eegcli.artifacts.folder"', ["eegcli.artifacts.folder"]),
        ("files/any.py", 'NAME = "eegcli.artifacts.nothing"', []),
        ("registry/any.py", 'ENTRY = "eegcli.artifacts.folder:open_folder"', []),
        ("registry/any.py", "import eegcli.artifacts.folder", ["eegcli.artifacts.folder"]),
    ],
)
def test_an_upward_import_is_seen_wherever_it_stands(house, name, text, upwards):
    assert upward(house(name, text)) == upwards


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import h5py", False),
        ("import typing\nif typing.TYPE_CHECKING:\n    import h5py", False),
        ("if not TYPE_CHECKING:\n    import h5py", True),
        ("if TYPE_CHECKING or True:\n    import h5py", True),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import h5py", True),
        ("if TYPE_CHECKING:\n    pass\nelif True:\n    import h5py", True),
        ("TYPE_CHECKING = True\nif TYPE_CHECKING:\n    import h5py", True),
        ("import typing\ntyping.TYPE_CHECKING = True\nif typing.TYPE_CHECKING:\n    import h5py", True),
        ("from eegcli.files.atomic import TYPE_CHECKING\nif TYPE_CHECKING:\n    import h5py", True),
    ],
)
def test_a_library_is_left_out_only_where_nothing_but_a_type_checker_looks(house, text, seen):
    assert ("h5py" in imports(house("files/any.py", text))) == seen


def importers(path: Path) -> list[str]:
    """Ways by which a file imports what is named only when it runs."""
    found = set()
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.Constant(value=str(name)):
                found.add(name)
    return sorted(found & IMPORTERS)


def test_modules_are_imported_by_name_in_few_places():
    ways = {name_of(path): found for path in MODULES if (found := importers(path))}
    assert not {name: found for name, found in ways.items() if name not in BY_NAME}
    assert set(ways) == BY_NAME


@pytest.mark.parametrize(
    "text",
    [
        'import importlib\nimportlib.import_module("eegcli." + "cli.main")',
        "from importlib import import_module as bring",
        '__import__("eegcli.cli.main")',
        'getattr(importlib, "import_module")(name)',
        "import pkgutil\npkgutil.resolve_name(name)",
    ],
)
def test_an_import_by_name_is_seen(house, text):
    assert importers(house("files/any.py", text))


def circle(edges: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Circles, and what leads to them: left when all that imports nothing, or only what was taken away, is taken away."""
    left = dict(edges)
    while leaves := [name for name, others in left.items() if not others & set(left)]:
        for name in leaves:
            del left[name]
    return {name: sorted(others & set(left)) for name, others in left.items()}


def folder_of(path: Path) -> str:
    """The room, or the folder directly below it, in which a file lies: a folder and those inside it are one thing."""
    return "/".join(path.relative_to(ROOT).parts[:-1][:2])


def folder_edges(paths: Iterable[Path]) -> dict[str, set[str]]:
    """Folders that each folder imports. A room is one thing with each of its folders: the files beside them put these together."""
    edges: dict[str, set[str]] = {}
    for path in paths:
        mine = folder_of(path)
        others = {folder_of(file) for file in files_imported_by(path)} - {mine, ""}
        apart = {other for other in others if not f"{other}/".startswith(f"{mine}/") and not f"{mine}/".startswith(f"{other}/")}
        edges.setdefault(mine, set()).update(apart if mine else set())
    return edges


def file_edges(paths: Iterable[Path]) -> dict[str, set[str]]:
    """Files that each file imports; `eegcli/__init__.py`, which brings every room when it is asked for, aside."""
    return {name_of(path): {name_of(file) for file in files_imported_by(path)} for path in paths if layer(path) not in ABOVE_ALL}


def test_no_folders_import_each_other_in_a_circle():
    assert not circle(folder_edges(MODULES))


def test_no_files_import_each_other_in_a_circle_not_even_for_types():
    assert not circle(file_edges(MODULES))


def test_a_circle_of_folders_is_seen_however_deep_its_files_lie(house):
    there = house("explain/kinds/deep/map.py", "from eegcli.explain.methods import saliency")
    back = house("explain/methods/saliency.py", "from eegcli.explain.kinds import protocol")
    ground = house("explain/kinds/protocol.py", "import eegcli.files.atomic")
    assert circle(folder_edges([there, back, ground])) == {"explain/kinds": ["explain/methods"], "explain/methods": ["explain/kinds"]}
    assert not circle(file_edges([there, back, ground]))
    assert not circle(folder_edges([there, ground]))


def test_a_room_and_its_folders_are_one_thing(house):
    sentence = house("explain/__init__.py", "from eegcli.explain.kinds import protocol")
    word = house("explain/kinds/protocol.py", "from eegcli.explain import explained")
    house("explain/explained.py")
    assert not circle(folder_edges([sentence, word]))


def test_a_circle_of_files_is_seen_where_one_side_is_for_types(house):
    one = house("explain/one.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from eegcli.explain.two import Two")
    two = house("explain/two.py", "def f():\n    from eegcli.explain.one import One")
    leading = house("explain/three.py", "import eegcli.explain.one")
    assert set(circle(file_edges([one, two, leading]))) == {"explain/one.py", "explain/two.py", "explain/three.py"}


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
