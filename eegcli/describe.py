"""Describe: say what an artifact or a BIDS tree is, in figures that a person or a script can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.evaluation import read_figures
from eegcli.artifacts.explanation import METRICS
from eegcli.artifacts.foreign import facts as facts_of_code
from eegcli.artifacts.metrics_of_run import KEPT_BATCH, REPORTED
from eegcli.artifacts.predictions import KIND, facts_of_predictions
from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import Table, n_rows
from eegcli.artifacts.windows import Windows, open_windows
from eegcli.bids.description import is_dataset, read_description
from eegcli.errors import EegcliError, InputError, counted, listed
from eegcli.files.atomic import read_json
from eegcli.registry import metrics_of, quality_columns, with_a_say
from eegcli.reporter import Reporter
from eegcli.study.events import Events
from eegcli.study.levels import MAX_LISTED, Levels
from eegcli.study.persons import unknown_persons
from eegcli.unfinished import is_unfinished, unfinished

if TYPE_CHECKING:
    from eegcli.artifacts.remote_windows import RemoteWindows
    from eegcli.bids.scan import RecordingFile
    from eegcli.bids.sidecars import Sidecars

DATASET = "BIDS data set"
UNKNOWN = "unknown: participants may be on both sides of a split"
MAX_OPENED = 40  # recordings: to open one for the events in it takes a tenth of a second


def describe(path: Path, *, reporter: Reporter | None = None) -> dict[str, Any]:
    """Describe any artifact of ours, at work and unfinished ones included, or a BIDS tree.

    Parameters
    ----------
    path : Path
        Folder of an artifact of any kind, or of a BIDS data set.
    reporter : Reporter, optional
        Is told what is wrong with a data set.

    Returns
    -------
    dict
        Facts by name, in the order in which to show them.

    Raises
    ------
    InputError
        If it is neither.
    ArtifactError
        If a file of it is missing, of another size than was written, or damaged: the first is named.
    """
    path = Path(path)
    kind = folder.kind_of(path)
    describers = {"recordings": _recordings, "windows": _windows, "run": _run, "evaluation": _evaluation, "explanation": _explanation}
    describers[KIND] = facts_of_predictions
    stored = read_json(path / folder.SETTINGS) if kind in (*describers, "dataset") else {}
    if kind and stored and is_unfinished(path, stored):
        facts = {"kind": DATASET if kind == "dataset" else kind, "path": str(path), **unfinished(path, kind, stored)}
        if kind == "dataset" and any(path.glob("sub-*/**/*_eeg.*")):  # what is here of it, though some of it could not be brought
            facts |= _dataset(path, reporter)
        return {**facts, **_origin(stored, _provenance(path))}
    if stored:
        folder.contents_of(path).check_sizes()
    if kind in describers:
        return {"kind": kind, "path": str(path), **describers[kind](path), **_origin(stored, _provenance(path))}
    if (path / folder.SETTINGS).is_file() and (path / folder.DONE).is_file():
        folder.contents_of(path).check(folder.SETTINGS)
    if is_dataset(path):
        return {"kind": DATASET, "path": str(path), **_dataset(path, reporter)}
    from eegcli.bids.scan import mislaid, no_recordings

    raise no_recordings(f"{path}: neither an artifact of eegcli nor a BIDS data set", mislaid(path) if kind is None else ())


def _provenance(path: Path) -> dict[str, Any]:
    return read_json(path / folder.PROVENANCE) if (path / folder.PROVENANCE).exists() else {}


def describe_elsewhere(address: str, *, reporter: Reporter) -> dict[str, Any]:
    """Describe an artifact at an address. Of windows only the head is fetched; of anything else a copy, into the cache.

    Parameters
    ----------
    address : str
        ``s3://bucket/path`` or ``https://host/path``.
    reporter : Reporter

    Returns
    -------
    dict
        As of `describe`.

    Raises
    ------
    InputError
        If there is no finished artifact.
    """
    from eegcli.artifacts.elsewhere import RemoteArtifact, bring
    from eegcli.artifacts.remote_windows import open_remote_windows

    artifact = RemoteArtifact.at(address)
    settings = artifact.read_json(folder.SETTINGS)
    if settings.get("kind") != "windows":
        return {**describe(bring(address, reporter=reporter)), "path": address}
    windows = open_remote_windows(address)
    provenance = artifact.read_json(folder.PROVENANCE) if folder.PROVENANCE in artifact.done.get("files", {}) else {}
    return {"kind": "windows", "path": address, **_windows_facts(windows), **_origin(settings, provenance)}


def _recordings(path: Path) -> dict[str, Any]:
    recordings = open_recordings(path)
    table = recordings.table
    ok = table["status"] == "ok"
    facts: dict[str, Any] = {
        "dataset": recordings.dataset,
        "recordings": n_rows(table),
        "status": dict(Counter(table["status"].tolist())),
        "causes": dict(Counter(str(cause) for cause in table["cause"] if cause is not None)),
        **_cohort(table),
    }
    if ok.any():
        first = recordings.read(int(np.flatnonzero(ok)[0]))
        facts |= {
            "sfreq_hz": sorted(set(table["sfreq"][ok].tolist())),
            "channels": list(first.ch_names),
            "seconds": _range(table["seconds"][ok]),
            "reference": first.reference,
            "units": "uV",
            "quality": _quality(table),
            **_levels(recordings.read_events(int(row), hed=False)[0] for row in np.flatnonzero(ok)),
        }
    return facts


def _quality(table: Table) -> dict[str, str]:
    """Range and median of each figure of quality that any recording has."""
    columns = {
        name: table[name] for name in (column.name for column in quality_columns()) if name in table and table[name].dtype.kind == "f"
    }
    return {name: _range(column) for name, column in columns.items() if np.isfinite(column).any()}


def _windows(path: Path) -> dict[str, Any]:
    windows = open_windows(path)
    windows.check_if_touched()
    return _windows_facts(windows)


def _windows_facts(windows: Windows | RemoteWindows) -> dict[str, Any]:
    return {
        "shape": list(windows.x.shape),
        "type": "float32",
        "units": windows.units,
        "bytes": int(windows.x.nbytes),
        "sfreq_hz": windows.sfreq,
        "representation": windows.representation,
        **({"bands_hz": list(windows.bands)} if windows.bands else {}),
        "samples": windows.n_times,
        "channels": list(windows.ch_names),
        **_cohort(windows.table),
        "segments": dict(Counter(windows.table["segment"].tolist())),
        "columns": list(windows.table),
        "digest": windows.digest,
    }


def _run(path: Path) -> dict[str, Any]:
    run = open_run(path)
    names = (
        "arch",
        "target",
        "classes",
        "shape",
        "n_parameters",
        "kept_epoch",
        KEPT_BATCH,
        *REPORTED,
        "baseline",
        "strongest_baseline",
        "n_folds",
        "n_seeds",
    )
    facts = {name: run.metrics[name] for name in names if name in run.metrics}
    if (foreign := run.networks[0].description.foreign) is not None:
        facts["code"] = facts_of_code(foreign)
    if run.metrics.get("training"):
        facts["training"] = run.metrics["training"]
    facts["task"] = run.kind
    facts["split"] = dict(Counter(run.splits["split"].tolist()))
    if run.caveat:
        facts["marked"] = run.caveat
    made = {kind: _is_made(path / kind, kind) for kind in ("evaluation", "explanation")}
    facts |= _test_figures(path / "evaluation") if made["evaluation"] else {}
    return {**facts, "evaluated": made["evaluation"], "explained": made["explanation"]}


def _is_made(path: Path, kind: str) -> bool:
    """Test that something of a kind is finished in a run; what cannot be read is refused, as where it is named itself."""
    if not (path / folder.DONE).exists():
        return False
    folder.require(path, kind)
    return True


def _evaluation(path: Path) -> dict[str, Any]:
    folder.require(path, "evaluation")
    figures = read_figures(path)
    facts = {name: figures[name] for name in ("target", "classes", "unit", "marked") if figures.get(name)}
    return {**facts, "task": figures["kind"], **_test_figures(path)}


def _explanation(path: Path) -> dict[str, Any]:
    folder.require(path, "explanation")
    metrics = read_json(path / METRICS)
    facts = {name: metrics[name] for name in ("target", "classes", "marked") if metrics.get(name)}
    methods = {
        method["name"]: f"{method['verdict']} controls" if "verdict" in method else _then(method["passed"]) for method in metrics["methods"]
    }
    return {**facts, "task": metrics["kind"], "methods": methods}


def _then(passed: bool) -> str:
    """Verdict of a version that had one control."""
    return "passed its control" if passed else "did not pass its control"


def _test_figures(evaluation: Path) -> dict[str, Any]:
    """Read the figures of the test set from a finished evaluation; an accuracy never stands alone."""
    figures = read_figures(evaluation)
    levels = figures["splits"]["test"]
    shown = {name: entry for name, entry in metrics_of(figures["kind"]).items() if entry.heading}
    intervals = [entry.interval.key for entry in shown.values() if entry.interval and entry.interval.heading]
    names = (*shown, *intervals, "n", "n_subjects")
    return {f"test_{level}": {name: levels[level][name] for name in names if name in levels[level]} for level in ("window", "vote")}


def _dataset(path: Path, reporter: Reporter | None) -> dict[str, Any]:
    from eegcli.bids.channel_listing import summarise_channels
    from eegcli.bids.participants import Participants, load_participants
    from eegcli.bids.scan import survey
    from eegcli.bids.sidecars import Sidecars

    looked = survey(path, reporter=reporter)
    found = looked.recordings
    damaged: dict[str, str] = {}

    def unless_damaged(name: str, read: Callable[..., Any], *arguments: Any, otherwise: Any) -> Any:
        # One malformed file is noted under a name, and costs nothing else.
        try:
            return read(*arguments)
        except InputError as error:
            damaged[name] = error.message.replace(f"{found[0].root}/", "")
            return otherwise

    description = unless_damaged("dataset_description.json", read_description, path, otherwise={})
    participants = unless_damaged("participants.tsv", load_participants, found[0].root, otherwise=Participants())
    sidecars = Sidecars(found[0].root)
    metadata = [unless_damaged(item.stem, sidecars.metadata, item, otherwise={}) for item in found]
    subjects = {item.subject for item in found}
    once = {item.stem: item for item in found}.values()
    events = _events_of_tree(list(once), sidecars, unless_damaged)
    unlisted = sorted(subjects - {*participants.table.get("subject", []), *participants.contradicted}) if participants.table else []
    wrong = [*participants.said(), *participants.mistaken(subjects), *sidecars.remarks]
    if reporter:
        for line in wrong:
            reporter.warn(line)
        if damaged:
            reporter.warn(
                f"cannot be read, and costs the recordings it belongs to: {listed(dict.fromkeys(damaged.values()), 3, count=True)}"
            )
    noted = {
        "passed_over": _some(looked.census.passed_over),
        "sidecars_of_no_recording": looked.census.orphans[:MAX_LISTED],
        "damaged_sidecars": _some(damaged),
        "not_in_participants": unlisted[:MAX_LISTED],
        "remarks": [*looked.said, *wrong],
    }
    return {
        "name": description.get("Name"),
        "bids_version": description.get("BIDSVersion"),
        "subjects": len(subjects),
        "recordings": len(once),
        "not_fetched": sum(not item.fetched for item in found),
        "bytes": sum(item.size or 0 for item in found),
        "tasks": dict(Counter(item.task for item in once)),
        "seconds": _range(_stated(metadata, "RecordingDuration")),
        "channels": _range(_stated(metadata, "EEGChannelCount")),
        "sfreq_hz": _range(_stated(metadata, "SamplingFrequency")),
        **unless_damaged("channels", summarise_channels, list(once), sidecars, otherwise={}),
        "formats": dict(Counter(item.extension for item in once)),
        "participants_columns": [name for name in participants.table if name != "subject"],
        **events,
        **{name: value for name, value in noted.items() if value},
        **_catalogued(path, description, [(item.subject, item.task) for item in found]),
    }


def _some(facts: dict[str, str]) -> dict[str, str]:
    """Shorten a long table; how much is left out is said."""
    rest = len(facts) - MAX_LISTED
    return facts if rest <= 0 else {**dict(list(facts.items())[:MAX_LISTED]), "(others)": str(rest)}


def _levels(cohort: Iterable[Events]) -> dict[str, Any]:
    levels = Levels()
    for events in cohort:
        levels.see(events)
    return levels.facts()


def _events_of_tree(found: Sequence[RecordingFile], sidecars: Sidecars, unless_damaged: Callable[..., Any]) -> dict[str, Any]:
    """Names and columns of the events of a tree: of `events.tsv`, and of the first files that are here and have none."""
    from eegcli.bids.events import read_events
    from eegcli.bids.reading import events_in_file

    levels, in_files, unread = Levels(), 0, Counter[str]()
    for item in found:
        if tables := sidecars.find(item, "events", ".tsv"):
            stated = unless_damaged(
                item.stem, read_events, tables[0], None, sidecars.remarks, otherwise=None
            )  # without HED, which takes long
        elif item.fetched:
            in_files += 1
            try:
                stated = events_in_file(item) if in_files <= MAX_OPENED else None
            except EegcliError as error:  # preprocess says what is wrong with it
                unread[error.cause] += 1
                continue
        else:
            continue
        if stated is not None:
            levels.see(stated)
    facts = levels.facts()
    if in_files:
        facts["events_in_files"] = (
            f"{min(in_files, MAX_OPENED)} of {counted(in_files, 'recording')} without events.tsv were opened for their own"
        )
    return {**facts, **({"events_unread": dict(unread)} if unread else {})}


def _catalogued(path: Path, description: dict[str, Any], found: list[tuple[str, str | None]]) -> dict[str, Any]:
    """Look up a data set and its recordings in the catalogue; nothing where it knows nothing."""
    from eegcli.catalogue.accession import accession
    from eegcli.catalogue.known_bad import why_known_bad
    from eegcli.catalogue.quirks import quirks_of

    bad = {" ".join(filter(None, pair)): why for pair in found if (why := why_known_bad(*pair)) is not None}
    known = {"known_bad": bad, "quirks": quirks_of(accession(path, description))}
    return {name: value for name, value in known.items() if value}


def _stated(metadata: list[dict[str, Any]], name: str) -> np.ndarray:
    """Collect the values that sidecars state under a name; recordings whose sidecar does not are left out."""
    return np.array([item[name] for item in metadata if isinstance(item.get(name), (int, float))], dtype=float)


def _cohort(table: Table) -> dict[str, Any]:
    datasets = table.get("dataset", np.full(n_rows(table), "", dtype=object))
    subjects = {(data, subject): row for row, (data, subject) in enumerate(zip(datasets, table["subject"], strict=True))}
    tasks = Counter(str(task) for task in table["task"] if task is not None)  # of imported trials there may be none
    facts: dict[str, Any] = {"subjects": UNKNOWN if unknown_persons(table) else len(subjects), "tasks": dict(tasks)}
    rows = list(subjects.values())
    if "sex" in table:
        facts["sex"] = dict(Counter(str(value) for value in table["sex"][rows]))
    if "age" in table and table["age"].dtype.kind in "fi":
        facts["age"] = _range(table["age"][rows])
    return facts


def _range(values: np.ndarray) -> str:
    finite = values[np.isfinite(values)]
    return f"{finite.min():g} to {finite.max():g}, median {np.median(finite):g}" if finite.size else "n/a"


def _origin(stored: dict[str, Any], provenance: dict[str, Any]) -> dict[str, Any]:
    settings = stored.get("settings", {})
    if stored.get("kind") == "run":
        settings = with_a_say({**settings, "split_file": stored.get("inputs", {}).get("split_file")}) | {"split_file": None}
    return {
        "made_by": f"eegcli {provenance.get('eegcli', stored.get('eegcli', '(unknown version)'))}",
        "settings": {name: value for name, value in settings.items() if value not in (None, [], False)},
        "inputs": stored.get("inputs"),
        "digest_of_settings": stored.get("digest"),
        "command": " ".join(provenance.get("command", [])),
        "made": provenance.get("started"),
    }
