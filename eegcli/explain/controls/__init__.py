"""Controls of an explanation, one a file: what a map has to stand before it may be believed."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
