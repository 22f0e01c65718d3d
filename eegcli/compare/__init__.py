"""Compare runs: accuracy per epoch in one figure, and what each run is and reached in one table."""

from __future__ import annotations

import filecmp
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli.artifacts.run import open_run
from eegcli.errors import InputError, UsageError
from eegcli.lazy import submodules
from eegcli.registry.metrics import Kind
from eegcli.reporter import PYTHON, Reporter
from eegcli.settings import CompareSettings
from eegcli.stats.compared import Compared, compared, require_same_question
from eegcli.stats.difference import Difference, differences

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)


@dataclass(frozen=True)
class Comparison:
    """Comparison of runs.

    Attributes
    ----------
    figure : Path
        Accuracy per epoch of all runs.
    target, kind : str
        Column that all learnt; ``classification`` or ``regression``.
    classes : tuple of str
    metric : str
        Name of the metric of the curves: accuracy, or R² of a number.
    runs : tuple of Compared
    differences : tuple of Difference
        Of every evaluated run from the first that is evaluated, on the test subjects that both have.
    """

    figure: Path
    target: str
    kind: Kind
    classes: tuple[str, ...]
    metric: str
    runs: tuple[Compared, ...]
    differences: tuple[Difference, ...] = ()

    def data(self) -> dict[str, Any]:
        """Data of `--json`."""
        return {
            **asdict(self),
            "figure": str(self.figure),
            "runs": [one.data() for one in self.runs],
            "differences": [one.data() for one in self.differences],
        }


def run(settings: CompareSettings, *, reporter: Reporter = PYTHON) -> Comparison:
    """Read runs, draw their accuracy per epoch, and gather what each is and reached.

    Parameters
    ----------
    settings : CompareSettings
        The runs, and where the figure goes.
    reporter : Reporter, optional
        Receives warnings. Left out: Python's `warnings` and `logging`.

    Returns
    -------
    Comparison
        In the order in which the runs were named.

    Raises
    ------
    InputError
        If runs learnt different targets or tested no subject in common, or the figure would replace another one.
    UsageError
        If no run is named, one is named twice, or the figure is no PNG.
    """
    from eegcli.compare.figure import draw

    if not settings.runs:
        raise UsageError("no run to compare", hint="Name two or more: eegcli compare relu elu.")
    output = Path(settings.output)
    if output.suffix.lower() != ".png":
        raise UsageError(f"--output {output}: the figure is a PNG", hint=f"For example {output.with_suffix('.png')}.")
    if twice := [path for path in settings.runs if [other.resolve() for other in settings.runs].count(path.resolve()) > 1]:
        raise UsageError(f"{twice[0]} is named twice")
    opened = [open_run(path) for path in settings.runs]
    require_same_question(opened)
    runs = compared(opened, reporter)
    first = opened[0]
    apart = differences(opened, [one.run for one in runs])
    comparison = Comparison(output, first.target, first.kind, first.classes, runs[0].metric, tuple(runs), apart)
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "figure.png"
        draw(made, runs, title=f"{first.target}: {runs[0].metric} per epoch")
        _place(made, output, force=settings.force)
    return comparison


def _place(made: Path, output: Path, *, force: bool) -> None:
    """Put the figure in its place; the same runs make the same bytes, and another figure is not replaced unasked."""
    from eegcli.files.atomic import writing

    if output.exists() and not force:
        if output.is_file() and filecmp.cmp(made, output, shallow=False):
            return
        raise InputError(f"{output}: another figure lies there", hint="Name another one with --output, or replace it with --force.")
    output.parent.mkdir(parents=True, exist_ok=True)
    with writing(output) as temporary:
        temporary.write_bytes(made.read_bytes())
