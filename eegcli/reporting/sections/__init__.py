"""Sections of the page of a run, one a file, in the order of processing."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
