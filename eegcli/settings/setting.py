"""Declaration of one option: help, flags, panel, parser, completions and default stand at the settings field, and nowhere else.

The command line, `--help`, completions, man page, reference, environment and recipes are made of what is declared here
(`declared` reads it back). Imports nothing heavy: `--help` imports this.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Literal, NamedTuple

DATA, SIGNAL, MODEL, COMPUTE, OUTPUT = PANELS = ("Data", "Signal", "Model", "Compute", "Output")  # of --help, in this order


class Values(NamedTuple):
    """Values that TAB offers for an option or argument.

    Attributes
    ----------
    name : str
        What a value is, in a word or two; empty means the name of the option.
    table : str
        A table of `eegcli.registry`, or a function there that gives one, by its name, e.g. ``MODELS``: its keys are offered, each with
        its summary.
    words : tuple of str
        Words to offer besides.
    paths : {"", "folders", "files"}
        ``folders`` or ``files``: paths to offer as well.
    suffix : str
        Of the files to offer, e.g. ``.toml``.
    subjects : bool
        Offer the labels of the subjects of the data set that stands on the command line.
    meaning : str
        Meaning of `words`, where there is something to say.
    """

    name: str = ""
    table: str = ""
    words: tuple[str, ...] = ()
    paths: Literal["", "folders", "files"] = ""
    suffix: str = ""
    subjects: bool = False
    meaning: str = ""


@dataclass(frozen=True)
class Setting:
    """Declaration of a settings field, as `setting` and `argument` make it; an empty `help` means no flag (recipes and Python only)."""

    help: str = ""
    flags: tuple[str, ...] = ()
    panel: str = DATA
    metavar: str | None = None
    parse: Callable[[str], Any] | None = None
    commas: bool = True
    values: Values | None = None
    shown: str | None = None
    variable: str | None = None
    min: float | None = None
    follows: tuple[str, Callable[[Any], Any]] | None = None
    reads: str | None = None
    is_argument: bool = False
    internal: bool = False
    otherwise: Any = None  # with `follows`: the default
    runs_code: Callable[[Any], bool] | None = None


def setting(
    default: Any = None,
    *,
    help: str = "",
    panel: str = DATA,
    flags: tuple[str, ...] = (),
    metavar: str | None = None,
    parse: Callable[[str], Any] | None = None,
    commas: bool = True,
    values: Values | None = None,
    shown: str | None = None,
    variable: str | None = None,
    min: float | None = None,
    follows: tuple[str, Callable[[Any], Any]] | None = None,
    reads: str | None = None,
    result: bool = True,
    internal: bool = False,
    added_with: Any = MISSING,
    runs_code: Callable[[Any], bool] | None = None,
) -> Any:
    """Field of a settings class that is an option of the command line, a variable of the environment and a key of a recipe.

    Parameters
    ----------
    default : object
        The product's default, everywhere.
    help : str
        Purpose of the option, in a sentence. The default is added to it. Without help there is no flag.
    panel : str
        Panel of `--help`, one of `PANELS`.
    flags : tuple of str, optional
        Names on the command line; left out: ``--name-of-the-field``.
    metavar : str, optional
        Placeholder of the value in `--help`; left out: the type, or the choices.
    parse : callable, optional
        From text (of each item, where the field is a tuple) to the value; raises ValueError or UsageError. It reads what flag,
        environment and recipe give alike. Left out: the field's type decides.
    commas : bool
        True: the text of a tuple is a list with commas. False: it is one item, and the environment parts items as a shell does.
    values : Values, optional
        Values that TAB offers; choices and paths need none.
    shown : str, optional
        Text for the default in `--help`, where that is not the value.
    variable : str, optional
        Environment variable for all commands, besides ``EEGCLI_<COMMAND>_<OPTION>``.
    min : float, optional
        Least value.
    follows : (str, callable), optional
        Another field, and a function of its value: what this one is if only the other was given, on the command line, in a recipe or in
        Python (`with_followers`).
    reads : str, optional
        Kind of the artifact that the value names (``windows``, ...): an address of one is fetched into the cache.
    result : bool
        False for what does not change the bytes of the result (paths, jobs, executors): it is left out of the digest that decides
        whether an output is of the same configuration.
    internal : bool
        True for what a command finds out by itself: no flag, no variable, no key of a recipe.
    added_with : object, optional
        The default that the field had when it was added, where that was after the first release.
    runs_code : callable, optional
        Tells of a value whether it has somebody's code run: such a one is never taken from a recipe, which may come from elsewhere.
    """
    declared = Setting(
        help,
        flags,
        panel,
        metavar,
        parse,
        commas,
        values,
        shown,
        variable,
        min,
        follows,
        reads,
        internal=internal,
        otherwise=default if follows else None,
        runs_code=runs_code,
    )
    return _field(default, declared, result, added_with)


def argument(
    default: Any = MISSING,
    *,
    help: str,
    reads: str | None = None,
    parse: Callable[[str], Any] | None = None,
    values: Values | None = None,
    result: bool = True,
) -> Any:
    """Field of a settings class that is a positional argument; without a default it has to be given.

    Parameters
    ----------
    default : object, optional
        Value of an argument that is left out; without one it is required.
    help : str
        Meaning of the argument, in a sentence.
    reads : str, optional
        Kind of the artifact that it names (``dataset``, ``recordings``, ``windows``, ``run``): ``-`` reads it from standard input,
        and left out it is the only one of its kind in the current folder.
    values : Values, optional
        Values that TAB offers; left out: folders and ``-`` where the argument reads an artifact.
    parse, result
        As of `setting`.
    """
    return _field(default, Setting(help, parse=parse, values=values, reads=reads, is_argument=True), result, MISSING)


def _field(default: Any, declared: Setting, result: bool, added_with: Any) -> Any:
    metadata: dict[str, Any] = {"setting": declared}
    if not result:
        metadata["free"] = True
    if declared.follows is not None:
        # None stands for "not given", which the default itself cannot say; `with_followers` fills it in.
        metadata["added_with"] = default
        default = None
    if added_with is not MISSING:
        metadata["added_with"] = added_with
    return field(default=default, metadata=metadata)


def with_followers(given: Mapping[str, Any], known: Mapping[str, Setting]) -> dict[str, Any]:
    """Add to values given in one place those that follow from them for other settings (``threshold="age=9"``: the target is age).

    Parameters
    ----------
    given : mapping of str to object
        By name of the field; what is not given is absent.
    known : mapping of str to Setting
        Declarations of all fields of the class.
    """
    values = dict(given)
    for name, setting in known.items():
        if setting.follows is not None and name not in given:
            leader, function = setting.follows
            if given.get(leader) is not None and (value := function(given[leader])) is not None:
                values[name] = value
    return values


@dataclass(frozen=True)
class Declared:
    """A field of a settings class with its declaration and its type."""

    name: str
    type: Any
    default: Any
    setting: Setting

    @property
    def required(self) -> bool:
        """True without a default."""
        return self.default is MISSING

    @property
    def flags(self) -> tuple[str, ...]:
        """Names on the command line."""
        return self.setting.flags or ("--" + self.name.replace("_", "-"),)

    @property
    def help(self) -> str:
        """The help with the default at its end."""
        shown = self.setting.shown
        if shown is None and not self.setting.is_argument:
            shown = _shown(self.default)
        return self.setting.help if shown is None else f"{self.setting.help.rstrip('.')} (default: {shown})."


def _shown(default: Any) -> str | None:
    if default is None or default is False or default == () or default is MISSING:
        return None
    if isinstance(default, tuple):
        return ",".join(str(_shown(item)) for item in default)
    return f"{default:g}" if isinstance(default, float) else str(default)


@functools.cache
def declared(cls: type) -> dict[str, Declared]:
    """Read the declarations of a settings class, in the order of `--help`: groups as they are named in the class, its own, `Common`."""
    types = {f.name: f.type for f in fields(cls)}
    if any(isinstance(value, str) for value in types.values()):  # from a module with `from __future__ import annotations`
        from typing import get_type_hints

        types = get_type_hints(cls)
    own, *groups = (inspect.get_annotations(base) for base in cls.__mro__)
    last = groups[-2] if len(groups) > 1 else {}
    order = {name: None for group in (*groups[:-2], own, last) for name in group}
    known = {f.name: f for f in fields(cls)}
    return {name: _declared(known[name], types[name]) for name in (*order, *(name for name in known if name not in order)) if name in known}


def _declared(field: Field[Any], hint: Any) -> Declared:
    own = field.metadata.get("setting", Setting())
    return Declared(field.name, hint, own.otherwise if own.follows else field.default, own)
