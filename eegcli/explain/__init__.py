"""Explain a run: which frequencies and channels its network listens to, and whether that can be believed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli import registry
from eegcli.artifacts import folder
from eegcli.artifacts.run import Fold, Run, open_run
from eegcli.artifacts.table import write_table
from eegcli.compute.threads import default_threads
from eegcli.errors import InputError, UsageError
from eegcli.files import atomic
from eegcli.reporter import Reporter
from eegcli.result import Plan, Result
from eegcli.settings import ExplainSettings
from eegcli.stats.spectra import BANDS

if TYPE_CHECKING:
    from eegcli.explain.choose import Chosen

VERSION = 1  # raised when the results of this stage change
BESIDE = {"untrained networks": "untrained_share", "flat spectrum": "chance", "the windows": "input_share"}
METRICS, BANDS_TABLE = "metrics.json", "bands.parquet"


@dataclass(frozen=True, kw_only=True)
class ExplainResult(Result):
    """What an explanation found.

    Attributes
    ----------
    output : Path
        The run, so that a pipe can go on with it.
    explanation : Path
        The folder of attributions, tables, figures and metrics.json.
    methods : list of dict
        Per method: band shares, what a flat spectrum would have, controls, and whether they were passed.
    """

    explanation: Path
    methods: list[dict[str, Any]]


def run(settings: ExplainSettings, *, reporter: Reporter) -> ExplainResult | Plan:
    """Say which frequencies and channels a trained network listens to, and check that its training made the difference.

    Of several folds and seeds the first network is explained.

    Parameters
    ----------
    settings : ExplainSettings
        The run, methods, from which set windows are chosen and how many per class.
    reporter : Reporter
        Receives progress, warnings and the table of band shares; never prints.

    Returns
    -------
    ExplainResult or Plan
        The run's path and the figures of each method; a Plan for `--dry-run`.

    Raises
    ------
    InputError
        If the run's windows are not found, a class has no window in the set, or the output does not depend on the input.
    UsageError
        If there is no such method, or the run was trained on another representation than raw.
    """
    if settings.n_windows < 1:
        raise UsageError(f"--n-windows must be at least 1, not {settings.n_windows}")
    for name in settings.method:
        registry.lookup("explanation", name, registry.EXPLANATIONS)
    trained = open_run(settings.run)
    _require_samples(trained)
    output = settings.output or trained.path / "explanation"
    if settings.dry_run:
        return _plan(trained, output, settings)
    configuration: dict[str, Any] = {"inputs": {"run": trained.digest}, "version": VERSION}
    if settings.force or not folder.is_finished(output, "explanation", settings, **configuration):
        _explain(trained, output, settings, configuration, reporter)
    metrics = atomic.read_json(output / METRICS)
    _tell(metrics, reporter)
    for name in settings.method:
        reporter.info(f"Figure: {output / f'{name}.png'}")
    return ExplainResult(output=trained.path, explanation=output, methods=metrics["methods"])


def _require_samples(trained: Run) -> None:
    representation = trained.folds[0].metrics["shape"].get("representation", "raw")
    if representation != "raw":
        raise UsageError(
            f"{trained.path}: explain asks which frequencies of the samples a network listens to; this one was trained on {representation} windows",
            hint="Train on raw windows (`eegcli epoch` without --representation) to explain a network.",
        )


def _plan(trained: Run, output: Path, settings: ExplainSettings) -> Plan:
    from eegcli.artifacts.windows_of_run import windows_of_run
    from eegcli.engine.cost import FLOAT, START_BYTES, START_SECONDS, bytes_per_window, seconds_per_window
    from eegcli.engine.device import exact, find_device
    from eegcli.explain.attribution import BATCH
    from eegcli.explain.controls import N_UNTRAINED, WINDOWS_PER_CLASS

    windows, _ = windows_of_run(trained, settings.windows)
    network = trained.folds[0]
    shape, n_classes = windows.x.shape[1:], max(len(trained.metrics["classes"]), 1)
    n_candidates = network.metrics["sets"][settings.split]["n_windows"]
    n_windows = min(n_classes * settings.n_windows, n_candidates)
    device = find_device(settings.device)
    with exact(default_threads(settings.threads), device):
        model = network.model().to(device)
        looking, attributing = (seconds_per_window(model, shape, batch_size=BATCH, backward=backward) for backward in (False, True))
    attributed = len(settings.method) * (n_windows + N_UNTRAINED * n_classes * WINDOWS_PER_CLASS)
    summary = {
        "methods": settings.method,
        "split": settings.split,
        "n_windows": n_windows,
        "device": str(device),
        "memory_bytes": START_BYTES + 2 * (FLOAT * int(network.metrics["n_parameters"]) + BATCH * bytes_per_window(model, shape)),
        "seconds": round(START_SECONDS + attributed * attributing + n_candidates * looking, 1),
        "bytes": FLOAT * (1 + len(settings.method)) * n_windows * math.prod(shape),
    }
    return Plan(output=output, n_items=len(settings.method), summary=summary)


def _explain(trained: Run, output: Path, settings: ExplainSettings, configuration: Mapping[str, Any], reporter: Reporter) -> None:
    from eegcli.artifacts.explanation import FILE, Explanation, write_explanation
    from eegcli.artifacts.windows_of_run import windows_of_run
    from eegcli.engine.device import exact, find_device
    from eegcli.explain import findings
    from eegcli.explain.attribution import Material, attribute, mean_spectrum
    from eegcli.explain.choose import choose_windows
    from eegcli.explain.controls import randomise
    from eegcli.explain.figure import explanation_figure
    from eegcli.stats.spectra import frequencies

    windows, own = windows_of_run(trained, settings.windows)
    if not own:
        raise InputError(
            f"{windows.path}: not the windows that {trained.path} was trained on", hint="A run is explained on its own windows."
        )
    network, device = trained.folds[0], find_device(settings.device)
    if len(trained.folds) > 1:
        reporter.info(f"The first of {len(trained.folds)} networks is explained (fold {network.fold}, seed {network.seed}).")
    freqs = frequencies(windows.x.shape[-1], windows.sfreq)
    methods, controls = {}, {}
    with exact(default_threads(settings.threads), device):
        model = network.model()
        chosen = choose_windows(
            trained, network, model, windows, split=settings.split, n_windows=settings.n_windows, device=device, reporter=reporter
        )
        material = Material(windows.x[chosen.rows], chosen.class_index, len(chosen.classes), device)
        for name in settings.method:
            method = registry.load(registry.EXPLANATIONS[name])
            methods[name] = attribute(method, model, material)
            if not methods[name].values.any():
                raise InputError(
                    f"{trained.path}: the output of {trained.metrics['arch']} does not depend on its input: there is nothing to explain"
                )
            controls[name] = randomise(method, model, material, freqs, seed=settings.seed, reporter=reporter)
    explanation = Explanation(
        classes=chosen.classes,
        ch_names=windows.ch_names,
        sfreq=windows.sfreq,
        freqs=freqs,
        window=chosen.rows,
        class_index=chosen.class_index,
        input_spectrum=mean_spectrum(material.x, material),
        methods=methods,
    )
    artifact = folder.open_folder(output, "explanation", settings, force=settings.force, **configuration)
    write_explanation(output / FILE, explanation)
    write_table(output / BANDS_TABLE, findings.bands_table(explanation, controls))
    for name in settings.method:
        explanation_figure(output / f"{name}.png", explanation, name, title=_title(trained, network, chosen, settings.split))
    metrics = {
        "target": trained.target,
        "kind": trained.kind,
        "classes": chosen.classes,
        "marked": trained.marked,
        "control": trained.metrics["control"],
        "split": settings.split,
        "fold": network.fold,
        "seed": network.seed,
        "windows": chosen.counts(),
        "methods": [findings.finding(explanation, name, controls[name]) for name in settings.method],
    }
    atomic.write_json(output / METRICS, metrics)
    artifact.finish()


def _title(trained: Run, network: Fold, chosen: Chosen, split: str) -> str:
    which = f"fold {network.fold}, seed {network.seed}" if len(trained.folds) > 1 else ""
    counts = chosen.counts().values()
    of_whom = f"{sum(count['n'] for count in counts)} windows of {len(set(chosen.subject.tolist()))} subjects of the {split} set"
    notes = [note for note in (which, of_whom, trained.marked, trained.metrics["control"]) if note]
    return "; ".join([f"{trained.metrics['arch']} on {trained.target}", *notes])


def _tell(metrics: Mapping[str, Any], reporter: Reporter) -> None:
    rows = []
    for method in metrics["methods"]:
        for name, shares in [(method["name"], method["band_share"]), *((what, method[key]) for what, key in BESIDE.items())]:
            rows.append([name, *(f"{100 * shares[band]:.1f}" if shares[band] is not None else "-" for band in BANDS)])
        if not method["passed"]:
            reporter.warn(
                f"{method['name']} says the same of untrained networks of this architecture: what it shows is not what was learnt"
            )
    reporter.table(f"{metrics['target']}: share of each band, %", ["", *BANDS], rows)
