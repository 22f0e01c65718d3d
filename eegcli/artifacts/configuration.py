"""Configurations: what decides the bytes of an artifact, as `settings.json` holds it, and when two of them are the same.

A setting that is new must not make a stranger of what was finished before it came. So a configuration that lacks a field is read as
holding **the default that the field had when it was added** (`added_with` in the field's metadata; else its present default), and the
digest leaves out what equals it. A default that is changed later keeps the old value in `added_with`, so that it counts as a changed
setting: results of the old default and of the new one are never taken for each other.
"""

from __future__ import annotations

import math
import types
from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, fields
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from eegcli.artifacts.schema import SCHEMA_VERSION
from eegcli.errors import ArtifactError, UsageError
from eegcli.files.atomic import plain
from eegcli.files.digest import digest_of
from eegcli.settings.setting import declared

T = TypeVar("T")

# Two configurations are the same if these are. The version of the program is no part of it: each stage has a version of its own.
DECIDING = ("inputs", "kind", "schema", "settings", "stage_version")
NOT_FINITE = ("inf", "-inf", "nan")  # JSON has no such numbers; null is None


class _Absent:
    """Marker of a setting that a configuration does not have; None is a value like others."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()


def added_with(field: Field[Any]) -> Any:
    """Read the default that a settings field had when it was added; `MISSING` if it has always had to be given."""
    first = field.metadata.get("added_with", MISSING)
    if first is not MISSING:
        return first
    factory: Any = field.default_factory
    return field.default if factory is MISSING else factory()


def binding(settings: Any) -> dict[str, Any]:
    """The fields of a settings object that decide the bytes of the result (all that are not free), as JSON knows them."""
    return {field.name: _as_stored(getattr(settings, field.name)) for field in _binding_fields(settings)}


def leave_out(settings: type[Any] | Any, values: Mapping[str, Any], *, always: Collection[str] = ()) -> dict[str, Any]:
    """Values of settings without those that equal the default they were added with.

    Parameters
    ----------
    settings : dataclass
        Class of the settings, or one of its objects.
    values : mapping of str to object
        By name of the field, as JSON knows them.
    always : collection of str
        Fields that stay whatever they hold.
    """
    firsts = _firsts(settings)
    return {
        name: value for name, value in values.items() if name in always or name not in firsts or not _same(firsts[name], _as_stored(value))
    }


def configuration_of(kind: str, settings: Any, inputs: Mapping[str, str], version: int) -> dict[str, Any]:
    """Make the configuration of an artifact: every setting that decides its bytes, for a reader wants all.

    Parameters
    ----------
    kind : str
        Kind of artifact.
    settings : dataclass
        The stage's settings.
    inputs : mapping of str to str
        Digests of what is read, by name.
    version : int
        Version of the stage's code.

    Returns
    -------
    dict
        With its `digest`, in which settings that equal the default they were added with have no part.
    """
    values = binding(settings)
    configuration = {"inputs": dict(inputs), "kind": kind, "schema": SCHEMA_VERSION, "settings": values, "stage_version": version}
    return {**configuration, "digest": digest_of(configuration | {"settings": leave_out(settings, values)})}


def differences(stored: Mapping[str, Any], wanted: Mapping[str, Any], settings: Any) -> dict[str, tuple[Any, Any]]:
    """Compare two configurations: what differs, by dotted name, as (there, here), `ABSENT` where one has no such setting.

    Parameters
    ----------
    stored, wanted : mapping
        As `settings.json` holds them, whichever version wrote it. Settings that one of them lacks are filled up.
    settings : dataclass
        Settings class, or an object of it, that has these fields.
    """
    there, here = ({name: side.get(name) for name in DECIDING} | {"settings": _filled(side, settings)} for side in (stored, wanted))
    return _differences(there, here)


def settings_from(cls: type[T], stored: Mapping[str, Any], name: str) -> T:
    """Read the settings that an artifact was made with.

    Parameters
    ----------
    cls : type
        Their class.
    stored : mapping
        The artifact's `settings.json`.
    name : str
        The artifact, for messages.

    Returns
    -------
    settings
        Fields that the artifact lacks hold the default they were added with: it was made as they say. Free fields hold their default.

    Raises
    ------
    ArtifactError
        If it has settings that this version does not know or that are of another type, or lacks one that has no default.
    """
    refuse_unknown(cls, stored, name)
    _refuse_misfits(cls, stored, name, "Make it again.")
    values = dict(stored.get("settings", {}))
    binding_names = {field.name: added_with(field) for field in _binding_fields(cls)}
    hints = _types(cls)
    chosen = {key: _frozen(values[key], hints[key]) if key in values else first for key, first in binding_names.items()}
    if lacking := sorted(key for key, value in chosen.items() if value is MISSING):
        raise ArtifactError(f"{name}: its settings.json lacks {', '.join(lacking)}", hint="Make it again.")
    try:
        return cls(**chosen)
    except UsageError as error:
        raise ArtifactError(
            f"{name}: settings.json holds what this version cannot read ({error.message})", hint="Make it again."
        ) from error


def refuse_unknown(cls: type[Any], stored: Mapping[str, Any], name: str) -> None:
    """Refuse an artifact that was made with settings that this version does not know.

    Arguments as for `settings_from`.

    Raises
    ------
    ArtifactError
        If there are such settings.
    """
    if unknown := sorted(set(stored.get("settings", {})) - {field.name for field in fields(cls)}):
        raise ArtifactError(
            f"{name}: made with settings that this version does not know ({', '.join(unknown)})",
            hint="A newer version made it: update eegcli.",
        )


def refuse_damaged(cls: type[Any], stored: Mapping[str, Any], name: str, *, hint: str = "Make it again.") -> None:
    """Refuse an artifact whose `settings.json` lacks a part, or holds a setting of another type.

    Arguments as for `settings_from`, and the hint of the message.

    Raises
    ------
    ArtifactError
        If there is such a part or setting; the first is named.
    """
    for part in ("settings", "inputs"):
        if not isinstance(stored.get(part), Mapping):
            raise _damaged(name, part, stored, hint)
    if not isinstance(stored.get("digest"), str):
        raise _damaged(name, "digest", stored, hint)
    for part in stored["inputs"]:
        if not isinstance(stored["inputs"][part], str):
            raise _damaged(name, part, stored["inputs"], hint)
    _refuse_misfits(cls, stored, name, hint)


def input_of(stored: Mapping[str, Any], which: str, name: str) -> str:
    """Digest of an input that an artifact was made of. Arguments as for `settings_from`, and the name of the input.

    Raises
    ------
    ArtifactError
        If the artifact does not say it.
    """
    if which not in stored["inputs"]:
        raise _damaged(name, which, stored["inputs"], "Make it again.")
    return str(stored["inputs"][which])


def _refuse_misfits(cls: type[Any], stored: Mapping[str, Any], name: str, hint: str) -> None:
    hints = _types(cls)
    for field in _binding_fields(cls):
        if field.name in stored["settings"] and not _fits(stored["settings"][field.name], hints[field.name]):
            raise _damaged(name, field.name, stored["settings"], hint)


def _types(cls: type[Any]) -> dict[str, Any]:
    return {name: field.type for name, field in declared(cls).items()}  # type: ignore[arg-type]  # a class is hashable


def _damaged(name: str, part: str, stored: Mapping[str, Any], hint: str) -> ArtifactError:
    wrong = f"{part} cannot be {stored[part]!r}" if part in stored else f"{part} is missing"
    return ArtifactError(f"{name}: its settings.json is damaged ({wrong})", hint=hint)


def _fits(value: Any, hint: Any) -> bool:
    """Test that a JSON value may be one of a type; a number may be a text, since Python's users give `asr_cutoff=20`."""
    origin, arguments = get_origin(hint), get_args(hint)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if origin in (Union, types.UnionType):
        return any(_fits(value, argument) for argument in arguments)
    if origin is Literal:
        return value in arguments
    if origin is tuple:
        return isinstance(value, list) and all(_fits(item, arguments[0]) for item in value)
    known = {
        type(None): value is None,
        bool: isinstance(value, bool),
        int: is_number and int(value) == value,
        float: is_number or value in NOT_FINITE,
        str: isinstance(value, str) or is_number,
        Path: isinstance(value, str),
        Mapping: isinstance(value, Mapping),
        tuple: isinstance(value, list),
    }
    return known.get(origin or hint, True)


def _binding_fields(settings: type[Any] | Any) -> list[Field[Any]]:
    return [field for field in fields(settings) if not field.metadata.get("free")]


def _firsts(settings: type[Any] | Any) -> dict[str, Any]:
    pairs = ((field.name, added_with(field)) for field in _binding_fields(settings))
    return {name: _as_stored(first) for name, first in pairs if first is not MISSING}


def _filled(configuration: Mapping[str, Any], settings: Any) -> dict[str, Any]:
    # What has become free since decides nothing any more.
    free = {field.name for field in fields(settings) if field.metadata.get("free")}
    values = configuration.get("settings")
    known = {name: value for name, value in values.items() if name not in free} if isinstance(values, Mapping) else {}
    return _firsts(settings) | known


def _differences(stored: Mapping[str, Any], wanted: Mapping[str, Any], prefix: str = "") -> dict[str, tuple[Any, Any]]:
    changed: dict[str, tuple[Any, Any]] = {}
    for name in sorted({*stored, *wanted}):
        old, new = _by_number(stored.get(name, ABSENT)), _by_number(wanted.get(name, ABSENT))
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            changed |= _differences(old, new, f"{prefix}{name}.")
        elif not _same(old, new):
            changed[f"{prefix}{name}".removeprefix("settings.")] = (old, new)
    return changed


def _same(one: Any, other: Any) -> bool:
    """Test that two JSON values are equal; True is no 1, wherever it stands."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return all(_same(*pair) for pair in zip_longest(one, other, fillvalue=ABSENT))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _by_number(value: Any) -> Any:
    # A list of tables (the steps of a recipe) is compared table by table, so that the message stays short.
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        return {str(number): item for number, item in enumerate(value, start=1)}
    return value


def _as_stored(value: Any) -> Any:
    """A setting as JSON knows it: as `plain`, but for numbers that are not finite, which are written as text."""
    if isinstance(value, Mapping):
        return {str(key): _as_stored(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_stored(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    return plain(value)


def _frozen(value: Any, hint: Any) -> Any:
    """A JSON value as settings hold it: lists are tuples, and a number that is not finite is a number again."""
    kinds = (*get_args(hint), hint)
    if isinstance(value, list):
        item = next((get_args(kind)[0] for kind in kinds if get_origin(kind) is tuple), Any)
        return tuple(_frozen(one, item) for one in value)
    return float(value) if value in NOT_FINITE and float in kinds and str not in kinds else value
