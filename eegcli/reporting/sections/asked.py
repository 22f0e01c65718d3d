"""Section of what was asked: the target, the network, and on whom."""

from __future__ import annotations

from eegcli.errors import counted
from eegcli.registry import MODELS
from eegcli.reporting.content import Facts, Section, Text
from eegcli.reporting.material import Material
from eegcli.reporting.wording import shown


def section(material: Material) -> Section:
    """State the question in a sentence, and its terms."""
    run, metrics = material.run, material.run.metrics
    arch = str(metrics["arch"])
    what = f"which of {', '.join(run.classes)} the {run.target} is" if run.kind == "classification" else f"the number {run.target}"
    n_subjects = int(metrics["n_subjects"])
    whom = f"{counted(int(metrics['n_windows']), 'window')} of {counted(n_subjects, 'subject') if n_subjects else 'unknown subjects'}"
    networks = counted(len(run.networks), "network")
    sentence = f"Can {arch} tell {what} from a window of EEG? {networks} learnt it from {whom}, and {'was tested on people it' if len(run.networks) == 1 else 'were tested on people they'} had not seen."
    if run.caveat:
        sentence = f"Can {arch} tell {what} from a window of EEG? {networks} learnt it from {whom}."
    taken = run.networks[0].description
    entry = MODELS.get(arch)
    rows = [
        ("target", f"{run.target} ({run.kind}{': ' + ', '.join(run.classes) if run.classes else ''})"),
        ("network", f"{arch}, {int(metrics['n_parameters']):,} weights" + (f"; {entry.source}" if entry else "; the user's own")),
        (
            "a window",
            f"{taken.n_times / taken.sfreq:g} s at {taken.sfreq:g} Hz, {counted(len(taken.ch_names), 'channel')}, {taken.representation}",
        ),
        ("channels", ", ".join(taken.ch_names)),
        ("units", taken.units.replace("uV", "µV")),
    ]
    if taken.bands:
        rows.append(("bands", shown(taken.bands)))
    dropped = metrics.get("dropped") or {}
    if any(dropped.values()):
        rows.append(("windows without a label", shown(dropped)))
    return Section("asked", "What was asked", [Text(sentence), Facts(tuple(rows))])
