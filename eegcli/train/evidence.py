"""Evidence of a design: windows, labels and sets, as the checks of `eegcli.checks` look at them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from eegcli.artifacts.windows import Windows
from eegcli.checks.case import Clock, Labelled, Recorded
from eegcli.checks.causes import ranked
from eegcli.checks.finding import Evidence, Signals, fitting_checks
from eegcli.registry import load
from eegcli.registry.checks import DATA, LABELS, SPLIT, TOPICS
from eegcli.reporter import Reporter
from eegcli.study.persons import AS_LABELLED, People
from eegcli.study.sets import TRAIN, UNUSED, VALIDATION
from eegcli.train.design import Design
from eegcli.train.split import splits_table

if TYPE_CHECKING:
    import torch

    from eegcli.checks.trial import Trial
    from eegcli.train.network import Job


BROKEN = "broken"


def recorded_of(windows: Windows, people: People = AS_LABELLED, *, thorough: bool = False) -> Recorded:
    """Windows as they lie there."""
    return Recorded(
        windows.x,
        windows.table,
        windows.ch_names,
        windows.sfreq,
        windows.representation,
        windows.units,
        windows.n_times,
        windows.ch_types,
        people,
        thorough,
    )


def evidence_of(design: Design, *, thorough: bool = False, signals: bool = False) -> dict[str, Any]:
    """Fields of `Evidence` that a design gives, by name.

    Parameters
    ----------
    design : Design
        Of windows that are here.
    thorough : bool
        All windows are looked at, not a sample.
    signals : bool
        Also those for which every window is read.
    """
    windows, groups = design.windows, design.splits[0].groups
    assert isinstance(windows, Windows)
    recorded = recorded_of(windows, design.people, thorough=thorough)
    sets = []
    for split in design.splits:
        of_windows = np.full(len(windows.table["subject"]), -1, dtype=np.int64)
        of_windows[groups.rows] = np.where(split.sets == UNUSED, -1, split.sets)[groups.member]
        sets.append(of_windows)
    labelled = Labelled(
        recorded,
        design.target.column,
        design.target.kind,
        groups.classes,
        groups.rows,
        groups.values,
        groups.person[groups.member],
        sets[0][groups.rows],
        groups.word,
        len(design.splits),
    )
    found: dict[str, Any] = {
        "recorded": recorded,
        "labelled": labelled,
        "splits": splits_table(design.splits),
        "windows": windows.table,
        "sets": sets,
        "people": design.people,
        "seconds": windows.n_times / windows.sfreq,
    }
    return found | ({"signals": Signals(windows.x, groups.rows, windows.table, windows.sfreq, recorded.raw)} if signals else {})


def trial_of(design: Design, job: Job, clock: Clock | None = None) -> Trial:
    """Network of the first fold, to be built anew and trained for a moment.

    Parameters
    ----------
    design : Design
        Of windows that are here.
    job : Job
    clock : Clock, optional
        Of what trains something; left out, nothing is to be trained, and the normalisation of windows is not fitted.
    """
    import torch

    from eegcli.checks.trial import Trial
    from eegcli.engine import hyperparameters
    from eegcli.engine.class_weights import class_weights
    from eegcli.engine.examples import Examples
    from eegcli.engine.normalisation import fit_scaler
    from eegcli.engine.objective import Objective, TargetScaler
    from eegcli.train.network import subjects_of

    split = design.splits[0]
    groups = split.groups
    assert isinstance(design.windows, Windows)
    x = design.windows.x if job.description.align == "none" else job.x  # as it lies there: what its hash says is a finding of its own
    train, validation = (
        Examples(x, groups.rows[split.windows(which)], groups.values[split.windows(which)]) for which in (TRAIN, VALIDATION)
    )
    description = replace(job.description, input_scaler=None if clock is None else fit_scaler(job.settings.normalise, train))
    weights = None
    if groups.classes:
        counts = np.bincount(train.labels.astype(np.int64), minlength=len(groups.classes))
        weights = class_weights(counts, job.settings.class_weights)
    else:
        scaler = TargetScaler.fitted(train.labels)
        train, validation = (replace(part, labels=scaler.standardised(part.labels)) for part in (train, validation))
    objective = Objective(job.head, None if weights is None else torch.from_numpy(weights).float())

    def fresh(seed: int = 0) -> torch.nn.Module:
        torch.manual_seed(seed)
        return description.build(job.code).to(job.device).train()

    return Trial(
        fresh,
        description,
        job.settings,
        hyperparameters.hyperparameters(job.settings),
        objective,
        train,
        validation,
        subjects_of(split, TRAIN),
        subjects_of(split, VALIDATION),
        job.device,
        job.threads,
        clock or Clock.of(0.0),
        job.code,
    )


def say_what_is_suspect(design: Design, job: Job, reporter: Reporter) -> None:
    """Say in one line what the quick checks of doctor suspect most; of windows at an address nothing is read."""
    if not isinstance(design.windows, Windows):
        return
    evidence = Evidence(**evidence_of(design), trial=trial_of(design, job))
    entries = {name: entry for topic in TOPICS for name, entry in fitting_checks(evidence, topic).items() if entry.quick}
    causes = ranked([(name, entry, load(entry.path)(evidence)) for name, entry in entries.items()])
    if causes:
        more = f" (and {len(causes) - 1} more)" if len(causes) > 1 else ""
        # A setting is the user's choice, who may want a short look; a wrong unit is nobody's.
        of_windows = entries[causes[0].check].topic in (DATA, LABELS, SPLIT)
        say = reporter.warn if of_windows and causes[0].verdict == BROKEN else reporter.info
        say(f"{causes[0].verdict}: {causes[0].message}{more}. eegcli doctor with the same options says more.")
