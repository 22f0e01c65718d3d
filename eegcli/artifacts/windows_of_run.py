"""Windows of a run: those it was trained on, found again, or others for it to be tried on; and their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from eegcli.artifacts.cleaning import require_alike
from eegcli.artifacts.fitted_windows import Fittable
from eegcli.artifacts.network import ModelDescription
from eegcli.artifacts.remaking import remaking
from eegcli.artifacts.remote_windows import AnyWindows, open_remote_windows
from eegcli.artifacts.run import LABELS, Run
from eegcli.artifacts.table import n_rows
from eegcli.artifacts.windows import open_windows
from eegcli.errors import ArtifactError, InputError, counted
from eegcli.remote.address import address_in_path, is_address
from eegcli.reporter import Reporter
from eegcli.study.target import Target, read_target, target_of


def windows_of_run(run: Run, given: Path | None, *, as_they_are: bool = True) -> tuple[AnyWindows, bool]:
    """Open the windows that a run was trained on, or the ones given.

    Parameters
    ----------
    run : Run
        A finished run.
    given : Path, optional
        Path of the windows if they were moved, or of other windows.
    as_they_are : bool
        Other windows have to be what the network takes; False: whoever opens them fits them (`engine.fitted`).

    Returns
    -------
    windows : Windows or RemoteWindows
        Windows, here or at the address from which the run was streamed.
    own : bool
        True if these are the windows it was trained on, wherever they lie.

    Raises
    ------
    InputError
        If they are not found, are not the ones of the training though no others were asked for, or do not fit the network.
    """
    path = given or _found_again(run)
    if not (is_address(path) or Path(path).exists()):
        hint = "Name their new place with --windows." if given is None else None
        raise InputError(f"{path}: the windows of {run.path} are not there", hint=hint)
    windows: AnyWindows = open_remote_windows(path) if is_address(path) else open_windows(path)
    own = windows.digest == run.windows_digest
    if not own and given is None:
        raise InputError(
            f"{path}: not the windows that {run.path} was trained on: their content has changed since",
            hint=f"Train again; or give them with --windows {path}, as windows of another cohort.",
        )
    if not own and as_they_are:
        require_fit(run, windows)
    return windows, own


def table_of_run(run: Run, windows: Fittable) -> Mapping[str, np.ndarray]:
    """Table of windows; of those that a run was trained on with the labels that it was given beside them.

    Raises
    ------
    ArtifactError
        If the run's labels are not those of its windows.
    """
    labels = run.labels
    if not labels or windows.digest != run.windows_digest:
        return windows.table
    if n_rows(labels) != len(windows.table["subject"]):
        raise ArtifactError(
            f"{run.path / LABELS}: {counted(n_rows(labels), 'row')}, but {counted(len(windows.table['subject']), 'window')}",
            hint="Train again.",
        )
    return {**windows.table, **labels}


def target_of_run(run: Run, table: Mapping[str, np.ndarray], *, as_trained: bool) -> Target:
    """Labels of windows as a run understands them: its target, kind and classes.

    Parameters
    ----------
    run : Run
    table : mapping of str to ndarray, shape (n_windows,)
        Table of the windows, as `table_of_run` gives it.
    as_trained : bool
        True for the windows it was trained on: shuffled, where its labels were. False: the true labels.
    """
    if as_trained:
        return target_of(table, run.settings)
    return read_target(table, run.target, kind=run.kind, classes=run.classes, threshold=run.settings.threshold)


def _found_again(run: Run) -> Path | str:
    """Find the windows of a run where they were, or beside the run if both were moved together; their digest says whether it is them."""
    path = run.windows_path()
    if (address := address_in_path(path)) is not None:
        return address
    beside = run.path.resolve().parent / path.name
    return beside if beside.exists() and not path.exists() else path


def require_fit(run: Run, windows: AnyWindows) -> None:
    """See that windows are what a run's network takes, as they are.

    Raises
    ------
    InputError
        If channels, their order, rate, length or representation are others.
    """
    taken = run.networks[0].description
    if windows.ch_names != taken.ch_names:
        missing = [name for name in taken.ch_names if name not in windows.ch_names]
        raise InputError(
            f"{windows.path}: "
            + (
                f"channels that the network needs are missing ({', '.join(missing)})"
                if missing
                else "the channels are others, or in another order"
            ),
            hint=f"Preprocess with --channels {','.join(taken.ch_names)}.",
        )
    other = misfit(taken, windows)
    if other is not None:
        raise InputError(
            f"{windows.path}: {other}", hint=f"Make windows that fit: {remaking(run, windows.path, windows.ch_names, windows.sfreq)}"
        )


def misfit(taken: ModelDescription, windows: AnyWindows) -> str | None:
    """Phrase what a network cannot take of windows, whatever their channels: representation, unit, bands, length or rate; None if all fits."""
    if windows.representation != taken.representation:
        return f"windows of the representation {windows.representation}, the network takes {taken.representation}"
    if windows.units != taken.units:
        return f"values in {windows.units}, the network was trained on values in {taken.units}"
    if windows.bands != taken.bands:
        return f"the bands are {', '.join(windows.bands)}, the network takes {', '.join(taken.bands)}"
    if (windows.n_times, windows.sfreq) != (taken.n_times, taken.sfreq):
        return (
            f"windows of {counted(windows.n_times, 'sample')} at {windows.sfreq:g} Hz, "
            f"the network takes {taken.n_times} at {taken.sfreq:g} Hz"
        )
    if windows.x.shape[2:] != taken.shape[1:]:
        return f"windows of the shape {_times(windows.x.shape[1:])}, the network takes {_times(taken.shape)}"
    return None


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def differences_in_cleaning(run: Run, windows: AnyWindows, reporter: Reporter, *, allowed: bool) -> tuple[str, ...]:
    """Differences between the cleaning of other windows and of those of the training, in words; each is told.

    Raises
    ------
    InputError
        If there are any, unless they are allowed.
    """
    return require_alike(
        (run.path, run.cleaning),
        (windows.path, windows.cleaning),
        allowed=allowed,
        reporter=reporter,
        by_name=True,
        remade=remaking(run, windows.path, windows.ch_names, windows.sfreq),
    )
