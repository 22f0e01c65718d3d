"""Explain a run: which frequencies and channels its network listens to, and whether that can be believed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli import registry
from eegcli.artifacts import folder
from eegcli.artifacts.alike import version_there
from eegcli.artifacts.explanation import BANDS_TABLE, METRICS, NAME
from eegcli.artifacts.network import Network
from eegcli.artifacts.run import Run, open_run
from eegcli.artifacts.table import write_table
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.compute.threads import default_threads
from eegcli.errors import InputError, UsageError, counted
from eegcli.files import atomic
from eegcli.files.block import releasing
from eegcli.lazy import submodules
from eegcli.reporter import PYTHON, Reporter
from eegcli.reporting import write_or_warn
from eegcli.result import DryRun, Result
from eegcli.settings import ExplainSettings

if TYPE_CHECKING:
    from eegcli.explain.choose import Chosen
    from eegcli.explain.kinds.protocol import Kind

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

WHITENED = "SD"  # unit of windows that are aligned by subject: one standard deviation
VERSION = 2  # raised when the results of this stage change
ALIKE = (1,)  # networks ran as published: the last bits were others
BESIDE = {"untrained networks": "untrained_share", "flat spectrum": "chance", "the windows": "input_share"}


@dataclass(frozen=True, kw_only=True, repr=False)
class ExplainResult(Result):
    """Result of `explain`: the run's path and the figures of each method.

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


@releasing()
def run(settings: ExplainSettings, *, reporter: Reporter = PYTHON) -> ExplainResult | DryRun:
    """Explain which frequencies and channels a trained network listens to, and check that its training made the difference.

    Of several folds and seeds the first network is explained.

    Parameters
    ----------
    settings : ExplainSettings
        The run, methods, from which set windows are chosen and how many per class.
    reporter : Reporter, optional
        Receives progress, warnings and the table of band shares; never prints. Left out: Python's `warnings` and `logging`.

    Returns
    -------
    ExplainResult or DryRun
        The run's path and the figures of each method; a `DryRun` with `dry_run`.

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
    trained = open_run(settings.run).trusted(trust=settings.trust, arch=settings.arch)
    _require_samples(trained)
    output = settings.output or trained.path / NAME
    if settings.dry_run:
        return _dry_run(trained, output, settings)
    version = version_there(output, VERSION, ALIKE, force=settings.force)
    configuration: dict[str, Any] = {"inputs": {"run": trained.digest}, "version": version}
    if settings.force or not folder.is_finished(output, "explanation", settings, **configuration):
        folder.refuse_other(output, "explanation", settings, force=settings.force, **configuration)  # before minutes of work
        _explain(trained, output, settings, configuration, reporter)
    else:
        trained.check_weights()
        folder.touch(output)
    folder.contents_of(output).check(METRICS)
    metrics = atomic.read_json(output / METRICS)
    _tell(metrics, reporter)
    for name in settings.method:
        reporter.info(f"Figure: {output / f'{name}.png'}")
    if output == trained.path / NAME:  # of what lies elsewhere the run's page says nothing
        write_or_warn(trained.path, reporter)
    return ExplainResult(output=trained.path, explanation=output, methods=metrics["methods"])


def _require_samples(trained: Run) -> None:
    representation = trained.networks[0].description.representation
    if representation != "raw":
        raise UsageError(
            f"{trained.path}: explain asks which frequencies of the samples a network listens to; this one was trained on {representation} windows",
            hint="Train on raw windows (`eegcli epoch` without --representation) to explain a network.",
        )


def _dry_run(trained: Run, output: Path, settings: ExplainSettings) -> DryRun:
    from eegcli.artifacts.windows_of_run import windows_of_run
    from eegcli.engine.cost import FLOAT, START_BYTES, START_SECONDS, bytes_per_window, seconds_per_window
    from eegcli.engine.device import exact, find_device
    from eegcli.explain.attribution import BATCH
    from eegcli.explain.choose import no_window
    from eegcli.explain.controls import WINDOWS_PER_CLASS

    windows, _ = windows_of_run(trained, settings.windows)
    network = trained.networks[0]
    shape, n_classes = windows.x.shape[1:], max(len(trained.metrics["classes"]), 1)
    n_candidates = network.metrics["sets"][settings.split]["n_windows"]
    if not n_candidates:
        raise no_window(trained, settings.split)
    n_windows = min(n_classes * settings.n_windows, n_candidates)
    device = find_device(settings.device)
    with exact(default_threads(settings.threads), device):
        model = network.model().to(device)
        looking, attributing = (seconds_per_window(model, shape, batch_size=BATCH, backward=backward) for backward in (False, True))
    entries = [registry.EXPLANATIONS[name] for name in settings.method]
    attributed = sum(entry.passes * (n_windows + entry.controls * n_classes * WINDOWS_PER_CLASS) for entry in entries)
    summary = {
        "methods": settings.method,
        "split": settings.split,
        "n_windows": n_windows,
        "device": str(device),
        "memory_bytes": START_BYTES + 2 * (FLOAT * int(network.metrics["n_parameters"]) + BATCH * bytes_per_window(model, shape)),
        "seconds": round(START_SECONDS + attributed * attributing + n_candidates * looking, 1),
        "bytes": FLOAT * (1 + len(settings.method)) * n_windows * math.prod(shape),
    }
    return DryRun(output=output, n_items=len(settings.method), summary=summary)


def _explain(trained: Run, output: Path, settings: ExplainSettings, configuration: Mapping[str, Any], reporter: Reporter) -> None:
    from eegcli.artifacts.explanation import FILE, MICROVOLT, Explanation, arrays_of, write_explanation
    from eegcli.artifacts.windows_of_run import windows_of_run
    from eegcli.engine.aligned import aligned, recentred_by
    from eegcli.engine.device import exact, find_device
    from eegcli.explain import findings
    from eegcli.explain.attribution import ClassOutputs, mean_spectrum
    from eegcli.explain.choose import choose_windows
    from eegcli.explain.controls import randomise
    from eegcli.explain.explained import ExplainedWindows
    from eegcli.stats.spectra import frequencies
    from eegcli.study.alignment import MEANS

    windows, own = windows_of_run(trained, settings.windows)
    if not own:
        raise InputError(
            f"{windows.path}: not the windows that {trained.path} was trained on", hint="A run is explained on its own windows."
        )
    network, device = trained.networks[0], find_device(settings.device)
    if len(trained.networks) > 1:
        reporter.info(f"The first of {counted(len(trained.networks), 'network')} is explained (fold {network.fold}, seed {network.seed}).")
    freqs = frequencies(windows.x.shape[-1], windows.sfreq)
    entries = {name: registry.EXPLANATIONS[name] for name in settings.method}
    kinds: dict[str, Kind] = {name: registry.load(registry.EXPLANATION_KINDS[entry.kind].path) for name, entry in entries.items()}
    methods, controls = {}, {}
    with exact(default_threads(settings.threads), device):
        model = network.model()
        how = network.description.align
        x, moved = aligned(windows, how, trained.people), recentred_by(windows, how, trained.people)
        chosen = choose_windows(
            trained,
            network,
            model,
            windows,
            x,
            split=settings.split,
            n_windows=settings.n_windows,
            device=device,
            reporter=reporter,
            recentred_by=moved,
        )
        explained = ClassOutputs(model, network.head)
        material = ExplainedWindows(x[chosen.rows], chosen.class_index, len(chosen.classes), device, windows.sfreq)
        for name, entry in entries.items():
            method = registry.load(entry.path)
            methods[name] = kinds[name].ask(method, explained, material)
            if not any(array.any() for array in arrays_of(methods[name]).values()):
                raise InputError(
                    f"{trained.path}: the output of {trained.metrics['arch']} does not depend on its input: there is nothing to explain"
                )
            controls[name] = randomise(
                kinds[name], method, explained, material, freqs, n_networks=entry.controls, seed=settings.seed, reporter=reporter
            )
    unit = WHITENED if how in MEANS else MICROVOLT if windows.units == "uV" else windows.units
    explanation = Explanation(
        classes=chosen.classes,
        ch_names=windows.ch_names,
        sfreq=windows.sfreq,
        freqs=freqs,
        window=chosen.rows,
        class_index=chosen.class_index,
        input_spectrum=mean_spectrum(material.x, material),
        methods=methods,
        units={name: entry.units.replace(MICROVOLT, unit) for name, entry in entries.items()},
        input_units=unit,
    )
    artifact = folder.open_folder(output, "explanation", settings, force=settings.force, **configuration)
    write_explanation(output / FILE, explanation)
    bands = findings.bands_table(kinds, explanation, controls)
    if bands is not None:
        write_table(output / BANDS_TABLE, bands)
    for name, kind in kinds.items():
        kind.draw(output / f"{name}.png", explanation, name, title=_title(trained, network, chosen, settings.split))
    metrics = {
        "target": trained.target,
        "kind": trained.kind,
        "classes": chosen.classes,
        "marked": trained.caveat,
        "control": trained.metrics["control"],
        "split": settings.split,
        "fold": network.fold,
        "seed": network.seed,
        "windows": chosen.counts(),
        "methods": [findings.finding(kind, explanation, name, controls[name]) for name, kind in kinds.items()],
    }
    atomic.write_json(output / METRICS, metrics)
    artifact.finish()


def _title(trained: Run, network: Network, chosen: Chosen, split: str) -> str:
    which = f"fold {network.fold}, seed {network.seed}" if len(trained.networks) > 1 else ""
    counts = chosen.counts().values()
    of = f" of {counted(len(set(chosen.subject.tolist())), 'subject')}" if chosen.subjects_known else ""
    of_whom = f"{counted(sum(count['n'] for count in counts), 'window')}{of} of the {split} set"
    notes = [note for note in (which, of_whom, trained.caveat, trained.metrics["control"]) if note]
    return "; ".join([f"{trained.metrics['arch']} on {trained.target}", *notes])


def _tell(metrics: Mapping[str, Any], reporter: Reporter) -> None:
    rows = []
    for method in metrics["methods"]:
        beside = [(what, method[key]) for what, key in BESIDE.items() if key in method]
        for name, shares in [(method["name"], method["band_share"]), *beside] if "band_share" in method else ():
            rows.append([name, *(f"{100 * shares[band]:.1f}" if shares[band] is not None else "-" for band in EXPLAIN_HALF_OPEN)])
        if not method["passed"]:
            reporter.warn(
                f"{method['name']} says the same of untrained networks of this architecture: what it shows is not what was learnt"
            )
    if rows:
        title = "; ".join(filter(None, (f"{metrics['target']}: share of each band, %", metrics.get("marked"))))
        reporter.table(title, ["", *EXPLAIN_HALF_OPEN], rows)
