"""Section of the confounds: which column of the table alone would tell the target as well."""

from __future__ import annotations

import math

import numpy as np

from eegcli.reporting.charts.chart import Bars, Mark
from eegcli.reporting.content import Block, Drawn, Grid, Missing, Section, Text, Verdict
from eegcli.reporting.material import Material
from eegcli.reporting.wording import DASH

MAX_DRAWN = 15


def section(material: Material) -> Section:
    """Draw and tabulate how well each column alone tells the target."""
    title = "Confounds"
    if material.evaluation is None:
        return Section("confounds", title, [Missing("There is no evaluation.", f"eegcli evaluate {material.name}")])
    found = material.evaluation.metrics.get("confounds")
    if not found:
        return Section(
            "confounds",
            title,
            [Missing("They were not asked for by the version that evaluated this run.", f"eegcli evaluate {material.name} --force")],
        )
    if "refused" in found:
        return Section("confounds", title, [Text(f"Not asked: {found['refused']}.")])
    blocks: list[Block] = [
        Text(f"{sentence[0].upper()}{sentence[1:]}.", _verdict(sentence)) for sentence in found.get("said", ()) if sentence
    ]
    columns = [one for one in found.get("columns", ()) if one.get("value") is not None]
    if columns:
        blocks += [Drawn((_chart(columns, found),)), _table(found["columns"], found)]
    if not_asked := found.get("not_asked"):
        reasons: dict[str, list[str]] = {}
        for name, why in not_asked.items():
            reasons.setdefault(str(why), []).append(str(name))
        blocks.append(Text("Not asked: " + "; ".join(f"{', '.join(names)} ({why})" for why, names in reasons.items()) + "."))
    return Section("confounds", title, blocks)


def _verdict(sentence: str) -> Verdict:
    return "suspect" if sentence.startswith("confound") and "no other column" not in sentence else ""


def _chart(columns: list[dict[str, object]], found: dict[str, object]) -> Bars:
    drawn = columns[:MAX_DRAWN]
    is_auc = found.get("metric") == "auc"
    values, low, high = (np.array([_number(one.get(name)) for one in drawn]) for name in ("value", "low", "high"))
    network = _number(found.get("network"))
    marks = (Mark(0.5 if is_auc else 0.0, "chance"), *((Mark(network, "the network"),) if math.isfinite(network) else ()))
    return Bars(
        name="confounds",
        title="What each column alone would tell",
        how="The farther a bar reaches to the right of chance, the better this column alone, without any EEG, tells the target. Lines: 95 % intervals over subjects.",
        caveat="A column that tells the target need not be what the network uses: the table says what it knows beyond the column.",
        alt="; ".join(f"{one['name']} {_number(one.get('value')):.2f}" for one in drawn),
        label="AUC, out of fold" if is_auc else "r, out of fold",
        rows=tuple(str(one["name"]) for one in drawn),
        series={"": values},
        low=low,
        high=high,
        marks=marks,
        origin=0.5 if is_auc else 0.0,
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")


def _table(columns: list[dict[str, object]], found: dict[str, object]) -> Grid:
    metric = "AUC" if found.get("metric") == "auc" else "r"
    heads = ("column", metric, "95 % CI", "p", "p (Holm)", "verdict", "network beyond it", "missing")
    rows = []
    for one in columns:
        value, low, high, p, holm, beyond = (_number(one.get(name)) for name in ("value", "low", "high", "p", "p_holm", "beyond"))
        interval = f"{low:.2f} to {high:.2f}" if math.isfinite(low) else DASH
        cells = [f"{number:.2g}" if math.isfinite(number) else DASH for number in (p, holm)]
        beyond_text = f"{beyond:.2f}" if math.isfinite(beyond) else DASH
        rows.append(
            (str(one["name"]), f"{value:.2f}", interval, *cells, str(one.get("verdict")), beyond_text, str(one.get("n_missing", 0)))
        )
    return Grid("Columns, the best first", heads, tuple(rows), (1, 2, 3, 4, 6, 7), sortable=True)
