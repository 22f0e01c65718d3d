"""Options of the architecture: flags and ``--set`` resolved to those that differ from the defaults, and kernels that are fitted to the windows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eegcli import models
from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.errors import UsageError
from eegcli.models.code import Code
from eegcli.registry import REPRESENTATIONS
from eegcli.reporter import Reporter
from eegcli.settings import TrainSettings

ANY = 2  # outputs of a network that is built for its shapes alone


def resolve(settings: TrainSettings, windows: AnyWindows, reporter: Reporter, code: Code | None = None) -> TrainSettings:
    """Resolve what was asked of the architecture to its options that differ from the defaults, so that another spelling is no other run.

    Parameters
    ----------
    settings : TrainSettings
        With ``--set``, the flags that are short for an option, and ``--fit-window``.
    windows : Windows or RemoteWindows
        Windows that the network takes.
    reporter : Reporter
        Is told which kernels and pools are shortened.
    code : Code, optional
        Of a foreign network.

    Returns
    -------
    TrainSettings
        All in `options`, sorted by name.

    Raises
    ------
    UsageError
        If the architecture has no such option, or not of this value, or two contradict each other.
    InputError
        If the windows are too small even with the shortest kernels and pools.
    """
    given = {"activation": settings.activation, "dropout": settings.dropout}
    if not (settings.options or settings.fit_window or any(value is not None for value in given.values())):
        return settings  # without a look at the architecture, which imports torch
    from eegcli.models.options import with_shorthands, written

    if settings.fit_window and code is not None:
        raise UsageError(f"--fit-window: which lengths of {settings.arch} may be shortened is not known", hint="Give them with --set.")
    options = with_shorthands(code or settings.arch, windows.representation, settings.options, given)
    if settings.fit_window:
        options |= _fitted(settings.arch, windows, options, reporter)
    return replace(settings, options=written(options), activation=None, dropout=None, fit_window=False)


def options(settings: TrainSettings, windows: AnyWindows, code: Code | None = None) -> dict[str, Any]:
    """Options of the architecture by name, of resolved settings; empty where all are at their defaults."""
    if not settings.options:
        return {}
    from eegcli.models.options import read_options

    return read_options(code or settings.arch, windows.representation, settings.options)


def _fitted(arch: str, windows: AnyWindows, options: dict[str, Any], reporter: Reporter) -> dict[str, Any]:
    """Options of kernels and pools that are shortened until the windows fit."""
    from eegcli.models.window import said, words

    sizes = {axis: int(size) for axis, size in zip(REPRESENTATIONS[windows.representation].axes, windows.x.shape[1:], strict=True)}
    changed = models.fitted_options(arch, n_outputs=ANY, sfreq=windows.sfreq, representation=windows.representation, **sizes, **options)
    if changed:
        before = models.resolved_options(arch, windows.representation, **options)
        reporter.warn(f"{arch} is not the published network: for windows of {words(sizes)} it has {said(changed, before)}")
    return changed
