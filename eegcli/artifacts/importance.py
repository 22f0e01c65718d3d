"""Importance: what the output of a class loses without each part of a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class Importance:
    """Result of a method of the kind importance.

    Attributes
    ----------
    values : ndarray of float32, shape (n_rows, n_parts)
        Per window: the output of its class less that without the part.
    rows : ndarray of int, shape (n_rows,)
        Which of the chosen windows.
    importance : ndarray, shape (n_classes, n_parts)
        Mean over the windows of a class.
    subject_class : ndarray of int, shape (n_pairs, 2)
        Number of the subject, and of the class, of each row of what follows.
    subject_importance : ndarray, shape (n_pairs, n_parts)
        Means of subjects.
    parts : ndarray of str, shape (n_parts,)
        Names of the parts.
    widths : ndarray, shape (n_parts,)
        Share of a window that each is; they sum to 1.
    """

    values: np.ndarray
    rows: np.ndarray
    importance: np.ndarray
    subject_class: np.ndarray
    subject_importance: np.ndarray
    parts: np.ndarray
    widths: np.ndarray
    kind: ClassVar[str] = "importance"

    def __repr__(self) -> str:
        return f"Importance: {' x '.join(f'{n:,}' for n in self.values.shape)}"
