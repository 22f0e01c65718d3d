"""Registry: tables of names that users type, each with the place of its code; a table a file. Importing this imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eegcli.lazy import submodules
from eegcli.registry.augmentations import AUGMENTATIONS, AugmentationEntry
from eegcli.registry.checks import CHECKS, CheckEntry
from eegcli.registry.explanations import EXPLANATION_KINDS, EXPLANATIONS, ExplanationEntry, ExplanationKind, default_explanations
from eegcli.registry.foreign import Foreign, plugins
from eegcli.registry.lookup import load, lookup
from eegcli.registry.metrics import METRICS, MetricEntry, choosing_metric, headline_metric, metrics_of, training_metric
from eegcli.registry.models import MODELS, ModelEntry, Published, entry_of, foreign_named, form_of, label_of
from eegcli.registry.montages import CHANNEL_SETS, MONTAGES
from eegcli.registry.quality import bad_channel_columns, measured_columns, quality_columns, quality_figures
from eegcli.registry.recipes import RECIPES
from eegcli.registry.representations import REPRESENTATIONS, RepresentationEntry
from eegcli.registry.sources import SOURCES, SourceEntry, source_name, source_words
from eegcli.registry.splits import SPLITS, SplitEntry, named_splits, with_a_say
from eegcli.registry.steps import STEPS, QualityColumn, QualityFigure, StepEntry
from eegcli.registry.training import Training
from eegcli.registry.votes import VOTE_RULES, VoteEntry

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

__all__ = [
    "AUGMENTATIONS",
    "CHANNEL_SETS",
    "CHECKS",
    "EXPLANATIONS",
    "EXPLANATION_KINDS",
    "METRICS",
    "MODELS",
    "MONTAGES",
    "RECIPES",
    "REPRESENTATIONS",
    "SOURCES",
    "SPLITS",
    "STEPS",
    "VOTE_RULES",
    "AugmentationEntry",
    "CheckEntry",
    "ExplanationEntry",
    "ExplanationKind",
    "Foreign",
    "MetricEntry",
    "ModelEntry",
    "Published",
    "QualityColumn",
    "QualityFigure",
    "RepresentationEntry",
    "SourceEntry",
    "SplitEntry",
    "StepEntry",
    "Training",
    "VoteEntry",
    "bad_channel_columns",
    "choosing_metric",
    "default_explanations",
    "entry_of",
    "foreign_named",
    "form_of",
    "headline_metric",
    "label_of",
    "load",
    "lookup",
    "measured_columns",
    "metrics_of",
    "named_splits",
    "plugins",
    "quality_columns",
    "quality_figures",
    "source_name",
    "source_words",
    "training_metric",
    "with_a_say",
]
