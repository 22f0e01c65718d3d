"""Remote files: addresses, listings and verified downloads. The only importer of network libraries."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
