"""Windows of imported trials: blocks of the arrays, in µV or arbitrary units, represented and written in one pass."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from eegcli.artifacts.table import Table, column, take
from eegcli.artifacts.windows_writer import WindowsWriter
from eegcli.compute.signals import Stop
from eegcli.errors import InputError
from eegcli.importing.labels import SPLIT
from eegcli.importing.plan import Plan
from eegcli.importing.trials import Trials
from eegcli.reporter import Reporter
from eegcli.representations import Representation

NOT_FINITE = "not finite"

Means = dict[str, float]


def set_means(plan: Plan, reporter: Reporter) -> Means:
    """Mean of all finite values of each set, in the unit of the file; under the empty name where there are no sets.

    What came as training and test set is averaged apart, as the published loader of BCI competition III IIIb does: a mean over both
    would carry the test set into the training.

    Raises
    ------
    InputError
        If a set has no finite value.
    """
    sums, counts = Counter[str](), Counter[str]()
    for number in reporter.progress(range(len(plan.trials)), "Averaging", len(plan.trials)):
        one, sets = plan.trials[number], _sets(plan.tables[number])
        for start, block in one.blocks(plan.axes):
            kept = plan.chosen(block).astype(np.float64)
            finite = np.isfinite(kept)
            for name in dict.fromkeys(sets[start : start + len(block)].tolist()):
                rows = sets[start : start + len(block)] == name
                sums[name] += kept[rows][finite[rows]].sum()  # type: ignore[assignment]
                counts[name] += int(finite[rows].sum())
    if "" in counts:
        reporter.warn(
            "--nan mean: the mean is taken over all trials, those that will be tested too, for nothing says which set each is of; --nan drop does not"
        )
    if empty := [name for name in counts if not counts[name]]:
        of_set = f" of the {empty[0]} set" if empty[0] else ""
        raise InputError(f"{plan.trials[0].where}: no value{of_set} is finite", hint="There is no mean of them.")
    return {name: sums[name] / counts[name] for name in counts}


def _sets(table: Table) -> np.ndarray:
    return table[SPLIT].astype(str) if SPLIT in table else np.full(len(table["trial"]), "")


def write_trials(
    windows: WindowsWriter, plan: Plan, represent: Representation, nan: str, means: Means, reporter: Reporter, stop: Stop
) -> list[tuple[str, int]]:
    """Write the windows of all files; give how many trials of each were left out since they are not finite.

    Raises
    ------
    InputError
        If a trial holds values that are not finite and is neither mended nor left out, or its representation does.
    """
    left: list[tuple[str, int]] = []
    for number in reporter.progress(range(len(plan.trials)), "Importing", len(plan.trials)):
        one, table = plan.trials[number], plan.tables[number]
        sets, dropped = _sets(table), 0
        for start, block in one.blocks(plan.axes):
            stop.raise_if_requested()
            rows = np.arange(start, start + len(block))
            x = _in_unit(plan.chosen(block), plan.unit.factor)
            finite = np.isfinite(x)
            whole = finite.reshape(len(x), -1).all(axis=1)
            if not whole.all():
                if nan == "error":
                    raise _not_finite(one, plan, start, finite, whole)
                if nan == "mean":
                    mean = np.array([means[name] for name in sets[rows].tolist()]) * plan.unit.factor
                    x = np.where(finite, x, mean[:, np.newaxis, np.newaxis].astype(np.float32))
                else:
                    dropped += int((~whole).sum())
                    x, rows = x[whole], rows[whole]
            if len(x):
                windows.append(_represented(represent, x, one, rows), take(table, rows))
        if dropped:
            left.append((one.file.name, dropped))
    if left:
        _, place, count = np.unique(windows.table["recording"].astype(str), return_inverse=True, return_counts=True)
        windows.table.add("segment_count", count[place].astype(np.int64))
    return left


def _in_unit(block: np.ndarray, factor: float) -> np.ndarray:
    """Values in µV (arbitrary ones as they are) in single precision, worked out in double."""
    with np.errstate(over="ignore"):  # becomes infinite, and is refused as such
        if factor == 1:
            return np.ascontiguousarray(block, dtype=np.float32)
        return np.ascontiguousarray(block.astype(np.float64) * factor, dtype=np.float32)


def _represented(represent: Representation, x: np.ndarray, one: Trials, rows: np.ndarray) -> np.ndarray:
    made = represent(x)
    if represent.transform is not None:
        broken = np.flatnonzero(~np.isfinite(made).reshape(len(made), -1).all(axis=1))
        if len(broken):
            flat = np.flatnonzero(np.ptp(x[broken[0]], axis=-1) == 0)
            why = f": channel {represent.signals.ch_names[flat[0]]} is flat in it" if len(flat) else ""
            raise InputError(
                f"{one.where}: trial {int(rows[broken[0]]) + 1} has no {represent.name} that is finite{why}",
                hint="Leave out that channel with --channels, or import raw windows.",
            )
    return made


def _not_finite(one: Trials, plan: Plan, start: int, finite: np.ndarray, whole: np.ndarray) -> InputError:
    trial = int(np.flatnonzero(~whole)[0])
    channel = int(np.flatnonzero(~finite[trial].all(axis=-1))[0])
    return InputError(
        f"{one.where}: trial {start + trial + 1} holds values that are not finite (channel {plan.ch_names[channel]})",
        hint="--nan drop leaves such trials out; --nan mean puts the mean of all values in their place.",
    )


def left_out_table(dataset: str, left: list[tuple[str, int]]) -> Table:
    """Table of trials that were left out, by file."""
    return {
        "dataset": column(dataset for _ in left),
        "recording": column(name for name, _ in left),
        "reason": column(NOT_FINITE for _ in left),
        "n_windows": np.array([n for _, n in left], dtype=np.int64),
        "n_segments": np.zeros(len(left), dtype=np.int64),
    }


def output_base(paths: tuple[Path, ...]) -> Path:
    """Path of which the output is named: the file without its ending, the folder, or of several the folder of the first."""
    first = paths[0]
    if len(paths) > 1:
        return first.parent
    return first if first.is_dir() else first.with_suffix("")
