"""Charts: figures as data, drawn as SVG on the page and by matplotlib as files."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
