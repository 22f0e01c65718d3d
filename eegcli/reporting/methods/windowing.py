"""Sentences on the data and on the windows that were cut of them."""

from __future__ import annotations

from eegcli.artifacts import folder
from eegcli.artifacts.kinds import IMPORTED, class_of
from eegcli.errors import counted, listed
from eegcli.files.atomic import read_json
from eegcli.registry import REPRESENTATIONS
from eegcli.reporting.material import Material
from eegcli.reporting.methods.sentence import Paragraph, Sentence
from eegcli.reporting.methods.told import Told
from eegcli.reporting.wording import shown

BIDS = "Pernet et al. 2019, doi:10.1038/s41597-019-0104-8"


def data(material: Material) -> Paragraph:
    """Put into sentences whose data were used, and how many."""
    run = material.run
    n_subjects = int(run.metrics["n_subjects"])
    whose = counted(n_subjects, "subject") if n_subjects else "subjects whom nobody knows"
    names = sorted({str(one) for one in run.splits["dataset"].tolist() if one})
    found = [
        Sentence(
            f"The analysis is of {counted(int(run.metrics['n_windows']), 'window')} of {whose}"
            + (f" ({listed(names, 8)})" if names else "")
        )
    ]
    for recordings in material.recordings:
        status = recordings.table["status"].tolist()
        left = len(status) - status.count("ok")
        sentence = f"Of {counted(len(status), 'recording')} in {recordings.path.resolve().name}, organised as BIDS, {status.count('ok')} could be used"
        found.append(Sentence(sentence + (f"; {left} failed or were skipped" if left else ""), (BIDS,)))
    if _imported(material):
        found.append(Sentence("The windows were imported as arrays that had been cut elsewhere"))
    elif not material.recordings:
        found.append(Sentence("The recordings that the windows were cut from are not here any more, so that their number is not known"))
    return Paragraph("Data", tuple(found))


def paragraph(material: Material) -> Paragraph:
    """Put the windows into sentences; where they are gone, what the network knows of them."""
    taken = material.run.networks[0].description
    entry = REPRESENTATIONS.get(taken.representation)
    shape = f"{taken.n_times / taken.sfreq:g} s at {taken.sfreq:g} Hz of {counted(len(taken.ch_names), 'channel')} ({', '.join(taken.ch_names)})"
    found = [Sentence(f"A window is {shape}")]
    what = f"What is stored of it: {entry.summary if entry else taken.representation}"
    found.append(Sentence(what + (f"; bands {shown(taken.bands)} Hz" if taken.bands else "")))
    if material.windows is None:
        why = material.why_not.get("windows", "not here any more")
        return Paragraph("Windows", (*found, Sentence(f"With which settings the windows were cut is not known ({why})")))
    stored = read_json(material.windows.path / folder.SETTINGS)
    told = Told(stored.get("settings") or {}, class_of("windows", stored))
    if material.run.cleaning is not None:  # tells them
        told.take("baseline"), told.take("reject")
    return Paragraph("Windows", (*found, *cut(told)))


def _imported(material: Material) -> bool:
    return material.windows is not None and IMPORTED in (read_json(material.windows.path / folder.SETTINGS).get("inputs") or {})


def cut(told: Told) -> list[Sentence]:
    """Put settings of `epoch` or `import` into sentences."""
    for name in ("seed", "representation", "bands"):  # told already, as the network has them; nothing of a cut is random
        told.take(name)
    found = []
    for name, words in (
        ("segment", "after the named event"),
        ("hed", "after each event whose HED annotation fits"),
        ("annotation", "of annotations"),
    ):
        if segments := told.asked(name):
            found.append(f"Segments were {', '.join(segments)} (name=event:begin:end, in seconds {words})")
    if until := told.asked("until"):
        found.append(f"Segments ended at {', '.join(until)}")
    if (overlap := told.take("overlap")) is not None:  # trials that were imported have none
        found.append(
            f"Windows of {told.take('length'):g} s were cut {f'with an overlap of {overlap:g} s' if overlap else 'without an overlap'}"
        )
    if told.asked("keep_dead"):
        found.append("Dead and clipped windows were kept")
    if where := told.asked("where"):
        found.append(f"Participants had to fulfil {where}")
    for name in ("subject", "session", "task", "run"):
        if labels := told.asked(name):
            found.append(f"Only these values of {name} were used: {', '.join(map(str, labels))}")
    return [Sentence(one) for one in (*found, told.rest()) if one]
