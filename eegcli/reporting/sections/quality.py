"""Section of the quality of the recordings, before and after they were cleaned."""

from __future__ import annotations

import warnings

import numpy as np

from eegcli.artifacts.preview import read_preview
from eegcli.artifacts.recordings import Recordings
from eegcli.artifacts.table import n_rows
from eegcli.errors import EegcliError, counted
from eegcli.registry import quality_columns
from eegcli.reporting.charts.chart import AnyChart, Plot, Series
from eegcli.reporting.content import Block, Drawn, Facts, Grid, Missing, Section, Text
from eegcli.reporting.material import Material
from eegcli.reporting.wording import shown

MAX_OPENED = 40  # recordings whose spectra are averaged: each takes some milliseconds
FLOOR = 1e-6  # of the highest power that is drawn


def section(material: Material) -> Section:
    """Show the steps, the figures of quality over the cohort, and the spectrum before and after."""
    cleaning = material.run.cleaning
    blocks: list[Block] = []
    if cleaning is not None and cleaning.steps:
        rows = [
            (f"{number}. {step['step']}", _options(step) or "no options")
            for steps in cleaning.steps[:1]
            for number, step in enumerate(steps, start=1)
        ]
        blocks += [Text("Steps of the cleaning, in their order, with the options that were used:"), Facts(tuple(rows))]
        if len(cleaning.steps) > 1:
            blocks.append(Text(f"{len(cleaning.steps)} ways of cleaning are mixed; the first is shown.", "suspect"))
    else:
        blocks.append(Missing("How the recordings were cleaned is not known: the windows were not cut by eegcli, or are older."))
    if not material.recordings:
        blocks.append(Missing(f"No figures of quality: the recordings are {material.why_not.get('recordings', 'not here any more')}."))
    for recordings in material.recordings:
        blocks += _of(recordings)
    return Section("quality", "Quality of the recordings, before and after", blocks)


def _options(step: object) -> str:
    assert isinstance(step, dict)
    return "; ".join(f"{name} {shown(value)}" for name, value in step.items() if name != "step" and value not in (None, [], ()))


def _of(recordings: Recordings) -> list[Block]:
    table = recordings.table
    rows = []
    for column in quality_columns():
        values = table.get(column.name)
        if values is None or column.type != "float64":
            continue
        finite = np.asarray(values, np.float64)
        finite = finite[np.isfinite(finite)]
        if finite.size:
            quartiles = [f"{value:.3g}" for value in np.percentile(finite, [0, 25, 50, 75, 100])]
            rows.append((column.meaning + (f" ({column.unit})" if column.unit else ""), *quartiles, str(finite.size)))
    columns = ("figure", "lowest", "25 %", "median", "75 %", "highest", "recordings")
    blocks: list[Block] = [
        Grid(f"Quality of {counted(n_rows(table), 'recording')} of {recordings.dataset}", columns, tuple(rows), tuple(range(1, 7)))
    ]
    drawn = _spectra(recordings)
    return [*blocks, Drawn((drawn,)) if drawn else Text("No recording has kept a spectrum of before and after.")]


def _spectra(recordings: Recordings) -> AnyChart | None:
    """Median over recordings of the median over channels; the area is the middle half of the recordings."""
    table = recordings.table
    rows = np.flatnonzero(table["status"] == "ok")
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MAX_OPENED)).round().astype(int))] if len(rows) else rows
    found = []
    for row in rows.tolist():
        try:
            seen = read_preview(recordings.path / str(table["path"][row]))
        except EegcliError:
            continue
        if seen is not None:
            found.append(seen[0])
    same = [one for one in found if len(one.frequencies) == len(found[0].frequencies)]
    if not same:
        return None
    freqs = np.asarray(same[0].frequencies, np.float64)
    there = freqs > 0
    series: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    highest = 0.0
    for name, stack in {"before": [one.spectrum_before[1] for one in same], "after": [one.spectrum_after[1] for one in same]}.items():
        with warnings.catch_warnings():  # of a frequency that nothing has, the percentile is NaN, a gap in the line
            warnings.simplefilter("ignore", RuntimeWarning)
            low, middle, high = (
                np.asarray(np.nanpercentile(np.stack(stack)[:, there], share, axis=0), np.float64) for share in (25, 50, 75)
            )
        highest = max(highest, float(np.nanmax(middle)))
        series[name] = (middle, low, high)
    kept = tuple(
        Series(name, freqs[there], y=_above(middle, highest), low=_above(low, highest), high=_above(high, highest), colour=1 - index)
        for index, (name, (middle, low, high)) in enumerate(series.items())
    )
    return Plot(
        name="spectra",
        title="Power before and after cleaning",
        how="The typical channel of the typical recording at each frequency. Lines: median over recordings; areas: the middle half of them.",
        caveat=f"Median over channels: one bad channel is not seen. {counted(len(same), 'recording')} of {n_rows(table)} were opened for it.",
        alt=f"Power spectral density of {counted(len(same), 'recording')} before and after cleaning, on a logarithmic axis.",
        x_label="frequency (Hz)",
        y_label="power (µV²/Hz)",
        series=kept,
        y_log=True,
    )


def _above(values: np.ndarray, highest: float) -> np.ndarray:
    """Values of a spectrum, without those so far below its highest that they are rounding."""
    return np.where(values > FLOOR * highest, values, np.nan)
