"""Labels of one's own in what epoch makes: joined to recordings, which `--where` may then ask for, or to the windows that were cut."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from eegcli.artifacts.table import GrowingTable
from eegcli.bids.selection import select_rows
from eegcli.epoch.inputs import Pool
from eegcli.reporter import Reporter
from eegcli.settings import EpochSettings
from eegcli.study.labels import Labels, join, labelled, tell


def label_recordings(pool: Pool, labels: Labels | None, settings: EpochSettings, *, own: Collection[str], reporter: Reporter) -> Pool:
    """Select the recordings that are cut, with their labels where these are of recordings.

    Parameters
    ----------
    pool : Pool
        All recordings that are whole.
    labels : Labels or None
    settings : EpochSettings
        Their selection is read.
    own : collection of str
        Columns of recordings that no label may have the name of.
    reporter : Reporter
        Is told what fits nobody, both ways.

    Raises
    ------
    InputError
        If the labels fit no recording, or nothing is selected.
    """
    if labels is None or labels.of_windows:
        return pool.take(select_rows(pool.table, settings, reporter))
    joined = join(labels, pool.table)
    pool = replace(pool, table=labelled(pool.table, joined, reporter, own=own))
    rows = select_rows(pool.table, settings, reporter)
    pool = pool.take(rows)
    tell(joined.take(rows), pool.table, reporter, of="recordings")
    return pool


def label_windows(table: GrowingTable, labels: Labels | None, reporter: Reporter) -> None:
    """Add labels of windows to the rows of those that were cut."""
    if labels is None or not labels.of_windows:
        return
    joined = join(labels, table)
    columns = labelled(table, joined, reporter)
    tell(joined, table, reporter, of="windows")
    for name in labels.names:
        table.add(name, columns[name])
