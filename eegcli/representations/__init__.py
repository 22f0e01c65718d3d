"""Representations: what a window becomes before it is stored (samples, band powers, maps of the scalp, a spectrum)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from eegcli import registry
from eegcli.artifacts.windows import WindowFormat
from eegcli.bands import Band, parse_bands
from eegcli.compute.threads import limited
from eegcli.errors import UsageError
from eegcli.lazy import submodules
from eegcli.settings import EpochSettings, ImportSettings
from eegcli.settings.setting import declared
from eegcli.study.electrodes import Electrodes

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

SECONDS_PER_SAMPLE = 2e-8  # `benchmarks/representations.py`
Settings = TypeVar("Settings", EpochSettings, ImportSettings)

BLOCK = 64  # windows at once: what is held besides input and result stays in the processor's caches


@dataclass(frozen=True)
class Signals:
    """Signals of all windows, as known before the first is cut.

    Attributes
    ----------
    ch_names : tuple of str
    sfreq : float
        Hz.
    n_times : int
        Samples of a window.
    """

    ch_names: tuple[str, ...]
    sfreq: float
    n_times: int

    @property
    def seconds(self) -> float:
        """Length of a window, s."""
        return self.n_times / self.sfreq


@dataclass(frozen=True)
class Representation:
    """A representation that is ready for windows of one kind.

    Attributes
    ----------
    name : str
        As in `registry.REPRESENTATIONS`.
    signals : Signals
        The windows it is for.
    shape : tuple of int
        Of one window.
    transform : callable or None
        Windows (n, n_channels, n_times) in µV -> (n, *shape); None where the windows stay as they were cut.
    bands : tuple of Band
        Empty where there are none.
    electrodes : ndarray of float64, shape (n_channels, 2), or None
        Where the channels lie on a map of radius 0.5 (x to the right, y to the nose); None without a map.
    seconds_per_sample : float
        Time that a sample of a channel takes, for ``--dry-run``.
    units : str
        Of the values, where that is not the unit of the registry's table.
    place : callable or None
        Electrodes of a recording, or None -> the representation for its windows; None where it does not depend on them.
    """

    name: str
    signals: Signals
    shape: tuple[int, ...]
    transform: Callable[[NDArray[np.float32]], NDArray[np.floating]] | None
    bands: tuple[Band, ...] = ()
    electrodes: NDArray[np.float64] | None = field(default=None, compare=False)
    seconds_per_sample: float = SECONDS_PER_SAMPLE
    units: str = ""
    place: Callable[[Electrodes | None], Representation] | None = field(default=None, compare=False)

    def of(self, electrodes: Electrodes | None) -> Representation:
        """The representation for the windows of one recording, by where its electrodes are.

        Raises
        ------
        InputError
            If it needs a position that is not known.
        """
        return self if self.place is None else self.place(electrodes)

    @property
    def window_format(self) -> WindowFormat:
        """Format of the windows, for their artifact."""
        bands = tuple(str(band) for band in self.bands)
        n_times = None if self.transform is None else self.signals.n_times  # windows as cut say it themselves
        return WindowFormat(self.name, self.units or registry.REPRESENTATIONS[self.name].units, bands, n_times)

    def seconds(self, n_windows: int) -> float:
        """Time that so many windows take, s."""
        if self.transform is None:
            return 0.0
        return self.seconds_per_sample * n_windows * len(self.signals.ch_names) * self.signals.n_times

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Represent windows: (n, n_channels, n_times) in µV -> float32 (n, *shape); memory beside them is bounded by a block."""
        if self.transform is None:
            return x
        result = np.empty((len(x), *self.shape), dtype=np.float32)
        with np.errstate(invalid="ignore"):  # what is not finite becomes NaN
            for start in range(0, len(x), BLOCK):
                result[start : start + BLOCK] = self.transform(x[start : start + BLOCK])
        return result


def resolve(settings: Settings) -> Settings:
    """Settings with the bands named, and without what the representation does not ask for.

    Raises
    ------
    UsageError
        If there is no such representation, it has no bands or other options but some are given, or a band makes no sense.
    """
    entry = registry.REPRESENTATIONS[registry.lookup("representation", settings.representation, registry.REPRESENTATIONS)]
    if settings.bands and not entry.has_bands:
        raise UsageError(
            f"--bands: the representation {settings.representation} has no bands",
            hint=f"Choose --representation {' or '.join(name for name, other in registry.REPRESENTATIONS.items() if other.has_bands)}.",
        )
    known = declared(type(settings))  # type: ignore[arg-type]  # a class is hashable
    for name in dict.fromkeys(option for other in registry.REPRESENTATIONS.values() for option in other.options):
        if name not in entry.options and getattr(settings, name) != known[name].default:
            having = " or ".join(key for key, other in registry.REPRESENTATIONS.items() if name in other.options)
            raise UsageError(
                f"{known[name].flags[-1]}: the representation {settings.representation} has none", hint=f"Choose --representation {having}."
            )
    bands = tuple(str(band) for band in parse_bands(settings.bands)) if entry.has_bands else ()
    return replace(settings, bands=bands, montage=settings.montage if entry.is_map else EpochSettings.montage)


def options_of(settings: EpochSettings | ImportSettings) -> dict[str, Any]:
    """Further options of the representation that settings name, by their names."""
    return {name: getattr(settings, name) for name in registry.REPRESENTATIONS[settings.representation].options}


def prepare(
    name: str,
    signals: Signals,
    *,
    bands: Sequence[str] = (),
    montage: str = "auto",
    placed: bool = False,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Representation:
    """Make a representation ready for windows of one kind.

    Parameters
    ----------
    name : str
        A name in `registry.REPRESENTATIONS`.
    signals : Signals
        Channels, rate and length of the windows.
    bands : sequence of str
        ``NAME=LOW-HIGH`` (Hz, both edges included); empty means theta, alpha and beta.
    montage : str
        Where electrodes are, of a map: a name in `registry.MONTAGES`.
    placed : bool
        Recordings say themselves where their electrodes are: names that nobody knows are no error here.
    options : mapping of str to object, optional
        Further options that the registry's entry names; left out, they have their defaults.

    Raises
    ------
    UsageError
        If there is no such representation or montage, or a band makes no sense.
    InputError
        If the windows are too short or sampled too slowly for a band, or a channel has no known position.
    """
    entry = registry.REPRESENTATIONS[registry.lookup("representation", name, registry.REPRESENTATIONS)]
    with limited(1):  # the last bits of a solved system may depend on the number of threads
        prepared: Representation = registry.load(entry.path)(
            signals, bands=parse_bands(bands) if entry.has_bands else (), montage=montage, **options
        )
        if not placed:
            prepared.of(None)
    return prepared
