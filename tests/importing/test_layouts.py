"""Twelve layouts and more in which people have trials, each written by another program: values, order, unit, labels as they were."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eegcli.artifacts.windows import open_windows
from tests.kit.commands import eegcli
from tests.kit.matlab import write_mat73

MICROVOLT = 20.0  # the spread of an EEG


@dataclass(frozen=True)
class Layout:
    """Command line of an import, and what it has to give."""

    arguments: list[Any]
    x: np.ndarray  # (n, n_channels, n_times), as stored
    columns: dict[str, list[Any]] = field(default_factory=dict)
    ch_names: tuple[str, ...] | None = None
    units: str = "uV"
    sfreq: float = 128.0


def eeg(*shape: int, seed: int = 0, dtype: str = "f4") -> np.ndarray:
    return (MICROVOLT * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def npz_of_x_and_y(folder: Path) -> Layout:
    x, y = eeg(12, 3, 64), np.arange(12) % 3
    np.savez(folder / "a.npz", X=x, y=y, sfreq=128.0, ch_names=["Fz", "Cz", "Pz"], subject=np.repeat([4, 7], 6))
    return Layout(["a.npz"], x, {"y": y.tolist(), "subject": ["4"] * 6 + ["7"] * 6}, ("Fz", "Cz", "Pz"))


def compressed_npz_in_volts_with_trials_last(folder: Path) -> Layout:
    x = eeg(30, 3, 640, dtype="f8")
    classes = np.array([b"left", b"right"])[np.arange(30) % 2]
    np.savez_compressed(folder / "a.npz", trials=np.asfortranarray(x.transpose(1, 2, 0) / 1e6), label=classes)
    arguments = ["a.npz", "--sfreq", 128, "--channels", "Fz,Cz,Pz"]
    return Layout(arguments, x.astype("f4"), {"label": [["left", "right"][i % 2] for i in range(30)]}, ("Fz", "Cz", "Pz"))


def npy_beside_a_table(folder: Path) -> Layout:
    x = eeg(6, 2, 64)
    np.save(folder / "trials.npy", x)
    rows = [("01", "go", 0.31), ("01", "nogo", 0.42), ("01", "go", 0.5), ("02", "nogo", 0.61), ("02", "go", 0.7), ("02", "go", 0.8)]
    (folder / "labels.tsv").write_text("participant_id\tcondition\trt\n" + "".join(f"sub-{a}\t{b}\t{c}\n" for a, b, c in rows))
    arguments = ["trials.npy", "--labels", "labels.tsv", "--sfreq", 128, "--channels", "C3,C4"]
    subject, condition, rt = (list(column) for column in zip(*rows, strict=True))
    return Layout(arguments, x, {"subject": subject, "condition": condition, "rt": rt}, ("C3", "C4"))


def mat5_like_bci_iv_2a(folder: Path) -> Layout:
    from scipy.io import savemat

    x, y = eeg(8, 22, 250, dtype="f8"), np.arange(8) % 4 + 1
    savemat(folder / "A01T.mat", {"data": x.transpose(2, 1, 0), "label": y[:, None]}, do_compression=True)
    arguments = ["A01T.mat", "--sfreq", 250, "--length", 1, "--label-offset", -1, "--pattern", "A{subject}T.mat"]
    return Layout(arguments, x.astype("f4"), {"label": (y - 1).tolist(), "subject": ["01"] * 8}, sfreq=250.0)


def mat73_triple_of_hbn(folder: Path) -> Layout:
    names = tuple(f"E{number}" for number in range(24))
    parts, columns = [], {name: [] for name in ("subject", "sex", "age", "handedness", "split")}
    for number, (which, n) in enumerate((("test", 5), ("train", 9), ("val", 7))):
        x = eeg(n, 24, 256, seed=number)
        people = [f"NDAR{which.upper()}{row // 3:03d}" for row in range(n)]
        cell = np.empty((n, 4), dtype=object)
        for row, person in enumerate(people):
            cell[row] = [person, float(row % 2), 6.5 + row, -50.0]
        (folder / "hbn" / which).mkdir(parents=True)
        write_mat73(folder / "hbn" / which / f"X_{which}.mat", {f"X_{which}": x.transpose(1, 2, 0)}, compression="gzip")
        write_mat73(folder / "hbn" / which / f"Y_{which}.mat", {f"Y_{which}": cell})
        parts.append(x)
        columns["subject"] += people
        columns["sex"] += [row % 2 for row in range(n)]
        columns["age"] += [6.5 + row for row in range(n)]
        columns["handedness"] += [-50] * n
        columns["split"] += [{"val": "validation"}.get(which, which)] * n
    arguments = ["hbn", "--sfreq", 128, "--channels", ",".join(names), "--label-columns", "subject,sex,age,handedness"]
    return Layout(arguments, np.concatenate(parts), columns, names)


def four_npz_of_bci_iii_iiib(folder: Path) -> Layout:
    parts, columns = [], {name: [] for name in ("subject", "split", "label")}
    stored = {}
    for number, (subject, which) in enumerate((("S4b", "test"), ("S4b", "train"), ("X11b", "test"), ("X11b", "train"))):
        x, y = eeg(6, 750, 2, seed=number, dtype="f8") + 3, np.arange(6) % 2 + 1
        if subject == "S4b":
            x[2, 100:160, 1] = np.nan
        np.savez(folder / f"{subject}_{which}.npz", signal=x, label=y)
        stored[subject, which] = x
        columns["subject"] += [subject] * 6
        columns["split"] += [which] * 6
        columns["label"] += (y - 1).tolist()
    # The published loader: both subjects together, then the mean of all values of the set.
    means = {which: np.nanmean(np.concatenate([stored["S4b", which], stored["X11b", which]])) for which in ("train", "test")}
    for (_, which), x in stored.items():
        parts.append(np.where(np.isnan(x), means[which], x).transpose(0, 2, 1).astype("f4"))
    files = [f"{subject}_{which}.npz" for subject, which in stored]
    arguments = [*files, "--sfreq", 125, "--channels", "C3,C4", "--pattern", "{subject}_{split}.npz", "--label-offset", -1, "--nan", "mean"]
    return Layout(arguments, np.concatenate(parts), columns, ("C3", "C4"), sfreq=125.0)


def npy_with_an_axis_of_one(folder: Path) -> Layout:
    x, y = eeg(44, 64, 512), np.arange(44) % 2
    np.save(folder / "X.npy", x[:, None])
    np.save(folder / "y.npy", np.eye(2)[y])  # one-hot
    arguments = ["X.npy", "y.npy", "--sfreq", 256, "--axes", "trials,1,channels,samples"]
    return Layout(arguments, x, {"y": y.tolist(), "subject": [None] * 44}, sfreq=256.0)


def csv_of_an_ecg(folder: Path) -> Layout:
    x = np.random.default_rng(0).uniform(0, 1, (12, 600)).round(6)
    emotion = [0, 0, 1, 1, 5, 5, 2, 2, 3, 3, 4, 4]
    lines = [f"{value:.6f},{label}" for row, label in zip(x, emotion, strict=True) for value in row]
    (folder / "ecg.csv").write_text("signal,label\n" + "\n".join(lines) + "\n")
    arguments = ["ecg.csv", "--sfreq", 300, "--reshape", "12x600", "--channels", "ECG", "--channel-type", "ecg"]
    return Layout(arguments, x[:, None].astype("f4"), {"label": emotion}, ("ECG",), units="arbitrary", sfreq=300.0)


def epochs_of_mne(folder: Path) -> Layout:
    import mne

    x = eeg(10, 3, 129, dtype="f8")
    info = mne.create_info(["Fz", "Cz", "Pz", "HEOG"], 128.0, ["eeg", "eeg", "eeg", "eog"])
    events = np.column_stack([np.arange(10) * 200, np.zeros(10, int), np.arange(10) % 2 + 1])
    data = np.concatenate([x / 1e6, np.ones((10, 1, 129))], axis=1)
    mne.EpochsArray(data, info, events, event_id={"rare": 1, "frequent": 2}, verbose="error").save(
        folder / "oddball-epo.fif", fmt="double", verbose="error"
    )
    return Layout(["oddball-epo.fif"], x.astype("f4"), {"event": [["rare", "frequent"][i % 2] for i in range(10)]}, ("Fz", "Cz", "Pz"))


def _eeglab(x: np.ndarray) -> tuple[dict[str, Any], list[str], list[dict[str, Any]], list[dict[str, Any]]]:
    """Fields of an epoched data set: each epoch has a key press 50 ms before the event at its time 0."""
    n, n_channels, n_times = x.shape
    kinds = [["standard", "target"][number % 2] for number in range(n)]
    events = [
        {"type": kind, "latency": number * n_times + 32.0 + shift, "epoch": float(number + 1)}
        for number, name in enumerate(kinds)
        for kind, shift in (("press", -5.0), (name, 1.0))
    ]
    header = {"nbchan": float(n_channels), "pnts": float(n_times), "trials": float(n), "srate": 128.0, "xmin": -32 / 128, "setname": "x"}
    return header, kinds, events, [{"labels": f"C{number}", "type": "EEG"} for number in range(n_channels)]


def set_of_matlab_5(folder: Path) -> Layout:
    from scipy.io import savemat

    x = eeg(6, 3, 96)
    header, kinds, events, places = _eeglab(x)
    as_structures = {"event": np.array([tuple(e.values()) for e in events], dtype=[("type", "O"), ("latency", "O"), ("epoch", "O")])}
    as_structures["chanlocs"] = np.array([tuple(p.values()) for p in places], dtype=[("labels", "O"), ("type", "O")])
    savemat(folder / "e.mat", {"EEG": {**header, "data": x.transpose(1, 2, 0), **as_structures}})
    (folder / "e.mat").rename(folder / "e.set")
    return Layout(["e.set"], x, {"event": kinds}, ("C0", "C1", "C2"))


def set_with_samples_beside(folder: Path) -> Layout:
    from scipy.io import savemat

    x = eeg(6, 3, 96)
    header, kinds, events, places = _eeglab(x)
    as_structures = {"event": np.array([tuple(e.values()) for e in events], dtype=[("type", "O"), ("latency", "O"), ("epoch", "O")])}
    as_structures["chanlocs"] = np.array([tuple(p.values()) for p in places], dtype=[("labels", "O"), ("type", "O")])
    savemat(folder / "e.mat", {**header, "data": "before-renaming.fdt", **as_structures}, do_compression=True)
    (folder / "e.mat").rename(folder / "e.set")
    x.transpose(1, 2, 0).ravel(order="F").astype("<f4").tofile(folder / "e.fdt")
    return Layout(["e.set"], x, {"event": kinds}, ("C0", "C1", "C2"))


def set_of_matlab_73(folder: Path) -> Layout:
    x = eeg(6, 3, 96)
    header, kinds, events, places = _eeglab(x)
    fields = {
        "event": {name: [event[name] for event in events] for name in events[0]},
        "chanlocs": {name: [place[name] for place in places] for name in places[0]},
    }
    write_mat73(folder / "e.set", {"EEG": {**header, "data": x.transpose(1, 2, 0), **fields}})
    return Layout(["e.set"], x, {"event": kinds}, ("C0", "C1", "C2"))


def parquet_with_a_row_per_sample(folder: Path) -> Layout:
    import pandas

    x = eeg(7, 3, 50, dtype="f8")
    frame = pandas.DataFrame(x.transpose(0, 2, 1).reshape(-1, 3), columns=["Fz", "Cz", "Pz"])
    frame["trial"], frame["stimulus"] = np.repeat(np.arange(7) * 10, 50), np.repeat([f"s{number % 3}" for number in range(7)], 50)
    frame["participant"] = np.repeat(["a", "a", "a", "b", "b", "c", "c"], 50)
    frame.to_parquet(folder / "long.parquet")
    columns = {"stimulus": [f"s{number % 3}" for number in range(7)], "subject": ["a", "a", "a", "b", "b", "c", "c"]}
    return Layout(["long.parquet", "--sfreq", 128], x.astype("f4"), columns, ("Fz", "Cz", "Pz"))


def csv_with_a_row_per_trial(folder: Path) -> Layout:
    x = eeg(9, 1, 178).round(3)
    head = ",".join(f"X{number}" for number in range(178))
    lines = [",".join([*(f"{value:.3f}" for value in row[0]), str(number % 5 + 1)]) for number, row in enumerate(x)]
    (folder / "seizures.csv").write_text(f"{head},y\n" + "\n".join(lines) + "\n")
    arguments = ["seizures.csv", "--sfreq", 173.61, "--channels", "Cz"]
    return Layout(arguments, x, {"y": [number % 5 + 1 for number in range(9)]}, ("Cz",), sfreq=173.61)


def _pickled(folder: Path, n_samples: int) -> Layout:
    parts, columns = [], {name: [] for name in ("subject", "valence", "arousal", "dominance", "liking")}
    (folder / "deap").mkdir()
    for number in (1, 2):
        data, ratings = eeg(4, 40, n_samples, seed=number, dtype="f8"), np.random.default_rng(number).uniform(1, 9, (4, 4)).round(2)
        (folder / "deap" / f"s{number:02d}.dat").write_bytes(python2_pickle({"data": data, "labels": ratings}))
        parts.append(data[:, :32].astype("f4"))
        columns["subject"] += [f"s{number:02d}"] * 4
        for index, name in enumerate(("valence", "arousal", "dominance", "liking")):
            columns[name] += ratings[:, index].tolist()
    return Layout(["deap"], np.concatenate(parts), columns)


def pickles_of_deap(folder: Path) -> Layout:
    return _pickled(folder, 8064)


def pickles_like_mahnob(folder: Path) -> Layout:
    return _pickled(folder, 16_128)


def python2_pickle(arrays: dict[str, np.ndarray]) -> bytes:
    """Bytes that Python 2's cPickle writes of arrays: protocol 2, module numpy.core, contents as byte strings."""
    import struct

    def text(value: str) -> bytes:
        return b"U" + bytes([len(value)]) + value.encode()

    def array(value: np.ndarray) -> bytes:
        content = value.tobytes()
        sizes = b"(" + b"".join(b"M" + struct.pack("<H", size) for size in value.shape) + b"t"
        kind = b"cnumpy\ndtype\n" + text("f8") + b"K\x00K\x01\x87R(K\x03" + text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text("b") + b"\x87R"
        return empty + b"(K\x01" + sizes + kind + b"\x89T" + struct.pack("<i", len(content)) + content + b"tb"

    whole = b"\x80\x02}(" + b"".join(text(name) + array(value) for name, value in arrays.items()) + b"u."
    read = pickle.loads(whole, encoding="latin1")  # Python's own reader is the judge
    assert all(np.array_equal(read[name], value) for name, value in arrays.items())
    return whole


LAYOUTS: list[Callable[[Path], Layout]] = [
    npz_of_x_and_y,
    compressed_npz_in_volts_with_trials_last,
    npy_beside_a_table,
    mat5_like_bci_iv_2a,
    mat73_triple_of_hbn,
    four_npz_of_bci_iii_iiib,
    npy_with_an_axis_of_one,
    csv_of_an_ecg,
    epochs_of_mne,
    set_of_matlab_5,
    set_with_samples_beside,
    set_of_matlab_73,
    parquet_with_a_row_per_sample,
    csv_with_a_row_per_trial,
    pickles_of_deap,
    pickles_like_mahnob,
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_values_order_unit_and_labels_are_those_that_were_written(layout, tmp_path):
    wanted = layout(tmp_path)
    done = eegcli("import", *wanted.arguments, "-o", "windows", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    windows = open_windows(tmp_path / "windows")
    assert windows.x.shape == wanted.x.shape
    np.testing.assert_allclose(windows.x, wanted.x, rtol=3e-7, atol=1e-6)
    assert (windows.units, windows.sfreq) == (wanted.units, wanted.sfreq)
    assert json.loads(done.stdout)["data"]["n_windows"] == len(wanted.x)
    if wanted.ch_names is not None:
        assert windows.ch_names == wanted.ch_names
    for name, values in wanted.columns.items():
        assert (
            windows.table[name].tolist() == pytest.approx(values)
            if isinstance(values[0], float)
            else windows.table[name].tolist() == values
        ), name
    assert windows.table["trial"].tolist()[:3] == [0, 1, 2]


def test_an_ecg_is_declared_as_such(tmp_path):
    eegcli("import", *csv_of_an_ecg(tmp_path).arguments, "-o", "ecg", cwd=tmp_path, check=True)
    assert open_windows(tmp_path / "ecg").ch_types == ("ecg",)


def test_the_whole_ecg_of_the_question(tmp_path):
    """5,616,000 rows, one value and one label a row."""
    labels = np.repeat(np.tile([0, 0, 1, 1, 5, 5, 2, 2, 3, 3, 4, 4], 26), 18_000)
    values = np.random.default_rng(1).integers(0, 1000, len(labels))
    with (tmp_path / "ecg.csv").open("w") as file:
        file.write("value,label\n")
        for start in range(0, len(labels), 1_000_000):
            pairs = zip(values[start : start + 1_000_000].tolist(), labels[start : start + 1_000_000].tolist(), strict=True)
            file.write("".join(f"{value},{label}\n" for value, label in pairs))
    arguments = ["--reshape", "312x18000", "--sfreq", 300, "--channels", "ECG", "--channel-type", "ecg"]
    eegcli("import", "ecg.csv", *arguments, cwd=tmp_path, check=True)
    windows = open_windows(tmp_path / "ecg-windows")
    assert windows.x.shape == (312, 1, 18_000)
    assert windows.x.ravel().tolist()[::99_991] == values[::99_991].tolist()
    assert windows.table["label"].tolist() == labels[::18_000].tolist()
