"""A split rule that is added by a test: by the alphabet, the last quarter tests, the quarter before validates."""

from __future__ import annotations

import numpy as np

from eegcli.study.sets import TEST, TRAIN, VALIDATION


def alphabet(groups, table, settings) -> list[np.ndarray]:
    place = np.argsort(np.argsort(groups.table["subject"].astype(str))) / len(groups)
    return [np.where(place >= 0.75, TEST, np.where(place >= 0.5, VALIDATION, TRAIN))]
