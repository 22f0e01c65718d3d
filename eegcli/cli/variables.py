"""Variables of the environment: which of them gave values to a command, and which are misspelt."""

from __future__ import annotations

import difflib
import os
from typing import Any

from typer._click.core import ParameterSource

from eegcli.cli.parameters import Option
from eegcli.errors import UsageError
from eegcli.registry.commands import COMMANDS
from eegcli.reporter import Reporter

ELSEWHERE = {"EEGCLI_CACHE", "EEGCLI_TEST_DATA"}  # read by no option: the cache's place, and the tests' recordings


def variables_given(ctx: Any, reporter: Reporter) -> dict[str, str]:
    """Find the variables that gave a value to an option of the command that runs.

    Parameters
    ----------
    ctx : click.Context
        Context of the command.
    reporter : Reporter
        Warned of a variable that no command has.

    Returns
    -------
    dict
        Name of the variable, by name of the option.

    Raises
    ------
    UsageError
        If a variable of this command names no option of it.
    """
    options = {str(option.name): option for option in ctx.command.params if isinstance(option, Option)}
    prefix = f"{ctx.auto_envvar_prefix}_"
    own = {f"{prefix}{name.upper()}" for name in options}
    shared = {option.envvar for option in options.values() if isinstance(option.envvar, str)}
    others = tuple(f"EEGCLI_{name.upper()}_" for name in COMMANDS if name != ctx.command.name)
    arguments = {f"{prefix}{str(parameter.name).upper()}" for parameter in ctx.command.params} - own
    for name in sorted(os.environ):
        if not name.startswith("EEGCLI_") or name in own | shared | ELSEWHERE or name.startswith(others) or not os.environ[name]:
            continue
        if name in arguments:
            raise UsageError(f"{name}: an argument has no variable", hint="Give it on the command line, or in a recipe.")
        # A variable of another command's option may be meant for all commands: EEGCLI_EPOCHS for EEGCLI_TRAIN_EPOCHS.
        known = [*own, *shared]
        near = [one for one in known if one == prefix + name.removeprefix("EEGCLI_")] or difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else None
        if name.startswith(prefix):
            raise UsageError(f"{name}: {ctx.command.name} has no such option", hint=hint)
        if name not in _shared_by_any():
            reporter.warn(f"{name} is no variable of eegcli, and is ignored.{f' {hint}' if hint else ''}")
    return {name: variable for name, option in options.items() if (variable := _source(ctx, option)) is not None}


def _source(ctx: Any, option: Option) -> str | None:
    return option.variable_of(ctx) if ctx.get_parameter_source(option.name) is ParameterSource.ENVIRONMENT else None


def _shared_by_any() -> set[str]:
    from eegcli.cli.options import SessionOptions
    from eegcli.settings.groups import Common
    from eegcli.settings.setting import declared

    return {field.setting.variable for group in (Common, SessionOptions) for field in declared(group).values() if field.setting.variable}
