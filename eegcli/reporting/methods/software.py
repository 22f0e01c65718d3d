"""Sentences on the software, and the provenance of all that a run was made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eegcli.artifacts import folder
from eegcli.files.atomic import read_json
from eegcli.reporting.material import Material
from eegcli.reporting.methods.sentence import Paragraph, Sentence
from eegcli.reporting.methods.told import provenance_of

PYTORCH = "Paszke et al. 2019, arXiv:1912.01703"
MNE = "Gramfort et al. 2013, doi:10.3389/fnins.2013.00267"


def paragraph(material: Material) -> Paragraph:
    """Put into sentences which software made the run and what belongs to it."""
    versions = dict.fromkeys(str(version) for one in _artifacts(material) if (version := provenance_of(one).get("eegcli")))
    run = provenance_of(material.run.path)
    made = f"eegcli {', '.join(versions)}" if versions else "eegcli, of a version that is not recorded"
    found = [Sentence(f"Everything was computed with {made}")]
    if "torch" in run:
        device = material.run.metrics.get("device", run.get("device", "cpu"))
        found.append(
            Sentence(
                f"Networks were trained with PyTorch {run['torch']} and Python {run.get('python', 'of an unknown version')} on the device {device}",
                (PYTORCH,),
            )
        )
    if material.recordings:
        found.append(Sentence("Recordings were read with MNE-Python", (MNE,)))
    return Paragraph("Software", tuple(found))


def provenance(material: Material) -> list[str]:
    """List the artifacts with their digests, inputs and the command of each, in the order of processing."""
    found = []
    for path in _artifacts(material):
        stored = read_json(path / folder.SETTINGS)
        of = ", ".join(f"{name} {_digest(value)}" for name, value in sorted((stored.get("inputs") or {}).items()))
        name = path.resolve().name if path.parent != material.run.path else f"{material.name}/{path.name}"
        found.append(
            f"{stored.get('kind', 'artifact')} {name}: digest {stored.get('digest', 'unknown')}"
            + (f", of {of}" if of else "")
            + f"; stage version {stored.get('stage_version', 'unknown')}"
        )
    return [" ".join(one.replace("<", "\\<").replace("`", "\\`").split()) for one in found]


def _artifacts(material: Material) -> list[Path]:
    parts = [material.windows, material.run, material.evaluation, material.explanation]
    return [*(one.path for one in material.recordings), *(one.path for one in parts if one is not None)]


def _digest(value: Any) -> str:
    return str(value) if not isinstance(value, (dict, list)) else json.dumps(value, sort_keys=True)
