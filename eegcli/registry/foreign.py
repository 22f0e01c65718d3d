"""Foreign architectures: names of networks that are not in the table, but in a file, a module, a plug-in or braindecode."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath

from eegcli.errors import UsageError

GROUP = "eegcli.models"  # of the entry points by which an installed package declares its networks
BRAINDECODE = "braindecode"
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class Foreign:
    """Name of a foreign architecture: the place of its code. Nothing is read or imported to make one.

    Attributes
    ----------
    attribute : str
        Class or function that gives the network.
    file : str
        Path of the file, as it was typed; empty for a module.
    module : str
        Name of the module; empty for a file.
    """

    attribute: str
    file: str = ""
    module: str = ""

    @property
    def name(self) -> str:
        """Text by which a run knows it: that of a file does not say where the file lies."""
        if self.module == f"{BRAINDECODE}.models":
            return f"{BRAINDECODE}:{self.attribute}"
        return f"{PurePath(self.file).name if self.file else self.module}:{self.attribute}"

    @property
    def label(self) -> str:
        """Part of the name of an output: ``mynet-Net``."""
        return self.name.replace(".py:", "-").replace(":", "-")


@dataclass(frozen=True)
class Plugin:
    """Network that an installed package declares.

    Attributes
    ----------
    foreign : Foreign
    summary : str
        Package with its version, and the place of the network in it.
    """

    foreign: Foreign
    summary: str


def foreign_of(text: str, known: Collection[str]) -> Foreign | None:
    """Read the name of a foreign architecture; None for a name of the table, and for one that nobody knows.

    Parameters
    ----------
    text : str
        ``./mynet.py:Net``, ``package.module:Net``, ``braindecode:Net``, or the name of an entry point.
    known : collection of str
        Names of the table, which go before those of plug-ins.

    Raises
    ------
    UsageError
        If it names a file or a module, but nothing in it; or what cannot be a network.
    """
    if text in known:
        return None
    place, colon, attribute = text.rpartition(":")
    if not colon:
        if text.endswith(".py") or "/" in text:
            raise UsageError(f"{text}: names no network in it", hint=f"Name its class, or a function that makes it: {text}:Net.")
        plugin = plugins(text).get(text)
        return None if plugin is None else plugin.foreign
    if not _DOTTED.fullmatch(attribute):
        raise UsageError(f"{text}: {attribute!r} is no name of a class or function", hint="./mynet.py:Net is what is needed.")
    if place.endswith(".py") or "/" in place or "\\" in place:
        return Foreign(attribute, file=place)
    return Foreign(attribute, module=_module(f"{BRAINDECODE}.models" if place == BRAINDECODE else place, text))


def _module(name: str, text: str) -> str:
    if not _DOTTED.fullmatch(name):
        raise UsageError(f"{text}: {name!r} is no name of a module", hint="A file is named by its path: ./mynet.py:Net.")
    if name.partition(".")[0] in sys.stdlib_module_names:
        raise UsageError(f"{text}: {name} belongs to Python and has no network", hint="A file is named by its path: ./mynet.py:Net.")
    return name


def plugins(name: str = "") -> dict[str, Plugin]:
    """Networks that installed packages declare as entry points; none of them is imported.

    Parameters
    ----------
    name : str, optional
        Only those of this name.

    Raises
    ------
    UsageError
        If two packages declare different networks by one name.
    """
    from importlib.metadata import entry_points  # here, since `--help` needs none of it

    found: dict[str, Plugin] = {}
    for point in entry_points(group=GROUP):
        if name not in ("", point.name):
            continue
        place = f"{point.module}:{point.attr}"
        of = f"{point.dist.name} {point.dist.version}" if point.dist is not None else "an unknown package"
        if not point.attr:
            raise UsageError(f"{of}: its entry point {point.name} = {point.value} names no class or function")
        plugin = Plugin(Foreign(point.attr, module=_module(point.module, place)), f"plug-in of {of} ({place})")
        if (other := found.setdefault(point.name, plugin)).foreign != plugin.foreign:
            raise UsageError(f"two plug-ins are named {point.name}: {other.summary}, {plugin.summary}", hint=f"Name one as --arch {place}.")
    return found
