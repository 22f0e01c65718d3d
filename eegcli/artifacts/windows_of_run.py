"""Windows of a run: those it was trained on, found again, or others for it to be tried on; and their labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from eegcli.artifacts.network import ModelDescription
from eegcli.artifacts.remote_windows import AnyWindows, open_remote_windows
from eegcli.artifacts.run import LABELS, Run
from eegcli.artifacts.table import n_rows
from eegcli.artifacts.windows import open_windows
from eegcli.errors import ArtifactError, InputError, counted
from eegcli.remote.address import address_in_path, is_address
from eegcli.study.target import Target, read_target, target_of


def windows_of_run(run: Run, given: Path | None) -> tuple[AnyWindows, bool]:
    """Open the windows that a run was trained on, or the ones given.

    Parameters
    ----------
    run : Run
        A finished run.
    given : Path, optional
        Path of the windows if they were moved, or of other windows.

    Returns
    -------
    windows : Windows or RemoteWindows
        Windows, here or at the address from which the run was streamed, with the shape, channels and rate that the network takes.
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
    if not own:
        require_fit(run, windows)
    return windows, own


def table_of_run(run: Run, windows: AnyWindows) -> Mapping[str, np.ndarray]:
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
    """See that windows are what a run's network takes.

    Raises
    ------
    InputError
        If channels, their order, rate, length or representation are others.
    """
    taken = run.networks[0].description
    ch_names = taken.ch_names
    if windows.ch_names != ch_names:
        missing = [name for name in ch_names if name not in windows.ch_names]
        raise InputError(
            f"{windows.path}: "
            + (
                f"channels that the network needs are missing ({', '.join(missing)})"
                if missing
                else "the channels are others, or in another order"
            ),
            hint=f"Preprocess with --channels {','.join(ch_names)}.",
        )
    _require_same_kind(taken, windows)
    if (windows.n_times, windows.sfreq) != (taken.n_times, taken.sfreq):
        raise InputError(
            f"{windows.path}: windows of {counted(windows.n_times, 'sample')} at {windows.sfreq:g} Hz, the network takes {taken.n_times} at {taken.sfreq:g} Hz",
            hint="Preprocess with the same --sfreq and cut with the same --length.",
        )


def _require_same_kind(taken: ModelDescription, windows: AnyWindows) -> None:
    representation, bands = taken.representation, taken.bands
    if windows.representation != representation:
        raise InputError(
            f"{windows.path}: windows of the representation {windows.representation}, the network takes {representation}",
            hint=f"Cut them with --representation {representation}.",
        )
    if windows.units != taken.units:
        raise InputError(
            f"{windows.path}: values in {windows.units}, the network was trained on values in {taken.units}",
            hint="Import them with the same --unit, or cut them with the same --representation.",
        )
    if windows.bands != bands:
        raise InputError(
            f"{windows.path}: the bands are {', '.join(windows.bands)}, the network takes {', '.join(bands)}",
            hint=f"Cut them with --bands {','.join(bands)}.",
        )
