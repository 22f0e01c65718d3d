"""Seeds: what one purpose draws does not depend on what another one draws."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from eegcli.artifacts.run import open_run
from eegcli.engine import loop
from eegcli.files.atomic import read_json
from tests.kit.runs import contents, run


@pytest.fixture
def begun(monkeypatch) -> list[dict[str, Any]]:
    """Beginnings of trainings: weights, and the state of the generator that dropout draws from."""
    seen: list[dict[str, Any]] = []
    in_turns = loop.in_turns

    def watched(model, *sets, seed, **more):
        weights = {name: value.clone() for name, value in model.state_dict().items()}
        seen.append({"seed": seed, "weights": weights, "generator": torch.get_rng_state(), "n": len(sets[0])})
        return in_turns(model, *sets, seed=seed, **more)

    monkeypatch.setattr(loop, "in_turns", watched)
    return seen


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return torch.equal(one["generator"], other["generator"]) and all(
        torch.equal(value, other["weights"][name]) for name, value in one["weights"].items()
    )


@pytest.mark.parametrize(
    "split",
    [
        {"split": (0.5, 0.25, 0.25)},
        {"split": (0.75, 0.0, 0.25)},
        {"cv": 3},
        {"split_order": "file"},
        {"class_weights": "balanced"},
        {"no_baseline": False},
    ],
    ids=str,
)
def test_another_split_begins_with_the_same_weights_and_masks(make_windows, begun, split):
    windows = make_windows()
    run(windows, "one", epochs=1, arch="eegnet")
    run(windows, "other", epochs=1, arch="eegnet", **split)
    assert len(begun) > 1
    assert all(same(begun[0], one) for one in begun)


def test_each_of_several_seeds_is_the_seed_by_itself(make_windows, begun):
    windows = make_windows()
    run(windows, "several", epochs=1, seeds=2, seed=3, split=(0.6, 0.2, 0.2))
    assert [one["seed"] for one in begun] == [3, 4]
    assert not same(*begun)
    run(windows, "fourth", epochs=1, seed=4)
    assert same(begun[1], begun[2])


def test_metrics_say_what_is_promised_and_provenance_what_it_was_made_with(make_windows):
    windows = make_windows()
    found = [run(windows, name, epochs=1) for name in ("a", "b")]
    said = read_json(found[0].output / "metrics.json")["reproducible"]
    assert said["bitwise"] is True
    assert (said["device"], said["threads"], said["ranks"]) == ("cpu", 1, 1)
    assert {"torch", "machine", "device", "threads", "ranks"} <= set(said["with_the_same"])
    assert read_json(found[0].output / "provenance.json")["torch"] == torch.__version__
    assert open_run(found[0].output).path != open_run(found[1].output).path
    assert contents(found[0].output) == contents(found[1].output)  # which is what it promises
