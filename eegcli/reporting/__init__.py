"""Report runs: one self-contained page that tells it all, made of the artifacts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eegcli.artifacts import folder
from eegcli.artifacts.contents import REPORT
from eegcli.artifacts.kinds import WORDS
from eegcli.errors import InputError, UsageError
from eegcli.lazy import submodules
from eegcli.remote.cache import is_copy
from eegcli.reporter import PYTHON, Reporter
from eegcli.result import Result
from eegcli.settings import ReportSettings

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)


@dataclass(frozen=True, kw_only=True, repr=False)
class ReportResult(Result):
    """Result of `report`: the page; the folder of figures; or, of the methods section, the run.

    Attributes
    ----------
    output : Path
    methods : str or None
        The methods section, where it was asked for.
    files : list of str
        Figures that were written, where they were asked for.
    """

    methods: str | None = None
    files: Sequence[str] = ()


def run(settings: ReportSettings, *, reporter: Reporter = PYTHON) -> ReportResult:
    """Report a run on one page; several runs side by side; or list all runs below a folder.

    Parameters
    ----------
    settings : ReportSettings
        Runs or a folder, the page, and whether the methods section or the figures are wanted in its place.
    reporter : Reporter, optional
        Receives progress and warnings; never prints. Left out: Python's `warnings` and `logging`.

    Returns
    -------
    ReportResult

    Raises
    ------
    UsageError
        If nothing is named, or what is asked for is of one run and several are named.
    InputError, ArtifactError
        If what is named is no run and no folder, or a run cannot be opened; if a file that is no page lies where the page would.
    UnavailableError
        If the page cannot be written.
    """
    runs = _runs(settings)
    if settings.methods:
        from eegcli.reporting.methods import text_of

        return ReportResult(output=runs[0], methods=text_of(runs[0]))
    if settings.figures is not None:
        from eegcli.reporting import figures

        return ReportResult(output=settings.figures, files=[str(path) for path in figures.write(runs[0], settings.figures)])
    output = settings.output or _place(settings.paths)
    if not settings.force:
        _require_page(output)
    if len(runs) == 1:
        return ReportResult(output=write(runs[0], reporter, output=output))
    if runs:
        from eegcli.reporting import several

        several.write(runs, output, reporter)
    else:
        from eegcli.reporting import index

        index.write(settings.paths[0], output, reporter)
    return ReportResult(output=output)


def _runs(settings: ReportSettings) -> tuple[Path, ...]:
    """Runs that are named; none where it is a folder of runs."""
    if not settings.paths:
        raise UsageError("no run is named", hint="Name a run, several, or a folder of runs.")
    if settings.methods and settings.figures is not None:
        raise UsageError("--methods and --figures are two questions", hint="Ask them one after the other.")
    if missing := [path for path in settings.paths if not path.is_dir()]:
        raise InputError(f"{missing[0]}: {'a file, not a run' if missing[0].exists() else 'not found'}")
    kinds = [folder.kind_of(path) for path in settings.paths]
    if set(kinds) == {"run"}:
        if len(kinds) > 1 and (settings.methods or settings.figures is not None):
            raise UsageError(f"{'--methods' if settings.methods else '--figures'} is of one run", hint="Name one.")
        return settings.paths
    alone = settings.paths[0]
    if kinds != [None] or (alone / folder.SETTINGS).exists():
        place = next(place for place, kind in enumerate(kinds) if kind != "run")
        what = f"holds {WORDS.get(str(kinds[place]), 'no artifact')}" if kinds[place] else "is no run"
        raise InputError(f"{settings.paths[place]}: {what}", hint="Name runs, or one folder that holds runs.")
    if settings.methods or settings.figures is not None:
        raise UsageError(f"{alone}: is no run; {'--methods' if settings.methods else '--figures'} is of one run", hint="Name a run.")
    return ()


def _place(paths: Sequence[Path]) -> Path:
    """Place of a page that nobody named: in the run or the folder; here, of several runs, or of one in the cache, where nobody would look."""
    if len(paths) > 1:
        return Path(REPORT)
    return Path(f"{paths[0].name}-{REPORT}") if is_copy(paths[0]) else paths[0] / REPORT


def _require_page(output: Path) -> None:
    from eegcli.reporting.html import digest_in

    if output.exists() and digest_in(output) is None:
        raise InputError(f"{output}: is no page of eegcli", hint="Choose another name with --output, or replace it with --force.")


def write(path: Path, reporter: Reporter, *, output: Path | None = None) -> Path:
    """Write the page of a run; one that is there and was made of the same artifacts stays.

    Parameters
    ----------
    path : Path
        The run.
    reporter : Reporter
        Told where the page lies.
    output : Path, optional
        Place of the page; left out, it lies at the run's root.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError, ArtifactError
        If the run cannot be opened.
    UnavailableError
        If the page cannot be written.
    """
    from eegcli.reporting.html import digest_in, write_html
    from eegcli.reporting.material import digest_of_material, gather
    from eegcli.reporting.one import page_of

    place = output or path / REPORT
    if digest_in(place) != digest_of_material(path):
        write_html(place, page_of(gather(path)))
    reporter.info(f"Report: {place}")
    return place


def write_or_warn(path: Path, reporter: Reporter) -> None:
    """Write the page of a run at the end of a stage, whose result stands whether or not there is a page.

    Whatever fails is a warning: hours of work must not end in an error because a folder is read-only, or because of a mistake in a drawing.
    """
    try:
        _require_page(path / REPORT)
        write(path, reporter)
    except Exception as error:
        reporter.warn(f"no report: {' '.join(str(error).split())}; `eegcli report {path} --output FILE` writes it elsewhere")
