"""The fish completion script."""

from __future__ import annotations

from eegcli.cli.tree import Option, Tree, Value

SCRIPT = r"""# Completion of eegcli for fish. Made by completions/generate.py from the command tree: change that, not this.

function __eegcli_in --description 'Whether the command on the line is one of these; without any: whether there is none yet'
    for word in (commandline -opc)[2..-1]
        string match --quiet -- '-*' $word; and continue
        contains -- $word $argv
        return
    end
    test -z "$argv"
end

function __eegcli_list --description 'Offer words, each also after a comma'
    set --local typed (commandline -ct | string replace --regex -- '^-[^=]*=' '' | string replace --regex '[^,]*$' '')
    printf '%s\n' "$typed"$argv
end

function __eegcli_subjects --description 'The labels of the subjects of the data sets that stand on the command line'
    for word in (commandline -opc)[3..-1]
        set --local data (string replace --regex '^~' $HOME -- $word)
        set --local folders $data/sub-*/
        set --query folders[1]; and __eegcli_list (string replace --regex '.*/sub-([^/]*)/$' '$1\tsubject' -- $folders)
    end
end

complete -c eegcli -f
"""


def render(tree: Tree) -> str:
    """The script: a line per command, and one per option for all commands that have it alike."""
    lines = [_line("__eegcli_in", _option(option)) for option in tree.root.options]
    for command in tree.commands:
        lines.append(_line("__eegcli_in", f"-a {command.name} -d {_quote(command.summary)}"))
    places: dict[str, list[str]] = {}
    for command in tree.commands:
        for argument in command.arguments:
            places.setdefault(f"-k -a {_quote(_offer(argument.value))}", []).append(command.name)
        for option in command.options:
            places.setdefault(_option(option), []).append(command.name)
    lines += [_line(f"__eegcli_in {' '.join(names)}", place) for place, names in places.items()]
    return SCRIPT + "\n".join(lines) + "\n"


def _line(condition: str, place: str) -> str:
    return f"complete -c eegcli -n '{condition}' {place}"


def _option(option: Option) -> str:
    names = [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names]
    value = ""
    if option.value:
        offer = _offer(option.value)
        value = f" -x -k -a {_quote(offer)}" if offer else " -r -F" if option.value.paths else " -x"
    return f"{' '.join(names)}{value} -d {_quote(option.help)}"


def _offer(value: Value) -> str:
    """Candidates of a value, as text that fish evaluates; nothing where it offers files by itself."""
    # fish looks for what was typed in meanings, too: that of - would make it the answer to any letter.
    words = " ".join(word if word == "-" else f"{word}\\t{_quote(meaning or value.name)}" for word, meaning in value.words)
    if value.subjects:
        return "(__eegcli_subjects)"
    if value.several and words:
        return f"(__eegcli_list {words})"
    if value.paths == "folders":
        return f"{words} (__fish_complete_directories)".strip()
    if value.suffix:
        return f"{words} (__fish_complete_suffix (commandline -ct) {value.suffix} {value.name})".strip()
    return words


def _quote(text: str) -> str:
    plain = text.replace("`", "").rstrip(".")
    return "'" + plain.replace("\\", "\\\\").replace("'", "\\'") + "'"
