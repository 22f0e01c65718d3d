"""The training engine: feed, objective, loop, checkpoint, inference, device and cost; no artifact is written here."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
