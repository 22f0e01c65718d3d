"""The steps of preprocessing: each a pure function on a Signal, in a file of its name."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
