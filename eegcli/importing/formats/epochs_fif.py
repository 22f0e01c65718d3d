"""MNE's epochs, `-epo.fif`: read by MNE, whose own format it is, so many trials at a time."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.errors import InputError
from eegcli.importing.formats.contents import CHANNELS, SAMPLES, TRIALS, Contents, damaged
from eegcli.importing.labels import own_name

_TYPES = ("eeg", "ecg", "emg", "eog", "misc")


@dataclass(frozen=True)
class OfEpochs:
    """Data of epochs in V (or what the channels are in), as MNE gives them: projectors that are active are applied."""

    epochs: Any
    picks: tuple[int, ...]
    file: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Trials, channels, samples."""
        return len(self.epochs), len(self.picks), len(self.epochs.times)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of its numbers."""
        return np.dtype(np.float64)

    def take(self, axis: int, start: int, stop: int) -> np.ndarray:
        """Read a stretch of trials."""
        assert axis == 0
        try:
            data: np.ndarray = self.epochs[start:stop].get_data(picks=list(self.picks), verbose="error")
        except (OSError, ValueError, RuntimeError) as error:
            raise damaged(Path(self.file), error) from error
        return data


def open_epochs(path: Path, stack: ExitStack) -> Contents:
    """Open epochs: their EEG channels (of a file without any, all), with the names of the events and the metadata as labels.

    Raises
    ------
    InputError
        If it is damaged, or holds no epochs.
    """
    import mne

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the file's name
            epochs = mne.read_epochs(path, preload=False, verbose="error")
            epochs.drop_bad(verbose="error")
    except Exception as error:
        raise damaged(path, error) from error
    if not len(epochs):
        raise InputError(f"{path}: no epochs, or none that is not marked bad")
    types = epochs.get_channel_types()
    picks = [index for index, kind in enumerate(types) if kind == "eeg"] or list(range(len(types)))
    left = [name for index, name in enumerate(epochs.ch_names) if index not in picks]
    names = {code: name for name, code in epochs.event_id.items()}
    labels = {"event": _column([names[int(code)] for code in epochs.events[:, 2]])}
    if epochs.metadata is not None:
        for name in epochs.metadata:
            if (ours := own_name(str(name))) in labels:
                raise InputError(f"{path}: two columns of its metadata are called {ours} ({name} is one)", hint="Rename one of them.")
            labels[ours] = _column(epochs.metadata[name].tolist())
    bads = [name for name in epochs.info["bads"] if epochs.ch_names.index(name) in picks]
    return Contents(
        {"epochs": OfEpochs(epochs, tuple(picks), str(path))},
        array="epochs",
        axes=(TRIALS, CHANNELS, SAMPLES),
        ch_names=tuple(epochs.ch_names[index] for index in picks),
        ch_types=tuple(types[index] if types[index] in _TYPES else "misc" for index in picks),
        sfreq=float(epochs.info["sfreq"]),
        unit="V" if any(kind == "eeg" for kind in types) else None,
        labels=labels,
        subject=_subject(epochs.info),
        remarks=(
            *([f"channels that are no EEG are left out: {', '.join(left)}"] if left else []),
            *([f"marked bad, and kept: {', '.join(bads)}"] if bads else []),
        ),
    )


def _subject(info: Any) -> str | None:
    """Subject, as the file says it; MNE calls everybody 0 whom it has anonymised."""
    said = str((info["subject_info"] or {}).get("his_id") or "").strip()
    return None if said in ("", "0") else said


def _column(values: list[Any]) -> np.ndarray:
    from eegcli.artifacts.table import column

    return column(
        None if isinstance(value, float) and np.isnan(value) and not all(isinstance(v, float) for v in values) else value
        for value in values
    )
