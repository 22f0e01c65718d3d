"""WindowsDataset: what a DataLoader gives is what lies in the artifact, in any number of processes, started in any way."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import eegcli
from eegcli.errors import ArtifactError, InputError, UsageError
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
        ({"run": True, "target": "age"}, UsageError, "are those of the run"),
        ({"run": True, "subset": "trane"}, UsageError, "the sets are train, validation, test"),
        ({"run": True, "subset": "test", "fold": 3}, InputError, "there is no fold 3"),
    ],
)
def test_wishes_that_cannot_be_met(made, wishes, error, message):
    if "run" in wishes:
        wishes = {**wishes, "run": made.with_name("toy-run")}
    with pytest.raises(error, match=message):
        WindowsDataset(made, **wishes)
