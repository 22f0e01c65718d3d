"""Names, and what they stand for."""

from __future__ import annotations

import pytest

from eegcli.errors import UsageError
from eegcli.registry import EXPLANATIONS, MODELS, STEPS, load, lookup


@pytest.mark.parametrize("path", [*(entry.path for entry in MODELS.values()), *STEPS.values(), *EXPLANATIONS.values()])
def test_every_registered_name_can_be_imported(path):
    assert callable(load(path))


def test_a_near_miss_is_suggested():
    with pytest.raises(UsageError) as caught:
        lookup("architecture", "vvg", MODELS)
    assert caught.value.hint == "Did you mean vgg?"
