"""Checks of a network before it is trained: its outputs, what they depend on, its layers and its weights."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
