"""Choice of the kept epoch: what it needs of the split, and what is said of it before the training."""

from __future__ import annotations

from collections.abc import Sequence

from eegcli.artifacts.run import OPTIMISTIC
from eegcli.errors import UsageError
from eegcli.registry import entry_of
from eegcli.reporter import Reporter
from eegcli.settings import TrainSettings
from eegcli.study.sets import TEST, VALIDATION
from eegcli.train.split.split import Split


def looked_at(settings: TrainSettings) -> tuple[str, ...]:
    """Sets that are looked at after each epoch."""
    return ("validation", "test") if settings.report_epoch == "published" else ("validation",)


def require_test_sets(splits: Sequence[Split], settings: TrainSettings) -> None:
    """Check that there is a test set wherever it is to choose the epoch.

    Raises
    ------
    UsageError
        Naming the first fold without one.
    """
    without = [number for number, split in enumerate(splits) if not len(split.windows(TEST))]
    if settings.report_epoch == "published" and without:
        where = f"fold {without[0]} has none" if len(splits) > 1 else "there is none"
        raise UsageError(
            f"--report-epoch published keeps the epoch that is best on the test set, and {where}",
            hint="Give --split a third share, or leave out --report-epoch.",
        )


def say_how_the_epoch_is_kept(splits: Sequence[Split], settings: TrainSettings, reporter: Reporter) -> None:
    """Warn where the kept epoch is not one that was best on subjects who are not tested."""
    if settings.report_epoch == "published":
        reporter.warn(OPTIMISTIC)
    elif settings.refit:
        reporter.info("--refit: first a training in which some of these subjects validate, then one with all of them")
    elif entry_of(settings.arch).training is not None and not len(splits[0].windows(VALIDATION)):
        reporter.warn("nobody validates: the last epoch is kept")
