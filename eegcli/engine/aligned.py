"""Aligned windows: each window multiplied by the matrix of its subject as it is read (``--align subject``)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.checked import CheckedArray
from eegcli.artifacts.fitted_windows import Fittable, FittedArray
from eegcli.artifacts.streamed import StreamedArray
from eegcli.compute.threads import limited
from eegcli.errors import InputError
from eegcli.study.alignment import RECENTRED, covariances, subject_mean, whitener
from eegcli.study.persons import People, unknown_persons

Announced = AbstractContextManager[None]
AT_ONCE = 256  # windows that are read together


class AlignedArray:
    """Array of windows that are aligned as they are read, and checked before.

    Parameters
    ----------
    x : CheckedArray, StreamedArray or FittedArray of shape (n_windows, n_chans, n_times), µV
    subject : ndarray of int, shape (n_windows,)
        Number of each window's subject.
    matrices : ndarray of float32, shape (n_subjects, n_chans, n_chans)
    """

    def __init__(self, x: CheckedArray | StreamedArray | FittedArray, subject: NDArray[np.int64], matrices: NDArray[np.float32]) -> None:
        self._x, self._subject, self._matrices = x, subject, matrices
        self.shape, self.dtype = x.shape, x.dtype

    def announced(self, batches: Sequence[NDArray[np.int64]], later: Callable[[], Sequence[NDArray[np.int64]]] | None = None) -> Announced:
        """Announce what will be read to where it comes from, for the block: as `StreamedArray.announced`."""
        return self._x.announced(batches, later) if isinstance(self._x, (StreamedArray, FittedArray)) else contextlib.nullcontext()

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Windows by their rows, any index that NumPy takes along the first axis; float32."""
        with limited(1):  # the last bits of a product may depend on the number of threads
            return np.asarray(self._matrices[self._subject[rows]] @ self._x[rows], dtype=np.float32)

    def __len__(self) -> int:
        return len(self._x)


def aligned(windows: Fittable, how: str | None, people: People) -> CheckedArray | StreamedArray | FittedArray | AlignedArray:
    """Windows as a network takes them: as they are, or aligned.

    Parameters
    ----------
    windows : Windows, RemoteWindows or FittedWindows
        Of the representation raw.
    how : str or None
        A name in `study.alignment.ALIGNMENTS`; None: as they are, and so where it is the features that are recentred (`recentred_by`).
    people : People
        Who is the same person.

    Raises
    ------
    InputError
        If they are of another representation, or hold no signal.

    Notes
    -----
    He & Wu 2020 (doi:10.1109/TBME.2019.2913914); Zanini et al. 2018 (doi:10.1109/TBME.2017.2742541) for the Riemannian mean. All windows of a
    subject are used, and no label. Aligned windows are whitened: their unit is one standard deviation.
    """
    if how is None:
        return windows.checked
    if windows.representation != "raw":
        raise InputError(f"{windows.path}: --align is about channels of raw windows; these are {windows.representation}")
    if unknown_persons(windows.table):
        raise InputError(
            f"{windows.path}: windows are aligned by subject for this network, and nobody knows whose these are",
            hint="Import them with their subjects.",
        )
    if how == RECENTRED:
        return windows.checked
    subject = people.number(windows.table)
    n = int(subject.max()) + 1
    matrices = np.zeros((n, windows.x.shape[1], windows.x.shape[1]), dtype=np.float32)
    with limited(1):
        for number in range(n):
            rows = np.flatnonzero(subject == number)
            own = np.concatenate([covariances(windows.checked[rows[at : at + AT_ONCE]]) for at in range(0, len(rows), AT_ONCE)])
            if not np.isfinite(own).all():
                raise InputError(f"{windows.path}: subject {windows.table['subject'][rows[0]]} has windows with values that are not finite")
            matrices[number] = whitener(subject_mean(how, own, windows.x.shape[2]))
    return AlignedArray(windows.checked, subject, matrices)


def recentred_by(windows: Fittable, how: str | None, people: People) -> NDArray[np.int64] | None:
    """Subjects by whom the features of a network are recentred, or None where they are not.

    Parameters
    ----------
    windows : Windows, RemoteWindows or FittedWindows
    how : str or None
        A name in `study.alignment.ALIGNMENTS`.
    people : People
        Who is the same person.

    Returns
    -------
    ndarray of int, shape (n_windows,), or None
    """
    return people.number(windows.table) if how == RECENTRED else None
