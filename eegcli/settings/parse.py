"""Parsers of option values: from the text of a flag, an environment variable or a recipe to the value of a settings field."""

from __future__ import annotations

import math
from collections.abc import Callable


def label(prefix: str) -> Callable[[str], str]:
    """Parse a BIDS label, with or without its prefix: ``sub-01`` and ``01`` are the same subject."""
    return lambda text: text.removeprefix(f"{prefix}-")


def name_in(kind: str, table: str) -> Callable[[str], str]:
    """Parse a name of a table of the registry; what is no name there is said with the nearest one that is.

    Parameters
    ----------
    kind : str
        Kind of thing that is named, for the message.
    table : str
        Attribute of `eegcli.registry`, e.g. ``MODELS``.
    """

    def parse(text: str) -> str:
        from eegcli import registry

        return registry.lookup(kind, text, getattr(registry, table))

    return parse


def architecture(text: str) -> str:
    """Parse an architecture: a name of the table, or a foreign one (``./mynet.py:Net``), of which no code is read.

    Raises
    ------
    UsageError
        If it is neither.
    """
    from eegcli.registry import entry_of

    entry_of(text)
    return text


def augmentation(text: str) -> str:
    """Check the name of an augmentation, ``NAME`` or ``NAME:OPTION=VALUE,...``; its options are read where they are used. The text is kept.

    Raises
    ------
    UsageError
        If there is no such augmentation.
    """
    from eegcli.registry import AUGMENTATIONS, lookup

    name = text.partition(":")[0].strip()
    if text.strip() != "none":
        lookup("augmentation", name, AUGMENTATIONS)
    return text.strip()


def is_foreign(arch: str) -> bool:
    """Test that an architecture is somebody's own code."""
    from eegcli.registry import foreign_named

    return foreign_named(arch) is not None


def shares_or_rule(text: str) -> tuple[float, ...] | str:
    """Parse a split: three shares or counts with commas between them, or the name of a published rule.

    Raises
    ------
    UsageError
        If it is neither.
    """
    from eegcli.errors import UsageError
    from eegcli.registry import lookup, named_splits

    try:
        numbers = tuple(float(part) for part in text.split(","))
        if not all(map(math.isfinite, numbers)):
            raise ValueError(text)
        return numbers
    except ValueError as error:
        if "," in text or text[:1].isdigit():
            raise UsageError(
                f"{text}: three numbers are needed, e.g. 0.6,0.2,0.2", hint=f"Or a published rule: {', '.join(named_splits())}."
            ) from error
    return lookup("split", text, named_splits())


def batch_size(text: str) -> int | str:
    """Parse a number of windows, or ``auto``.

    Raises
    ------
    ValueError
        If it is neither, or below 1.
    """
    return _number_or_auto(text, "windows")


def at_once(text: str) -> int | str:
    """Parse a number of networks, or ``auto``.

    Raises
    ------
    ValueError
        If it is neither, or below 1.
    """
    return _number_or_auto(text, "networks")


def _number_or_auto(text: str, what: str) -> int | str:
    if text == "auto":
        return text
    if not (text.isdigit() and int(text) > 0):
        raise ValueError(f"{text}: not a number of {what} from 1 on, or auto")
    return int(text)


def device(text: str) -> str:
    """Check the name of a device of torch; whether this machine has it is asked when it is used.

    Raises
    ------
    ValueError
        If it is none.
    """
    kind, colon, number = text.partition(":")
    if text not in ("auto", "cpu", "cuda", "mps") and not (kind == "cuda" and colon and number.isdigit()):
        raise ValueError(f"{text}: not auto, cpu, cuda, cuda:N or mps")
    return text


def count_or_share(text: str) -> str:
    """Check a number of failures, or a share of them such as ``10%``; the text is kept.

    Raises
    ------
    ValueError
        If it is neither; NaN, which no number of failures exceeds, is none.
    """
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = math.nan
    if not number >= 0:
        raise ValueError(f"{text}: not a count or a share such as 10%")
    return text


def epochs_or_steps(text: str) -> str:
    """Parse a duration of training: epochs, which need not be whole (``3``), or updates (``500steps``).

    Raises
    ------
    ValueError
        If it is neither, or not above 0.
    """
    number = text.replace(" ", "").removesuffix("steps")
    steps = "steps" in text
    try:
        value = int(number) if steps else float(number)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ValueError(f"{text} is neither a number of epochs (3) nor of updates (500steps)")
    return f"{value}steps" if steps else f"{value:g}"


def stretch(text: str) -> str:
    """Check a stretch of time ``TMIN:TMAX`` in seconds; the text is kept.

    Raises
    ------
    ValueError
        If it is none, or TMAX is before TMIN.
    """
    tmin, tmax = stretch_of(text)
    if not (math.isfinite(tmin) and math.isfinite(tmax) and tmin <= tmax):
        raise ValueError(f"{text}: TMAX is not after TMIN")
    return text


def stretch_of(text: str) -> tuple[float, float]:
    """The two times of a stretch ``TMIN:TMAX``, s.

    Raises
    ------
    ValueError
        If they are no two numbers.
    """
    tmin, _, tmax = text.partition(":")
    try:
        return float(tmin), float(tmax)
    except ValueError as error:
        raise ValueError(f"{text}: TMIN:TMAX in seconds is needed, such as -0.2:0") from error


def column_of(condition: str) -> str | None:
    """Column of a condition ``COLUMN=VALUE``; None where there is none."""
    return condition.rpartition("=")[0] or None
