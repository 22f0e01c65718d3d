"""Fitting of windows to a run: its channels by name, and what has to be the same."""

from __future__ import annotations

from collections.abc import Sequence

from eegcli.artifacts.fitted_windows import ChannelFit, Fittable, FittedWindows
from eegcli.artifacts.remaking import remaking
from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.artifacts.run import Run
from eegcli.artifacts.windows_of_run import misfit
from eegcli.bids.electrodes import standard_directions
from eegcli.bids.montage import resolve
from eegcli.errors import InputError, counted, listed
from eegcli.registry import REPRESENTATIONS
from eegcli.reporter import Reporter
from eegcli.study.sphere import known as positions_known
from eegcli.study.spline import MIN_SOURCES, spline_weights

EEG = "eeg"
SHOWN = 8  # channels in a message


def fitted(run: Run, windows: AnyWindows, *, interpolate_missing: bool, reporter: Reporter) -> Fittable:
    """Fit windows to the network of a run: channels by name, in its order.

    Parameters
    ----------
    run : Run
    windows : Windows or RemoteWindows
        Of another cohort.
    interpolate_missing : bool
        Estimate channels that they lack from the others, by spherical splines.
    reporter : Reporter
        Is told what is left out, and what is estimated.

    Returns
    -------
    Windows, RemoteWindows or FittedWindows
        The windows themselves where their channels are those of the network already.

    Raises
    ------
    InputError
        If rate, length, representation, unit or bands are others, or channels are missing. The hint is the command line that makes fitting
        windows.

    Notes
    -----
    Perrin, Pernier, Bertrand & Echallier 1989, Electroencephalogr. Clin. Neurophysiol. 72:184; electrodes lie where the 10-05 system or EGI's
    net has them by their names, for model.json knows no positions.
    """
    taken = run.networks[0].description
    other = misfit(taken, windows)
    if other is not None:
        raise _refused(run, windows, other)
    if windows.ch_names == taken.ch_names:
        return windows
    rows = resolve(taken.ch_names, windows.ch_names)
    missing = [name for name, row in zip(taken.ch_names, rows, strict=True) if row is None]
    left_out = tuple(name for row, name in enumerate(windows.ch_names) if row not in rows)
    if len({row for row in rows if row is not None}) < len(rows) - len(missing):
        raise _refused(run, windows, f"two channels of the network ({listed(taken.ch_names, SHOWN)}) are one channel here")
    entry = REPRESENTATIONS[taken.representation]
    if (missing or left_out) and not entry.by_channel:
        said = f"made of other channels ({'; '.join(filter(None, (_few('without', missing), _few('with', left_out))))})"
        raise _refused(run, windows, f"windows of the representation {taken.representation}, {said}")
    if entry.axes[0] != "n_chans":
        return windows  # maps of the same channels, whose order has no say
    fit = ChannelFit(taken.ch_names, tuple(rows), left_out)
    if missing:
        fit = _interpolating(run, windows, fit, missing, asked=interpolate_missing)
    _tell(windows, fit, reporter)
    return FittedWindows(windows, fit)


def _interpolating(run: Run, windows: AnyWindows, fit: ChannelFit, missing: list[str], *, asked: bool) -> ChannelFit:
    lacks = f"channels that the network needs are missing ({listed(missing, SHOWN)})"
    if not asked or windows.representation != "raw":
        raise _refused(run, windows, lacks, also="--interpolate-missing estimates them from the others" * (windows.representation == "raw"))
    found = standard_directions([*missing, *windows.ch_names])
    known = positions_known(found).tolist()
    if nowhere := [name for name, there in zip(missing, known, strict=False) if not there]:
        raise _refused(run, windows, f"{lacks}, and where {listed(nowhere, SHOWN)} would lie is not known by name")
    types = windows.ch_types or (EEG,) * len(windows.ch_names)
    sources = [row for row, kind in enumerate(types) if kind.lower() == EEG and known[len(missing) + row]]
    if len(sources) < MIN_SOURCES:
        raise _refused(run, windows, f"{lacks}, and only {counted(len(sources), 'channel')} with a known position could tell them")
    weights = spline_weights(found[[len(missing) + row for row in sources]], found[: len(missing)])
    return ChannelFit(fit.ch_names, fit.rows, fit.left_out, tuple(sources), weights)


def _tell(windows: AnyWindows, fit: ChannelFit, reporter: Reporter) -> None:
    if fit.said["reordered"]:
        reporter.info(f"{windows.path}: channels are taken in the order of the network.")
    if fit.left_out:
        reporter.warn(
            f"{windows.path}: {counted(len(fit.left_out), 'channel')} that the network does not take left out: {_named(fit.left_out)}"
        )
        cleaning = windows.cleaning
        if cleaning is not None and "average" in cleaning.reference:
            reporter.warn(f"{windows.path}: the average reference was computed with them; in the training it was one over other channels")
    if fit.interpolated:
        reporter.warn(
            f"{windows.path}: {counted(len(fit.interpolated), 'channel')} interpolated from the others: {_named(fit.interpolated)}; "
            "the network never learnt from such"
        )


def _named(names: tuple[str, ...]) -> str:
    return listed(names, SHOWN)


def _few(word: str, names: Sequence[str]) -> str:
    return f"{word} {listed(names, SHOWN)}" if names else ""


def _refused(run: Run, windows: AnyWindows, why: str, also: str = "") -> InputError:
    commands = remaking(run, windows.path, windows.ch_names, windows.sfreq)
    return InputError(f"{windows.path}: {why}", hint=(also + "; or make" if also else "Make") + f" windows that fit: {commands}")


def words_of(fit: ChannelFit | None) -> str:
    """Phrase what has to stand beside every figure made of fitted windows: ``2 channels interpolated``; empty where nothing was estimated."""
    return f"{counted(len(fit.interpolated), 'channel')} interpolated" if fit is not None and fit.interpolated else ""
