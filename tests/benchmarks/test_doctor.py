"""Planted faults of the benchmark of doctor: as many kinds as are claimed, and each expects checks that there are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from eegcli.registry import CHECKS

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
KINDS = """
import json
from doctor import FAULTS
print(json.dumps([[fault.name, fault.topic, list(fault.expected)] for fault in FAULTS]))
"""


@pytest.fixture(scope="module")
def kinds() -> list[tuple[str, str, list[str]]]:
    done = subprocess.run([sys.executable, "-c", KINDS], cwd=BENCHMARKS, capture_output=True, text=True, check=True)
    return [tuple(one) for one in json.loads(done.stdout)]


def test_there_are_many_kinds_in_every_part(kinds):
    assert len(kinds) >= 40
    assert min(Counter(topic for _, topic, _ in kinds).values()) >= 2
    assert len({(name, topic) for name, topic, _ in kinds}) == len(kinds)


def test_each_expects_checks_of_the_table(kinds):
    unknown = [(name, check) for name, _, expected in kinds for check in expected if check not in CHECKS]
    assert unknown == []
    assert all(expected for _, _, expected in kinds)
