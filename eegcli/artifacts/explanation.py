"""Explanations: the windows that were explained, their attributions, and the mean spectra and channel profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.hdf5 import reading_hdf5, text, untext, writing_hdf5
from eegcli.artifacts.table import StoredTable, read_table
from eegcli.errors import counted
from eegcli.files import atomic
from eegcli.registry import EXPLANATION_KINDS, load, lookup
from eegcli.registry.explanations import UNITS

if TYPE_CHECKING:
    import pandas

MICROVOLT = "µV"
NAME = "explanation"  # of its folder in the run
TEXTS = ("axes", "band_names", "failed")  # that came later than the first version of the file
FILE, METRICS, BANDS_TABLE, CLAIMS_TABLE = "explanation.h5", "metrics.json", "bands.parquet", "claims.parquet"
DIFFERENCES_TABLE = "differences.parquet"


def _nothing() -> np.ndarray:
    """Array that a file of an earlier version does not have."""
    return np.zeros(0)


class MethodResult(Protocol):
    """Result of one method: a frozen dataclass of arrays."""

    kind: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True)
class Attribution:
    """Result of a method of the kind attribution.

    Attributes
    ----------
    values : ndarray of float32, shape (n_rows, *shape)
        Attribution of each window, shape of a raw one (n_channels, n_times); class output per µV for a gradient.
    spectrum : ndarray, shape (n_classes, n_channels, n_freqs)
        Mean amplitude spectrum of `values` over the windows of a class; of contributions, which add up to the output, those of each frequency.
        Without frequencies where windows hold no samples.
    profile : ndarray, shape (n_classes, n_channels)
        Mean absolute value of `values` over the windows of a class and over time; of maps of the scalp a value per band.
    rows : ndarray of int, shape (n_rows,)
        Which of the chosen windows; empty in files of versions that explained all of them.
    map : ndarray, shape (n_classes, *shape)
        Mean absolute value of `values` over the windows of a class.
    course : ndarray, shape (n_classes, n_times)
        Mean of `map` over channels; empty where windows hold no samples.
    subject_class : ndarray of int, shape (n_pairs, 2)
        Number of the subject, and of the class, of each row of the means of subjects that follow.
    subject_spectrum, subject_profile, subject_course : ndarray, shape (n_pairs, n_freqs), (n_pairs, n_channels), (n_pairs, n_times)
        Means of subjects: of amplitude spectra over channels, of absolute values over time, and over channels.
    """

    values: np.ndarray
    spectrum: np.ndarray
    profile: np.ndarray
    rows: np.ndarray = field(default_factory=_nothing)
    map: np.ndarray = field(default_factory=_nothing)
    course: np.ndarray = field(default_factory=_nothing)
    subject_class: np.ndarray = field(default_factory=_nothing)
    subject_spectrum: np.ndarray = field(default_factory=_nothing)
    subject_profile: np.ndarray = field(default_factory=_nothing)
    subject_course: np.ndarray = field(default_factory=_nothing)
    kind: ClassVar[str] = "attribution"

    def __repr__(self) -> str:
        return f"Attribution: {' x '.join(f'{n:,}' for n in self.values.shape)}"


@dataclass(frozen=True)
class Explanation:
    """Content of explanation.h5.

    Attributes
    ----------
    classes : tuple of str
        In the order of the network's outputs; the target's name for a continuous target.
    ch_names : tuple of str
    sfreq : float
        Hz.
    freqs : ndarray, shape (n_freqs,), Hz
    window : ndarray of int, shape (n_windows,)
        The chosen windows: rows of windows.parquet.
    class_index : ndarray of int, shape (n_windows,)
        Class for which a window was chosen.
    input_spectrum : ndarray, shape (n_classes, n_channels, n_freqs), µV
        Mean amplitude spectrum of the chosen windows themselves.
    methods : mapping of str to result
        By name of the method: an `Attribution`, or the result of another kind of `registry.EXPLANATION_KINDS`.
    units : mapping of str to str
        Units of the methods' arrays.
    input_units : str
        Of `input_spectrum`: that of the windows.
    network : ndarray of int, shape (n_windows,)
        Which of the run's networks a window was chosen for, and explained by; empty in files of versions that explained one.
    subject : ndarray of int, shape (n_windows,)
        Number of the subject of each window.
    failed : frozenset of str
        Methods that failed one of their controls: what they show is drawn grey.
    axes : tuple of str
        Of a window, as `registry.REPRESENTATIONS` names them.
    band_names : tuple of str
        Of a representation that is made of bands.
    """

    classes: tuple[str, ...]
    ch_names: tuple[str, ...]
    sfreq: float
    freqs: np.ndarray
    window: np.ndarray
    class_index: np.ndarray
    input_spectrum: np.ndarray
    methods: Mapping[str, Any]
    units: Mapping[str, str] = field(default_factory=dict)
    input_units: str = MICROVOLT
    network: np.ndarray = field(default_factory=_nothing)
    subject: np.ndarray = field(default_factory=_nothing)
    failed: frozenset[str] = frozenset()
    axes: tuple[str, ...] = ("n_chans", "n_times")
    band_names: tuple[str, ...] = ()

    @property
    def rows_named(self) -> tuple[str, ...]:
        """Names along the first axis of a window: channels, or of maps of the scalp bands."""
        return self.ch_names if self.axes[0] == "n_chans" else self.band_names

    def units_of(self, method: str) -> str:
        """Unit of a method's arrays."""
        return self.units.get(method, UNITS)

    def __repr__(self) -> str:
        of_whom = f"{counted(len(self.window), 'window')} of {', '.join(self.classes)}"
        return f"Explanation: {', '.join(self.methods)} of {of_whom}, {counted(len(self.ch_names), 'channel')}, {self.sfreq:g} Hz"


def arrays_of(result: MethodResult) -> dict[str, np.ndarray]:
    """Arrays of a result, by name."""
    return {item.name: getattr(result, item.name) for item in fields(result)}


@dataclass(frozen=True, kw_only=True)
class StoredExplanation(Explanation):
    """An explanation that is open: the arrays of explanation.h5, and what lies beside them.

    Attributes
    ----------
    path : Path
    metrics : dict
        Content of metrics.json: per method its band shares, controls, and whether it passed them (docs/artifacts.md).
    bands : StoredTable
        A row per method, class and band.
    differences : StoredTable
        A row per method, class and place: how the class differs from the others over subjects.
    claims : StoredTable
        A row per published claim; empty where none fits.
    """

    path: Path
    metrics: dict[str, Any]
    bands: StoredTable
    differences: StoredTable
    claims: StoredTable

    def frame(self) -> pandas.DataFrame:
        """The table of bands as a pandas DataFrame, as `StoredTable.frame`."""
        return self.bands.frame()

    __repr__ = Explanation.__repr__


def open_explanation(path: Path | str) -> StoredExplanation:
    """Open a finished explanation; its arrays are read into memory.

    Parameters
    ----------
    path : Path or str
        Its folder; or that of a run, for the explanation in it.

    Raises
    ------
    InputError, ArtifactError
        If it is missing, unfinished, of another kind or damaged.
    """
    path = folder.within_run(Path(path), NAME)
    folder.require(path, "explanation", FILE, METRICS, BANDS_TABLE, DIFFERENCES_TABLE, CLAIMS_TABLE)
    arrays = vars(read_explanation(path / FILE))
    bands, differences, claims = (_table(path, name) for name in (BANDS_TABLE, DIFFERENCES_TABLE, CLAIMS_TABLE))
    metrics = atomic.read_json(path / METRICS)
    return StoredExplanation(**arrays, path=path, metrics=metrics, bands=bands, differences=differences, claims=claims)


def _table(path: Path, name: str) -> StoredTable:
    """A table, empty where there was nothing to write into it; one that was written and is gone is missed by the done mark."""
    there = (path / name).exists() or name in folder.contents_of(path).sizes
    return read_table(path / name) if there else StoredTable()


def write_explanation(path: Path, explanation: Explanation) -> None:
    """Write explanation.h5: float32 but for frequencies and indices; same content, same bytes."""
    with writing_hdf5(path) as file:
        file.attrs["ch_names"] = text(explanation.ch_names)
        file.attrs["classes"] = text(explanation.classes)
        file.attrs["sfreq"] = explanation.sfreq
        usual = UNITS.replace(MICROVOLT, explanation.input_units)
        file.attrs["input_units"] = _units(explanation.input_units)
        file.attrs["attribution_units"] = _units(usual)
        file["freqs"] = explanation.freqs.astype("<f8")
        file["window"] = explanation.window.astype("<i8")
        file["class_index"] = explanation.class_index.astype("<i8")
        file["input_spectrum"] = explanation.input_spectrum.astype("<f4")
        file["network"] = explanation.network.astype("<i8")
        file["subject"] = explanation.subject.astype("<i8")
        for name in TEXTS:
            file.attrs[name] = text(sorted(explanation.failed) if name == "failed" else getattr(explanation, name))
        for name, result in sorted(explanation.methods.items()):
            group = file.create_group(f"methods/{name}")
            # What a group does not state is as in the first version of this file.
            if result.kind != Attribution.kind:
                group.attrs["kind"] = text([result.kind])
            if explanation.units_of(name) != usual:
                group.attrs["units"] = _units(explanation.units_of(name))
            for array, values in arrays_of(result).items():
                if values.dtype.kind in "USO":
                    group.attrs[array] = text(values.tolist())
                else:
                    group[array] = values.astype("<i8" if values.dtype.kind == "i" else "<f4")


def read_explanation(path: Path) -> Explanation:
    """Read explanation.h5.

    Raises
    ------
    InputError, ArtifactError
        If it is missing or damaged.
    """
    with reading_hdf5(path) as file:
        usual = _read_units(file.attrs["attribution_units"])
        return Explanation(
            classes=untext(file.attrs["classes"]),
            ch_names=untext(file.attrs["ch_names"]),
            sfreq=float(file.attrs["sfreq"]),
            freqs=file["freqs"][()],
            window=file["window"][()],
            class_index=file["class_index"][()],
            input_spectrum=file["input_spectrum"][()],
            methods={name: _read_result(group) for name, group in file["methods"].items()},
            units={
                name: _read_units(group.attrs["units"]) if "units" in group.attrs else usual
                for name, group in file["methods"].items()
                if "units" in group.attrs or usual != UNITS
            },
            input_units=_read_units(file.attrs["input_units"]),
            **_read_later(file),
        )


def _read_later(file: Any) -> dict[str, Any]:
    """Read what earlier versions of the file do not have."""
    texts = {name: untext(file.attrs[name]) for name in TEXTS if name in file.attrs}
    arrays = {name: file[name][()] for name in ("network", "subject") if name in file}
    return {**texts, **arrays, "failed": frozenset(texts.get("failed", ()))}


def _read_result(group: Any) -> MethodResult:
    kind = untext(group.attrs["kind"])[0] if "kind" in group.attrs else Attribution.kind
    result = load(EXPLANATION_KINDS[lookup("kind of explanation", kind, EXPLANATION_KINDS)].result)
    arrays = {item.name: group[item.name][()] for item in fields(result) if item.name in group}
    texts = {item.name: np.array(untext(group.attrs[item.name])) for item in fields(result) if item.name in group.attrs}
    read: MethodResult = result(**arrays, **texts)
    return read


def _read_units(stored: Any) -> str:
    return bytes(stored).decode().replace("uV", MICROVOLT)


def _units(units: str) -> np.bytes_:
    return np.bytes_(units.replace("µ", "u").encode())
