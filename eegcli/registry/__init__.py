"""Names that users type -> where the code lies: a table a file. Importing this imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eegcli.lazy import submodules
from eegcli.registry.explanations import EXPLANATIONS
from eegcli.registry.lookup import load, lookup
from eegcli.registry.models import MODELS, ModelEntry, form_of
from eegcli.registry.montages import CHANNEL_SETS, MONTAGES
from eegcli.registry.recipes import RECIPES
from eegcli.registry.representations import REPRESENTATIONS, RepresentationEntry
from eegcli.registry.sources import SOURCES
from eegcli.registry.splits import SPLITS, SplitEntry
from eegcli.registry.steps import STEPS

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

__all__ = [
    "CHANNEL_SETS",
    "EXPLANATIONS",
    "MODELS",
    "MONTAGES",
    "RECIPES",
    "REPRESENTATIONS",
    "SOURCES",
    "SPLITS",
    "STEPS",
    "ModelEntry",
    "RepresentationEntry",
    "SplitEntry",
    "form_of",
    "load",
    "lookup",
]
