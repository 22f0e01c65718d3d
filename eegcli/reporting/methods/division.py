"""Sentences on the division: who was tested on whom, how often, and with which seeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from eegcli.artifacts.run import caveat_of
from eegcli.errors import counted
from eegcli.registry import SPLITS
from eegcli.reporting.material import Material
from eegcli.reporting.methods.network import settings_of_training
from eegcli.reporting.methods.sentence import Paragraph, Sentence
from eegcli.reporting.methods.told import Told
from eegcli.settings import TrainSettings
from eegcli.settings.train import Splitting


def paragraph(material: Material) -> Paragraph:
    """Put the split into sentences."""
    names = {one.name for one in fields(Splitting)} | {"seed"}
    told = Told({name: value for name, value in settings_of_training(material).items() if name in names}, TrainSettings)
    return Paragraph("Division of the participants", tuple(one for one in sentences(told, material) if one.words))


def sentences(told: Told, material: Material) -> Iterator[Sentence]:
    """Put the settings of a split into sentences."""
    unit = told.take("split_unit")
    yield _rule(told, f"{unit}s", is_class=material.run.kind == "classification")
    caveat = caveat_of(unit)
    yield Sentence(f"The unit of the division was the {unit}" + (f": {caveat}" if caveat else "; nobody is in two sets of a network"))
    yield _sizes(material)
    if persons := told.take("persons"):
        yield Sentence(f"Who is the same person was told by the table {str(persons).rpartition('/')[2]}")
    if parts := told.take("train_subjects"):
        shown = ", ".join(f"{part:g}" for part in parts)
        yield Sentence(
            f"Networks were trained on parts of the training subjects, each within the larger one (shares up to 1, else numbers): {shown}"
        )
    seeds, seed = told.take("seeds") or 1, told.take("seed")
    again = f"; each network was trained {seeds} times, with seeds from {seed} on" if seeds > 1 else ""
    yield Sentence(f"Everything random was drawn with the seed {seed}{again}")
    yield Sentence(told.rest())


def _rule(told: Told, units: str, *, is_class: bool) -> Sentence:
    split, folds, order = told.take("split"), told.take("cv"), told.take("split_order")
    table, held, validating = told.take("split_file"), told.take("holdout"), told.take("validation")
    in_order = order == "file"
    drawn = "in the order of the windows" if in_order else f"by a draw{' stratified by class' * is_class}"
    if isinstance(split, str):
        entry = SPLITS[split]
        return Sentence(f"{units.capitalize()} were divided by the rule {split}: {entry.summary}", (entry.source,))
    shares = "/".join(f"{part:g}" for part in split)
    if table:
        return Sentence(f"{units.capitalize()} were divided as the table {str(table).rpartition('/')[2]} has them")
    if held:
        others = f"those of {validating} validated" if validating else f"of the others a part validated, {drawn} ({shares})"
        return Sentence(f"The {units} of {held} were tested; {others}")
    if folds:
        by = (
            "none of the others validated"
            if tuple(split) == (1.0, 0.0, 0.0)
            else f"a part of the others validated ({shares if split[2] == 0 else 'a quarter'})"
        )
        return Sentence(f"All {units} were tested once in a {folds}-fold cross-validation, folds dealt out {drawn}; {by}")
    return Sentence(f"{units.capitalize()} were divided into training, validation and test set {drawn} (shares or counts {shares})")


def _sizes(material: Material) -> Sentence:
    sizes = [one.get("sets") or {} for one in material.run.metrics["networks"]]
    words = []
    for name in ("train", "validation", "test"):
        n = sorted({int(one.get(name, {}).get("n_subjects") or 0) for one in sizes})
        if any(n):
            several = f"{n[0]} to " if len(n) > 1 else ""
            words.append(f"{'training' if name == 'train' else name} {several}{counted(n[-1], 'subject')}")
    of_each = " of each network" if len(sizes) > 1 else ""
    return Sentence(f"The sets{of_each} were: {', '.join(words)}" if words else "")
