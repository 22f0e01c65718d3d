"""Sentences on the explanation: the methods that were asked, of which windows, and what controlled them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eegcli.errors import listed
from eegcli.registry import EXPLANATIONS
from eegcli.reporting.material import Material, settings_of
from eegcli.reporting.methods.sentence import Paragraph, Sentence
from eegcli.reporting.methods.told import Told
from eegcli.settings import ExplainSettings

ADEBAYO = "Adebayo et al. 2018, arXiv:1810.03292"


def paragraph(material: Material) -> Paragraph:
    """Put the explanation into sentences; without one the part is left out."""
    if material.explanation is None:
        return Paragraph("Explanation")
    told = Told(settings_of(material.explanation.path), ExplainSettings)
    return Paragraph("Explanation", tuple(one for one in sentences(told, material.explanation.metrics) if one.words))


def sentences(told: Told, metrics: Mapping[str, Any]) -> Iterator[Sentence]:
    """Put settings and results of an explanation into sentences."""
    told.take("method")  # those that were made stand in the result
    split, n, seed = told.take("split"), told.take("n_windows"), told.take("seed")
    chosen = f"Methods that look at windows were given, of each class, the {n} of the {'training' if split == 'train' else split} set"
    yield Sentence(f"{chosen} that the network is surest of (seed {seed})")
    methods = metrics.get("methods") or ()
    for method in methods:
        name = str(method["name"])
        entry = EXPLANATIONS.get(name)
        yield Sentence(f"{name}: {entry.summary}" if entry else name, (entry.source,) if entry else ())
    controls = {name for method in methods for name, found in (method.get("controls") or {}).items() if _was_run(found)}
    if controls:
        random = any("random" in name or "cascade" in name for name in controls)
        yield Sentence(f"Controls: {listed(sorted(one.replace('_', ' ') for one in controls), 20)}", (ADEBAYO,) if random else ())
    yield Sentence(told.rest())


def _was_run(control: object) -> bool:
    """True for a control that has a result: one that takes long, or that the run is too small for, is named with the reason alone."""
    if isinstance(control, Mapping):
        return control.get("passed") is not None or control.get("value") is not None
    return control is not None
