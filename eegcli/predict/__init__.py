"""Predict: apply a run, or several, to windows whose labels nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli.artifacts import folder
from eegcli.artifacts.fitted_windows import Fittable
from eegcli.artifacts.naming import derived_output, part_of_name
from eegcli.artifacts.predictions import KIND, SUMMARY, read_summary
from eegcli.artifacts.remote_windows import AnyWindows, open_remote_windows
from eegcli.artifacts.run import Run, open_run
from eegcli.artifacts.windows import open_windows
from eegcli.artifacts.windows_of_run import differences_in_cleaning
from eegcli.compute.threads import default_threads
from eegcli.engine.fitted import fitted
from eegcli.errors import InputError, UsageError, counted, listed
from eegcli.files import atomic
from eegcli.files.block import releasing
from eegcli.files.digest import digest_of
from eegcli.lazy import submodules
from eegcli.predict.voters import Voters, voters_of
from eegcli.remote.address import address_in_path
from eegcli.reporter import PYTHON, Reporter
from eegcli.result import DryRun, Result
from eegcli.settings import PredictSettings

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

VERSION = 1  # raised when the results of this stage change
BYTES_PER_PREDICTION = 24  # a row of predictions.parquet, compressed


@dataclass(frozen=True, kw_only=True, repr=False)
class PredictResult(Result):
    """Result of `predict`.

    Attributes
    ----------
    output : Path
        The predictions artifact.
    unit : str
        Group of windows that casts one vote.
    n_windows, n_votes : int
    votes : dict
        Votes for each class; of a number its mean.
    seen_in_training : dict
        ``subjects`` and ``windows`` by which a network was trained or chosen; None where nobody knows.
    marked : str or None
        What has to stand beside every prediction.
    """

    unit: str
    n_windows: int
    n_votes: int
    votes: Mapping[str, Any]
    seen_in_training: Mapping[str, Any]
    marked: str | None


@releasing()
def run(settings: PredictSettings, *, reporter: Reporter = PYTHON) -> PredictResult | DryRun:
    """Predict windows without labels by all networks of a run, or of several; no target is read.

    Parameters
    ----------
    settings : PredictSettings
        The run, the windows, further runs; which windows vote together.
    reporter : Reporter, optional
        Receives progress, warnings and what came out; never prints. Left out: Python's `warnings` and `logging`.

    Returns
    -------
    PredictResult or DryRun
        The predictions artifact; a `DryRun` with `dry_run`.

    Raises
    ------
    InputError
        If windows do not fit a run (the hint is the command line that makes fitting ones), were cleaned otherwise, runs learnt something
        else than each other, or a network gives no finite output.
    UsageError
        If embeddings of several runs are asked for.
    """
    if settings.run is None or settings.windows is None:
        raise UsageError("a run and windows are needed", hint="eegcli predict RUN WINDOWS")
    if settings.embeddings and settings.ensemble:
        raise UsageError("--embeddings of several runs lie in no common space", hint="Ask each run by itself.")
    runs = [
        open_run(settings.run).trusted(trust=settings.trust, arch=settings.arch),
        *(open_run(path).trusted(trust=settings.trust) for path in settings.ensemble),
    ]
    _require_alike(runs)
    windows = _opened(settings.windows)
    differing = [differences_in_cleaning(one, windows, reporter, allowed=settings.allow_differences) for one in runs]
    taken = [fitted(one, windows, interpolate_missing=settings.interpolate_missing, reporter=reporter) for one in runs]
    voters = voters_of(runs, windows, settings.unit, reporter)
    output = settings.output or _default_output(settings)
    inputs = {"run": runs[0].digest, "windows": windows.digest}
    if len(runs) > 1:
        inputs["ensemble"] = digest_of([one.digest for one in runs[1:]])
    configuration: dict[str, Any] = {"inputs": inputs, "version": VERSION}
    if settings.dry_run:
        return _dry_run(runs, taken, output, settings)
    artifact = folder.open_folder(output, KIND, settings, force=settings.force, **configuration)
    if artifact.finished:
        windows.check_if_touched()
        for one in runs:
            one.check_weights()
        folder.touch(output)
    else:
        _predict(runs, taken, differing, voters, output, settings, reporter)
        artifact.finish()
    summary = read_summary(output)
    _tell(summary, output, reporter)
    shown = ("unit", "n_windows", "n_votes", "votes", "seen_in_training", "marked")
    return PredictResult(output=output, **{name: summary[name] for name in shown})


def _opened(path: Path) -> AnyWindows:
    address = address_in_path(path)
    return open_windows(path) if address is None else open_remote_windows(address)


def _require_alike(runs: Sequence[Run]) -> None:
    """See that runs learnt the same.

    Raises
    ------
    InputError
        If target, kind or classes of two of them differ.
    """
    first = runs[0]
    for other in runs[1:]:
        for what in ("target", "kind", "classes"):
            one, two = getattr(first, what), getattr(other, what)
            if one != two:
                said = (listed(value, 4) if isinstance(value, tuple) else value for value in (one, two))
                raise InputError(
                    f"{other.path}: another {what} than {first.path} ({' and '.join(said)})", hint="Average runs that learnt the same."
                )
        if first.settings.threshold != other.settings.threshold:
            raise InputError(
                f"{other.path}: its classes are told apart by --threshold {other.settings.threshold}, not by {first.settings.threshold}"
            )


def _default_output(settings: PredictSettings) -> Path:
    """Folder beside the windows: ``new-windows`` and ``demo-run-vgg-sex`` give ``new-predictions-demo-run-vgg-sex``."""
    others = f"-and-{len(settings.ensemble)}-more" if settings.ensemble else ""
    return derived_output(settings.windows, f"predictions-{part_of_name(settings.run.resolve().name)}{others}")


def _dry_run(runs: Sequence[Run], taken: Sequence[Fittable], output: Path, settings: PredictSettings) -> DryRun:
    from eegcli.engine.cost import FLOAT, START_BYTES, START_SECONDS, bytes_per_window, seconds_per_window
    from eegcli.engine.device import exact, find_device
    from eegcli.engine.examples import BATCH

    n_windows, device = len(taken[0]), find_device(settings.device)
    seconds, memory = START_SECONDS, 0
    for one, windows in zip(runs, taken, strict=True):
        shape = tuple(windows.x.shape[1:])
        with exact(default_threads(settings.threads), device):
            model = one.networks[0].model().to(device)
            each = seconds_per_window(model, shape, batch_size=min(BATCH, max(n_windows, 1)), backward=False)
        seconds += len(one.networks) * n_windows * each * (2 if settings.embeddings else 1)
        memory = max(memory, FLOAT * int(one.networks[0].metrics["n_parameters"]) + BATCH * bytes_per_window(model, shape))
    n_networks = sum(len(one.networks) for one in runs)
    summary = {
        "n_networks": n_networks,
        "n_windows": n_windows,
        "device": str(device),
        "memory_bytes": START_BYTES + memory,
        "seconds": round(seconds, 1),
        "bytes": n_windows * BYTES_PER_PREDICTION * (1 + n_networks * settings.each_network),
    }
    return DryRun(output=output, n_items=n_networks, summary=summary)


def _predict(
    runs: Sequence[Run],
    taken: Sequence[Fittable],
    differing: Sequence[tuple[str, ...]],
    voters: Voters,
    output: Path,
    settings: PredictSettings,
    reporter: Reporter,
) -> None:
    from eegcli.artifacts.evaluation import PREDICTIONS, VOTES
    from eegcli.artifacts.predictions import NETWORKS
    from eegcli.artifacts.table import write_table
    from eegcli.engine.device import exact, find_device
    from eegcli.models.embedding import last_layers
    from eegcli.predict import tables
    from eegcli.predict.applied import apply
    from eegcli.predict.embedded import write_embeddings
    from eegcli.predict.seen import seen_by
    from eegcli.predict.summary import summary_of

    if settings.embeddings:  # refused before the work, where there are none
        last_layers(runs[0].networks[0].model(), runs[0].networks[0].description.shape)
    device = find_device(settings.device)
    with exact(default_threads(settings.threads), device):
        applied = apply(runs, taken, device=device, reporter=reporter, keep_each=settings.each_network)
    seen = seen_by(runs, taken)
    ballot = voters.votes(applied.mean, vote_windows=settings.vote_windows)
    write_table(output / PREDICTIONS, tables.predictions_table(taken[0].table, applied.mean, seen, runs[0].classes))
    write_table(output / VOTES, tables.votes_table(voters, ballot, seen, runs[0]))
    if settings.each_network:
        write_table(output / NETWORKS, tables.networks_table(taken[0].table, applied, runs, taken))
    if settings.embeddings:
        with exact(default_threads(settings.threads), device):
            write_embeddings(output, runs[0], taken[0], voters, ballot, seen, device=device, reporter=reporter)
    atomic.write_json(output / SUMMARY, summary_of(runs, taken, differing, voters, ballot, seen))


def _tell(summary: Mapping[str, Any], output: Path, reporter: Reporter) -> None:
    from eegcli.artifacts.embeddings import FIGURE

    votes = ", ".join(f"{name} {count:,}" if isinstance(count, int) else f"{name} {count:.4g}" for name, count in summary["votes"].items())
    by = counted(summary["n_networks"], "network")
    reporter.info(f"{summary['target']} of {counted(summary['n_windows'], 'window')} by {by}; votes of {summary['unit']}s: {votes}")
    if summary["marked"]:
        reporter.warn(f"{output}: {summary['marked']}")
    for sentence in summary["said"]:
        reporter.warn(f"{output}: {sentence}")
    if (output / FIGURE).exists():
        reporter.info(f"Figure: {output / FIGURE}")
