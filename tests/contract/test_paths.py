"""Files that the text names are there: in docs/architecture.md, CONTRIBUTING.md, README.md, the pages, comments and docstrings."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
MODULES = sorted((ROOT / "eegcli").rglob("*.py"))
# `artifacts/folder.py`, `preprocess/quality/`: from the root, from eegcli/, or from the folder of the file that names it.
PATH = re.compile(r"(?<![\w/.<{-])((?:[a-z_]+/)+(?:[a-z_*]+\.(?:py|tsv|json|md|toml))?)(?=[`\s),.:;]|$)", re.MULTILINE)
FIRST = {"eegcli", "tests", "docs", "completions", *(path.name for path in (ROOT / "eegcli").iterdir() if path.is_dir())}
MODULE = re.compile(r"`(eegcli(?:\.(?!def\b)\w+)+)(?=[`(])")
# Not files of this tree: folders of a user, of an artifact, of a data set.
OTHERS = {"evaluation/", "explanation/", "failures/", "share/", "eeg/"}


def missing_paths(path: Path) -> list[str]:
    """Paths that a text names and that are nowhere."""
    found = {name for name in PATH.findall(path.read_text(encoding="utf-8")) if name.partition("/")[0] in FIRST and name not in OTHERS}
    return sorted(name for name in found if not any(any(base.glob(name)) for base in (ROOT, ROOT / "eegcli", path.parent)))


def missing_modules(path: Path) -> list[str]:
    """Dotted names in backticks that cannot be imported."""
    return sorted(name for name in set(MODULE.findall(path.read_text(encoding="utf-8"))) if not importable(name))


def importable(name: str) -> bool:
    """True for a module, an attribute of one, or one of a class."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[end:]:
            if not hasattr(found, attribute) and attribute not in getattr(found, "__annotations__", {}):
                return False
            found = getattr(found, attribute, None)
        return True
    return False


@pytest.mark.parametrize("path", [*PAGES, *MODULES], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_and_module_that_a_text_names_is_there(path):
    assert missing_paths(path) == [] and missing_modules(path) == []


def test_what_is_gone_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "See `artifacts/folder.py`, `artifacts/report.py` and `preprocess/attic/`; `eegcli.config.resolve`, `eegcli.config.setting`."
    )
    assert missing_paths(page) == ["artifacts/report.py", "preprocess/attic/"]
    assert missing_modules(page) == ["eegcli.config.setting"]
