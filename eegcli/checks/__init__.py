"""Checks of windows, labels, splits, networks, trainings and results; stages and doctor run them."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
