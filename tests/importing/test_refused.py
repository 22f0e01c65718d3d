"""Refusals of import: what could be read in two ways, or is broken, or would run code, is one line with what to do, and code 3."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.importing.formats.unpickler import read_pickle
from tests.importing import test_layouts as layouts
from tests.importing.test_layouts import _eeglab, eeg, python2_pickle
from tests.kit.commands import eegcli
from tests.kit.matlab import element, variable, write_mat5, write_mat73

KNOWN = ("--sfreq", 128, "--channels", "Fz,Cz,Pz")


def refused(folder: Path, *arguments: Any, code: int = 3) -> str:
    """Error line of an import that is refused, and leaves nothing behind."""
    done = eegcli("import", *arguments, "-o", "never", cwd=folder)
    assert done.returncode == code, done.stderr
    assert done.stdout == "" and not (folder / "never").exists()
    lines = [line for line in done.stderr.splitlines() if " error: " in line]
    assert len(lines) == 1
    return lines[0]


def test_axes_that_can_be_read_in_several_ways_are_named_with_the_flag(tmp_path):
    np.savez(tmp_path / "a.npz", X=eeg(40, 24, 256), y=np.arange(40) % 2)
    said = refused(tmp_path, "a.npz", "--sfreq", 128)
    assert (
        "40 x 24 x 256" in said
        and "trials,channels,samples or trials,samples,channels" in said
        and "--axes trials,channels,samples" in said
    )
    np.save(tmp_path / "b.npy", eeg(1044, 1, 64, 512)[:10])
    assert "--axes" in refused(tmp_path, "b.npy", "--sfreq", 256)


@pytest.mark.parametrize(
    "telling", [("--channels", ",".join(f"E{n}" for n in range(24))), ("--length", 2), ("--axes", "trials,channels,samples")]
)
def test_each_of_three_things_tells_the_axes(telling, tmp_path):
    np.savez(tmp_path / "a.npz", X=eeg(40, 24, 256), y=np.arange(40) % 2)
    assert eegcli("import", "a.npz", "--sfreq", 128, *telling, cwd=tmp_path).returncode == 0


def test_a_square_array_is_never_guessed(tmp_path):
    np.savez(tmp_path / "a.npz", X=eeg(64, 64, 64), y=np.arange(64) % 2)
    said = refused(tmp_path, "a.npz", "--sfreq", 64, "--length", 1)
    assert said.count("trials,") >= 2


def test_what_does_not_fit_the_axes_that_are_given(tmp_path):
    np.savez(tmp_path / "a.npz", X=eeg(40, 3, 256), y=np.arange(40) % 2)
    assert "3 trials, but 40 labels" in refused(tmp_path, "a.npz", *KNOWN[:2], "--axes", "channels,trials,samples")
    assert "3 channels, but 2 names" in refused(tmp_path, "a.npz", "--sfreq", 128, "--channels", "a,b", "--axes", "trials,channels,samples")
    assert "Name each axis once" in refused(tmp_path, "a.npz", "--sfreq", 128, "--axes", "trials,samples")
    assert "drops an axis that is longer than 1" in refused(tmp_path, "a.npz", "--sfreq", 128, "--axes", "trials,1,samples")
    assert refused(tmp_path, "a.npz", "--sfreq", 128, "--axes", "trials,time", code=2)


def test_a_rate_that_nobody_says(tmp_path):
    np.savez(tmp_path / "a.npz", X=eeg(40, 3, 256))
    assert "nothing says the sampling frequency" in (said := refused(tmp_path, "a.npz", "--channels", "a,b,c")) and "--sfreq" in said
    np.savez(tmp_path / "b.npz", X=eeg(40, 3, 256), fs=250)
    assert "says 250 Hz, --sfreq says 128" in refused(tmp_path, "b.npz", *KNOWN)


def test_two_arrays_and_none(tmp_path):
    np.savez(tmp_path / "a.npz", left=eeg(40, 3, 256), right=eeg(40, 3, 256), y=np.arange(40) % 2)
    said = refused(tmp_path, "a.npz", *KNOWN)
    assert "left (40 x 3 x 256), right (40 x 3 x 256)" in said and "--array left" in said
    assert eegcli("import", "a.npz", *KNOWN, "--array", "right", cwd=tmp_path).returncode == 0
    assert "no variable middle" in refused(tmp_path, "a.npz", *KNOWN, "--array", "middle")
    np.savez(tmp_path / "b.npz", y=np.arange(40))
    assert "no array of trials in it" in refused(tmp_path, "b.npz", *KNOWN)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (eeg(8, 3, 64).astype(complex), "complex numbers"),
        (np.zeros((8, 3, 64), bool), "truth values"),
        (np.zeros((8, 3, 64), "U3"), "no array of trials|texts"),
        (np.zeros((0, 3, 64)), "no trials|fits no order"),
    ],
    ids=["complex", "truth", "text", "empty"],
)
def test_what_is_no_signal(content, said, tmp_path):
    import re

    np.save(tmp_path / "a.npy", content)
    assert re.search(said, refused(tmp_path, "a.npy", *KNOWN, "--unit", "uV"))


def test_labels_of_another_length(tmp_path):
    np.save(tmp_path / "X.npy", eeg(40, 3, 256))
    np.save(tmp_path / "y.npy", np.arange(39))
    assert "39 labels" in refused(tmp_path, "X.npy", *KNOWN)
    (tmp_path / "t.tsv").write_text("go\n" + "a\n" * 41)
    assert "41 labels" in refused(tmp_path, "X.npy", *KNOWN, "--labels", "t.tsv")


def test_values_that_are_not_finite(tmp_path):
    x = eeg(8, 3, 64)
    x[5, 1, 9] = np.nan
    np.savez(tmp_path / "a.npz", X=x, y=np.arange(8) % 2)
    assert "trial 6 holds values that are not finite (channel Cz)" in (said := refused(tmp_path, "a.npz", *KNOWN)) and "--nan drop" in said
    done = eegcli("import", "a.npz", *KNOWN, "--nan", "drop", "-o", "dropped", cwd=tmp_path, check=True)
    windows = open_windows(tmp_path / "dropped")
    assert windows.table["trial"].tolist() == [0, 1, 2, 3, 4, 6, 7] and "1 of 8 trials are left out" in done.stderr
    np.testing.assert_array_equal(windows.x, np.delete(x, 5, axis=0))
    assert windows.table["segment_count"].tolist() == [7] * 7
    assert read_table(tmp_path / "dropped" / "left-out.parquet")["n_windows"].tolist() == [1]
    np.savez(tmp_path / "b.npz", X=np.full((8, 3, 64), np.nan), y=np.arange(8))
    assert "flat or not finite" in refused(tmp_path, "b.npz", *KNOWN, "--nan", "drop")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".mat", ".set", ".fif", ".parquet", ".dat", ".csv"])
@pytest.mark.parametrize("content", [b"", b"This is a text and no array.\n" * 40], ids=["empty", "text"])
def test_files_that_are_none(suffix, content, tmp_path):
    (tmp_path / f"a{suffix}").write_bytes(content)
    assert f"a{suffix}" in refused(tmp_path, f"a{suffix}", *KNOWN)


def _written(folder: Path, suffix: str) -> Path:
    x = eeg(20, 3, 600, dtype="f8")
    path = folder / f"a{suffix}"
    if suffix == ".npy":
        np.save(path, x)
    elif suffix == ".npz":
        np.savez(path, X=x)
    elif suffix == ".mat":
        from scipy.io import savemat

        savemat(path, {"X": x.transpose(1, 2, 0)}, do_compression=True)
    elif suffix == ".parquet":
        import pandas

        pandas.DataFrame(x.transpose(0, 2, 1).reshape(-1, 3), columns=list("abc")).assign(trial=np.repeat(np.arange(20), 600)).to_parquet(
            path
        )
    else:
        path.write_bytes(python2_pickle({"data": eeg(4, 40, 800, dtype="f8"), "labels": np.ones((4, 4))}))
    return path


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".mat", ".parquet", ".dat"])
def test_truncated_files(suffix, tmp_path):
    path = _written(tmp_path, suffix)
    whole = path.read_bytes()
    for share in (0.02, 0.5, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        refused(tmp_path, path.name, "--sfreq", 128)


def test_a_flipped_bit_in_an_archive_is_noticed(tmp_path):
    np.savez(tmp_path / "a.npz", X=eeg(40, 24, 1024), y=np.arange(40) % 2)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    assert "checksum" in refused(tmp_path, "a.npz", "--sfreq", 128, "--axes", "trials,channels,samples")


def test_axes_that_a_format_says_are_not_said_otherwise(tmp_path):
    layouts.epochs_of_mne(tmp_path)
    assert "its format says the axes" in refused(tmp_path, "oddball-epo.fif", "--axes", "channels,trials,samples")


def test_no_mean_of_nothing(tmp_path):
    for name, x in (("a_train", eeg(8, 3, 64)), ("a_test", np.full((8, 3, 64), np.nan))):
        np.savez(tmp_path / f"{name}.npz", X=x, y=np.arange(8) % 2)
    assert "no value of the test set is finite" in refused(tmp_path, "a_train.npz", "a_test.npz", *KNOWN, "--nan", "mean")


def test_a_set_that_is_continuous_is_no_trials(tmp_path):
    from scipy.io import savemat

    header, *_ = _eeglab(eeg(1, 3, 96))
    savemat(tmp_path / "e.mat", {"EEG": {**header, "data": eeg(3, 96)}})
    (tmp_path / "e.mat").rename(tmp_path / "e.set")
    assert "not cut into epochs" in refused(tmp_path, "e.set")


def test_a_label_that_changes_inside_a_record(tmp_path):
    labels = np.repeat([0, 1, 0], 50)
    labels[70] = 0
    (tmp_path / "ecg.csv").write_text("value,label\n" + "".join(f"{n % 7},{label}\n" for n, label in enumerate(labels)))
    said = refused(tmp_path, "ecg.csv", "--sfreq", 300, "--reshape", "3x50", "--channels", "ECG", "--channel-type", "ecg")
    assert "label changes inside record 2, from 1 to 0 at its sample 21" in said
    assert "makes 200 values, there are 150" in refused(tmp_path, "ecg.csv", "--sfreq", 300, "--reshape", "4x50")


def test_rows_of_a_trial_that_are_apart_or_of_other_lengths(tmp_path):
    def written(trials: list[int]) -> None:
        (tmp_path / "t.csv").write_text("Fz,trial\n" + "".join(f"{n}.5,{trial}\n" for n, trial in enumerate(trials)))

    written([1] * 20 + [2] * 20 + [1] * 20)
    assert "rows of trial 1 do not follow each other" in refused(tmp_path, "t.csv", "--sfreq", 10)
    written([1] * 20 + [2] * 21)
    assert "trial 2 has 21 rows, trial 1 has 20" in refused(tmp_path, "t.csv", "--sfreq", 10)


# -- what would run code, or never end ------------------------------------------------------------------------------------------------------


class Touching:
    """Object whose pickle runs a function of the system."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def _hostile(folder: Path) -> dict[str, bytes]:
    mark = str(folder / "touched")
    array = np.zeros((2, 40, 64))
    nested = b"\x80\x02}(U\x04datacbuiltins\ngetattr\n(cnumpy\nndarray\nU\x05dumpstR."
    bomb = b"\x80\x02(" + b"".join(b"(h%c" % n * 10 + b"tq%c" % (n + 1) if n else b"(K\x01tq\x01" for n in range(40)) + b"t."
    as_key = b"\x80\x02}(" + b"(K\x01tq\x00" + b"".join(b"(h%ch%ctq%c" % (n, n, n + 1) for n in range(60)) + b"K\x01u."
    huge = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n\x8a\x06\xff\xff\xff\xff\xff\x00\x85U\x01b\x87R."
    claimed = python2_pickle({"data": np.zeros((1, 40, 64)), "labels": np.ones((1, 4))}).replace(b"M\x40\x00t", b"M\xff\xfft", 1)
    return {
        "system": pickle.dumps({"data": Touching(os.system, f"touch {mark}"), "labels": 1}),
        "eval": pickle.dumps({"data": Touching(eval, f"open({mark!r}, 'w')"), "labels": 1}),
        "exec in a list": pickle.dumps([array, [Touching(exec, f"open({mark!r}, 'w')")]]),
        "getattr of an array": nested,
        "module by name": pickle.dumps({"data": os.path.join, "labels": array}),
        "numpy's own loader": pickle.dumps({"data": Touching(np.load, mark), "labels": 1}),
        "objects in an array": pickle.dumps({"data": np.array([Touching(os.system, f"touch {mark}")], dtype=object)}),
        "a reduce in a reduce": pickle.dumps(Touching(os.system, Touching(str, f"touch {mark}"))),
        "protocol 0": pickle.dumps(Touching(os.system, f"touch {mark}"), protocol=0),
        "tuples that double": bomb,
        "a key that doubles": as_key,
        "an array without end": huge,
        "an array larger than its values": claimed,
        "a text without end": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
        "a memo without end": b"\x80\x02K\x01r\xff\xff\xff\x7f.",
        "an extension": b"\x80\x02\x82\x01.",
        "a persistent id": b"\x80\x02U\x01aQ.",
        "an instance": b"(ios\nsystem\n.",
        "an object": b"(cos\nsystem\no.",
        "a new object": b"\x80\x02cos\nsystem\n)\x81.",
        "a state of a dict": b"\x80\x02}}b.",
    }


HOSTILE = list(_hostile(Path("x")))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_pickle_that_asks_for_more_than_arrays_is_refused_unread(name, tmp_path):
    import time

    (tmp_path / "s01.dat").write_bytes(_hostile(tmp_path)[name])
    before = time.process_time()
    said = refused(tmp_path, "s01.dat", "--sfreq", 128)
    assert time.process_time() - before < 20
    assert not (tmp_path / "touched").exists()
    assert "s01.dat" in said


def test_every_array_that_python_pickles_is_read_as_python_reads_it(tmp_path):
    arrays = {
        "a": eeg(3, 4, 5),
        "b": np.asfortranarray(eeg(3, 4)),
        "c": np.arange(6, dtype=">i2"),
        "d": np.array([True, False]),
        "e": np.zeros((0, 3)),
    }
    for protocol in range(2, 6):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps({**arrays, "name": "x", "rate": 1.5, "list": [1, 2]}, protocol=protocol))
        read = read_pickle(tmp_path / "a.pkl")
        assert (read["name"], read["rate"], read["list"]) == ("x", 1.5, [1, 2])
        for key, value in arrays.items():
            assert read[key].array.dtype == value.dtype
            np.testing.assert_array_equal(read[key].array, value)


@pytest.mark.parametrize("compressed", [False, True])
def test_objects_in_an_npz_are_not_loaded(compressed, tmp_path):
    mark = tmp_path / "touched"
    save = np.savez_compressed if compressed else np.savez
    save(tmp_path / "a.npz", X=np.array([Touching(os.system, f"touch {mark}"), 1], dtype=object))
    assert "Python objects" in refused(tmp_path, "a.npz", *KNOWN)
    save(tmp_path / "b.npz", X=eeg(2, 3, 64), y=np.array([Touching(os.system, f"touch {mark}"), 1], dtype=object))
    assert "y holds Python objects" in refused(tmp_path, "b.npz", *KNOWN)
    assert not mark.exists()


def test_an_npy_whose_header_is_code_is_not_run(tmp_path):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': (__import__('os').system('touch {tmp_path / 'touched'}'),), }}\n".encode()
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(800))
    refused(tmp_path, "a.npy", *KNOWN)
    assert not (tmp_path / "touched").exists()


def test_a_zip_that_names_a_file_elsewhere_writes_none(tmp_path):
    content = io.BytesIO()
    np.save(content, eeg(40, 24, 1024))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../escaped.npy", content.getvalue())
    eegcli("import", "a.npz", "--sfreq", 128, "--axes", "trials,channels,samples", "-o", "w", cwd=tmp_path, check=True)
    assert not list(tmp_path.parent.glob("escaped*")) and not list(tmp_path.parent.parent.glob("escaped*"))


@pytest.mark.parametrize(
    ("matlab_class", "body", "said"),
    [
        (16, element(14, b""), "a function"),
        (3, element(1, b"inline"), "an object"),
        (17, element(1, b"MCOS"), "an object"),
        (5, element(5, b""), "sparse"),
    ],
    ids=["function", "object", "opaque", "sparse"],
)
def test_objects_and_functions_of_matlab_5_are_named_and_not_made(matlab_class, body, said, tmp_path):
    write_mat5(tmp_path / "a.mat", variable(matlab_class, "X", body))
    assert said in refused(tmp_path, "a.mat", *KNOWN)
    numbers = eeg(4, 3, 64, dtype="f8")
    good = variable(6, "X", element(9, numbers.ravel(order="F").tobytes()), shape=numbers.shape)
    write_mat5(tmp_path / "b.mat", good, variable(matlab_class, "y", body))
    assert f"y holds {said}" in refused(tmp_path, "b.mat", *KNOWN) or said == "sparse"


def test_complex_numbers_of_matlab_5(tmp_path):
    from scipy.io import savemat

    savemat(tmp_path / "a.mat", {"X": eeg(4, 3, 64).astype(complex)})
    assert "complex numbers" in refused(tmp_path, "a.mat", *KNOWN)


def test_cells_within_cells_without_end_are_refused(tmp_path):
    body = b""
    for _ in range(40):
        body = variable(1, "", body)
    write_mat5(tmp_path / "a.mat", variable(1, "X", body))
    assert "within each other" in refused(tmp_path, "a.mat", *KNOWN)


def test_functions_and_objects_of_matlab_73(tmp_path):
    write_mat73(tmp_path / "a.mat", {"X": eeg(4, 3, 64, dtype="f8"), "y": np.zeros((4, 1))})
    with h5py.File(tmp_path / "a.mat", "r+") as file:
        file["y"].attrs["MATLAB_class"] = np.bytes_("function_handle")
    assert "y holds a function" in refused(tmp_path, "a.mat", *KNOWN)
    with h5py.File(tmp_path / "a.mat", "r+") as file:
        file["y"].attrs["MATLAB_class"] = np.bytes_("containers.Map")
    assert "an object of the class containers.Map" in refused(tmp_path, "a.mat", *KNOWN)


@pytest.mark.parametrize("name", ["one:long.parquet", "one:long.csv"])
def test_a_colon_in_the_name_of_a_file_makes_no_address_of_it(name, tmp_path):
    import pandas

    samples = pandas.DataFrame(eeg(8 * 64, 3), columns=["Fz", "Cz", "Pz"]).assign(trial=np.repeat(np.arange(8), 64))
    samples.to_parquet(tmp_path / "plain") if name.endswith("parquet") else samples.to_csv(tmp_path / "plain", index=False)
    (tmp_path / "plain").rename(tmp_path / name)
    assert eegcli("import", name, "--sfreq", 64, "-o", "out:put", cwd=tmp_path, check=True).stdout == "out:put\n"
    assert open_windows(tmp_path / "out:put").x.shape == (8, 3, 64)


def test_labels_without_a_header_are_told_from_too_few_labels(tmp_path):
    np.save(tmp_path / "x.npy", eeg(20, 3, 64))
    (tmp_path / "labels.csv").write_text("".join(f"{number % 2}\n" for number in range(20)))
    assert "labels.csv: its first row holds no names, but 0" in refused(tmp_path, "x.npy", "--labels", "labels.csv", *KNOWN)


def test_artifacts_among_arrays_are_no_arrays(tmp_path):
    folder = tmp_path / "arrays"
    folder.mkdir()
    for name in ("a", "b"):
        np.savez(folder / f"{name}.npz", X=eeg(20, 3, 64, seed=ord(name)), y=np.arange(20) % 2)
    assert eegcli("import", "a.npz", *KNOWN, cwd=folder).returncode == 0
    assert eegcli("import", "arrays", *KNOWN, cwd=tmp_path).returncode == 0
    assert len(open_windows(tmp_path / "arrays-windows").x) == 40
    assert "an artifact of eegcli, and no folder of arrays" in refused(tmp_path, "arrays-windows", *KNOWN)
