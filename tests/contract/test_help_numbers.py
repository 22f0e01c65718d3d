"""Numbers that `--help` states are the constants of the code."""

from __future__ import annotations

import pytest

from eegcli.engine.class_weights import IMBALANCE
from eegcli.epoch.rules import LONGEST_TRIAL
from eegcli.fetch.demo import paradigm
from eegcli.remote.transfer import JOBS
from eegcli.settings import EpochSettings, FetchSettings, TrainSettings
from eegcli.settings.setting import declared
from eegcli.train.at_once import MOST
from eegcli.train.split.cv import VALIDATION_SHARE_OF_CV
from tests.contract.test_method_numbers import WORD

# `--help` imports settings alone, which stand below the constants: what it repeats of them is held together here.
HELP: list[tuple[type, str, str]] = [
    (EpochSettings, "until", f"one window of at most {LONGEST_TRIAL:g} s"),
    (TrainSettings, "cv", f"{WORD[VALIDATION_SHARE_OF_CV]} of the other subjects validates"),
    (TrainSettings, "class_weights", f"auto from {100 * IMBALANCE / (1 + IMBALANCE):g}:{100 / (1 + IMBALANCE):g} on"),
    (FetchSettings, "jobs", f"{JOBS} connections"),
    (FetchSettings, "blocks", f"eyes-closed blocks of {paradigm.CLOSED_SECONDS:g} s"),
    (FetchSettings, "full_size", f"{paradigm.FULL_EDGE_SECONDS:g} s outside the blocks"),
]


@pytest.mark.parametrize(("cls", "name", "said"), HELP, ids=lambda value: value if isinstance(value, str) else "")
def test_help_states_the_constants_of_the_code(cls, name, said):
    assert said in declared(cls)[name].help


def test_the_default_of_at_once_states_its_limit():
    assert f"as its memory holds, {MOST} at most" in declared(TrainSettings)["at_once"].setting.shown
