"""Names that users type -> where the code lies: a table a file. Importing this imports nothing heavy."""

from __future__ import annotations

from eegcli.registry.explanations import EXPLANATIONS
from eegcli.registry.lookup import load, lookup
from eegcli.registry.models import MODELS, ModelEntry, Training, form_of
from eegcli.registry.montages import CHANNEL_SETS, MONTAGES
from eegcli.registry.recipes import RECIPES
from eegcli.registry.representations import REPRESENTATIONS, RepresentationEntry
from eegcli.registry.sources import SOURCES
from eegcli.registry.splits import SPLITS, SplitEntry
from eegcli.registry.steps import STEPS

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
    "Training",
    "form_of",
    "load",
    "lookup",
]
