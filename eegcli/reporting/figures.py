"""Figures of a run's report as files: PNG, SVG and PDF in one style, the numbers of each as Parquet beside it."""

from __future__ import annotations

from pathlib import Path

from eegcli.errors import UnavailableError
from eegcli.reporting.charts.as_figure import write_figures
from eegcli.reporting.charts.chart import AnyChart
from eegcli.reporting.material import gather
from eegcli.reporting.one import sections_of


def write(run: Path, folder: Path) -> list[Path]:
    """Write every figure of a run's report.

    Parameters
    ----------
    run : Path
        A finished run.
    folder : Path
        Made if needed; files of the same names are replaced, others stay.

    Returns
    -------
    list of Path
        Files, in the order of the report. Equal runs give equal bytes.

    Raises
    ------
    InputError, ArtifactError
        If the run cannot be opened.
    UnavailableError
        If the folder cannot be written.
    """
    charts = charts_of(run)
    try:
        return list(write_figures(folder, charts))
    except OSError as error:
        raise UnavailableError(
            f"{folder}: figures cannot be written there ({error.strerror or error})", hint="Name another folder."
        ) from error


def charts_of(run: Path) -> list[AnyChart]:
    """Charts of a run's report, in its order."""
    return [chart for section in sections_of(gather(run)) for chart in section.charts]
