"""Doctor: why a network does not learn, ranked, each with the command that mends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from eegcli.checks.case import Clock
from eegcli.checks.causes import ranked
from eegcli.checks.finding import NOTHING, Evidence, Finding, fitting_checks
from eegcli.checks.leaks import excused
from eegcli.compute.threads import default_threads, limited
from eegcli.doctor.diagnosis import BROKEN, OK, SUSPECT, Checked, Diagnosis
from eegcli.doctor.page import write_page
from eegcli.doctor.patient import examine
from eegcli.doctor.remedy import mend
from eegcli.errors import EegcliError
from eegcli.lazy import submodules
from eegcli.registry import CHECKS, CheckEntry, load
from eegcli.registry.checks import TOPICS
from eegcli.reporter import PYTHON, Reporter
from eegcli.settings import DoctorSettings

if TYPE_CHECKING:
    from eegcli.checks.trial import Trial

FAILED = "failed itself"  # said of a check with a fault of its own

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)


def run(settings: DoctorSettings, *, reporter: Reporter = PYTHON) -> Diagnosis:
    """Look for what keeps a network from learning: in data, labels, split, network, training and result, in this order.

    Parameters
    ----------
    settings : DoctorSettings
        Windows and the options of a training; or a run, whose own they then are.
    reporter : Reporter, optional
        Is told which check is at work.

    Returns
    -------
    Diagnosis

    Raises
    ------
    InputError, ArtifactError
        If there are no windows, or no run. What is wrong with them is a finding.
    """
    started = time.monotonic()
    clock = Clock.of(float("inf") if settings.thorough else settings.seconds)
    training, evidence = examine(settings, clock, reporter)
    checked: list[Checked] = []
    entries = {name: entry for topic in TOPICS for name, entry in fitting_checks(evidence, topic).items()}
    with _bounded(evidence, settings):
        # Static checks first: the clock is for those that train something.
        for is_static in (True, False):
            for name, entry in entries.items():
                if (entry.seconds == 0) == is_static:
                    checked.append(_run(name, entry, evidence, clock, reporter))
    order = list(CHECKS)
    checked.sort(key=lambda one: order.index(one.check))
    causes = ranked([(one.check, one.entry, one.finding) for one in checked])
    fixed = mend(training, causes, reporter) if settings.fix else None
    diagnosis = Diagnosis(str(settings.windows), _verdict(checked), checked, causes, time.monotonic() - started, fixed)
    write_page(settings.page, diagnosis)
    return diagnosis


@contextmanager
def _bounded(evidence: Evidence, settings: DoctorSettings) -> Iterator[None]:
    """Bound the threads of everything, and make a network's steps the same each time."""
    threads = default_threads(settings.threads) if evidence.trial is None else evidence.trial.threads
    with limited(threads), nullcontext() if evidence.trial is None else _exact(evidence.trial):
        yield


def _exact(trial: Trial) -> AbstractContextManager[None]:
    from eegcli.engine.device import exact

    return exact(trial.threads, trial.device)


def _run(name: str, entry: CheckEntry, evidence: Evidence, clock: Clock, reporter: Reporter) -> Checked:
    """Run a check; one that has no time left, or that fails itself, does not judge."""
    started = time.monotonic()
    if entry.seconds and clock.has_ended:
        return Checked(name, Finding(name, None, why="no time was left (--seconds, --thorough)"), 0.0)
    reporter.debug(f"check {name}")
    try:
        finding = load(entry.path)(evidence)
        if evidence.labelled is not None and finding.verdict == BROKEN and finding.name in (excused(evidence.labelled.unit) or ()):
            finding = replace(finding, verdict=SUSPECT)  # the split was asked for by sessions, runs or tasks, which means within people
    except EegcliError as error:
        finding = Finding(name, None, why=error.message, hint=error.hint or "")
    except Exception as error:  # windows here are faulty in ways that nobody foresaw: what the other checks find must not be lost
        reporter.warn(f"check {name} {FAILED} ({type(error).__name__}: {error}): a fault of eegcli, please report it")
        finding = Finding(name, None, why=f"it {FAILED}: {type(error).__name__}: {error}")
    return Checked(name, finding, time.monotonic() - started)


def _verdict(checked: list[Checked]) -> str:
    """The worst of what was found; that nothing is to be learnt only where nothing is broken."""
    verdicts = {one.finding.verdict for one in checked}
    for verdict in (BROKEN, NOTHING, SUSPECT):
        if verdict in verdicts:
            return str(verdict)
    return OK
