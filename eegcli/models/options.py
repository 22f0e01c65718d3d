"""Options of an architecture: what its constructor takes beside shape, outputs and sampling frequency; read from text, checked, written.

Text is ``NAME=VALUE``, read to the type of the default: ``true`` or ``false``, a whole number, a number, a word of those that there are, or numbers
with commas between them.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from eegcli import registry
from eegcli.errors import UsageError
from eegcli.models.code import Code, code_of

TRUTHS = {"true": True, "false": False}
ABSENT = inspect.Parameter.empty
VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
SHARES = "dropout"  # options that begin so are shares of values


@dataclass(frozen=True)
class Option:
    """Option of an architecture: a keyword-only parameter of its constructor.

    Attributes
    ----------
    name : str
    default : object
        A number, truth, text, or tuple of numbers; its type is that of every value. Of a class its name.
    choices : tuple of str
        Words that a text can be; empty: any.
    is_foreign : bool
        True for a network of somebody's own, of whose options nothing is known but the default.
    class_of : callable or None
        Of an option whose default is a class: gives the class for its name, as `class_named` does.
    """

    name: str
    default: Any
    choices: tuple[str, ...] = ()
    is_foreign: bool = False
    class_of: Callable[[str], type] | None = None

    def read(self, text: str) -> Any:
        """Read a value from text.

        Raises
        ------
        UsageError
            If it is not of the default's type, or not a value that the option can have.
        """
        if self.class_of is not None:
            return self.class_of(text).__name__
        try:
            if isinstance(self.default, tuple) and self.default:
                item = type(self.default[0])
                return self.checked(tuple(_number(part, item) for part in text.split(",")))
            if type(self.default) in (bool, int, float):
                return self.checked(_number(text, type(self.default)))
            return self.checked(text if isinstance(self.default, str) else _guessed(text))
        except ValueError as error:
            raise UsageError(f"--set {self.name}={text}: {self.kind} is needed, like {shown(self.default)}") from error

    def checked(self, value: Any) -> Any:
        """The value, if the option can have it.

        Raises
        ------
        UsageError
            If it is no word of the choices, a share outside 0 to 1, or a size or a limit that is not above 0.
        """
        if self.choices and value not in self.choices:
            raise UsageError(f"{self.name}: {value!r} is none of {', '.join(self.choices)}")
        for number in value if isinstance(value, tuple) else (value,):
            if self.is_foreign:
                break
            if isinstance(number, (bool, str)) or not isinstance(number, (int, float)):
                continue
            if self.name.startswith(SHARES) and not 0 <= number < 1:
                raise UsageError(f"{self.name} must be at least 0 and below 1, not {number:g}")
            if not self.name.startswith(SHARES) and not number > 0:
                raise UsageError(f"{self.name} must be above 0, not {number:g}")
        return value

    @property
    def kind(self) -> str:
        """Kind of a value, in words."""
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        if isinstance(self.default, tuple) and self.default:
            return "whole numbers with commas" if isinstance(self.default[0], int) else "numbers with commas"
        return names.get(type(self.default), "a value")


def options_of(arch: str | Code, representation: str) -> dict[str, Option]:
    """Options of an architecture's form, by name, in the order of its constructor; of a foreign one its name, or its code where that was read.

    Raises
    ------
    UsageError
        If there is no such architecture, or it does not take the representation.
    """
    constructor, is_foreign = _constructor(arch, representation)
    fixed: tuple[str, ...] = (*registry.REPRESENTATIONS[representation].axes, "shape", "n_outputs", "sfreq")
    if is_foreign:
        fixed = (*fixed, "chs_info", "input_window_seconds")
    found = [one for name, one in inspect.signature(constructor).parameters.items() if name not in fixed and one.kind not in VARIABLE]
    hints = _hints(constructor)
    options = {}
    for one in found:
        choices = get_args(hint) if get_origin(hint := hints.get(one.name)) is Literal else ()
        if is_foreign and takes_class(one):
            options[one.name] = Option(
                one.name, one.default.__name__, choices, is_foreign, functools.partial(class_named, one.name, one.default)
            )
        else:
            options[one.name] = Option(one.name, one.default, choices, is_foreign)
    return options


def takes_class(parameter: inspect.Parameter) -> bool:
    """Test that the default of a constructor's parameter is a class: what is given by name is then passed as one."""
    return inspect.isclass(parameter.default) and parameter.default is not ABSENT


def class_named(option: str, default: type, text: str) -> type:
    """Class that a text names as the value of an option: the default itself, one of ``--activation``, or one of `torch.nn`.

    Raises
    ------
    UsageError
        If it names none.
    """
    if text == default.__name__:
        return default
    from torch import nn

    from eegcli.models.blocks import ACTIVATIONS

    found = ACTIVATIONS.get(text, getattr(nn, text, None))
    if not (inspect.isclass(found) and issubclass(found, nn.Module)):
        raise UsageError(
            f"{option}={text}: names no class, and {option} is one, like {default.__name__}",
            hint=f"There are {', '.join(ACTIVATIONS)}; any other class of torch.nn is named letter by letter, as {default.__name__} is.",
        )
    return found


def _constructor(arch: str | Code, representation: str) -> tuple[Any, bool]:
    code = arch if isinstance(arch, Code) else code_of(arch)
    return (registry.load(registry.form_of(str(arch), representation)), False) if code is None else (code.constructor(), True)


def _takes_all(arch: str | Code, representation: str) -> bool:
    """Test that a constructor takes options of any name."""
    parameters = inspect.signature(_constructor(arch, representation)[0]).parameters
    return any(one.kind is one.VAR_KEYWORD for one in parameters.values())


def read_options(arch: str | Code, representation: str, texts: Iterable[str]) -> dict[str, Any]:
    """Read options of an architecture from texts ``NAME=VALUE``; of one that is named twice, the later value.

    Raises
    ------
    UsageError
        If a text is no ``NAME=VALUE``, the architecture has no such option, or the value is not of its type.
    """
    known = options_of(arch, representation)
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            raise UsageError(f"--set {text}: NAME=VALUE is needed", hint=f"{arch} has: {_listed(known)}.")
        if name not in known and not _takes_all(arch, representation):
            raise UsageError(f"{arch} has no option {name!r}", hint=f"It has: {_listed(known)}.")
        values[name] = known.get(name, Option(name, ABSENT, is_foreign=True)).read(value.strip())
    return values


def with_shorthands(arch: str | Code, representation: str, texts: Iterable[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """Options from texts, and from flags that are short for one (``--activation``, ``--dropout``); those at their defaults are left out.

    Parameters
    ----------
    arch : str or Code
    representation : str
    texts : iterable of str
        ``NAME=VALUE``.
    given : mapping of str to object
        By name of the option; None where the flag was not given.

    Raises
    ------
    UsageError
        As for `read_options`; and if the architecture has no such option, or flag and text contradict each other.
    """
    values, known = read_options(arch, representation, texts), options_of(arch, representation)
    for name, value in given.items():
        if value is None:
            continue
        if name not in known:
            raise UsageError(f"--{name}: {arch} has no option {name!r}", hint=f"It has: {_listed(known)}.")
        read = known[name].read(shown(value))
        if name in values and values[name] != read:
            raise UsageError(f"--{name} {shown(value)} and --set {name}={shown(values[name])} contradict each other")
        values[name] = read
    return {name: value for name, value in values.items() if name not in known or value != known[name].default}


def written(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Options as texts ``NAME=VALUE`` in the order of their names: what `read_options` reads."""
    return tuple(f"{name}={shown(value)}" for name, value in sorted(options.items()))


def shown(value: Any) -> str:
    """A value of an option as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return ",".join(map(shown, value))
    if inspect.isfunction(value) or inspect.isbuiltin(value):
        return str(value.__name__)  # its address in memory tells nothing
    return repr(value) if isinstance(value, float) else str(value)


def _number(text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() not in TRUTHS:
            raise ValueError(text)
        return TRUTHS[text.lower()]
    value = kind(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _guessed(text: str) -> Any:
    """Value of an option whose default tells no type: true or false, a number, else the text itself."""
    for kind in (bool, int, float):
        with contextlib.suppress(ValueError):
            return _number(text, kind)
    return text


def _hints(constructor: Any) -> dict[str, Any]:
    """Types of a constructor's parameters; none where they cannot be read."""
    function = constructor.__init__ if inspect.isclass(constructor) else constructor
    try:
        return get_type_hints(function)
    except (NameError, TypeError):
        return {}


def _listed(known: Mapping[str, Option]) -> str:
    return ", ".join(name if option.default is ABSENT else f"{name}={shown(option.default)}" for name, option in known.items()) or "none"
