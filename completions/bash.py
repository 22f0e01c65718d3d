"""The bash completion script."""

from __future__ import annotations

import shlex

from eegcli.cli.tree import Command, Tree, Value

# Works from bash 3.2 on; there `compopt` is missing, and every path is offered where folders would do.
SCRIPT = r"""# Completion of eegcli for bash. Made by completions/generate.py from the command tree: change that, not this.
# shellcheck shell=bash

# Say what may stand in a place: the value of option $2 of command $1, or without $2 its arguments.
# Sets the caller's `options`, `valued` (those that take a value), `words`, `paths`, `suffix`, `subjects`, `several`, and `more` where
# a command takes several arguments.
# shellcheck disable=SC2034
_eegcli_place() {
    options='' valued='' words='' paths='' suffix='' subjects='' several='' more=''
    case $1 in
@PLACES@
    esac
}

# The labels of the subjects of the data sets that stand on the command line.
_eegcli_subjects() {
    local word folder
    for word in "${typed[@]:2}"; do
        _eegcli_plain "$word"
        [[ -d $plain ]] || continue
        for folder in "$plain"/sub-*/; do
            folder=${folder%/}
            words+=" ${folder##*/sub-}"
        done
    done
    words=${words//\*/}
}

# What the shell would make of a word as it is typed: without quotes, ~ replaced. Sets the caller's `plain`.
_eegcli_plain() {
    plain=${1//[\\\'\"]/}
    [[ $plain == \~ || $plain == \~/* ]] && plain=$HOME${plain#\~}
}

# Offer a word in place of the caller's `text`.
_eegcli_reply() {
    local whole=$before$1
    COMPREPLY+=("${whole#"$kept"}")
}

_eegcli() {
    local IFS=$' \t\n' options valued words paths suffix subjects several more
    local typed=() last=-1 line=${COMP_LINE:0:COMP_POINT} piece rest kept=''
    COMPREPLY=()

    # Bash cuts the line at = and : too. What no blank parts is one word: put it together again, and remember
    # how much of the last word bash keeps (it replaces only what stands behind the last cut).
    for piece in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        rest=${line#"${line%%[![:blank:]]*}"}
        [[ $rest == "$piece"* ]] || piece=$rest # the cursor stands within this word
        if ((last < 0)) || [[ $rest != "$line" ]]; then
            typed[++last]='' kept=''
        else
            kept=${typed[last]}
        fi
        typed[last]+=$piece
        [[ $piece == [=:] ]] && kept=${typed[last]}
        line=${rest#"$piece"}
    done

    # Read what stands before the cursor: the command, how many arguments it has, an option that waits for its value.
    local word command='' arguments=0 option='' only_arguments=''
    _eegcli_place ''
    for word in "${typed[@]:1:last-1}"; do
        if [[ -n $option ]]; then
            option=''
        elif [[ $word == -- ]]; then
            only_arguments=yes
        elif [[ -z $only_arguments && $word == -?* ]]; then
            [[ " $valued " == *" $word "* ]] && option=$word
        elif [[ -z $command ]]; then
            command=$word
            _eegcli_place "$command"
        else
            arguments=$((arguments + 1))
        fi
    done

    # What stands at the cursor: an option, the value of an option, or an argument.
    local text=${typed[last]}
    compopt +o default 2>/dev/null # no paths, unless they are wanted
    if [[ -n $option ]]; then
        _eegcli_place "$command" "$option"
    elif [[ -z $only_arguments && $text == --*=* ]]; then
        _eegcli_place "$command" "${text%%=*}"
        text=${text#*=}
    elif [[ -z $only_arguments && $text == -* ]]; then
        words=$options paths=''
    elif [[ -z $more ]] && ((arguments > 0)); then
        return
    fi
    [[ -n $subjects ]] && _eegcli_subjects
    [[ -n $several ]] && text=${text##*,}

    local before=${typed[last]%"$text"}
    for word in $words; do
        [[ $word == "$text"* ]] && _eegcli_reply "$word"
    done

    # Bash finds paths best itself (~, quotes), but for files of one kind, and where a cut goes through the path.
    if [[ -n $paths && -z $suffix && ${#kept} -le ${#before} ]]; then
        compopt -o plusdirs 2>/dev/null
        [[ $paths == files ]] && compopt -o default 2>/dev/null
    elif [[ -n $paths ]]; then
        local plain slash=''
        _eegcli_plain "$text"
        compopt -o filenames 2>/dev/null
        if ((${#kept} > ${#before})); then # bash sees only what stands behind the cut, and cannot know that it is a folder
            slash=/
            compopt -o nospace 2>/dev/null
        fi
        for word in "$plain"*; do
            if [[ -d $word ]]; then
                word+=$slash
            elif [[ ! -f $word || $paths == folders || $word != *"$suffix" ]]; then
                continue
            fi
            [[ $text == \~* ]] && word="~${word#"$HOME"}"
            _eegcli_reply "$word"
        done
    fi
}

complete -o default -F _eegcli eegcli
"""


def render(tree: Tree) -> str:
    """The script: the table of places, and the functions that look into it."""
    root = _place("''", tree.root, words=[command.name for command in tree.commands])
    return SCRIPT.replace("@PLACES@", "\n".join([root, *(_place(command.name, command) for command in tree.commands)]))


def _place(pattern: str, command: Command, words: list[str] | None = None) -> str:
    options = [name for option in command.options for name in option.names]
    valued = [name for option in command.options if option.value for name in option.names]
    lines = [f"options={shlex.quote(' '.join(options))}"]
    if valued:
        lines.append(f"valued={shlex.quote(' '.join(valued))}")
    if any(argument.repeatable for argument in command.arguments):
        lines.append("more=yes")
    if words:
        lines.append(f"words={shlex.quote(' '.join(words))}")
    cases = [(" | ".join(option.names), _assignments(option.value)) for option in command.options if option.value]
    cases += [("''", _assignments(argument.value)) for argument in command.arguments]
    body = [f"    {names}) {assignments} ;;" for names, assignments in cases if assignments]
    if body:
        lines += ["case ${2-} in", *body, "esac"]
    return "\n".join([f"    {pattern})", *(f"        {line}" for line in lines), "        ;;"])


def _assignments(value: Value) -> str:
    facts = {
        "words": " ".join(word for word, _ in value.words),
        "paths": value.paths,
        "suffix": value.suffix,
        "subjects": "yes" if value.subjects else "",
        "several": "yes" if value.several else "",
    }
    if not (facts["words"] or value.paths or value.subjects):
        return ""
    return " ".join(f"{name}={shlex.quote(fact)}" for name, fact in facts.items() if fact)
