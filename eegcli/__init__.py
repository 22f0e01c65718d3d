"""Take any BIDS EEG data set, from a shell, to a deep-learning result that a scientist can defend."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eegcli.artifacts.run import Run
    from eegcli.artifacts.windows import Windows

__version__ = "0.1.0"
__all__ = ["__version__", "open_run", "open_windows"]


def open_windows(path: str) -> Windows:
    """Open a windows artifact: its array (memory-mapped) and its table.

    See Also
    --------
    eegcli.artifacts.windows.open_windows : the function behind it.
    """
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
