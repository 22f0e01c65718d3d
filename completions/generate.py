"""Write the shell completions: pure shell, made of the command tree, so that TAB starts no Python.

Run it after a change of the command line: ``python completions/generate.py``; ``--check`` only compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bash
import fish
import zsh

from eegcli.cli.tree import read_tree

HERE = Path(__file__).parent


def scripts() -> dict[str, str]:
    """The text of every completion file, by its name."""
    tree = read_tree()
    return {"eegcli.bash": bash.render(tree), "_eegcli": zsh.render(tree), "eegcli.fish": fish.render(tree)}


def main() -> int:
    """Write the files, or with ``--check`` name those that are stale and return 1."""
    stale = [name for name, text in scripts().items() if not (HERE / name).exists() or (HERE / name).read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"stale: completions/{name}; run python completions/generate.py", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (HERE / name).write_text(scripts()[name], encoding="utf-8")
        print(f"written: completions/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
