"""Explain a run: which frequencies and channels its network listens to, and whether that can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eegcli import registry
from eegcli.artifacts import folder
from eegcli.artifacts.alike import version_there
from eegcli.artifacts.explanation import BANDS_TABLE, CLAIMS_TABLE, DIFFERENCES_TABLE, METRICS, NAME
from eegcli.artifacts.network import MADE_WITH, Network
from eegcli.artifacts.run import Run, open_run
from eegcli.artifacts.table import from_rows, write_table
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.compute.threads import default_threads
from eegcli.errors import InputError, UsageError, counted
from eegcli.explain.controlled import permuted_networks
from eegcli.explain.controls.outcome import passed, verdict
from eegcli.explain.planning import planned
from eegcli.files import atomic
from eegcli.files.block import releasing
from eegcli.files.digest import digest_of
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

RAW = "raw"
VERSION = 3  # raised when the results of this stage change
ALIKE = (1, 2)  # saliency of the first network, tested by untrained networks alone: what was finished so stays
DEFAULT_THEN = ("saliency",)  # the methods of these versions where none was named
MEANING = {  # of a control that was failed, in a sentence
    "learnt": "the networks tell new people no better than chance, so that there is nothing to explain",
    "untrained": "untrained networks of this architecture give the same",
    "chance": "as much that was selected by chance shows the same",
    "cascade": "with random weights the map stays what it was",
    "complete": "its sums are not the outputs",
    "wrong_class": "another class has the same map",
    "faithful": "what it calls important can be exchanged like anything else",
    "agreement": "the networks of the run do not agree",
    "shuffled_labels": "networks trained on permuted labels give the same",
}
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
    """Explain what a trained network listens to, and test whether that can be believed.

    Of several folds and seeds each network explains windows of its own set, and all count alike.

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
        If there is no such method, or one that was named cannot be asked of this network or its windows.
    """
    if settings.n_windows < 1:
        raise UsageError(f"--n-windows must be at least 1, not {settings.n_windows}")
    for name in settings.method:
        registry.lookup("explanation", name, registry.EXPLANATIONS)
    trained = open_run(settings.run).trusted(trust=settings.trust, arch=settings.arch)
    output = settings.output or trained.path / NAME
    version = version_there(output, VERSION, ALIKE, force=settings.force)
    is_said = bool(settings.method)
    settings = settings if is_said else replace(settings, method=registry.default_explanations() if version == VERSION else DEFAULT_THEN)
    permuted = permuted_networks(trained) if settings.thorough else ()
    if settings.dry_run:
        return planned(trained, output, settings)
    inputs = {"run": trained.digest} | ({"permuted": digest_of([network.metrics[MADE_WITH] for network in permuted])} if permuted else {})
    configuration: dict[str, Any] = {"inputs": inputs, "version": version}
    is_new = settings.force or not folder.is_finished(output, "explanation", settings, **configuration)
    if is_new:
        folder.refuse_other(output, "explanation", settings, force=settings.force, **configuration)  # before minutes of work
        _explain(trained, output, settings, configuration, reporter, is_said=is_said, permuted=permuted)
    else:
        trained.check_weights()
        folder.touch(output)
        if version != VERSION:
            reporter.info(f"{output}: made by an earlier version, by saliency alone; --force asks every method and runs every control")
    folder.contents_of(output).check(METRICS)
    metrics = atomic.read_json(output / METRICS)
    _tell(metrics, reporter)
    for method in metrics["methods"]:
        reporter.info(f"Figure: {output / method['name']}.png")
    if is_new and output == trained.path / NAME:  # of what lies elsewhere the run's page says nothing
        write_or_warn(trained.path, reporter)
    return ExplainResult(output=trained.path, explanation=output, methods=metrics["methods"])


def _explain(
    trained: Run,
    output: Path,
    settings: ExplainSettings,
    configuration: Mapping[str, Any],
    reporter: Reporter,
    *,
    is_said: bool,
    permuted: tuple[Network, ...],
) -> None:
    from eegcli.artifacts.explanation import FILE, write_explanation
    from eegcli.artifacts.windows_of_run import windows_of_run
    from eegcli.engine.device import exact, find_device
    from eegcli.explain import findings
    from eegcli.explain.answers import Asked, answers_of
    from eegcli.explain.background import channels_beside
    from eegcli.explain.between import rows_of
    from eegcli.explain.choose import counts_of
    from eegcli.explain.published import published
    from eegcli.explain.together import explanation_of
    from eegcli.stats.spectra import frequencies

    windows, own = windows_of_run(trained, settings.windows)
    if not own:
        raise InputError(
            f"{windows.path}: not the windows that {trained.path} was trained on", hint="A run is explained on its own windows."
        )
    device = find_device(settings.device)
    freqs = frequencies(windows.x.shape[-1], windows.sfreq) if windows.representation == RAW else np.zeros(0)
    asked = Asked(trained, windows, settings, freqs, device, is_said, permuted)
    with exact(default_threads(settings.threads), device):
        answers = [answers_of(network, asked, reporter) for network in trained.networks]
    left_out = answers[0].left_out
    names = [name for name in settings.method if name not in left_out]
    learnt = findings.learnt_by(answers, trained.kind, seed=settings.seed)
    outcomes = {name: findings.outcomes_of(name, answers, learnt, seed=settings.seed) for name in names}
    failed = frozenset(name for name in names if passed(outcomes[name]) is False)
    explanation = explanation_of(names, answers, asked, failed=failed)
    if not any(_kind(name).profile(explanation.methods[name]).any() for name in names):
        raise InputError(
            f"{trained.path}: the output of {trained.metrics['arch']} does not depend on its input: there is nothing to explain"
        )
    kinds, controls = {name: _kind(name) for name in names}, {name: findings.control_of(name, answers) for name in names}
    artifact = folder.open_folder(output, "explanation", settings, force=settings.force, **configuration)
    write_explanation(output / FILE, explanation)
    bands = findings.bands_table(kinds, explanation, controls)
    if bands is not None:
        write_table(output / BANDS_TABLE, bands)
    beside = channels_beside(windows)
    differences = {name: rows_of(explanation, name, beside) for name in names}
    if any(differences.values()):
        write_table(output / DIFFERENCES_TABLE, from_rows([row for rows in differences.values() for row in rows]))
    claims = published(explanation, trained.target)
    if claims:
        write_table(output / CLAIMS_TABLE, from_rows(claims))
    title = _title(trained, [one.chosen for one in answers], settings.split)
    for name, kind in kinds.items():
        kind.draw(output / f"{name}.png", explanation, name, title=f"{title}; {verdict(outcomes[name])}")
    only = trained.networks[0] if len(trained.networks) == 1 else None
    metrics = {
        "verdict": f"{len(names) - len(failed)} of {counted(len(names), 'method')} passed every control that was run",
        "target": trained.target,
        "kind": trained.kind,
        "classes": explanation.classes,
        "marked": trained.caveat,
        "control": trained.metrics["control"],
        "split": settings.split,
        "fold": only.fold if only else None,
        "seed": only.seed if only else None,
        "networks": [{"fold": one.network.fold, "seed": one.network.seed, "windows": counts_of([one.chosen])} for one in answers],
        "windows": counts_of([one.chosen for one in answers]),
        "methods": [findings.finding(kinds[name], explanation, name, controls[name], outcomes[name], differences[name]) for name in names],
        "left_out": [{"name": name, "why": why} for name, why in left_out.items()],
        **({"published": claims} if claims else {}),
    }
    atomic.write_json(output / METRICS, metrics)
    artifact.finish()


def _kind(name: str) -> Kind:
    kind: Kind = registry.load(registry.EXPLANATION_KINDS[registry.EXPLANATIONS[name].kind].path)
    return kind


def _title(trained: Run, chosen: Sequence[Chosen], split: str) -> str:
    which = f"{counted(len(chosen), 'network')} together" if len(chosen) > 1 else ""
    people = {subject for one in chosen for subject in one.subject.tolist()}
    of = f" of {counted(len(people), 'subject')}" if chosen[0].subjects_known else ""
    of_whom = f"{counted(sum(len(one.rows) for one in chosen), 'window')}{of} of the {split} set"
    notes = [note for note in (which, of_whom, trained.caveat, trained.metrics["control"]) if note]
    return "; ".join([f"{trained.metrics['arch']} on {trained.target}", *notes])


def _tell(metrics: Mapping[str, Any], reporter: Reporter) -> None:
    rows = []
    for method in metrics["methods"]:
        beside = [(what, method[key]) for what, key in BESIDE.items() if method.get(key)]
        is_of_bands = (method.get("band_share") or {}).keys() == EXPLAIN_HALF_OPEN.keys()
        for name, shares in [(method["name"], method["band_share"]), *beside] if is_of_bands else ():
            rows.append([name, *(f"{100 * shares[band]:.1f}" if shares[band] is not None else "-" for band in EXPLAIN_HALF_OPEN)])
    if rows:
        title = "; ".join(filter(None, (f"{metrics['target']}: share of each band, %", metrics.get("marked"))))
        reporter.table(title, ["", *EXPLAIN_HALF_OPEN], rows)
    for method in metrics["methods"]:
        if "verdict" in method:
            reporter.info(f"{method['name']}: {method['verdict']} controls")
        if method["passed"] is False:
            reporter.warn(f"{method['name']} {_why_not(method)}")
    for claim in metrics.get("published", ()):
        agrees = "holds" if claim["holds"] else "does not hold"
        reporter.info(f"Published ({claim['method']}): {claim['claim']}; here {claim['value']:.3g} {claim['unit']}: {agrees}")
    for one in metrics.get("left_out", ()):
        reporter.info(f"Left out: {one['why']}")


def _why_not(method: Mapping[str, Any]) -> str:
    failed = [name for name, one in method["controls"].items() if isinstance(one, Mapping) and one["passed"] is False]
    if not failed or failed == ["untrained"]:
        return "says the same of untrained networks of this architecture: what it shows is not what was learnt"
    return f"failed {counted(len(failed), 'control')} ({', '.join(failed)}): {MEANING[failed[0]]}"
