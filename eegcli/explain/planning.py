"""Plan of an explanation: windows, memory, bytes, and the seconds that each method and its controls take, measured here and now."""

from __future__ import annotations

import math
from pathlib import Path

from eegcli.artifacts.run import Run
from eegcli.compute.threads import default_threads
from eegcli.registry import EXPLANATION_KINDS, EXPLANATIONS, ExplanationEntry
from eegcli.result import DryRun
from eegcli.settings import ExplainSettings

OUTPUT = 0.5  # of a gradient: an output is half of the way


def planned(trained: Run, output: Path, settings: ExplainSettings) -> DryRun:
    """Plan an explanation; nothing is written.

    Parameters
    ----------
    trained : Run
    output : Path
        Folder that it would be written to.
    settings : ExplainSettings
        With the methods that would be asked.

    Raises
    ------
    InputError
        If the set has no labelled window.
    """
    from eegcli.artifacts.windows_of_run import windows_of_run
    from eegcli.engine.cost import FLOAT, START_BYTES, START_SECONDS, bytes_per_window, seconds_per_window
    from eegcli.engine.device import exact, find_device
    from eegcli.explain.attribution import BATCH
    from eegcli.explain.choose import no_window

    windows, _ = windows_of_run(trained, settings.windows)
    shape, n_classes = windows.x.shape[1:], max(len(trained.metrics["classes"]), 1)
    in_set = [int(network.metrics["sets"][settings.split]["n_windows"]) for network in trained.networks]
    if not all(in_set):
        raise no_window(trained, settings.split)
    n_windows = min(n_classes * settings.n_windows, sum(in_set))
    device = find_device(settings.device)
    network = trained.networks[0]
    with exact(default_threads(settings.threads), device):
        model = network.model().to(device)
        looking, attributing = (seconds_per_window(model, shape, batch_size=BATCH, backward=backward) for backward in (False, True))
    entries = [EXPLANATIONS[name] for name in settings.method]
    explained = [min(n_windows, entry.windows or n_windows) for entry in entries]
    gradients = sum(gradients_of(entry, n, n_classes, thorough=settings.thorough) for entry, n in zip(entries, explained, strict=True))
    n_parameters = int(network.metrics["n_parameters"])
    summary = {
        "methods": settings.method,
        "split": settings.split,
        "n_networks": len(trained.networks),
        "n_windows": n_windows,
        "device": str(device),
        "memory_bytes": START_BYTES + 2 * (FLOAT * n_parameters + BATCH * bytes_per_window(model, shape)),
        "seconds": round(START_SECONDS + gradients * attributing + sum(in_set) * looking, 1),
        "bytes": FLOAT * (n_windows + sum(explained)) * math.prod(shape),
    }
    return DryRun(output=output, n_items=len(settings.method), summary=summary)


def gradients_of(entry: ExplanationEntry, n_windows: int, n_classes: int, *, thorough: bool) -> float:
    """Number of gradients of a window that a method takes with its controls, all networks together."""
    from eegcli.explain.controls import cascade, faithful, untrained, wrong_class

    by_window = EXPLANATION_KINDS[entry.kind].by_window
    few, fewer = (min(n_windows, n_classes * n) for n in (untrained.WINDOWS_PER_CLASS, wrong_class.WINDOWS_PER_CLASS))
    asked = n_windows + 2 * fewer * by_window
    if thorough or not entry.is_costly:
        asked += entry.controls * few + cascade.STAGES * fewer * by_window
    return entry.passes * asked + OUTPUT * few * (3 + faithful.RANDOM_MAPS) * by_window
