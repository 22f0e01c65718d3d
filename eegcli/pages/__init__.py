"""Pages: self-contained HTML files with one style, and drawings as SVG text."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
