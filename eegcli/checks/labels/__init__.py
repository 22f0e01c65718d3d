"""Checks of labels: aligned with their windows, spelt alike, balanced, no function of a place."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
