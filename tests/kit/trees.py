"""Small BIDS trees that tests build: EDF, EEGLAB and BrainVision files written byte by byte, so that no reader is tested by its own writer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.io import savemat

NAMES = ("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2")
SFREQ = 128.0


def noise(n_channels: int = len(NAMES), seconds: float = 20.0, sfreq: float = SFREQ, seed: int = 0, scale: float = 20.0) -> np.ndarray:
    """Noise of `scale` µV that is smooth enough to look like an EEG."""
    white = np.random.default_rng(seed).standard_normal((n_channels, round(seconds * sfreq) + 4))
    return scale * np.stack([np.convolve(row, np.full(5, 5**-0.5), mode="valid") for row in white])


def write_edf(
    path: Path,
    data: np.ndarray,
    names: Sequence[str] = NAMES,
    sfreq: float = SFREQ,
    *,
    unit: str = "uV",
    sex: str = "X",
    span: float = 800.0,
) -> None:
    """One-second records of 16-bit samples; `data` is in `unit`, whose range is ± `span`."""
    rate, n = round(sfreq), len(names)
    n_records = data.shape[1] // rate

    def field(value: object, width: int) -> bytes:
        return str(value).encode("latin-1").ljust(width)[:width]

    header = field("0", 8) + field(f"X {sex} X X", 80) + field("Startdate X X X X", 80) + field("01.01.20", 8) + field("00.00.00", 8)
    header += field(256 * (n + 1), 8) + field("EDF+C", 44) + field(n_records, 8) + field(1, 8) + field(n, 4)
    per_channel = [(list(names), 16), ([""] * n, 80), ([unit] * n, 8), ([-span] * n, 8), ([span] * n, 8)]
    per_channel += [([-32768] * n, 8), ([32767] * n, 8), ([""] * n, 80), ([rate] * n, 8), ([""] * n, 32)]
    header += b"".join(field(value, width) for values, width in per_channel for value in values)
    digital = np.clip(np.round((data + span) / (2 * span) * 65535 - 32768), -32768, 32767).astype("<i2")
    records = digital[:, : n_records * rate].reshape(n, n_records, rate).transpose(1, 0, 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + records.tobytes())


def write_set(
    path: Path,
    data: np.ndarray,
    names: Sequence[str] = NAMES,
    sfreq: float = SFREQ,
    *,
    events: Sequence[tuple[float, str]] = (),
    trials: int = 1,
) -> None:
    """EEGLAB's one-file format: float32, events as (seconds, type)."""
    labels = np.zeros(len(names), dtype=[("labels", object)])
    labels["labels"] = list(names)
    marks = np.zeros(len(events), dtype=[("type", object), ("latency", object), ("duration", object)])
    for row, (onset, kind) in zip(marks, events, strict=True):
        row["type"], row["latency"], row["duration"] = kind, onset * sfreq + 1, 0.0
    pnts = data.shape[1] // trials
    stored = data[:, : pnts * trials].astype(np.float32)
    if trials > 1:
        stored = stored.reshape(len(names), trials, pnts).transpose(0, 2, 1)
    empty = np.zeros((0, 0))
    eeg = {"setname": "test", "nbchan": len(names), "trials": trials, "pnts": pnts, "srate": sfreq, "xmin": 0.0, "xmax": pnts / sfreq}
    eeg |= {"data": stored, "chanlocs": labels, "event": marks if len(events) else empty, "icawinv": empty, "icasphere": empty}
    eeg |= {"icaweights": empty, "icaact": empty, "epoch": empty, "chaninfo": {"nosedir": "+X"}, "ref": "common"}
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"EEG": eeg}, appendmat=False)


def write_vhdr(path: Path, data: np.ndarray, names: Sequence[str] = NAMES, sfreq: float = SFREQ) -> None:
    """BrainVision: header, float32 samples in µV, one marker."""
    path.parent.mkdir(parents=True, exist_ok=True)
    base = path.name.removesuffix(".vhdr")
    channels = "".join(f"Ch{i}={name},,1,µV\n" for i, name in enumerate(names, start=1))
    path.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={base}.eeg\nMarkerFile={base}.vmrk\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\n"
        f"NumberOfChannels={len(names)}\nSamplingInterval={1e6 / sfreq:g}\n[Binary Infos]\nBinaryFormat=IEEE_FLOAT_32\n"
        f"[Channel Infos]\n{channels}",
        encoding="utf-8",
    )
    path.with_suffix(".vmrk").write_text(
        f"Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\nCodepage=UTF-8\nDataFile={base}.eeg\n"
        "[Marker Infos]\nMk1=New Segment,,1,1,0\nMk2=Stimulus,S  1,257,1,0\n",
        encoding="utf-8",
    )
    path.with_suffix(".eeg").write_bytes(data.T.astype("<f4").tobytes())


WRITERS = {".edf": write_edf, ".set": write_set, ".vhdr": write_vhdr}


def tsv(path: Path, text: str) -> None:
    """A TSV written with single spaces for tabs, a line per row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line.strip().replace(" ", "\t") + "\n" for line in text.strip().splitlines()), encoding="utf-8")


def describe(root: Path, name: str = "toy") -> None:
    """dataset_description.json."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "dataset_description.json").write_text(json.dumps({"Name": name, "BIDSVersion": "1.9.0"}), encoding="utf-8")


def make_tree(
    root: Path,
    subjects: Sequence[str] = ("01", "02", "03"),
    *,
    extension: str = ".edf",
    task: str = "rest",
    seed: int = 0,
    **options: object,
) -> Path:
    """A data set with one recording of 20 s per subject, alternately F and M."""
    describe(root)
    tsv(
        root / "participants.tsv", "participant_id sex age\n" + "\n".join(f"sub-{s} {'FM'[i % 2]} {20 + i}" for i, s in enumerate(subjects))
    )
    for offset, subject in enumerate(subjects):
        WRITERS[extension](recording(root, subject, extension, task), noise(seed=seed + offset), **options)
    return root


def recording(root: Path, subject: str, extension: str = ".edf", task: str = "rest") -> Path:
    """Path at which `make_tree` puts a subject's recording."""
    return root / f"sub-{subject}" / "eeg" / f"sub-{subject}_task-{task}_eeg{extension}"


def dangling(path: Path, size: int = 105_079_776) -> None:
    """A link to an annexed file that is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = f"SHA256E-s{size}--{'ab' * 32}{path.suffix}"
    path.symlink_to(Path("../../.git/annex/objects/FV/gX") / key / key)
