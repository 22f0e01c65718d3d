"""Files of a recordings artifact beside the signals: the table, the description, timings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.recordings import TABLE
from eegcli.artifacts.table import Table, from_rows, read_table, write_table
from eegcli.bids.description import FILE as DESCRIPTION
from eegcli.bids.description import derivative_description
from eegcli.bids.participants import columns_for
from eegcli.errors import EegcliError
from eegcli.files.atomic import write_json, write_text
from eegcli.preprocess.cleaning import Attempt, Done
from eegcli.preprocess.cohort import Cohort
from eegcli.preprocess.failures import forget_failures
from eegcli.preprocess.quality.page import write_page
from eegcli.registry import quality_columns

TIMING = "timing.parquet"
QUALITY = {column.name: column.type for column in quality_columns()}
NUMBERS = ("sfreq", "n_channels", "n_times", "seconds", *(name for name, kind in QUALITY.items() if kind == "float64"))
COLUMNS = ("sfreq", "ch_names", "n_channels", "n_times", "seconds", "bad_channels", "interpolated", "positions", *QUALITY)
# Names that a column of participants.tsv cannot have, here or in the windows made of these recordings.
TAKEN = {
    *("recording", "subject", "session", "task", "run", "path", "status", "error", "cause", "digest", *COLUMNS),
    *("dataset", "segment", "segment_count", "onset", "content_hash"),
}


def write_artifact(output: Path, cohort: Cohort, done: Done) -> None:
    """Write what lies beside the signals; the table last.

    Parameters
    ----------
    output : Path
        The artifact's folder, absolute.
    cohort : Cohort
    done : Done
        State of every recording: done, failed or left.
    """
    # A recording that the data set no longer has must not stay in a derivative of it.
    ours = {path for work in cohort.works for path in (work.output, work.sidecar)}
    for ending in ("h5", "json"):
        for path in output.glob(f"sub-*/**/*_desc-clean_eeg.{ending}"):
            if path not in ours:
                path.unlink(missing_ok=True)  # another shard may be doing the same
    forget_failures(output, but=done.failures)
    write_json(output / DESCRIPTION, derivative_description(cohort.root, "cleaned continuous EEG"))
    write_text(output / ".bidsignore", "*.h5\n*.parquet\nquality.html\nsettings.json\ndone.json\nprovenance.json\nfailures/\n")
    table = make_table(output, cohort, done)
    write_page(output, table)
    write_table(output / TABLE, table)


def write_timing(output: Path, cohort: Cohort, attempt: Attempt) -> None:
    """Add what this run took to the table of timings; that of recordings done before stays."""
    here = [
        {"recording": outcome.name, **outcome.value.seconds, "total": outcome.seconds}
        for outcome in attempt.outcomes
        if outcome.value and outcome.value.seconds
    ]
    if not here:
        return
    known = {work.name for work in cohort.works} - {row["recording"] for row in here}
    write_table(output / TIMING, from_rows([*(row for row in _rows(output / TIMING) if row["recording"] in known), *here]))


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        table = read_table(path)
    except EegcliError:
        return []
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def make_table(output: Path, cohort: Cohort, done: Done) -> Table:
    """The table of all recordings found: a row each, the participants' columns last."""
    rows, failures = done.rows, done.failures
    table = from_rows(
        {
            "recording": work.name,
            "subject": work.recording.subject,
            "session": work.recording.session,
            "task": work.recording.task,
            "run": work.recording.run,
            "path": work.output.relative_to(output).as_posix() if work.name in rows else None,
            "status": "ok" if work.name in rows else "failed",
            "error": failures[work.name].error if work.name in failures else None,
            "cause": failures[work.name].cause if work.name in failures else None,
            "digest": work.digest if work.name in rows else None,
        }
        for work in cohort.works
    )
    for name in COLUMNS:
        values = [rows[work.name].get(name) if work.name in rows else None for work in cohort.works]  # some were cleaned before it came
        table[name] = np.array(values, dtype=float if name in NUMBERS else object)
    return table | columns_for(cohort.participants, [work.recording.subject for work in cohort.works], TAKEN)
