"""Frozen settings, one class per command. A default here is the product's default everywhere.

A field is declared by `setting` or `argument` (`eegcli.settings.setting`): everything that a user sees of an option stands there.
Fields with ``result=False`` say where and how fast, never what: they are left out of the digest that decides whether an output is of
the same configuration.

The classes of all commands in `eegcli.registry.commands` can be imported from here; each is imported when it is first asked for, so
that `eegcli train --help` pays for one of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from eegcli.lazy import submodules

if TYPE_CHECKING:
    from eegcli.settings.compare import CompareSettings
    from eegcli.settings.doctor import DoctorSettings
    from eegcli.settings.epoch import EpochSettings
    from eegcli.settings.evaluate import EvaluateSettings
    from eegcli.settings.explain import ExplainSettings
    from eegcli.settings.fetch import FetchSettings
    from eegcli.settings.groups import Common, Placed, Selected
    from eegcli.settings.importing import ImportSettings
    from eegcli.settings.info import InfoSettings
    from eegcli.settings.models import ModelsSettings
    from eegcli.settings.predict import PredictSettings
    from eegcli.settings.preprocess import PreprocessSettings
    from eegcli.settings.report import ReportSettings
    from eegcli.settings.spread import Spread
    from eegcli.settings.train import TrainSettings

__all__ = [
    "Common",
    "CompareSettings",
    "DoctorSettings",
    "EpochSettings",
    "EvaluateSettings",
    "ExplainSettings",
    "FetchSettings",
    "ImportSettings",
    "InfoSettings",
    "ModelsSettings",
    "Placed",
    "PredictSettings",
    "PreprocessSettings",
    "ReportSettings",
    "Selected",
    "Spread",
    "TrainSettings",
]

_GROUPS = {"Common": "groups", "Placed": "groups", "Selected": "groups", "Spread": "spread"}


_module, __dir__ = submodules(__name__)


def __getattr__(name: str) -> Any:
    if name in _GROUPS:
        return getattr(importlib.import_module(f"eegcli.settings.{_GROUPS[name]}"), name)
    if name.endswith("Settings"):
        from eegcli.registry.commands import COMMANDS
        from eegcli.registry.lookup import load

        for entry in COMMANDS.values():
            if entry.settings.endswith(f":{name}"):
                return load(entry.settings)
    return _module(name)
