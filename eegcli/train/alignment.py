"""Alignment of the networks of a run, as their architecture takes it."""

from __future__ import annotations

from eegcli.registry import MODELS
from eegcli.settings import TrainSettings
from eegcli.study.alignment import RECENTRED


def alignment_of(settings: TrainSettings) -> str | None:
    """Alignment, a name in `study.alignment.ALIGNMENTS`: of the features of a network where its architecture allows that, else of windows; None without."""
    entry = MODELS.get(settings.arch)
    if settings.align == "subject" and entry is not None and entry.recentred:
        return RECENTRED
    return None if settings.align == "none" else settings.align
