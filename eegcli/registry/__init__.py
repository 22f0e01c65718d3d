"""Names that users type -> where the code lies: a table a file. Importing this imports nothing heavy."""

from __future__ import annotations

from eegcli.registry.explanations import EXPLANATIONS
from eegcli.registry.lookup import load, lookup
from eegcli.registry.models import MODELS, ModelEntry, form_of
from eegcli.registry.montages import CHANNEL_SETS, MONTAGES
from eegcli.registry.quality import bad_channel_columns, quality_columns, quality_figures
from eegcli.registry.recipes import RECIPES
from eegcli.registry.representations import REPRESENTATIONS, RepresentationEntry
from eegcli.registry.sources import SOURCES
from eegcli.registry.splits import SPLITS, SplitEntry
from eegcli.registry.steps import STEPS, QualityColumn, QualityFigure, StepEntry

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
    "QualityColumn",
    "QualityFigure",
    "RepresentationEntry",
    "SplitEntry",
    "StepEntry",
    "bad_channel_columns",
    "form_of",
    "load",
    "lookup",
    "quality_columns",
    "quality_figures",
]
