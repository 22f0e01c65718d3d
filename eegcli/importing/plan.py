"""Plan of an import: axes, channels, rate, unit and columns of all files, known before a window is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from eegcli.artifacts.table import Table, column
from eegcli.errors import InputError, counted, listed
from eegcli.importing.axes import Axes, find_axes
from eegcli.importing.formats.contents import Cell, Mapped, Refused, Variable, Words
from eegcli.importing.formats.names import CHANNEL_NAMES, RATE_NAMES
from eegcli.importing.labels import ENTITIES, SPLIT, only_value
from eegcli.importing.trials import Trials
from eegcli.importing.unit import ARBITRARY, Unit, guess_unit, has_spread, stated_unit
from eegcli.reporter import Reporter
from eegcli.settings import ImportSettings

LOOKED_AT = 64  # trials for the unit: spread over all files
_SHOWN = 8
EEG = "eeg"

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """Plan of an import.

    Attributes
    ----------
    trials : list of Trials
        A file each.
    axes : tuple of str
    ch_names, ch_types : tuple of str
    picks : tuple of int
        Channels of the array that are kept, in their order.
    sfreq : float
        Hz.
    skipped : int
        Samples that are cut off at the beginning of each trial.
    n_times : int
        Samples that are kept.
    unit : Unit
    tables : list of Table
        Columns of each file's trials.
    subjects_known : bool
    """

    trials: list[Trials]
    axes: Axes
    ch_names: tuple[str, ...]
    ch_types: tuple[str, ...]
    picks: tuple[int, ...]
    sfreq: float
    skipped: int
    n_times: int
    unit: Unit
    tables: list[Table]
    subjects_known: bool

    @property
    def n_trials(self) -> int:
        """Trials of all files."""
        return sum(trials.sizes(self.axes)[0] for trials in self.trials)

    def chosen(self, block: np.ndarray) -> np.ndarray:
        """Channels and samples of trials that are kept."""
        kept = block[..., self.skipped :]
        return kept if self.picks == tuple(range(block.shape[1])) else kept[:, list(self.picks)]


def make_plan(trials: list[Trials], settings: ImportSettings, dataset: str, reporter: Reporter) -> Plan:
    """Plan an import, and say what was guessed.

    Raises
    ------
    InputError
        If files do not fit together, or something has to be said that nothing tells.
    """
    sfreq = _same("sampling frequencies (Hz)", trials, lambda one: _sfreq(one, settings))
    if settings.sfreq is None and sfreq is None:
        raise InputError(f"{trials[0].where}: nothing says the sampling frequency", hint="Say it with --sfreq HZ.")
    rate = float(settings.sfreq or sfreq or 0)
    if not rate > 0:
        raise InputError(f"{trials[0].where}: a sampling frequency of {rate:g} Hz", hint="Say it with --sfreq HZ.")
    names = _same("channels", trials, _names_in_file) or ()
    samples = None if settings.length is None else round(settings.length * rate)
    fixed = _same("axes", trials, lambda one: one.contents.axes) or ()
    channels = () if fixed else names if names and set(settings.channels) <= set(names) else settings.channels
    if fixed and settings.axes and settings.axes != fixed:
        raise InputError(f"{trials[0].where}: its format says the axes, {','.join(fixed)}", hint="Leave out --axes.")
    given = settings.axes or fixed or _axes_of_reshape(settings)
    axes = find_axes([(one.where, one.stored.shape, one.known(channels, samples)) for one in trials], given)
    sizes = [one.sizes(axes) for one in trials]
    for one, size in zip(trials, sizes, strict=True):
        if size[1:] != sizes[0][1:]:
            raise InputError(
                f"{one.where}: {counted(size[1], 'channel')} of {counted(size[2], 'sample')}, {trials[0].where} has {sizes[0][1]} of {sizes[0][2]}",
                hint="Import files of one shape together, the others by themselves.",
            )
        if not size[0]:
            raise InputError(f"{one.where}: no trials in it")
    no_channels = {name for one in trials for name in one.contents.no_channels}
    asked = settings.channels or (tuple(name for name in names if name not in no_channels) if no_channels else ())
    ch_names, picks = _channels(asked, names, sizes[0][1], trials[0].where, fixed=bool(fixed), reporter=reporter)
    types = trials[0].contents.ch_types
    kinds = tuple(types[index] for index in picks) if types and settings.channel_type == EEG else (settings.channel_type,) * len(picks)
    skipped = round(settings.drop_baseline * rate)
    if skipped >= sizes[0][2]:
        raise InputError(f"--drop-baseline {settings.drop_baseline:g} leaves nothing of trials of {sizes[0][2] / rate:g} s")
    for remark in dict.fromkeys(remark for one in trials for remark in one.contents.remarks):
        reporter.info(f"{trials[0].file.path.name}: {remark}." if len(trials) == 1 else f"{remark}.")
    for doubt in dict.fromkeys(f"{one.file.path.name}: {doubt}" for one in trials for doubt in one.contents.doubts):
        reporter.warn(doubt)
    for one in trials:
        if not ch_names or one.contents.ch_names or settings.channels:
            continue
        for key, value in one.contents.variables.items():
            if isinstance(value, Refused) and key.rpartition(".")[2].lower() in CHANNEL_NAMES:
                reporter.warn(f"{one.where}: {key} holds {value.what}, and names no channels")
    tables, known = _tables(trials, axes, settings, dataset, rate)
    _say_of_people(tables, reporter)
    plan = Plan(trials, axes, ch_names, kinds, picks, rate, skipped, sizes[0][2] - skipped, Unit("", 1.0, ""), tables, known)
    return replace(plan, unit=_unit(plan, settings, reporter))


def _same(what: str, trials: Sequence[Trials], of: Callable[[Trials], T]) -> T:
    """Value that all files say alike."""
    first = of(trials[0])
    for one in trials[1:]:
        if (other := of(one)) != first:
            raise InputError(
                f"{one.where}: {what} are {_text(other)}, of {trials[0].where} {_text(first)}", hint="Import them by themselves."
            )
    return first


def _text(value: object) -> str:
    return "not said" if value in (None, ()) else listed(value, _SHOWN) if isinstance(value, tuple) else str(value)


def _sfreq(one: Trials, settings: ImportSettings) -> float | None:
    said = {} if one.contents.sfreq is None else {"the format": one.contents.sfreq}
    for key, value in one.contents.variables.items():
        if key.rpartition(".")[2].lower() in RATE_NAMES and key != one.key and (rate := _number(only_value(value))) is not None:
            said[key] = rate
    if settings.sfreq is not None and any(np.isclose(rate, settings.sfreq, rtol=1e-6) for rate in said.values()):
        return settings.sfreq
    if len(set(said.values())) > 1:
        names = ", ".join(f"{key} {rate:g} Hz" for key, rate in said.items())
        raise InputError(f"{one.where}: several sampling frequencies are said ({names})", hint="Say with --sfreq which of them is right.")
    found = next(iter(said.values()), None)
    if settings.sfreq is not None and found is not None:
        raise InputError(
            f"{one.where}: says {found:g} Hz, --sfreq says {settings.sfreq:g}", hint="Leave out --sfreq, if the file is right."
        )
    return found


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _names_in_file(one: Trials) -> tuple[str, ...]:
    if one.contents.ch_names:
        return one.contents.ch_names
    for key, value in one.contents.variables.items():
        if key.rpartition(".")[2].lower() in CHANNEL_NAMES and key != one.key:
            found = _texts(value)
            if found and all(found):
                return tuple(found)
    return ()


def _texts(value: Variable) -> list[str]:
    if isinstance(value, Mapped) and value.array.dtype.kind in "US":
        return [item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in value.array.reshape(-1).tolist()]
    items = value.values if isinstance(value, (Cell, Words)) else value if isinstance(value, list) else []
    return [item.strip() if isinstance(item, str) else "" for item in items]


def _axes_of_reshape(settings: ImportSettings) -> Axes:
    if settings.reshape is None:
        return ()
    return ("trials", "samples") if settings.reshape.lower().count("x") == 1 else ("trials", "channels", "samples")


def _channels(
    asked: Sequence[str], in_file: Sequence[str], n: int, where: str, *, fixed: bool, reporter: Reporter
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names of the channels that are kept, and their places in the array."""
    if len(set(asked)) < len(asked):
        raise InputError(f"--channels names a channel twice: {', '.join(asked)}")
    if in_file and (fixed or set(asked) <= set(in_file)):
        if missing := [name for name in asked if name not in in_file]:
            raise InputError(f"{where}: no channel {', '.join(missing)}", hint=f"There are: {listed(in_file, 40)}.")
        chosen = tuple(asked) or tuple(in_file)
        if len(set(in_file)) < len(in_file):
            raise InputError(f"{where}: several channels have one name ({listed(in_file, _SHOWN)})", hint="Name them with --channels.")
        return chosen, tuple(in_file.index(name) for name in chosen)
    if asked:
        if len(asked) != n:
            raise InputError(f"{where}: {counted(n, 'channel')}, --channels names {len(asked)}")
        return tuple(asked), tuple(range(n))
    made = tuple(f"Ch{number}" for number in range(1, n + 1))
    reporter.warn(
        f"{where}: nothing names its {counted(n, 'channel')}, they are called {listed(made, 3)}: maps and explanations need names. Say them with --channels."
    )
    return made, tuple(range(n))


def _unit(plan: Plan, settings: ImportSettings, reporter: Reporter) -> Unit:
    """Unit of the values: stated, of the file, or guessed; it is said.

    Raises
    ------
    InputError
        If it is that of no unit, or files are in several.
    """
    if settings.unit is not None:
        return stated_unit(settings.unit, "--unit")
    is_eeg, each = set(plan.ch_types) == {EEG}, max(LOOKED_AT // len(plan.trials), 1)
    some: list[np.ndarray] = []
    units: dict[str, str] = {}
    for one in plan.trials:
        if one.contents.unit is not None:
            units[one.where] = one.contents.unit
        elif is_eeg:
            found = _some(one, plan, each)
            some += [found] if len(some) < LOOKED_AT else []
            if len(plan.trials) > 1 and has_spread(found):
                units[one.where] = guess_unit(found, one.where).name
    if len(set(units.values())) > 1:
        (first, name), (other, another) = (
            next(iter(units.items())),
            next(item for item in units.items() if item[1] != next(iter(units.values()))),
        )
        raise InputError(
            f"{other}: its values look like those in {another}, of {first} in {name}",
            hint="Import files of one unit together; --unit says that all are in one.",
        )
    stated = {one.contents.unit for one in plan.trials}
    if None not in stated:
        return stated_unit(str(stated.pop()), "the file's format")
    if is_eeg:
        unit = guess_unit(np.concatenate(some), plan.trials[0].where)
    else:
        unit = stated_unit(ARBITRARY, f"channels of the type {listed(dict.fromkeys(plan.ch_types))}, whose unit nothing states")
    word = (
        "arbitrary units, kept as they are"
        if unit.name == ARBITRARY
        else f"{unit.name.replace('u', 'µ')}" + ("" if unit.factor == 1 else f", stored as µV (times {unit.factor:g})")
    )
    tell = reporter.info if unit.name == "uV" else reporter.warn
    tell(f"the values are taken for {word}: {unit.said}. --unit states another.")
    return unit


def _some(one: Trials, plan: Plan, n: int) -> np.ndarray:
    """So many trials from all over a file, shape (n, n_channels, n_samples)."""
    last = one.sizes(plan.axes)[0] - 1
    rows = np.unique(np.linspace(0, last, min(n, last + 1)).astype(np.int64))
    return np.concatenate([plan.chosen(block).astype(np.float64) for _, block in one.blocks(plan.axes, rows)])


def _say_of_people(tables: Sequence[Table], reporter: Reporter) -> None:
    """Say which subjects are called alike but for zeros: one person under two labels would stand on both sides of a split."""
    people = sorted({str(name) for table in tables for name in set(table["subject"].tolist()) if name is not None})
    plain: dict[str, list[str]] = {}
    for name in people:
        plain.setdefault(re.sub(r"(?<!\d)0+(?=\d)", "", name), []).append(name)
    if twice := [" and ".join(names) for names in plain.values() if len(names) > 1]:
        reporter.warn(
            f"subjects are called alike but for zeros ({listed(twice, _SHOWN, count=True)}), and count as different people: "
            "give each person one name if they are the same"
        )


def _tables(trials: Sequence[Trials], axes: Axes, settings: ImportSettings, dataset: str, sfreq: float) -> tuple[list[Table], bool]:
    """Columns of the windows of each file, in one order, and whether subjects are known."""
    sizes = [one.sizes(axes) for one in trials]
    found = [one.table(size[0], settings) for one, size in zip(trials, sizes, strict=True)]
    for name in dict.fromkeys(name for table in found for name in table):
        having = [name in table for table in found]
        if not all(having):
            raise InputError(
                f"{trials[having.index(False)].where}: has no {name}, as {trials[having.index(True)].where} has",
                hint="Import them by themselves, or name the labels with --labels-key.",
            )
        kinds = {table[name].dtype.kind for table in found}
        if "O" in kinds and len(kinds) > 1:
            found = [{**table, name: column(None if value is None else str(value) for value in table[name].tolist())} for table in found]
        elif kinds == {"i", "f"}:
            found = [{**table, name: table[name].astype(np.float64)} for table in found]
    known = all("subject" in table for table in found)
    tables = []
    for one, (n, _, samples), table in zip(trials, sizes, found, strict=True):
        missing = column([None] * n)
        count = np.array([n], dtype=np.int64)
        ours: Table = {"dataset": column([dataset] * n), "recording": column([one.file.name] * n)}
        ours |= {name: table.get(name, missing) for name in ENTITIES}
        # Nobody knows what lay between the trials: they are counted as if they had followed each other.
        places = np.arange(n, dtype=np.int64)
        ours |= {"segment": column(["all"] * n), "segment_count": np.repeat(count, n), "onset": places * (samples / sfreq), "trial": places}
        tables.append(
            ours
            | {name: table[name] for name in (SPLIT,) if name in table}
            | {k: v for k, v in table.items() if k not in (*ENTITIES, SPLIT)}
        )
    return tables, known


def shown_axes(plan: Plan) -> str:
    """Axes and sizes of the first array, for messages: ``trials 1,080 x samples 750 x channels 2``."""
    return " x ".join(f"{name} {size:,}" for name, size in zip(plan.axes, plan.trials[0].stored.shape, strict=True))
