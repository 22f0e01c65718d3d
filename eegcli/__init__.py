"""Take any BIDS EEG data set, from a shell, to a deep-learning result that a scientist can defend."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from eegcli.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from eegcli.artifacts.remote_windows import RemoteWindows
    from eegcli.artifacts.run import Run
    from eegcli.artifacts.windows import Windows

__all__ = ["__version__", "open_run", "open_windows"]


def open_windows(path: str | Path) -> Windows | RemoteWindows:
    """Open a windows artifact: its array and its table.

    Parameters
    ----------
    path : str or Path
        A folder, whose array is memory-mapped; or an ``s3://`` or ``https://`` address, of which only the rows that are indexed are fetched:
        ``open_windows("https://host/demo-windows").x[100:170]`` is one request.

    See Also
    --------
    eegcli.artifacts.windows.open_windows, eegcli.artifacts.remote_windows.open_remote_windows : the functions behind it.
    """
    if isinstance(path, str) and path.startswith(("s3://", "https://", "http://")):
        from eegcli.artifacts.remote_windows import open_remote_windows

        return open_remote_windows(path)
    from eegcli.artifacts.windows import open_windows

    return open_windows(path)


def open_run(path: str) -> Run:
    """Open a run artifact: `run.model()` is the trained network, ready to call; `run.settings`, `run.splits` and `run.metrics` the rest.

    See Also
    --------
    eegcli.artifacts.run.open_run : the function behind it.
    """
    from eegcli.artifacts.run import open_run

    return open_run(path)


def __getattr__(name: str) -> ModuleType:
    # `eegcli.models.build` after a plain `import eegcli`, while `eegcli --help` imports no torch.
    if name == "models":
        return importlib.import_module("eegcli.models")
    raise AttributeError(f"module 'eegcli' has no attribute {name!r}")
