"""Facts on public data sets: releases, known-bad recordings, quirks; each a table with a source in every row."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
