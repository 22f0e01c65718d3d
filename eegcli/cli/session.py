"""Session of a command, for one call of it: input, settings, stage, rendering, exit code."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, get_origin

from eegcli import errors
from eegcli.cli.inputs import local_run, main_input, named_input
from eegcli.cli.options import SessionOptions
from eegcli.cli.terminal import TerminalReporter
from eegcli.compute.ranks import Told, place_of
from eegcli.compute.signals import ending_on_stop
from eegcli.config import read_recipe, resolve
from eegcli.registry.commands import COMMANDS
from eegcli.registry.lookup import load
from eegcli.remote.address import is_address
from eegcli.reporter import Silent
from eegcli.result import DryRun, Result
from eegcli.settings.setting import declared

IN_RUN = ("evaluate", "explain")  # commands whose output lies in the run
ENVELOPE = "eegcli/1"  # of --json; raised when its keys change


class Session:
    """Session of a command: it finds the input, resolves settings, runs the stage and renders the result."""

    def __init__(self, command: str, options: SessionOptions) -> None:
        self.command, self.options = command, options
        self.entry = COMMANDS[command]
        self.variables: Mapping[str, str] = {}  # by option, the variable of the environment that gave its value
        self.leads = True  # of several processes that train a network together the one that talks
        log_file = None if options.log_file is None else Path(options.log_file)  # Typer hands on a text
        try:
            self.reporter = TerminalReporter(verbose=options.verbose, quiet=options.quiet, color=not options.no_color, log_file=log_file)
        except OSError as error:
            raise errors.UsageError(f"--log-file {options.log_file}: cannot write there ({error.strerror})") from error

    def input(self, value: str | None, kind: str) -> Path:
        """The main input: as typed, from standard input, or the only one of its kind here."""
        return main_input(value, kind, self.reporter.info, self.reporter)

    def in_recipe(self) -> Mapping[str, Any]:
        """The recipe's table of this command."""
        table: Mapping[str, Any] = read_recipe(self.options.recipe or "default").get(self.command, {})
        return table

    def inputs(self, given: Mapping[str, Any], *, without: Collection[str] = ()) -> dict[str, Path | list[Path] | None]:
        """Every artifact that the command reads, by the field that names it: the main input, and those that options name; not `without`."""
        found: dict[str, Path | list[Path] | None] = {}
        in_recipe = self.in_recipe()
        for name, field in declared(load(self.entry.settings)).items():
            kind, value = field.setting.reads, given.get(name) or in_recipe.get(name)
            if kind is None or name in without:
                continue
            several = value if isinstance(value, (list, tuple)) else [value]
            if not all(item is None or isinstance(item, str) for item in several):
                raise errors.UsageError(f"{name}: {value!r} is no path")
            if not field.setting.is_argument and get_origin(field.type) is tuple:
                found[name] = [path for item in several if (path := self._named_beside(item, kind)) is not None]
            elif not field.setting.is_argument:
                found[name] = self._named_beside(value, kind)
            elif get_origin(field.type) is tuple:
                found[name] = [self.input(item, kind) for item in several or [None]]
            else:
                path = self.input(value, kind)
                # Results are written in a run, which a copy in the cache is not for.
                stays = kind != "run" or self.command not in IN_RUN or given.get("dry_run") or given.get("output")
                found[name] = path if stays else local_run(path, self.reporter)
        return found

    def _named_beside(self, value: str | None, kind: str) -> Path | None:
        """An artifact that an option names; whether it is there is the stage's question, for a run knows where its windows were."""
        return named_input(value, kind, self.reporter) if value is not None and is_address(value) else Path(value) if value else None

    def settings(self, **given: Any) -> Any:
        """Settings of the command: flags > environment > recipe > default."""
        return resolve(load(self.entry.settings), self.command, given, self.options.recipe, self.variables)

    def run(self, stage: Callable[..., Result], settings: Any) -> None:
        """Run the stage and render what it returns.

        Raises
        ------
        SystemExit
            With the exit code of the result, where that is not 0.
        """
        self.leads = place_of(getattr(settings, "ranks", "none")).leads
        result = stage(settings, reporter=self.reporter if self.leads else Silent())
        if not self.leads:  # what ranks make together is said once
            return
        if isinstance(result, DryRun):
            self._render_dry_run(settings, result)
            return
        code = exit_code(result, getattr(settings, "max_failures", None))
        self._summarise(result)
        if self.options.json:
            self.print_json(code, result.data(), [{**asdict(failure), "code": slug(failure.cause)} for failure in result.failures])
        else:
            out(str(result.output))
        if code:
            raise SystemExit(code)

    def print_data(self, text: str, data: dict[str, Any]) -> None:
        """Print the result of a command that makes no artifact."""
        if self.options.json:
            self.print_json(errors.OK, data, [])
        else:
            out(text)

    def print_json(self, code: int, data: Any, failures: list[dict[str, Any]]) -> None:
        """Print the one JSON object of `--json`."""
        status = {errors.OK: "ok", errors.PARTIAL: "partial"}.get(code, "error")
        envelope = {"schema": ENVELOPE, "command": self.command, "status": status, "exit_code": code, "data": data, "errors": failures}
        # JSON is UTF-8, or all ASCII: whatever the locale, it can be read.
        is_utf8 = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
        out(json.dumps(envelope, ensure_ascii=not is_utf8, default=str))

    def _render_dry_run(self, settings: Any, dry_run: DryRun) -> None:
        if self.options.json:
            self.print_json(errors.OK, {**dry_run.data(), "settings": asdict(settings)}, [])
            return
        chosen = {name: value for name, value in settings.told().items() if name != "dry_run" and not _is_nothing(value)}
        facts = {name: value for name, value in dry_run.data().items() if name not in dry_run.shown}
        self.reporter.quiet = False  # what was asked for is said even under --quiet
        self.reporter.table(f"Settings of {self.command}", ("setting", "value"), list(_rows(chosen)))
        self.reporter.table("Would be done (nothing is written)", ("what", "value"), list(_rows(facts)))

    def _summarise(self, result: Result) -> None:
        causes = Counter(failure.cause for failure in result.failures)
        for cause, count in causes.most_common():
            first = next(failure for failure in result.failures if failure.cause == cause)
            more = f" (and {count - 1} more)" if count > 1 else ""
            self.reporter.warn(f"{cause}: {first.name}: {first.error}{more}")


def _rows(values: Mapping[str, Any], within: str = "") -> Iterator[list[str]]:
    """Rows of a table of names and values; what stands in a mapping has a row of its own, and what is nothing has none."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _rows(value, f"{within}{name}.")
        elif not _is_nothing(value):
            yield [within + name, _shown(value)]


def _is_nothing(value: Any) -> bool:
    return value is None or value is False or value == ()


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ("; " if any(isinstance(item, Mapping) for item in value) else ", ").join(map(_shown, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_shown(item)}" for name, item in value.items())
    return str(value)


def exit_code(result: Result, max_failures: str | None) -> int:
    """0, or 5 if more items failed than `--max-failures` allows (a count, or a share such as ``10%``)."""
    allowed = 0.0
    if max_failures is not None:
        allowed = float(max_failures.removesuffix("%"))
        if max_failures.endswith("%"):
            allowed = allowed / 100 * result.n_items
    return errors.PARTIAL if len(result.failures) > allowed else errors.OK


def out(text: str) -> None:
    """Print data on standard output; a reader that has gone away is no error (``| head -1``)."""
    try:
        if (raw := getattr(sys.stdout, "buffer", None)) is None:
            print(text, flush=True)
        else:
            sys.stdout.flush()
            raw.write(_encoded(text) + b"\n")
            raw.flush()
    except BrokenPipeError:
        # Python flushes standard output once more at exit, which would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _encoded(text: str) -> bytes:
    """Bytes of a text for standard output: in its encoding, or where that lacks a letter (PYTHONIOENCODING=ascii) as file names are."""
    try:
        return text.encode(sys.stdout.encoding or "utf-8", "strict")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


@contextlib.contextmanager
def calling(command: str, options: SessionOptions) -> Iterator[Session]:
    """Open a session; errors inside become one line, a hint and the right exit code."""
    reporter: TerminalReporter | None = None
    opened: Session | None = None
    try:
        opened = Session(command, options)
        reporter = opened.reporter
        with ending_on_stop():
            yield opened
    except errors.EegcliError as error:
        if opened is not None and not opened.leads:
            _fail_silently(opened, error)
        _fail(command, options, reporter, error.exit_code, error.message, error.hint, error)
    except KeyboardInterrupt as error:
        _fail(command, options, reporter, errors.INTERRUPTED, "stopped by Ctrl-C", None, error)
    except MemoryError as error:
        _fail(command, options, reporter, errors.UNAVAILABLE, "out of memory", "Use fewer --jobs.", error)
    except Exception as error:
        if (unavailable := _of_the_machine(error)) is not None:
            _fail(command, options, reporter, unavailable.exit_code, unavailable.message, unavailable.hint, unavailable)
        where = _save_traceback(command)
        line = " ".join(str(error).split())[:300]
        hint = (
            f"This is a bug in eegcli; the traceback is in {where} (--debug shows it)."
            if where
            else "This is a bug in eegcli; --debug shows the traceback."
        )
        _fail(command, options, reporter, errors.BUG, f"{type(error).__name__}: {line}", hint, error)
    finally:
        if reporter:
            reporter.close()


def _fail_silently(session: Session, error: errors.EegcliError) -> NoReturn:
    """End a rank that does not lead: what another one said is said already, its own error is a line on standard error."""
    if not isinstance(error, Told):
        session.reporter.error(error.message, error.hint)
    raise SystemExit(error.exit_code) from None


def _of_the_machine(error: Exception) -> errors.UnavailableError | None:
    """Error of a file for which the machine is at fault, from wherever it came; None for a bug."""
    from eegcli.files.causes import cause_of

    cause, name = cause_of(error), getattr(error, "filename", None)
    if cause is None or name is None:
        return None
    return errors.UnavailableError(f"{name}: {cause}", hint="Mend that, and run the same command again.", cause=cause)


def _fail(
    command: str,
    options: SessionOptions,
    reporter: TerminalReporter | None,
    code: int,
    message: str,
    hint: str | None,
    error: BaseException,
) -> None:
    import traceback

    reporter = reporter or TerminalReporter(quiet=options.quiet)
    reporter.debug("".join(traceback.format_exception(error)))
    if options.debug and not options.verbose:
        print("".join(traceback.format_exception(error)), file=sys.stderr)
    reporter.error(message, hint)
    if options.json:
        _print_error(command, code, message, type(error).__name__, hint, getattr(error, "cause", None))
    raise SystemExit(code) from None


def print_usage_error(command: str | None, message: str) -> None:
    """Print the JSON object of a command line that could not be parsed."""
    of = f"eegcli {command}" if command else "eegcli"
    _print_error(command, errors.USAGE, message, "UsageError", f"`{of} --help` lists the options.", None)


def _print_error(command: str | None, code: int, message: str, kind: str, hint: str | None, cause: str | None) -> None:
    envelope = {"schema": ENVELOPE, "command": command, "status": "error", "exit_code": code, "data": None}
    out(
        json.dumps(
            {
                **envelope,
                "errors": [
                    {
                        "name": command,
                        "error": message,
                        "cause": kind,
                        "code": slug(cause if cause not in (None, "bad input") else kind),
                        "hint": hint,
                    }
                ],
            },
            ensure_ascii=False,
        )
    )


def slug(cause: str) -> str:
    """Code of a cause, for scripts: ``disk full`` is ``disk-full``, ``InputError`` is ``input-error``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z0-9]+", "-", cause).strip("-").lower()


def _save_traceback(command: str) -> Path | None:
    import time
    import traceback

    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "eegcli"
    path = state / f"{command}-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.log"
    try:
        state.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{' '.join(sys.argv)}\n\n{traceback.format_exc()}", encoding="utf-8", errors="backslashreplace")
    except OSError:
        return None
    return path
