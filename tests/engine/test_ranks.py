"""Ranks: what several processes compute together is what one process computes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eegcli.engine.order import Order
from eegcli.engine.whole_batch import Share
from eegcli.registry import MODELS
from tests.engine.ranked import BATCHES, NETWORKS, OTHERS
from tests.kit import ranked
from tests.kit.shared import once_for_all_workers

SIZE = 3
SHARED = (
    "batch norm without memory",
    "batch norm of all batches",
    "dropout of maps",
    "alpha dropout",
    "functional dropout",
    "turned dropout",
)


@pytest.fixture(scope="session")
def found(commands, tmp_path_factory) -> dict[str, Any]:
    def make(folder: Path) -> None:
        source = "from pathlib import Path; from tests.engine.ranked import main; main(Path('found.json'))"
        assert ranked.run(commands, SIZE, "-c", source, cwd=folder) == [0] * SIZE

    return json.loads((once_for_all_workers(tmp_path_factory, "ranks", make) / "found.json").read_text())


@pytest.mark.parametrize("size", [1, 2, 5, 7, 10])
def test_the_order_of_windows_is_the_same_for_any_number_of_ranks(size):
    order = Order(1_003, 70, 3)
    for batch in order.batches(4):
        shares = [Share.of(len(batch), rank, size) for rank in range(size)]
        np.testing.assert_array_equal(np.concatenate([batch[share.start : share.stop] for share in shares]), batch)
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("n", BATCHES)
@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_those_of_one_process_on_the_whole_batch(found, name, n):
    of_batch = found["batches"][name][str(n)]
    assert of_batch["gradients"] < 1e-12  # in double precision: what is left is the order of sums
    assert of_batch["totals"][0] == pytest.approx(of_batch["totals"][1], rel=1e-12)
    # In single precision they are about as far from it as one process is, whose sums have an order, too.
    assert of_batch["ranks"] < max(3 * of_batch["alone"], 1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_and_running_statistics_after_an_epoch_are_those_of_one_process(found, name):
    assert found["epoch"][name]["state"] < 1e-12


@pytest.mark.exhaustive
def test_ranks_share_out_every_network_of_the_registry(commands, tmp_path):
    """An epoch of five windows and one, which leaves two of three ranks without any: weights, statistics and gradients of one process."""
    source = "from pathlib import Path; from tests.engine.ranked import main_of_all; main_of_all(Path('found.json'))"
    assert ranked.run(commands, SIZE, "-c", source, cwd=tmp_path) == [0] * SIZE
    found = json.loads((tmp_path / "found.json").read_text())
    assert found.keys() >= {f"{name}-raw" for name, entry in MODELS.items() if entry.training is not None}
    assert {name: of["refused"] for name, of in found.items() if of["refused"]} == {}
    assert {name: of for name, of in found.items() if max(of["gradients"], of["state"]) > 1e-12} == {}


@pytest.mark.parametrize("n", [2, 3])
def test_gradients_of_several_batches_are_those_of_one_process_in_the_middle_of_an_update_too(found, n):
    # In the middle they are what a checkpoint holds: of all ranks, whichever of them writes it.
    of_batches = found["accumulated"][str(n)]
    assert of_batches["gradients"] < 1e-12
    assert of_batches["state"] < 1e-12


def test_a_number_is_learnt_together_too(found):
    assert found["regression"]["gradients"] < 1e-12
    assert found["regression"]["state"] < 1e-12


@pytest.mark.parametrize("name", SHARED)
def test_layers_of_torch_are_shared_out_wherever_they_stand(found, name):
    assert found["layers"][name]["gradients"] < 1e-12
    assert found["layers"][name]["state"] < 1e-12


@pytest.mark.parametrize("name", [*NETWORKS, *OTHERS, *SHARED])
def test_what_can_be_shared_out_is_not_refused(found, name):
    assert found["refused"][name] is None


@pytest.mark.parametrize(
    ("name", "culprit"),
    [
        ("noise", "what is drawn at random is not with 3 ranks what it is in one process"),
        ("mean of the batch", "between (Centred) is not"),
        ("running mean", "between.mean is not"),
        ("lstm with dropout", "between.1 (LSTM) is not"),
    ],
)
def test_what_cannot_be_shared_out_is_refused_and_the_layer_named(found, name, culprit):
    # It would give something else without a word.
    assert max(found["layers"][name]["gradients"], found["layers"][name]["state"]) > 1e-7
    assert culprit in found["refused"][name]
