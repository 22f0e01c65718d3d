"""Best samples: the windows of the subjects for whom the network is surest, per class and per cell of the confusion table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.errors import InputError
from eegcli.explain.attribution import BATCH
from eegcli.explain.background import Background, Pool, evenly
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.group import Group, Selector
from eegcli.study.groups import place_within

N_SUBJECTS = 20  # published
PER_SUBJECT = 10  # ours: 200 windows per group, as many as the other methods explain
REFERENCE = 400  # windows of the same class that a selection is set beside: those of one group, twice

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def best_samples(model: nn.Module, material: ExplainedWindows) -> Selector:
    """Select the best windows of the 20 best subjects of each class; of a number, of the subjects with the highest and the lowest predictions.

    Parameters
    ----------
    model : nn.Module
        Gives one output per class. Asked where it is not the network whose outputs the pool has.
    material : ExplainedWindows
        With its background: the pool, and ``wishes.positive``, which adds the cells of the confusion table (of windows): TP, FN, FP, TN.

    Returns
    -------
    callable
        Gives the groups, or, with a generator, as many windows of subjects drawn by chance from the same candidates.

    Raises
    ------
    InputError
        If the outputs are the same for every window.

    Notes
    -----
    Truong, Makeig & Delorme 2021, arXiv:2111.04309: samples of the 20 subjects of the validation set with the highest activation of the class's neuron.
    The paper does not say what a subject's activation is, nor how many samples were taken. Ours: the mean over the subject's windows of the class (of the cell);
    its 10 windows of highest activation. Subjects are of that class, since a mistake is another finding: cells of the confusion table show it.
    """
    around = material.around
    if model is not around.model:
        around = replace(around, pool=replace(around.pool, outputs=_outputs(model, material)))
    pool = around.pool
    if not np.ptp(pool.outputs, axis=0).any():
        raise InputError("the output of the network does not depend on its input: no window is better than another")
    candidates = [*_ends(around), *_cells(around)]

    # The highest predictions and the lowest ones are of other people where there are fewer than 40.
    n_subjects = N_SUBJECTS if len(around.classes) > 1 else min(N_SUBJECTS, max(1, len(np.unique(pool.subject)) // 2))

    def select(random: np.random.Generator | None) -> list[Group]:
        return [_group(pool, label, is_class, places, scores, random, n_subjects) for label, is_class, places, scores in candidates]

    return select


def _outputs(model: nn.Module, material: ExplainedWindows) -> Floats:
    pool, model = material.around.pool, model.to(material.device).eval()
    places = np.arange(len(pool.rows))
    with torch.no_grad():
        parts = [model(material.tensor(pool.read(places[at : at + BATCH]))).double().cpu().numpy() for at in range(0, len(places), BATCH)]
    return np.concatenate(parts)


def _ends(around: Background) -> list[tuple[str, bool, Ints, Floats]]:
    """Label, whether it is a class, candidates and their scores: of each class, or of both ends of a number."""
    pool = around.pool
    if len(around.classes) == 1:
        everyone, number = np.arange(len(pool.rows)), pool.outputs[:, 0]
        return [("highest", True, everyone, number), ("lowest", True, everyone, -number)]
    members = [np.flatnonzero(pool.truth == index) for index in range(len(around.classes))]
    return [(around.classes[index], True, places, pool.outputs[places, index]) for index, places in enumerate(members)]


def _cells(around: Background) -> list[tuple[str, bool, Ints, Floats]]:
    pool, positive = around.pool, around.wishes.positive
    if positive is None or len(around.classes) == 1:
        return []
    is_positive, called = pool.truth == positive, pool.outputs.argmax(axis=1)
    cells = []
    for label, true, said in (("TP", True, True), ("FN", True, False), ("FP", False, True), ("TN", False, False)):
        places = np.flatnonzero((is_positive == true) & ((called == positive) == said))
        cells.append((label, False, places, pool.outputs[places, called[places]]))
    return cells


def _group(
    pool: Pool, label: str, is_class: bool, places: Ints, scores: Floats, random: np.random.Generator | None, n_subjects: int
) -> Group:
    if random is not None:
        scores = random.random(len(scores))
    subject = pool.subject[places]
    chosen = places[best(scores, subject, n_subjects=n_subjects)]
    reference = places[evenly(len(places), REFERENCE)]
    return Group(label, is_class, pool.rows[chosen], pool.subject[chosen], pool.read(chosen), pool.read(reference))


def best(scores: Floats, subject: Ints, *, n_subjects: int = N_SUBJECTS, per_subject: int = PER_SUBJECT) -> Ints:
    """Choose the highest scores of the subjects with the highest mean score.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Of each window.
    subject : ndarray of int, shape (n,)
        Number of the subject of each.
    n_subjects, per_subject : int
        Subjects, and windows of each, at most.

    Returns
    -------
    ndarray of int, shape (at most n_subjects * per_subject,)
        Places of the windows: best subject first, best window of each first; of equal ones the earlier.
    """
    people, number = np.unique(subject, return_inverse=True)
    mean = np.bincount(number, weights=scores) / np.bincount(number)
    rank = np.empty(len(people), dtype=np.int64)
    rank[np.argsort(-mean, kind="stable")] = np.arange(len(people))
    kept = np.flatnonzero((rank[number] < n_subjects) & (place_within(number, -scores) < per_subject))
    return np.asarray(kept[np.lexsort((kept, -scores[kept], rank[number[kept]]))])
