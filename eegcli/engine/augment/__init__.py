"""Augmentations of training windows: one a file, on the device, each a function of a batch and of a random generator."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
