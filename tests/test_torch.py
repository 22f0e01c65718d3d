"""WindowsDataset: what a DataLoader gives is what lies in the artifact, in any number of processes, started in any way."""

from __future__ import annotations

import os
import pickle
import shutil
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import eegcli
from eegcli.artifacts.windows_of_run import windows_of_run
from eegcli.errors import ArtifactError, InputError, UsageError
from eegcli.reporter import EegcliWarning
from eegcli.torch import WindowsDataset
from tests.kit import cohorts
from tests.kit.serving import serving


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("made")
    windows = cohorts.windows(root / "toy-windows", subjects=range(12))
    cohorts.train(windows, root / "toy-run", cv=3)
    return windows


@pytest.fixture(scope="module")
def direct(made) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Array and table, read without the package's windows."""
    import pyarrow.parquet as pq

    with h5py.File(made / "windows.h5") as file:
        return file["x"][()], {name: np.array(values) for name, values in pq.read_table(made / "windows.parquet").to_pydict().items()}


@pytest.mark.parametrize(("workers", "start"), [(0, None), (2, "fork"), (2, "spawn")])
def test_a_loader_gives_every_window_with_its_label(made, direct, workers, start):
    dataset = WindowsDataset(made, target="sex")
    dataset[0]  # open in this process, before workers begin
    loader = DataLoader(dataset, batch_size=10, num_workers=workers, multiprocessing_context=start)
    x, y = (torch.cat(parts) for parts in zip(*loader, strict=True))
    assert (x.dtype, y.dtype) == (torch.float32, torch.int64)
    np.testing.assert_array_equal(x.numpy(), direct[0])
    assert [dataset.classes[index] for index in y] == direct[1]["sex"].tolist()


@pytest.mark.parametrize(("workers", "start"), [(2, "fork"), (1, "spawn")])
def test_windows_at_an_address_come_to_workers_too(made, direct, workers, start):
    with serving(made.parent) as server:
        dataset = WindowsDataset(f"{server.url}/toy-windows", target="age")
        dataset[3]
        loader = DataLoader(dataset, batch_size=72, num_workers=workers, multiprocessing_context=start)
        server.forget()
        x, y = (torch.cat(parts) for parts in zip(*loader, strict=True))
        assert len(server.asked("windows.h5")) <= 2 + 2, "a request for each batch, and what a worker asks when it opens"
    np.testing.assert_array_equal(x.numpy(), direct[0])
    np.testing.assert_array_equal(y.numpy(), direct[1]["age"].astype(np.float32))


def test_a_batch_comes_in_the_order_asked_for(made, direct):
    dataset, items = WindowsDataset(made), [7, 100, 8, 8, -1]
    batch = dataset.__getitems__(items)
    np.testing.assert_array_equal(torch.stack([x for x, _ in batch]).numpy(), direct[0][items])
    assert [int(y) for _, y in batch] == [int(dataset.y[item]) for item in items]
    np.testing.assert_array_equal(dataset[np.int64(7)][0].numpy(), direct[0][7])
    with pytest.raises(IndexError):
        dataset[len(dataset)]


@pytest.mark.parametrize("fold", [0, 2])
def test_the_sets_of_a_run_are_those_of_its_table_of_splits(made, direct, fold):
    run = eegcli.open_run(made.with_name("toy-run"))
    splits = run.splits.frame().query(f"fold == {fold}").set_index("subject")["split"]
    sizes = 0
    for subset in ("train", "validation", "test"):
        dataset = WindowsDataset(made, run=run, subset=subset, fold=fold)
        expected = np.flatnonzero([splits[subject] == subset for subject in direct[1]["subject"]])
        np.testing.assert_array_equal(dataset.rows, expected)
        assert dataset.classes == run.classes and dataset.table["subject"].tolist() == direct[1]["subject"][expected].tolist()
        assert set(dataset.subjects) == {f"toy/{subject}" for subject in direct[1]["subject"][expected]}
        sizes += len(dataset)
    assert sizes == len(direct[0])


def test_windows_without_a_label_are_left_out_and_counted(made):
    dataset = WindowsDataset(made, target="subject", classes=("03", "05"))
    assert dataset.left_out == {"missing": 0, "other_values": 120} and len(dataset) == 24
    assert set(dataset.subjects) == {"toy/03", "toy/05"} and dataset.y.tolist() == [0] * 12 + [1] * 12
    old = WindowsDataset(made, threshold="age=12")
    assert (old.target, old.classes) == ("age", ("low", "high")) and old.y.tolist() == (old.table["age"] >= 12).astype(int).tolist()


def test_a_pickled_dataset_holds_neither_windows_nor_their_table(made, direct):
    dataset = WindowsDataset(made)
    dataset[0]
    pickled = pickle.dumps(dataset)
    assert len(pickled) < 10_000 < direct[0].nbytes
    again = pickle.loads(pickled)
    np.testing.assert_array_equal(again[143][0].numpy(), direct[0][143])
    assert again.table["onset"].tolist() == dataset.table["onset"].tolist()


def test_a_worker_never_reads_another_artifact_of_that_name(made, tmp_path):
    shutil.copytree(made, tmp_path / "w")
    dataset = pickle.dumps(WindowsDataset(tmp_path / "w"))
    shutil.rmtree(tmp_path / "w")
    cohorts.windows(tmp_path / "w", subjects=range(12), seed=1)
    with pytest.raises(ArtifactError, match="another artifact has taken its place"):
        pickle.loads(dataset)[0]


def test_it_says_in_one_line_what_it_is(made):
    assert repr(WindowsDataset(made)) == "WindowsDataset: 144 x 8 x 128 uV, 64 Hz, sex (F, M), 12 subjects"


@pytest.mark.parametrize(
    ("wishes", "error", "message"),
    [
        ({"subset": "train"}, UsageError, "of what"),
        ({"target": "nonsense"}, InputError, "no column named 'nonsense'"),
        ({"target": ""}, InputError, "no column named ''"),
        ({"run": True, "target": ""}, InputError, "no column named ''"),
        ({"kind": "classifcation"}, UsageError, "none of classification, regression"),
        ({"run": True, "kind": "classifcation"}, UsageError, "none of classification, regression"),
        ({"fold": 1}, UsageError, "fold=1 of what"),
        ({"run": True, "fold": 0}, UsageError, "fold=0 of what"),
        ({"fold": 1, "subset": "test"}, UsageError, "of what"),
        ({"run": True, "subset": "trane"}, UsageError, "the sets are train, validation, test"),
        ({"run": True, "subset": "test", "fold": 3}, InputError, "there is no fold 3"),
    ],
)
def test_wishes_that_cannot_be_met(made, wishes, error, message):
    if "run" in wishes:
        wishes = {**wishes, "run": made.with_name("toy-run")}
    with pytest.raises(error, match=message):
        WindowsDataset(made, **wishes)


def test_with_another_target_the_run_gives_the_split_alone(made):
    run = made.with_name("toy-run")
    own = WindowsDataset(made, run=run, subset="train")
    aged = WindowsDataset(made, run=run, subset="train", target="age")
    assert (aged.target, aged.kind, aged.classes) == ("age", "regression", ())
    np.testing.assert_array_equal(aged.rows, own.rows)
    np.testing.assert_array_equal(aged.y, aged.table["age"].astype(np.float32))
    old = WindowsDataset(made, run=run, subset="train", threshold="age=12")
    assert (old.target, old.classes) == ("age", ("low", "high")) and len(old) == len(own)
    turned = WindowsDataset(made, run=run, subset="train", classes=("M", "F"))
    assert (turned.target, turned.classes) == ("sex", ("M", "F")), "the column is the run's where none is named"
    np.testing.assert_array_equal(turned.y, 1 - own.y)


def test_labels_that_are_asked_for_and_the_run_has_are_the_runs(made):
    run = cohorts.train(made, made.with_name("turned-run"), classes=("M", "F"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for wishes in ({}, {"target": "sex"}, {"target": "sex", "kind": "classification", "classes": "M,F"}):
            assert WindowsDataset(made, run=run, **wishes).classes == ("M", "F")


UNFIT = {
    "others": {"ch_names": (*cohorts.CH_NAMES[:-1], "Fp2")},
    "another order": {"ch_names": cohorts.CH_NAMES[::-1]},
    "length": {"n_times": 96},
}


@pytest.mark.parametrize("difference", UNFIT)
def test_windows_that_the_run_cannot_take_are_refused_as_evaluate_refuses_them(made, tmp_path, difference):
    run = eegcli.open_run(made.with_name("toy-run"))
    other = cohorts.windows(tmp_path / "other", subjects=range(12), **UNFIT[difference])
    with pytest.raises(InputError) as expected:
        windows_of_run(run, other)
    with pytest.raises(InputError) as refused:
        WindowsDataset(other, run=run, subset="test")
    assert refused.value.message == expected.value.message and "target='sex'" in refused.value.hint
    for target in ("sex", "age"):
        with pytest.warns(EegcliWarning, match="does not take these windows") as caught:
            split = WindowsDataset(other, run=run, subset="test", target=target)
        assert caught[0].filename == __file__
        assert set(split.subjects) == set(WindowsDataset(made, run=run, subset="test").subjects)


def test_other_windows_that_the_run_can_take_are_taken(made, tmp_path):
    other = cohorts.windows(tmp_path / "other", subjects=range(12), seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(WindowsDataset(other, run=made.with_name("toy-run"))) == 144


def test_classes_are_a_list_or_a_text_with_commas(made):
    assert WindowsDataset(made, classes="M,F").classes == WindowsDataset(made, classes=["M", "F"]).classes == ("M", "F")
    with pytest.raises(InputError, match="no window has sex M,F"):
        WindowsDataset(made, classes=["M,F"])  # one class, in whose name there is a comma


def test_a_relative_path_is_good_from_every_folder(made, direct, tmp_path, monkeypatch):
    monkeypatch.chdir(made.parent)
    dataset = WindowsDataset("toy-windows")
    pickled = pickle.dumps(dataset)
    os.chdir(tmp_path)
    for one in (dataset, pickle.loads(pickled)):
        np.testing.assert_array_equal(one[5][0].numpy(), direct[0][5])
        assert one.path == made
    assert pickle.loads(pickled).table["onset"].tolist() == dataset.table["onset"].tolist()


def test_the_fold_is_named_where_there_are_several(made):
    run = made.with_name("toy-run")
    assert repr(WindowsDataset(made, run=run, subset="test", fold=1)).endswith("of the test set of fold 1 of 3")
    first = WindowsDataset(made, run=run, subset="test")
    assert repr(first).endswith("of the test set of fold 0 of 3")
    np.testing.assert_array_equal(first.rows, WindowsDataset(made, run=run, subset="test", fold=0).rows)


def test_labels_of_a_control_are_the_true_ones_and_a_warning_says_so(made, tmp_path):
    run = cohorts.train(made, tmp_path / "control", shuffle_labels=0)
    with pytest.warns(EegcliWarning, match="trained on shuffled labels, as a control; y holds the true ones"):
        dataset = WindowsDataset(made, run=run)
    assert [dataset.classes[index] for index in dataset.y] == dataset.table["sex"].tolist()


@pytest.mark.parametrize("items", [slice(0, 3), [0, 1], np.array([0, 1]), 1.0, "0"], ids=repr)
def test_one_item_is_asked_for_at_a_time(made, items):
    with pytest.raises(TypeError, match=rf"one whole number, not {type(items).__name__}; torch.utils.data.Subset"):
        WindowsDataset(made)[items]
