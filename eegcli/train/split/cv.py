"""Cross-validation: ``--cv K``, each group is tested once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError, UsageError
from eegcli.settings import TrainSettings
from eegcli.study.sets import TEST, TRAIN, VALIDATION
from eegcli.train.split.allocate import totals_of_shares
from eegcli.train.split.groups import Groups
from eegcli.train.split.order import deal
from eegcli.train.split.shares import require_three, train_and_validation

VALIDATION_SHARE_OF_CV = 0.25  # of the subjects that are not tested in a fold


def cross_validation(groups: Groups, table: Mapping[str, np.ndarray], settings: TrainSettings) -> list[NDArray[np.int64]]:
    """Deal groups into `cv` folds, by a stratified draw or in the order of the windows; of those that are not tested in a fold, some validate.

    Parameters
    ----------
    groups : Groups
        Groups of windows that are split.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    settings : TrainSettings
        `cv`, `split_order` and `seed` are read; and the first two shares of `split`: they say who of the others validates where the third is 0.

    Returns
    -------
    list of ndarray of int, shape (n_groups,)
        One per fold.

    Raises
    ------
    UsageError
        If fewer than two folds are asked for.
    InputError
        If there are fewer groups than folds.
    """
    n_folds, seed = settings.cv or 0, settings.seed
    if n_folds < 2:
        raise UsageError(f"--cv {n_folds}: needs at least 2 folds")
    if n_folds > len(groups):
        raise InputError(f"--cv {n_folds} needs as many {groups.word}s, there are {len(groups)}")
    shares = require_three(settings.split)
    of_others = (shares[TRAIN], shares[VALIDATION]) if shares[TEST] == 0 else (1 - VALIDATION_SHARE_OF_CV, VALIDATION_SHARE_OF_CV)
    tested = deal(groups, np.arange(len(groups)), totals_of_shares(len(groups), [1.0] * n_folds), settings, seed)
    return [train_and_validation(groups, tested == fold, of_others, settings, [seed, fold]) for fold in range(n_folds)]
