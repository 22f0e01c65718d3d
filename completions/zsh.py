"""The zsh completion script."""

from __future__ import annotations

import re

from eegcli.cli.tree import Argument, Command, Option, Tree, Value

SCRIPT = r"""#compdef eegcli
# Completion of eegcli for zsh. Made by completions/generate.py from the command tree: change that, not this.

_eegcli() {
  local curcontext=$curcontext state state_descr line
  typeset -A opt_args
  _arguments -s -S -C : \
@ROOT@
    '1:command:_eegcli_command' \
    '*:: :->arguments' && return
  case $line[1] in
@DISPATCH@
  esac
}

_eegcli_command() {
  local -a commands=(
@COMMANDS@
  )
  _describe command commands
}

# The labels of the subjects of the data sets that stand on the command line.
_eegcli_subject() {
  local word
  local -a labels
  for word in ${(Q)words}; do
    [[ $word == (\~|\~/*) ]] && word=$HOME${word#\~}
    labels+=($word/sub-*(N-/:t))
  done
  _sequence _wanted subjects expl subject compadd - ${labels#sub-}
}
@FUNCTIONS@
# Autoloaded from fpath, this file is the body of the first call; sourced, it only registers the function.
if [[ $funcstack[1] == _eegcli ]]; then
  _eegcli "$@"
else
  compdef _eegcli eegcli
fi
"""


def render(tree: Tree) -> str:
    """The script: a function per command, made of `_arguments` specifications, and one per kind of value."""
    parts = {
        "@ROOT@": "\n".join(f"    {_option(option)} \\" for option in tree.root.options),
        "@COMMANDS@": "\n".join(f"    {_entry(command.name, command.summary)}" for command in tree.commands),
        "@DISPATCH@": "\n".join(f"    {command.name}) _eegcli_{command.name} ;;" for command in tree.commands),
        "@FUNCTIONS@": "".join([*map(_command_function, tree.commands), *map(_value_function, _values(tree))]),
    }
    script = SCRIPT
    for mark, text in parts.items():
        script = script.replace(mark, text)
    return script


def _values(tree: Tree) -> list[Value]:
    """The values that need a function of their own, each once."""
    values = [item.value for command in tree.commands for item in (*command.options, *command.arguments)]
    return [value for value in dict.fromkeys(values) if value and _needs_function(value)]


def _needs_function(value: Value) -> bool:
    return not value.several and any(meaning for _, meaning in value.words)


def _value_function(value: Value) -> str:
    describe = f"_describe {_quote(value.name)} words"
    lines = ["local -a words=(", *(f"  {_entry(word, meaning)}" for word, meaning in value.words), ")"]
    lines += [describe, "local found=$?", f"{_paths(value)} || return found"] if value.paths else [describe]
    return "\n".join(["", f"{_function(value)}() {{", *(f"  {line}" for line in lines), "}", ""])


def _function(value: Value) -> str:
    return f"_eegcli_{re.sub(r'[^A-Za-z0-9]', '_', value.name)}"  # a value may be named in several words


def _command_function(command: Command) -> str:
    specifications = [*map(_option, command.options), *(_argument(argument, place) for place, argument in enumerate(command.arguments, 1))]
    lines = [f"    {specification}" for specification in specifications]
    return "\n".join(["", f"_eegcli_{command.name}() {{", "  _arguments -s -S : \\", " \\\n".join(lines), "}", ""])


def _option(option: Option) -> str:
    help = f"[{_plain(option.help).replace('[', '(').replace(']', ')')}]"
    rest = help + (_place(option.value) if option.value else "")
    names = [f"{name}{('=' if name.startswith('--') else '+') if option.value else ''}" for name in option.names]
    if len(names) == 1:
        return _quote(f"{'*' if option.repeatable else ''}{names[0]}{rest}")
    return f"'({' '.join(option.names)})'{{{','.join(names)}}}{_quote(rest)}"


def _argument(argument: Argument, place: int) -> str:
    where = "*" if argument.repeatable else f"{place}" if argument.required else f"{place}:"
    return _quote(f"{where}{_place(argument.value)}")


def _place(value: Value) -> str:
    title = value.name.replace(":", r"\:")
    return f":{title}:{_action(value)}"


def _action(value: Value) -> str:
    if value.subjects:
        return "_eegcli_subject"
    words = " ".join(word for word, _ in value.words)
    if value.several and words:
        return f"_sequence compadd - {words}"
    if _needs_function(value):
        return _function(value)
    if words:
        return f"({words})"
    return _paths(value) if value.paths else " "


def _paths(value: Value) -> str:
    return "_path_files -/" if value.paths == "folders" else f'_files -g "*{value.suffix}"' if value.suffix else "_files"


def _entry(word: str, meaning: str) -> str:
    word = word.replace(":", r"\:")  # the first colon ends the word
    return _quote(f"{word}:{_plain(meaning)}")


def _plain(help: str) -> str:
    return help.replace("`", "").rstrip(".")


def _quote(text: str) -> str:
    return "'" + text.replace("'", r"'\''") + "'"
