"""Runs: trained networks with their settings, splits and history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.cleaning import CLEANING, Cleaning, read_cleaning
from eegcli.artifacts.configuration import input_of, settings_from
from eegcli.artifacts.contents import Contents
from eegcli.artifacts.foreign import trusted_code
from eegcli.artifacts.metrics_of_run import summary
from eegcli.artifacts.network import METRICS, Network
from eegcli.artifacts.table import StoredTable, Table, column, n_rows, read_table, write_table
from eegcli.errors import ArtifactError, InputError, counted
from eegcli.files import atomic
from eegcli.settings import TrainSettings
from eegcli.study.groups import PARTS
from eegcli.study.persons import People
from eegcli.study.sets import SETS
from eegcli.study.target import Kind

if TYPE_CHECKING:
    import torch

SPLITS, LABELS, PERSONS, ANCESTORS = "splits.parquet", "labels.parquet", "persons.parquet", "ancestors.parquet"
CAVEAT, CAVEAT_UNKNOWN = "participants are on both sides", "participants may be on both sides"
TRANSDUCTIVE = "TRANSDUCTIVE: windows are aligned by subject, for which the recordings of tested participants are used whole"
OPTIMISTIC = "epoch chosen on the test set: optimistic"
WINDOW = "window"  # the unit of a split where nobody knows whose the windows are


def caveat_of(split_unit: str) -> str | None:
    """Caveat that every number has to carry that is made from a run split by a unit; None for subjects."""
    if split_unit == "subject":
        return None
    if split_unit == WINDOW:
        return f"split by window: {CAVEAT_UNKNOWN}"
    return f"{CAVEAT}, {split_unit}s are not" if split_unit in PARTS else CAVEAT


def caveats_of(settings: TrainSettings) -> str | None:
    """Everything that has to stand beside a number made from a run with these settings; None where that is nothing.

    Leak checks are let through by `caveat_of` alone: an epoch that was chosen on the test set excuses no leak, nor does alignment.
    """
    found = [
        caveat_of(settings.split_unit),
        TRANSDUCTIVE if settings.align != "none" else None,
        OPTIMISTIC if settings.report_epoch == "published" else None,
    ]
    return "; ".join(caveat for caveat in found if caveat) or None


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes
    ----------
    path : Path
    settings : TrainSettings
        Resolved settings of `train`. Those that the run lacks, as they came later, hold the default they were added with; free ones, which
        are not stored, their default.
    metrics : dict
        Figures of the run; of all folds and seeds where there are several. `networks` holds those of each, whichever version wrote it.
    splits : Table
        A row per group and fold.
    networks : tuple of Network
    windows_digest : str
        Digest of the windows it was trained on.
    digest : str
        Digest of settings and inputs.
    labels_digest : str or None
        Digest of the table of the user's own labels that it was trained with.
    """

    path: Path
    settings: TrainSettings
    metrics: dict[str, Any]
    splits: StoredTable
    networks: tuple[Network, ...]
    windows_digest: str
    digest: str
    labels_digest: str | None = None

    @property
    def history(self) -> StoredTable:
        """A row per network and epoch: `fold` and `seed`, then the columns of each network's history."""
        tables = [(network, network.history) for network in self.networks]
        names = {name: [np.full(n_rows(table), getattr(network, name)) for network, table in tables] for name in ("fold", "seed")}
        order = dict.fromkeys(name for _, table in tables for name in table)  # an older network may have fewer columns
        columns = {name: [table.get(name, np.full(n_rows(table), np.nan)) for _, table in tables] for name in order}
        return StoredTable({name: np.concatenate(pieces) for name, pieces in {**names, **columns}.items()})

    @property
    def target(self) -> str:
        """Column of the windows' table that was learnt."""
        return str(self.metrics["target"])

    @property
    def kind(self) -> Kind:
        """``classification`` or ``regression``."""
        kind: Kind = self.metrics["kind"]
        return kind

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the network's outputs; empty for a regression."""
        return tuple(self.metrics["classes"] or ())

    @property
    def caveat(self) -> str | None:
        """Caveat that every number made from this run has to carry; None for a run split by subject whose test set chose nothing."""
        return caveats_of(self.settings)

    @property
    def labels(self) -> StoredTable:
        """Columns of the user's own labels that the run was made with, a row per window of the training; empty without any."""
        return self._beside(LABELS)

    @property
    def people(self) -> People:
        """Rule of who is the same person, with what the user stated of it for the training."""
        table = self._beside(PERSONS)
        if not table:
            return People()
        *key, person = (table[name].tolist() for name in ("dataset", "subject", "person"))
        return People(dict(zip(zip(*key, strict=True), person, strict=True)))

    @property
    def ancestors(self) -> StoredTable:
        """Data set and label of everybody by whom the weights that it began with were trained or chosen; empty where it began with none."""
        return self._beside(ANCESTORS)

    @property
    def seen_sets(self) -> tuple[str, ...]:
        """Sets by which the networks were trained or chosen."""
        return SETS if self.settings.report_epoch == "published" else ("train", "validation")

    def seen_rows(self, folds: Sequence[int]) -> Table:
        """Data set and label of everybody by whom the networks of some folds were trained or chosen; those of `ancestors` are not among them."""
        seen = np.isin(self.splits["split"].astype(str), self.seen_sets) & np.isin(self.splits["fold"], folds)
        return {name: self.splits[name][seen] for name in ("dataset", "subject")}

    @property
    def cleaning(self) -> Cleaning | None:
        """Cleaning of the windows that it was trained on; None where nobody knows it."""
        return read_cleaning(self.path)

    def _beside(self, name: str) -> StoredTable:
        """A table that a run has only where it was asked for; `open_run` misses one that was there and is not."""
        return read_table(self.path / name) if (self.path / name).exists() else StoredTable()

    def model(self, fold: int = 0, seed: int = 0) -> torch.nn.Module:
        """One of the trained networks, ready to call on windows (batch, n_channels, n_times) in µV.

        Raises
        ------
        InputError
            If the run has no such fold or seed, or its network is somebody's own and is not `trusted`.
        """
        for network in self.networks:
            if (network.fold, network.seed) == (fold, seed):
                return network.model()
        raise InputError(f"{self.path}: there is no fold {fold} with seed {seed}")

    def trusted(self, *, trust: bool = False, arch: str | None = None) -> Run:
        """The run, with leave to run the code of its networks where that is somebody's own; a run of the table's needs none.

        Parameters
        ----------
        trust : bool
            Run the code that came with the run, or the module that it names.
        arch : str, optional
            The network named again, ``./mynet.py:Net``: that code is run, if it is the one that the run was made with.

        Raises
        ------
        InputError
            If neither is given and one is needed, or `arch` is another network.
        ArtifactError
            If the code is not the one that the run was made with.
        """
        code = trusted_code(self.path, self.networks[0].description, trust=trust, arch=arch)
        return self if code is None else replace(self, networks=tuple(replace(network, code=code) for network in self.networks))

    def check_weights(self) -> None:
        """See that the weights of every network are those that were written.

        Raises
        ------
        ArtifactError
            Naming the first file that is not.
        """
        for network in self.networks:
            network.check()

    def windows_path(self) -> Path:
        """Path of the windows when the run was made.

        Raises
        ------
        ArtifactError
            If the run does not say it any more.
        """
        provenance = self.path / folder.PROVENANCE
        windows = atomic.read_json(provenance).get("windows") if provenance.exists() else None
        if not isinstance(windows, str):
            raise ArtifactError(f"{provenance}: does not say where the windows are", hint="Name them with --windows.")
        return Path(windows)

    def __iter__(self) -> Iterator[Network]:
        return iter(self.networks)

    def __repr__(self) -> str:
        classes = f" ({', '.join(self.classes)})" if self.classes else ""
        n_subjects = int(self.metrics["n_subjects"])
        counts = counted(len(self.networks), "network"), counted(n_subjects, "subject") if n_subjects else "subjects unknown"
        return f"Run: {self.metrics['arch']} on {self.target}{classes}, {', '.join(counts)}" + (f"; {self.caveat}" if self.caveat else "")


def write_labels(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Write the columns of a user's own labels that a run is made with: whoever reads the run needs the table no more."""
    if columns:
        write_table(path / LABELS, columns)


def write_people(path: Path, people: People) -> None:
    """Write what a user stated of who is the same person, so that whoever uses the run goes by it."""
    if people.stated:
        rows = zip(*((*key, person) for key, person in sorted(people.stated.items())), strict=True)
        write_table(path / PERSONS, {name: column(cells) for name, cells in zip(("dataset", "subject", "person"), rows, strict=True)})


def write_ancestors(path: Path, seen: Mapping[str, np.ndarray]) -> None:
    """Write who was seen by the weights that a run begins with: data set and label, each once."""
    pairs = sorted(set(zip(seen["dataset"].tolist(), seen["subject"].tolist(), strict=True)))
    write_table(
        path / ANCESTORS, {name: column(cells) for name, cells in zip(("dataset", "subject"), zip(*pairs, strict=True), strict=True)}
    )


def networks_of(root: Path, n_folds: int, n_seeds: int, contents: Contents | None = None) -> Iterator[Network]:
    """Networks of a run, a folder per fold and seed; the root itself where there is one of each."""
    for fold in range(n_folds):
        for seed in range(n_seeds):
            path = root
            if n_folds > 1:
                path = path / f"fold-{fold:02d}"
            if n_seeds > 1:
                path = path / f"seed-{seed:02d}"
            yield Network(path, fold, seed, contents)


def open_run(path: Path | str) -> Run:
    """Open a finished run.

    Raises
    ------
    InputError, ArtifactError
        If it is missing, unfinished, of another kind or damaged, or a newer version made it with settings that this one does not know.
    """
    path = Path(path)
    stored = folder.require(path, "run", METRICS, SPLITS, LABELS, PERSONS, ANCESTORS, CLEANING)
    contents = folder.contents_of(path)
    settings = settings_from(TrainSettings, stored, str(path))
    metrics = atomic.read_json(path / METRICS)
    networks = tuple(networks_of(path, int(metrics["n_folds"]), int(metrics["n_seeds"]), contents))
    for network in networks:
        if not network.is_made_with(stored["digest"]):
            raise ArtifactError(
                f"{network.path}: its network was made with other settings than {path / folder.SETTINGS} states",
                hint="Train it again with --force.",
            )
    if "networks" not in metrics:  # 0.1.0 left the figures of each network with it
        metrics = {**summary([network.metrics for network in networks]), **metrics}
    inputs = input_of(stored, "windows", str(path)), stored["digest"], stored["inputs"].get("labels")
    return Run(path, settings, metrics, read_table(path / SPLITS), networks, *inputs)
