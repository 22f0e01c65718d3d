"""dataset_description.json, read and written; and what a BIDS data set is told by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eegcli.artifacts.folder import kind_of
from eegcli.files.objects import read_object
from eegcli.version import __version__

FILE = "dataset_description.json"
BIDS_VERSION = "1.9.0"


def is_dataset(path: Path) -> bool:
    """Test that a folder is a BIDS data set and none of our artifacts: it has a description, or a folder of a subject.

    Many trees have no description: what makes one readable are the folders of its subjects.

    Raises
    ------
    ArtifactError
        If the folder holds a settings.json that is no JSON object.
    """
    if not path.is_dir() or kind_of(path) not in (None, "dataset"):  # what `fetch` wrote is a data set with settings
        return False
    return (path / FILE).is_file() or any(subject.is_dir() for subject in path.glob("sub-*"))


def read_description(root: Path) -> dict[str, Any]:
    """The description of a data set; empty if it has none.

    Raises
    ------
    InputError
        If the file is no JSON object.
    """
    path = root / FILE
    if not path.exists():
        return {}
    return read_object(path).value


def dataset_name(root: Path) -> str:
    """The name by which subjects of different data sets are kept apart: its own, else its folder's."""
    name = read_description(root).get("Name")
    return name.strip() if isinstance(name, str) and name.strip().lower() not in ("", "n/a") else root.resolve().name


def derivative_description(root: Path, what: str) -> dict[str, Any]:
    """The description of a derivative made from the data set at `root`; the same at any time and place.

    Parameters
    ----------
    root : Path
        The data set read.
    what : str
        What was done, e.g. ``cleaned continuous EEG``.
    """
    source = read_description(root)
    description: dict[str, Any] = {
        "Name": f"{dataset_name(root)}: {what}",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "eegcli", "Version": __version__}],
    }
    if "DatasetDOI" in source:
        description["SourceDatasets"] = [{"DOI": source["DatasetDOI"]}]
    for kept in ("License", "HowToAcknowledge"):
        if kept in source:
            description[kept] = source[kept]
    return description
