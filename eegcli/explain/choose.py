"""Choice of the windows that are explained: those that the network recognises best, spread over subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.artifacts.network import Network
from eegcli.artifacts.refit import validated
from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.artifacts.run import Run
from eegcli.artifacts.windows_of_run import table_of_run
from eegcli.engine.inference import outputs
from eegcli.engine.reading import WindowArray
from eegcli.errors import InputError
from eegcli.explain.background import Pool
from eegcli.explain.controls.learnt import WINDOWS as LEARNT_WINDOWS
from eegcli.explain.controls.learnt import HeldOut
from eegcli.reporter import Reporter, Silent
from eegcli.study.groups import place_within, sets_of_windows
from eegcli.study.persons import unknown_persons
from eegcli.study.sets import SETS, VALIDATION
from eegcli.study.target import target_of

Ints = NDArray[np.int64]

HELD_OUT = ("validation", "test")
ENOUGH = 8  # test subjects, by whom alone it is judged whether anything was learnt
DRAWS = 2  # windows that take the place of parts: one that shows what is lost, one that tests it


@dataclass(frozen=True)
class Chosen:
    """The windows that are explained.

    Attributes
    ----------
    classes : tuple of str
        In the order of the network's outputs; the target's name where it is a number.
    rows : ndarray of int, shape (n_windows,)
        Rows of windows.parquet: class by class, best first.
    class_index : ndarray of int, shape (n_windows,)
        For which class each was chosen.
    subject : ndarray of int, shape (n_windows,)
        Number of the subject of each window.
    pool : Pool
        All labelled windows of the set, with the network's outputs.
    subjects_known : bool
        False where nobody knows whose the windows are.
    others : tuple of ndarray of int, shape (n_windows,) each
        Rows of windows of another class, or of a number far from it: drawn twice.
    """

    classes: tuple[str, ...]
    rows: Ints
    class_index: Ints
    subject: Ints
    pool: Pool
    subjects_known: bool = True
    others: tuple[Ints, ...] = ()


def counts_of(chosen: Sequence[Chosen]) -> dict[str, dict[str, int]]:
    """Windows and subjects per class, over all networks; a subject of several counts once. ``n_subjects`` is 0 where nobody knows whose they are."""
    counts = {}
    for index, name in enumerate(chosen[0].classes):
        own = np.concatenate([one.subject[one.class_index == index] for one in chosen])
        counts[name] = {"n": len(own), "n_subjects": len(np.unique(own)) * chosen[0].subjects_known}
    return counts


def choose_windows(
    run: Run,
    network: Network,
    model: torch.nn.Module,
    windows: AnyWindows,
    x: WindowArray,
    *,
    split: str,
    n_windows: int,
    device: torch.device,
    reporter: Reporter,
    recentred_by: Ints | None = None,
    seed: int = 0,
) -> Chosen:
    """Choose, per class, the windows of a set that the network is surest to be of their class.

    For a continuous target: the windows whose number it predicts best.

    Parameters
    ----------
    run : Run
        The run.
    network, model : Network, nn.Module
        One of its networks.
    windows : Windows or RemoteWindows
        The run's own.
    x : array of shape (n_windows, n_channels, n_times)
        Its windows as the network takes them.
    split : {"train", "validation", "test"}
        From which set.
    n_windows : int
        Per class, at most.
    device : torch.device
        Device on which the network runs.
    reporter : Reporter
        Shows the progress.
    recentred_by : ndarray of int, shape (n_windows,), optional
        Number of the subject of each window, where the features of subjects are recentred.
    seed : int
        Of the draw of others.

    Raises
    ------
    InputError
        If a class has no window in the set.
    """
    target = target_of(table_of_run(run, windows), run.settings)
    standing = sets_of_windows(windows.table, run.splits, run.settings.split_unit, network.fold) == split
    rows = np.flatnonzero(standing & target.known)
    if not len(rows):
        raise no_window(run, split)
    result = outputs(model, x, rows, device=device, reporter=reporter, label="Choosing windows", subject=recentred_by)
    predictions = network.head.predictions(result)
    truth, subject = target.values[rows], run.people.number(windows.table)[rows]
    if target.kind == "classification":
        classes, member = target.classes, truth.astype(np.int64)
        score = predictions[np.arange(len(rows)), member]
    else:
        classes, member = (target.column,), np.zeros(len(rows), dtype=np.int64)
        score = -np.abs(predictions[:, 0] - truth)
    parts = []
    for index, name in enumerate(classes):
        candidates = np.flatnonzero(member == index)
        if not len(candidates):
            raise InputError(f"{run.path}: the {split} set has no window of class {name}", hint="Choose another --split.")
        parts.append(candidates[best_of_each(score[candidates], subject[candidates], n_windows)])
    places = np.concatenate(parts)
    others = tuple(rows[_draw_others(truth, places, subject, target.kind, seed=(seed, draw))] for draw in range(DRAWS))
    pool = Pool(x, rows, truth, subject, network.head.class_outputs(torch.from_numpy(result)).numpy())
    return Chosen(classes, rows[places], member[places], subject[places], pool, not unknown_persons(windows.table), others)


def _draw_others(truth: NDArray[np.float64], places: Ints, subject: Ints, kind: str, *, seed: tuple[int, int]) -> Ints:
    """Draw for each of some windows one that is of another class, of any subject alike; of numbers one of the half that lies farthest."""
    random = np.random.default_rng(seed)
    drawn = np.zeros(len(places), dtype=np.int64)
    for index, place in enumerate(places):
        away = np.abs(truth - truth[place])
        far = np.flatnonzero(away > 0 if kind == "classification" else away >= np.median(away))
        theirs = far[subject[far] == random.choice(np.unique(subject[far]))] if len(far) else np.array([place])
        drawn[index] = random.choice(theirs)
    return drawn


def held_out(
    run: Run,
    network: Network,
    model: torch.nn.Module,
    windows: AnyWindows,
    x: WindowArray,
    *,
    device: torch.device,
    recentred_by: Ints | None,
) -> HeldOut | None:
    """Predict windows of people whom a network did not learn from, evenly over subjects; None where there are none.

    Parameters are those of `choose_windows`. These are the test set's, of all folds together, where it has eight people or more: the validation set
    chose the epoch, which makes it better than new people are. With fewer no interval could lie above chance, and the validation set is taken, too.
    """
    target = target_of(table_of_run(run, windows), run.settings)
    subject = run.people.number(windows.table)
    sets = sets_of_windows(windows.table, run.splits, run.settings.split_unit, network.fold)
    taken = _sets_held_out(run)
    rows = np.flatnonzero(np.isin(sets.astype(str), taken) & target.known)
    if not len(rows):
        return None
    share = -(-LEARNT_WINDOWS // len(np.unique(subject[rows])))
    rows = rows[place_within(subject[rows]) < share]
    result = outputs(model, x, rows, device=device, reporter=Silent(), subject=recentred_by)
    there = tuple(name for name in taken if (sets[rows] == name).any())
    return HeldOut(there, network.head.predictions(result), target.values[rows].astype(np.float64), subject[rows])


def _sets_held_out(run: Run) -> tuple[str, ...]:
    """Sets of people by whom it is judged whether anything was learnt."""
    tested = run.splits["split"] == "test"
    people = set(zip(run.splits["dataset"][tested].tolist(), run.splits["subject"][tested].tolist(), strict=True))
    return ("test",) if len(people) >= ENOUGH else HELD_OUT


def no_window(run: Run, split: str) -> InputError:
    """Error for a set that has no labelled window: a run may have been split without a validation or a test set."""
    there = [name for name in SETS if (run.splits["split"] == name).any()]
    hint = f"Choose another --split: {' or '.join(there)}"
    if run.settings.refit and split == SETS[VALIDATION]:
        hint += f"; or ask the networks that were validated: {validated(run.path)}"
    return InputError(f"{run.path}: the {split} set has no labelled window", hint=f"{hint}.")


def best_of_each(score: NDArray[np.float64], subject: Ints, n_windows: int) -> Ints:
    """Choose the windows of highest score, with no subject above its even share.

    Parameters
    ----------
    score : ndarray, shape (n,)
        Of each candidate.
    subject : ndarray of int, shape (n,)
        Number of the subject of each window.
    n_windows : int
        How many are wanted; fewer come where a subject has fewer than its share.

    Returns
    -------
    ndarray of int, shape (at most n_windows,)
        Indices of candidates, best first; of equal scores the earlier one.

    Notes
    -----
    Without the share, the windows of highest score are mostly those of a few subjects, and the explanation is of these people.
    """
    if not len(score):
        return np.zeros(0, dtype=np.int64)
    share = -(-n_windows // len(np.unique(subject)))
    kept = np.flatnonzero(place_within(subject, -score) < share)
    return np.asarray(kept[np.lexsort((kept, -score[kept]))][:n_windows])
