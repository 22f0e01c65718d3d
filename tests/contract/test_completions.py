"""TAB in bash, zsh and fish: the scripts are fresh, sound, and offer what the command line takes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eegcli import registry
from eegcli.bids.montage import CHANNEL_SETS
from eegcli.cli.tree import Command, read_tree
from tests.kit.terminal import SHELLS, Terminal

COMPLETIONS = Path(__file__).parents[2] / "completions"
BASH_SCRIPT = COMPLETIONS / "eegcli.bash"
COMMANDS = read_tree().commands


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def run(*command: str | Path) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def offered_by_bash(line: str, cwd: Path | None = None) -> list[str]:
    """Call the completion function with the line cut at blanks, = and :, as bash does, and the cursor at its end."""
    words = [piece for chunk in line.split(" ") for piece in re.findall("[=:]|[^=:]+", chunk) or [""]]
    call = 'source "$1"; COMP_LINE=$2 COMP_POINT=${#2}; shift 2; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _eegcli; echo "${COMPREPLY[*]}"'
    command = ["bash", "--norc", "-c", call, "bash", str(BASH_SCRIPT), line, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd).stdout.split()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with data sets, artifacts and files to complete."""
    for name in ("demo-windows", "my data/sub-01", "my data/sub-02", "study/sub-NDAR1", "ds:1.0"):
        (tmp_path / "work" / name).mkdir(parents=True)
    for name in ("own recipe.toml", "split.tsv", "notes.txt"):
        (tmp_path / "work" / name).touch()
    return tmp_path / "work"


@pytest.fixture(params=sorted(SHELLS))
def terminal(request: pytest.FixtureRequest, folder: Path) -> Iterator[Terminal]:
    """Each shell in turn, with a `python` and an `eegcli` on the PATH that leave a trace if TAB starts them."""
    needs(request.param)
    home = folder.parent / "home"
    (home / "bin").mkdir(parents=True)
    trace = home / "trace"
    for name in ("python", "python3", "eegcli"):
        (home / "bin" / name).write_text(f"#!/bin/sh\necho {name} >> {trace}\n", encoding="utf-8")
        (home / "bin" / name).chmod(0o755)
    with Terminal(request.param, COMPLETIONS, folder, home) as opened:
        yield opened
    assert not trace.exists(), "TAB started a program"


def test_the_scripts_are_those_of_the_command_tree() -> None:
    checked = subprocess.run([sys.executable, COMPLETIONS / "generate.py", "--check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("shell", sorted(SHELLS))
def test_each_shell_can_parse_its_script(shell: str) -> None:
    needs(shell)
    run(shell, "-n", COMPLETIONS / SHELLS[shell][0])


def test_shellcheck_has_nothing_to_say_about_the_bash_script() -> None:
    needs("shellcheck")
    assert run("shellcheck", BASH_SCRIPT) == ""


def test_the_zsh_script_begins_with_the_line_that_registers_it() -> None:
    assert (COMPLETIONS / "_eegcli").read_text(encoding="utf-8").startswith("#compdef eegcli\n")


def test_the_very_first_tab_completes_a_command(terminal: Terminal) -> None:
    assert terminal.tab("eegcli tr")[0] == "eegcli train "


def test_tab_completes_words_folders_and_files(terminal: Terminal) -> None:
    assert terminal.tab("eegcli train --arch v")[0] == "eegcli train --arch vgg "
    assert terminal.tab("eegcli train --arch=v")[0] == "eegcli train --arch=vgg "
    assert terminal.tab("eegcli train --recipe h")[0] == "eegcli train --recipe hbn "
    assert terminal.tab("eegcli train --recipe=ow")[0] == r"eegcli train --recipe=own\ recipe.toml "
    assert terminal.tab("eegcli train --split-file s")[0].startswith("eegcli train --split-file s")
    assert terminal.tab("eegcli train dem")[0] == "eegcli train demo-windows/"
    assert terminal.tab("eegcli train my")[0] == r"eegcli train my\ data/"
    assert terminal.tab("eegcli train --output=my")[0] == r"eegcli train --output=my\ data/"
    assert terminal.tab("eegcli train --log-file n")[0] == "eegcli train --log-file notes.txt "
    assert terminal.tab("eegcli models sc")[0] == "eegcli models scnn "
    assert terminal.tab("eegcli train --split tr")[0] == "eegcli train --split truong2021 "


def test_tab_completes_a_source_with_a_colon_in_it(terminal: Terminal) -> None:
    assert terminal.tab("eegcli fetch hbn:N")[0].replace("\\", "").rstrip() == "eegcli fetch hbn:NC"


def test_tab_offers_nothing_where_nothing_is_known(terminal: Terminal) -> None:
    assert terminal.tab("eegcli train -- --ar")[0] == "eegcli train -- --ar", "no options behind --"
    assert terminal.tab("eegcli train --epochs n")[0] == "eegcli train --epochs n", "a number is no file"
    assert terminal.tab("eegcli train no")[0] == "eegcli train no", "an artifact is no file"


def test_tab_completes_subjects_of_the_data_set_on_the_line(terminal: Terminal) -> None:
    assert terminal.tab("eegcli preprocess study --subject N")[0].startswith("eegcli preprocess study --subject NDAR1")
    assert terminal.tab("eegcli preprocess study --subject=N")[0].startswith("eegcli preprocess study --subject=NDAR1")
    line, _ = terminal.tab(r"eegcli preprocess my\ data --subject 01,")
    assert line.startswith((r"eegcli preprocess my\ data --subject 01,0", r"eegcli preprocess my\ data --subject 01,02"))


def test_bash_completes_behind_a_colon_in_a_name(folder: Path) -> None:
    assert offered_by_bash("eegcli train ds:", cwd=folder) == ["1.0/"]
    assert offered_by_bash("eegcli train --output=ds:1", cwd=folder) == ["1.0/"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_bash_offers_every_option(command: Command) -> None:
    offered = offered_by_bash(f"eegcli {command.name} -")
    assert sorted(offered) == sorted(name for option in command.options for name in option.names)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_fish_offers_every_option_with_its_help(command: Command) -> None:
    needs("fish")
    offered = run("fish", "--no-config", "-c", f"source {COMPLETIONS / 'eegcli.fish'}; complete -C 'eegcli {command.name} --'")
    described = dict(line.split("\t") for line in offered.splitlines())
    for option in command.options:
        assert described[option.names[-1]] == option.help.replace("`", "").rstrip(".")


def test_zsh_offers_every_option_with_its_help(folder: Path) -> None:
    needs("zsh")
    with Terminal("zsh", COMPLETIONS, folder, folder.parent) as terminal:
        for command in COMMANDS:
            _, shown = terminal.tab(f"eegcli {command.name} --")
            for option in command.options:
                assert option.names[-1] in shown
                assert option.help.replace("`", "").rstrip(".")[:30] in shown


def test_every_architecture_recipe_and_method_is_offered() -> None:
    assert offered_by_bash("eegcli train --arch ") == list(registry.MODELS)
    assert offered_by_bash("eegcli models ") == list(registry.MODELS)
    assert set(offered_by_bash("eegcli train --recipe ", cwd=COMPLETIONS)) >= set(registry.RECIPES)
    assert offered_by_bash("eegcli explain --method ") == list(registry.EXPLANATIONS)


def test_every_choice_of_an_option_is_offered() -> None:
    assert offered_by_bash("eegcli train --split-unit=") == ["subject", "session", "run", "task", "recording", "trial", "window"]
    assert offered_by_bash("eegcli train x --device cu") == ["cuda"]
    assert offered_by_bash("eegcli preprocess --channels ") == list(CHANNEL_SETS)
    assert offered_by_bash("eegcli train --target ") == ["sex", "age", "task", "segment"]
    assert offered_by_bash("eegcli epoch a-recordings ") == offered_by_bash("eegcli epoch ") != []  # it takes several
    assert offered_by_bash("eegcli train a-windows ") == []
