"""All of HBN in small: the releases' own names, layout, events and quirks, a few simulated subjects in each."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from eegcli.fetch import run
from eegcli.reporter import Silent
from eegcli.settings import FetchSettings

RELEASES = {
    "R1": "ds005505",
    "R2": "ds005506",
    "R3": "ds005507",
    "R4": "ds005508",
    "R5": "ds005509",
    "R6": "ds005510",
    "R7": "ds005511",
    "R8": "ds005512",
    "R9": "ds005514",
    "R10": "ds005515",
    "R11": "ds005516",
}
PAIRS = ("R5", "R6")
OURS = ("fetch.parquet", "settings.json", "done.json", "provenance.json", ".bidsignore", "demo-truth.json")


def make_hbn(folder: Path, *, blocks: int = 2) -> dict[str, Path]:
    """Write the releases below `folder`, each under its accession number: one subject in each, two (a girl and a boy) where others test and validate.

    Every subject has a recording of RestingState and one of DespicableMe, which is small and no recording at all: whoever reads
    it has chosen the wrong task. R10 has the quirks of the real one: no HED, no types of channels, a subject without a
    recording, a recording without cues.
    """
    run(FetchSettings(source="demo", output=folder / "all", subjects=len(RELEASES) + len(PAIRS), blocks=blocks, jobs=2), reporter=Silent())
    everyone = folder / "all"
    header, *lines = (everyone / "participants.tsv").read_text().splitlines()
    rows = {line.split("\t")[0]: line for line in lines}
    subjects = sorted(rows, key=lambda subject: rows[subject].split("\t")[2])  # women first
    trees = {}
    for release, accession in RELEASES.items():
        tree = trees[release] = folder / accession
        tree.mkdir()
        mine = [subjects.pop(0), *([subjects.pop()] if release in PAIRS else [])]
        for subject in mine:
            _move(everyone / subject, tree / _label(subject))
            _add_film(tree / _label(subject) / "eeg", _label(subject))
        for path in everyone.iterdir():
            if path.is_file() and path.name not in OURS:
                shutil.copy(path, tree / path.name)
        table = [rows[subject].replace("\tdemo\t", f"\t{release}\t", 1).replace(subject, _label(subject)) for subject in mine]
        (tree / "participants.tsv").write_text("\n".join([header, *table]) + "\n")
        _name(tree, release, accession)
    _add_quirks(trees["R10"])
    shutil.rmtree(everyone)
    return trees


def _label(subject: str) -> str:
    return subject.replace("sub-DEMO", "sub-NDARSI")  # labels of HBN begin so


def _move(folder: Path, target: Path) -> None:
    (target / "eeg").mkdir(parents=True)
    for path in (folder / "eeg").iterdir():
        path.rename(target / "eeg" / path.name.replace(folder.name, target.name))
    shutil.rmtree(folder)


def _name(tree: Path, release: str, accession: str) -> None:
    path = tree / "dataset_description.json"
    description = json.loads(path.read_text())
    description["Name"] = f"Healthy Brain Network (HBN) EEG - Release {release.removeprefix('R')}"
    description["DatasetDOI"] = f"doi:10.18112/openneuro.{accession}.v1.0.1"
    path.write_text(json.dumps(description, indent=2))


def _add_film(folder: Path, subject: str) -> None:
    stem = folder / f"{subject}_task-DespicableMe"
    Path(f"{stem}_eeg.set").write_bytes(b"this is no recording")
    Path(f"{stem}_events.tsv").write_text("onset\tduration\tsample\tvalue\tevent_code\n1.0\tn/a\t500\tvideo_start\t81\n")


def _add_quirks(tree: Path) -> None:
    sidecar = tree / "task-RestingState_events.json"
    events = json.loads(sidecar.read_text())
    for entry in events.values():
        entry.pop("HED", None)
    sidecar.write_text(json.dumps(events, indent=2))
    for path in tree.glob("sub-*/eeg/*_channels.tsv"):
        header, *lines = path.read_text().splitlines()
        untyped = ["\t".join([line.split("\t")[0], *["n/a"] * line.count("\t")]) for line in lines]
        path.write_text("\n".join([header, *untyped]) + "\n")
    participants = tree / "participants.tsv"
    *_, last = participants.read_text().splitlines()
    absent = last.replace(last.split("\t")[0], "sub-NDARZZ999ZZZ")
    participants.write_text(participants.read_text() + absent + "\n")
