"""Typer's parameters, made of the declarations of a settings class.

Every option's default is None on the command line: what the user left out comes from the environment, the recipe or the settings class.
"""

from __future__ import annotations

import os
import types as python_types
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from typer._click import types  # Typer 0.28 carries click under this name
from typer._click.core import ParameterSource
from typer._click.exceptions import BadParameter
from typer._types import TyperChoice
from typer.core import TyperArgument, TyperOption
from typer.models import TyperPath

from eegcli.cli.version import version_option
from eegcli.settings.setting import OUTPUT, PANELS, Declared, declared

Parameter = TyperArgument | TyperOption


class Items(types.StringParamType):
    """Text of an option that may be repeated; one environment variable holds all its values.

    With commas, the variable is one text, since its parser parts it (a channel may have a blank in its name); otherwise its words are
    those that a shell would see.
    """

    def __init__(self, *, commas: bool) -> None:
        self.commas = commas

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """The texts that an environment variable holds."""
        import shlex

        if self.commas:
            return [rv]
        try:
            return shlex.split(rv)
        except ValueError as error:
            self.fail(f"{rv!r}: {error}.")


def _refuse_empty(value: Any, context: Any, parameter: Any) -> None:
    """Refuse an empty text: a shell gives one for a variable that is not set, and it would mean the default, or the current folder."""
    if any(isinstance(text, str) and not text.strip(" ,") for text in (value if isinstance(value, (list, tuple)) else [value])):
        raise BadParameter("it is empty. Leave it out for its default; a shell variable that is not set is empty, too.", context, parameter)


class Option(TyperOption):
    """Option with a variable of its command (``EEGCLI_TRAIN_SEED``), which comes before one of all commands (``EEGCLI_SEED``)."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        """The value of its type."""
        _refuse_empty(value, ctx, self)
        return super().process_value(ctx, value)

    def resolve_envvar_value(self, ctx: Any) -> str | None:
        """Text of the variable that is set; None if none is."""
        name = self.variable_of(ctx)
        return os.environ[name] if name else None

    def get_error_hint(self, ctx: Any) -> str:
        """Name of what gave the value: the variable, or the option."""
        if ctx is not None and ctx.get_parameter_source(self.name) is ParameterSource.ENVIRONMENT:
            return f"'{self.variable_of(ctx)}'"
        return super().get_error_hint(ctx)  # type: ignore[no-any-return]

    def variable_of(self, ctx: Any) -> str | None:
        """Name of the variable that is set; None if none is."""
        shared = [self.envvar] if isinstance(self.envvar, str) else []
        own = f"{ctx.auto_envvar_prefix}_{str(self.name).upper()}" if ctx.auto_envvar_prefix else ""
        return next((name for name in (own, *shared) if os.environ.get(name)), None)


class Argument(TyperArgument):
    """Argument that a recipe may give, too: `eegcli.config.resolve` says what is missing in all places."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        """The value of its type."""
        _refuse_empty(value, ctx, self)
        return super().process_value(ctx, value)

    def value_is_missing(self, value: Any) -> bool:
        """Never: it is looked for later."""
        return False


def parameters(cls: type, session: type, without: Iterable[str] = ()) -> list[Parameter]:
    """Arguments and options of a command, panel by panel.

    Parameters
    ----------
    cls : type
        Settings class of the command.
    session : type
        Class of the options of the command line itself.
    without : iterable of str
        Names of options that the command does not have.
    """
    fields = [field for group in (cls, session) for field in declared(group).values() if field.setting.help and field.name not in without]
    arguments = [_argument(field) for field in fields if field.setting.is_argument]
    own = declared(session)
    options = [_option(field, unset=field.name not in own) for field in fields if not field.setting.is_argument]
    options.append(version_option(OUTPUT))
    return [*arguments, *sorted(options, key=lambda option: PANELS.index(str(option.rich_help_panel)))]


def _argument(field: Declared) -> TyperArgument:
    kind, several = _kind(field)
    return Argument(
        param_decls=[field.name],
        type=kind,
        nargs=-1 if several else None,
        required=field.required,
        help=field.help,
        show_default=False,
    )


def _option(field: Declared, *, unset: bool) -> TyperOption:
    kind, several = _kind(field)
    is_flag = kind is types.BOOL
    flags = list(field.flags)
    if is_flag and unset:  # what a recipe or the environment switches on is switched off by --no-NAME
        flags[-1] = f"{flags[-1]}/--no-{flags[-1].removeprefix('--')}"
    return Option(
        param_decls=[field.name, *flags],
        type=None if is_flag else kind,
        is_flag=is_flag or None,
        multiple=several,
        metavar=field.setting.metavar,
        help=field.help,
        envvar=field.setting.variable,
        rich_help_panel=field.setting.panel,
    )


def _kind(field: Declared) -> tuple[types.ParamType, bool]:
    """Type of the parameter on the command line, and whether it may be repeated."""
    hint, setting = field.type, field.setting
    if get_origin(hint) in (Union, python_types.UnionType):
        members = [member for member in get_args(hint) if member is not type(None)]
        hint = str if str in members else members[0]
    if get_origin(hint) is tuple:
        return Items(commas=setting.commas), True
    if setting.parse is not None or setting.reads is not None:  # read later, by the parser of the field or as an input
        return types.STRING, False
    if get_origin(hint) is Literal:
        return TyperChoice(get_args(hint)), False
    if setting.min is not None:
        return (types.IntRange if hint is int else types.FloatRange)(min=setting.min), False
    known: dict[Any, types.ParamType] = {bool: types.BOOL, int: types.INT, float: types.FLOAT, Path: TyperPath()}
    return known.get(hint, types.STRING), False
