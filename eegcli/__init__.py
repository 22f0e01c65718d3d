"""Take any BIDS EEG data set, from a shell or from Python, to a deep-learning result that a scientist can defend.

Artifacts are opened with `open_recordings`, `open_windows`, `open_run`, `open_evaluation`, `open_explanation` and `open_predictions`; stages are called as
``eegcli.train.run(eegcli.settings.TrainSettings(windows="demo-windows"))``. Every module is there after ``import eegcli``, and is
imported when it is used. docs/python.md shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eegcli.lazy import submodules
from eegcli.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from eegcli.artifacts.evaluation import Evaluation
    from eegcli.artifacts.explanation import StoredExplanation
    from eegcli.artifacts.predictions import StoredPredictions
    from eegcli.artifacts.recordings import Recordings
    from eegcli.artifacts.remote_windows import RemoteWindows
    from eegcli.artifacts.run import Run
    from eegcli.artifacts.windows import Windows
else:
    __getattr__, __dir__ = submodules(__name__)

__all__ = ["__version__", "open_evaluation", "open_explanation", "open_predictions", "open_recordings", "open_run", "open_windows"]


def open_recordings(path: str | Path) -> Recordings:
    """Open a recordings artifact: its table, and with `read(row)` each cleaned signal.

    Parameters
    ----------
    path : str or Path
        A folder; or an ``s3://`` or ``https://`` address, of which a verified copy is kept in the cache.

    Raises
    ------
    InputError, ArtifactError
        If it is missing, unfinished, of another kind or damaged.
    UnavailableError
        If the server cannot be reached, or the cache cannot be written.
    """
    from eegcli.artifacts import elsewhere, recordings

    return recordings.open_recordings(elsewhere.here(path))


def open_windows(path: str | Path) -> Windows | RemoteWindows:
    """Open a windows artifact: its array and its table.

    Parameters
    ----------
    path : str or Path
        A folder, whose array is memory-mapped; or an ``s3://`` or ``https://`` address, of which only the rows that are indexed are fetched:
        ``open_windows("https://host/demo-windows").x[100:170]`` is one request.

    Raises
    ------
    InputError, ArtifactError, UnavailableError
        As for `open_recordings`.
    """
    from eegcli.remote.address import is_address

    if is_address(path):
        from eegcli.artifacts.remote_windows import open_remote_windows

        return open_remote_windows(path)
    from eegcli.artifacts.windows import open_windows

    return open_windows(path)


def open_run(path: str | Path, *, trust: bool = False, arch: str | None = None) -> Run:
    """Open a run: `model()` is a trained network, ready to call; `settings`, `splits`, `history` and `metrics` are the rest.

    Parameters
    ----------
    path : str or Path
        A folder; or an address, of which a verified copy is kept in the cache.
    trust : bool
        Run the code of its network, where that is somebody's own: it may do whatever you may do.
    arch : str, optional
        The network named again in place of `trust`, ``./mynet.py:Net``: your file is run, if it is the run's.

    Raises
    ------
    InputError, ArtifactError, UnavailableError
        As for `open_recordings`; and if its network is somebody's own and neither trusted nor named.
    """
    from eegcli.artifacts import elsewhere, run

    return run.open_run(elsewhere.here(path)).trusted(trust=trust, arch=arch)


def open_evaluation(path: str | Path) -> Evaluation:
    """Open an evaluation: its figures, predictions and votes.

    Parameters
    ----------
    path : str or Path
        Its folder, or that of the run it lies in; or the address of one, of which a verified copy is kept in the cache.

    Raises
    ------
    InputError, ArtifactError, UnavailableError
        As for `open_recordings`.
    """
    from eegcli.artifacts import elsewhere, evaluation

    return evaluation.open_evaluation(elsewhere.here(path))


def open_explanation(path: str | Path) -> StoredExplanation:
    """Open an explanation: attributions and spectra per method, band shares, controls.

    Parameters
    ----------
    path : str or Path
        Its folder, or that of the run it lies in; or the address of one, of which a verified copy is kept in the cache.

    Raises
    ------
    InputError, ArtifactError, UnavailableError
        As for `open_recordings`.
    """
    from eegcli.artifacts import elsewhere, explanation

    return explanation.open_explanation(elsewhere.here(path))


def open_predictions(path: str | Path) -> StoredPredictions:
    """Open predictions: what `predict` says of each window, and the votes.

    Parameters
    ----------
    path : str or Path
        A folder; or an address, of which a verified copy is kept in the cache.

    Raises
    ------
    InputError, ArtifactError, UnavailableError
        As for `open_recordings`.
    """
    from eegcli.artifacts import elsewhere, predictions

    return predictions.open_predictions(elsewhere.here(path))
