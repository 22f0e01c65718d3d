"""A shell in a pseudo-terminal: types keys into it and reads what it made of the command line."""

from __future__ import annotations

import os
import pty
import re
import select
import time
from pathlib import Path
from types import TracebackType

SHOW_LINE = b"\x07"  # Ctrl-G: each shell is told to print its command line between these marks
START, END, READY = "<<<", ">>>", "all set up"
ESCAPES = re.compile(r"\x1b[\[(?=>][0-9;?]*[A-Za-z]?|\x1b\].*?\x07|\r")

BASH = f"""
PS1='$ '; bind 'set bell-style none'; bind 'set completion-query-items 0'; bind 'set page-completions off'
bind -x '"\\C-g": printf "{START}%s{END}\\n" "$READLINE_LINE"'
source @FILE@; echo {READY}
"""
ZSH = f"""
PS1='%% '; LISTMAX=1000; unsetopt beep; fpath=(@FOLDER@ $fpath); autoload -Uz compinit; compinit -u -D
show-line() {{ print -r -- "{START}$BUFFER{END}" }}; zle -N show-line; bindkey '^G' show-line; echo {READY}
"""
FISH = f"""
function fish_prompt; echo '> '; end; function fish_greeting; end; set fish_handle_reflow 0
bind \\cg 'echo "{START}"(commandline)"{END}"'
source @FILE@; echo {READY}
"""
SHELLS = {"bash": ("eegcli.bash", BASH), "zsh": ("_eegcli", ZSH), "fish": ("eegcli.fish", FISH)}


class Terminal:
    """A running shell with our completions, in folder `cwd`; `home` is its empty home."""

    def __init__(self, shell: str, completions: Path, cwd: Path, home: Path) -> None:
        name, set_up = SHELLS[shell]
        rc = home / f"{shell}rc"
        rc.write_text(set_up.replace("@FILE@", str(completions / name)).replace("@FOLDER@", str(completions)), encoding="utf-8")
        command = {
            "bash": ["bash", "--noprofile", "--rcfile", str(rc), "-i"],
            "zsh": ["zsh", "-d", "-i"],
            "fish": ["fish", "--no-config", "-i", "-C", f"source {rc}"],
        }[shell]
        if shell == "zsh":
            rc.rename(home / ".zshrc")
        variables = {"PATH": f"{home}/bin:{os.environ['PATH']}", "HOME": str(home), "ZDOTDIR": str(home), "TERM": "xterm", "COLUMNS": "200"}
        self._raw = ""  # what was shown and not yet read
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(command[0], command, {**variables, "LANG": "C.UTF-8"})
        self._read_until(READY)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        os.close(self.fd)
        os.waitpid(self.pid, 0)

    def tab(self, typed: str) -> tuple[str, str]:
        """Type on an empty line, press TAB, and give the command line and everything that was shown."""
        os.write(self.fd, b"\x15" + typed.encode() + b"\t")  # Ctrl-U empties the line
        os.write(self.fd, SHOW_LINE)
        shown = self._read_until(END)
        return shown.rpartition(START)[2].removesuffix(END), shown

    def _read_until(self, mark: str, seconds: float = 120.0) -> str:
        shown, until = "", time.monotonic() + seconds
        while mark not in shown and time.monotonic() < until:
            if select.select([self.fd], [], [], 0.2)[0]:
                self._raw += os.read(self.fd, 65536).decode(errors="replace")
                shown = ESCAPES.sub("", self._raw)
        if mark not in shown:
            raise AssertionError(f"the shell did not answer; it showed {self._raw!r}")
        before, _, after = shown.partition(mark)
        self._raw = after
        return before + mark
