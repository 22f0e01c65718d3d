"""Files that lie elsewhere: where they are, which there are, and how they come here whole. The only importer of network libraries."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
