"""Section of the explanations: the verdict on each method first, then what it shows; grey where it did not pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from eegcli.artifacts.explanation import StoredExplanation
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.bids.electrodes import polar_positions
from eegcli.errors import counted
from eegcli.registry import EXPLANATIONS
from eegcli.reporting.charts.chart import AnyChart, Bars, Floats
from eegcli.reporting.content import Block, Drawn, Grid, Missing, Section, Text
from eegcli.reporting.material import Material
from eegcli.reporting.sections import differences_of_methods, planted
from eegcli.reporting.sections.results_of_methods import charts_of
from eegcli.reporting.wording import DASH, shown

SHARES = {"band_share": "the method", "untrained_share": "untrained networks", "chance": "flat spectrum", "input_share": "the windows"}
TOLD = {"name", "kind", "passed", "verdict", "controls", "bands", "classes", *SHARES}  # of a method, what has a place of its own


def passed_of(method: Mapping[str, Any]) -> tuple[int, int]:
    """Number of controls that a method passed, and of those that were made."""
    verdicts = [one for one in verdicts_of(method).values() if one is not None]
    return sum(verdicts), len(verdicts)


def verdicts_of(method: Mapping[str, Any]) -> dict[str, bool | None]:
    """Verdict of each control of a method; None where it was not made. Of older explanations the verdict is of untrained networks."""
    controls = method.get("controls") or {}
    found: dict[str, bool | None] = {}
    for name, control in controls.items():
        if isinstance(control, Mapping):
            found[name] = control.get("passed")
        elif name == "randomised":
            found[name] = method.get("passed")
        elif control is not None:
            found[name] = None
    return found


def section(material: Material) -> Section:
    """Show the verdict of every control, then each method."""
    title = "Explanations"
    if material.explanation is None:
        why = material.why_not.get("explanation", "not made")
        return Section("explanations", title, [Missing(f"There is no explanation: {why}.", f"eegcli explain {material.name}")])
    explanation = material.explanation
    metrics = explanation.metrics
    blocks: list[Block] = [_of_whom(metrics), _controls(metrics), *planted.blocks_of(material)]
    places = _places(material, explanation)
    for method in metrics["methods"]:
        blocks += _method(explanation, method, places)
    blocks += list(_tables({name: value for name, value in metrics.items() if name not in ("methods", "classes", "windows")}))
    return Section("explanations", title, blocks)


def _of_whom(metrics: Mapping[str, Any]) -> Text:
    counts = metrics.get("windows") or {}
    parts = [
        f"{one['n']:,} of {name} ({counted(one['n_subjects'], 'subject')})"
        for name, one in counts.items()
        if isinstance(one, Mapping) and "n_subjects" in one
    ]
    return Text(
        f"Windows of the {metrics.get('split', 'validation')} set that the network is surest of: {', '.join(parts) or DASH}. "
        "An explanation says what the network uses, not what the brain does; a method that fails a control says neither."
    )


def _controls(metrics: Mapping[str, Any]) -> Grid:
    names = list(dict.fromkeys(name for method in metrics["methods"] for name in verdicts_of(method)))
    words = {True: "passed", False: "FAILED", None: DASH}
    rows = []
    for method in metrics["methods"]:
        verdicts = verdicts_of(method)
        cells = [f"{words[verdicts.get(name)]}{_value(method, name)}" for name in names]
        rows.append((str(method["name"]), words[method.get("passed")], *cells))
    return Grid(
        "Verdict on each method, and of each control", ("method", "verdict", *(name.replace("_", " ") for name in names)), tuple(rows)
    )


def _value(method: Mapping[str, Any], name: str) -> str:
    control = (method.get("controls") or {}).get(name)
    value = control.get("value") if isinstance(control, Mapping) else control
    return f" ({value:.2g})" if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def _method(explanation: StoredExplanation, method: Mapping[str, Any], places: Floats) -> list[Block]:
    name = str(method["name"])
    entry = EXPLANATIONS.get(name)
    good, total = passed_of(method)
    verdict = f"passed {good} of {counted(total, 'control')}" if total else "without a control"
    held = method.get("passed")
    blocks: list[Block] = [
        Text(f"{name}: {entry.summary if entry else 'a method of another version'}{f' ({entry.source})' if entry else ''}."),
        Text(
            f"{name} {verdict}{'' if held is not False else ': it is drawn in grey, and must not be believed'}.",
            "ok" if held else "broken" if held is False else "not-judged",
        ),
    ]
    charts: list[AnyChart] = []
    if isinstance(method.get("band_share"), Mapping):
        charts.append(_shares(method, grey=held is False))
    if name in explanation.methods:
        charts += charts_of(explanation, name, places, grey=held is False)
        charts += differences_of_methods.charts_of(explanation, name, grey=held is False)
    if charts:
        blocks.append(Drawn(tuple(charts)))
    of_classes = method.get("classes")
    if isinstance(of_classes, Mapping):
        named = [
            f"{label}: {', '.join(map(str, one['channels']))}"
            for label, one in of_classes.items()
            if isinstance(one, Mapping) and one.get("channels")
        ]
        blocks += [Text(f"Channels of highest value: {'; '.join(named)}.")] if named else []
    numbers = [
        f"{key.replace('_', ' ')} {shown(value)}"
        for key, value in method.items()
        if key not in TOLD and isinstance(value, (int, float, str))
    ]
    blocks += [Text(f"{'; '.join(numbers)}.")] if numbers else []
    return [*blocks, *_tables({key: value for key, value in method.items() if key not in TOLD})]


def _shares(method: Mapping[str, Any], *, grey: bool) -> Bars:
    order = list(EXPLAIN_HALF_OPEN)  # metrics.json has its keys in the order of the alphabet
    bands = sorted(method["band_share"], key=lambda band: (order.index(band) if band in order else len(order), band))
    series = {
        words: np.array([_percent(method[key].get(band)) for band in bands])
        for key, words in SHARES.items()
        if isinstance(method.get(key), Mapping)
    }
    return Bars(
        name=f"{method['name']}-bands",
        title=f"{method['name']}: share of each band",
        how="How much of the method's amplitude lies in each band, beside what untrained networks, a flat spectrum and the windows themselves have.",
        caveat="A band that is strong in the windows need not be what the network uses; and shares sum to 100 %, so that one band's gain is another's loss.",
        alt="; ".join(f"{band} {_percent(method['band_share'].get(band)):.0f} %" for band in bands),
        label="share of the amplitude (%)",
        rows=tuple(bands),
        series=series,
        grey=grey,
    )


def _percent(value: Any) -> float:
    return 100.0 * float(value) if isinstance(value, (int, float)) else float("nan")


def _places(material: Material, explanation: StoredExplanation) -> Floats:
    """Places of the electrodes seen from above: digitised ones where the windows have them, else by their names; 1 is the equator."""
    polar = polar_positions(explanation.ch_names)
    electrodes = None if material.windows is None else material.windows.electrodes
    if electrodes is not None and len(electrodes.positions) == len(explanation.ch_names) and electrodes.known.any():
        x, y, z = np.where(electrodes.known[:, None], electrodes.directions, np.nan).T
        radius = np.arccos(np.clip(z, -1, 1)) / (np.pi / 2)
        flat = np.hypot(x, y)
        with np.errstate(invalid="ignore", divide="ignore"):
            places = np.stack([np.where(flat > 0, x / flat, 0) * radius, np.where(flat > 0, y / flat, 0) * radius], axis=1)
    else:
        azimuth, share = np.radians(polar[:, 0]), polar[:, 1] * 2
        places = np.stack([np.sin(azimuth) * share, np.cos(azimuth) * share], axis=1)
    reach = np.nanmax(np.hypot(*places.T)) if np.isfinite(places).any() else 1.0
    result: Floats = places / max(reach, 1.0)
    return result


def _tables(entries: Mapping[str, Any]) -> Iterator[Grid]:
    """Tables of whatever else an explanation states as rows of the same names, such as published claims beside the run's values."""
    for name, value in entries.items():
        rows = value if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value) else None
        if rows is None:
            continue
        columns = list(dict.fromkeys(key for one in rows for key in one))
        yield Grid(
            name.replace("_", " "),
            tuple(column.replace("_", " ") for column in columns),
            tuple(tuple(shown(one.get(key)) for key in columns) for one in rows),
        )
