"""Write what the documentation takes from the code: command references, artifacts, exit codes, recipes, the man page.

Run it after a change of the command line or the schema: ``python docs/generate.py``; ``--check`` only compares.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import man
import reference

from eegcli.cli.tree import read_tree
from eegcli.registry import RECIPES
from eegcli.registry.checks import LEAKS

DOCS = Path(__file__).parent
BENCHMARKS = DOCS.parent / "benchmarks"
NAVIGATION = DOCS.parent / ".ci" / "mkdocs.yml"


def pages() -> dict[Path, str]:
    """The text of every page that is made of the code, in whole or in part."""
    tree = read_tree()
    whole = {
        DOCS / "artifacts.md": reference.artifact_page(),
        DOCS / "man" / "eegcli.1": man.render(tree, reference.EXIT_CODES, reference.variables(tree), _release_date()),
    }
    whole |= {page: reference.new_page(command) for command in tree.commands if not (page := _page(command.name)).exists()}
    scripts = sorted(path for path in BENCHMARKS.glob("*.py") if not path.name.startswith("_"))
    blocks = {
        **{
            f"commands/{command.name}.md": {"reference": reference.command_reference(command)}
            for command in tree.commands
            if _page(command.name).exists()
        },
        "exit-codes.md": {"codes": reference.exit_code_table()},
        "settings.md": {"variables": reference.variables_table(tree)},
        "recipes.md": {name: reference.recipe_text(name) for name in RECIPES},
        "hbn.md": {"releases": reference.release_table()},
        "benchmarks.md": {"scripts": reference.benchmark_table(scripts)},
    }
    blocks["commands/models.md"]["architectures"] = reference.architecture_table()
    blocks["commands/fetch.md"]["sources"] = reference.source_table()
    blocks["commands/train.md"] |= {"splits": reference.split_table(), "augmentations": reference.augmentation_table()}
    blocks["commands/evaluate.md"] |= {"votes": reference.vote_table(), "checks": reference.check_table(LEAKS)}
    blocks["commands/doctor.md"]["checks"] = reference.doctor_table()
    blocks["commands/explain.md"]["methods"] = reference.method_table()
    blocks["commands/preprocess.md"] |= {"steps": reference.step_table(), "quality": reference.quality_table()}
    blocks["commands/epoch.md"]["representations"] = reference.representation_table()
    whole[NAVIGATION] = _filled(NAVIGATION, {"commands": reference.navigation(tree)}, marks=("# ", ""))
    return whole | {DOCS / name: _filled(DOCS / name, parts) for name, parts in blocks.items()}


def _page(command: str) -> Path:
    return DOCS / "commands" / f"{command}.md"


def _release_date() -> str:
    citation = (DOCS.parent / "CITATION.cff").read_text(encoding="utf-8")
    return re.search(r"^date-released: (\S+)$", citation, re.MULTILINE)[1]


def _filled(page: Path, blocks: dict[str, str], marks: tuple[str, str] = ("<!-- ", " -->")) -> str:
    """The page with what stands between each pair of marks replaced."""
    text = page.read_text(encoding="utf-8")
    for name, block in blocks.items():
        begin, end = (mark.join(marks) for mark in (f"{name}: made by docs/generate.py", f"end of {name}"))
        if text.count(begin) != 1 or text.count(end) != 1:
            raise SystemExit(f"{page}: the marks {begin} and {end} are needed once each")
        text = re.sub(f"{re.escape(begin)}.*{re.escape(end)}", lambda _, new=f"{begin}\n\n{block}\n\n{end}": new, text, flags=re.DOTALL)
    return text


def main() -> int:
    """Write the pages, or with ``--check`` name those that are stale and return 1."""
    texts = pages()
    stale = [page for page, text in texts.items() if not page.exists() or page.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for page in stale:
            print(f"stale: {page.relative_to(DOCS.parent)}; run python docs/generate.py", file=sys.stderr)
        return 1 if stale else 0
    for page in stale:
        page.write_text(texts[page], encoding="utf-8")
        print(f"written: {page.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
