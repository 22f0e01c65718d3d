"""Background of chosen windows: the set that they are of, training windows, the places of channels, and wishes of the user for single methods."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.network import Network
from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.artifacts.run import Run
from eegcli.bids.electrodes import standard_directions
from eegcli.engine.reading import WindowArray, read
from eegcli.errors import UsageError
from eegcli.settings import ExplainSettings
from eegcli.stats.neighbours import neighbours
from eegcli.study.groups import sets_of_windows

Ints = NDArray[np.int64]

TRAINING = 256  # training windows: mean amplitudes are then known to 3 %, were windows independent
BYTES = 2**26  # of them, at most


@dataclass(frozen=True)
class Pool:
    """Labelled windows of a set, with what the network gives for them.

    Attributes
    ----------
    x : array of float32, shape (n_all_windows, *shape)
        The run's windows as the network takes them.
    rows : ndarray of int, shape (n,)
        Rows of the windows of the set.
    truth : ndarray, shape (n,)
        Index of the class, or the number.
    subject : ndarray of int, shape (n,)
        Number of the subject of each window.
    outputs : ndarray, shape (n, n_classes)
        Output of each class (or the number), before any softmax.
    """

    x: WindowArray
    rows: Ints
    truth: NDArray[np.float64]
    subject: Ints
    outputs: NDArray[np.float64]

    def read(self, places: Ints) -> NDArray[np.float32]:
        """Windows by their places in the pool."""
        return read(self.x, self.rows[places])

    def thinned(self, n: int) -> Pool:
        """At most `n` windows, taken subject by subject and evenly within each."""
        by_subject = np.argsort(self.subject, kind="stable")
        kept = np.sort(by_subject[evenly(len(by_subject), n)])
        return replace(self, rows=self.rows[kept], truth=self.truth[kept], subject=self.subject[kept], outputs=self.outputs[kept])


@dataclass(frozen=True)
class Wishes:
    """Wishes of the user that single methods follow.

    Attributes
    ----------
    layer : str or None
        Name of a layer, whose unit is excited instead of the outputs.
    unit : int
        Number of the unit, from 0.
    objective : {"channel", "neuron"}
        ``channel``: mean over all places of a map; ``neuron``: one value of what the layer gives.
    positive : int or None
        Index of the class by which the cells of the confusion table are named; None: there are none.
    """

    layer: str | None = None
    unit: int = 0
    objective: Literal["channel", "neuron"] = "channel"
    positive: int | None = None


@dataclass(frozen=True)
class Background:
    """Background of chosen windows: whatever methods may ask of a run beside them.

    Attributes
    ----------
    model : nn.Module
        The network that gave the outputs of the pool.
    classes : tuple of str
        Names of the outputs.
    pool : Pool
        All labelled windows of the set that the chosen ones are of.
    training : ndarray of float32, shape (n, *shape)
        Some windows of the training set.
    beside : ndarray of bool, shape (n_channels, n_channels), or None
        Which channels lie beside each other; None: nobody knows.
    wishes : Wishes
        Wishes of the user.
    """

    model: nn.Module | None
    classes: tuple[str, ...]
    pool: Pool
    training: NDArray[np.float32]
    beside: NDArray[np.bool_] | None = None
    wishes: Wishes = field(default_factory=Wishes)


def background_of(
    run: Run,
    network: Network,
    model: nn.Module,
    windows: AnyWindows,
    x: WindowArray,
    classes: tuple[str, ...],
    pool: Pool,
    settings: ExplainSettings,
) -> Background:
    """Background of the windows that were chosen for a network of a run.

    Parameters
    ----------
    run, network : Run, Network
        The run, and one of its networks.
    model : nn.Module
        That network, with one output per class.
    windows : Windows or RemoteWindows
        The run's own.
    x : array of float32, shape (n_all_windows, *shape)
        Its windows as the network takes them.
    classes : tuple of str
        Names of the outputs.
    pool : Pool
        All labelled windows of the set that the chosen ones are of.
    settings : ExplainSettings
        Wishes of the user.

    Raises
    ------
    UsageError
        If the positive class is none.
    """
    if settings.positive is not None and settings.positive not in classes:
        raise UsageError(f"--positive {settings.positive}: no class of {run.target}", hint=f"Classes: {', '.join(classes)}.")
    positive = None if settings.positive is None else classes.index(settings.positive)
    learnt = np.flatnonzero(sets_of_windows(windows.table, run.splits, run.settings.split_unit, network.fold) == "train")
    places = windows.electrodes
    known = None if places is None or not places.known.any() else places.directions
    beside = neighbours(standard_directions(windows.ch_names) if known is None else known)
    wishes = Wishes(settings.layer, settings.unit, settings.objective, positive)
    return Background(model, classes, pool, some_windows(x, learnt), beside, wishes)


def evenly(n_there: int, n_wanted: int) -> Ints:
    """Places of at most `n_wanted` of `n_there` things, evenly spaced."""
    if n_there <= n_wanted:
        return np.arange(n_there)
    return np.asarray((np.arange(n_wanted) * n_there) // n_wanted, dtype=np.int64)


def some_windows(x: WindowArray, rows: Ints) -> NDArray[np.float32]:
    """At most `TRAINING` windows of some rows, evenly spaced, and no more than 64 MB of them."""
    each = 4 * int(np.prod(x.shape[1:]))
    return read(x, rows[evenly(len(rows), max(1, min(TRAINING, BYTES // each)))])
