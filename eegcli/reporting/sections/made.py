"""Section of how it was made: settings, versions, digests, and the line that makes it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eegcli.artifacts import folder
from eegcli.files.atomic import read_json
from eegcli.registry import with_a_say
from eegcli.reporting.content import Block, Code, Facts, Section, Text
from eegcli.reporting.material import Material
from eegcli.reporting.reproduce import pipeline
from eegcli.reporting.wording import shown


def section(material: Material) -> Section:
    """List the settings of every stage that is here, with the digests of what it read."""
    run = material.run
    blocks: list[Block] = [
        Text("One line makes it again, from the data set to this page; on the same machine with the same versions, to the last bit."),
        Code(pipeline(material)),
    ]
    reproducible = run.metrics.get("reproducible") or {}
    if reproducible:
        bitwise = "to the bit" if reproducible.get("bitwise") else "but for the last bits"
        blocks.append(Text(f"The same weights come {bitwise} with the same {shown(reproducible.get('with_the_same'))}."))
    for name, path in _stages(material):
        stored = read_json(path / folder.SETTINGS)
        settings = stored.get("settings") or {}
        if name == "Training":
            settings = with_a_say({**settings, "split_file": (stored.get("inputs") or {}).get("split_file")})
        rows = [
            (key.replace("_", " "), shown(value)) for key, value in settings.items() if key != "steps" and value not in (None, [], False)
        ]
        rows += [("digest of settings and inputs", str(stored.get("digest"))), ("version of the stage", shown(stored.get("stage_version")))]
        rows += [(f"of the input: {key.replace('_', ' ')}", shown(value)) for key, value in (stored.get("inputs") or {}).items()]
        blocks += [Text(f"{name}:"), Facts(tuple(rows))]
    return Section("made", "Settings, versions, digests", blocks)


def _stages(material: Material) -> list[tuple[str, Path]]:
    found: list[tuple[str, Any]] = [(f"Cleaning of {one.dataset}", one) for one in material.recordings]
    found += [
        ("Windows", material.windows),
        ("Training", material.run),
        ("Evaluation", material.evaluation),
        ("Explanation", material.explanation),
    ]
    return [(name, one.path) for name, one in found if one is not None]
