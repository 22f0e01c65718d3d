"""Import of hedtools: without the type checks of inflect, with everything as it was afterwards."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import pytest

# Every test imports it in a process of its own: imported here, it would cost each worker 4 s before the first test of the suite.
pytestmark = pytest.mark.skipif(importlib.util.find_spec("hed") is None, reason="hedtools is not installed (extra `hed`)")

WORDS = ("second", "hertz", "foot", "degree-Celsius", "inch", "day", "tesla")


def run(code: str) -> dict:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def timed(how: str) -> str:
    return (
        "import json, resource\n"
        f"{how}\n"
        "from hed.schema import load_schema_version\nfrom hed.schema.hed_schema_entry import pluralize\n"
        f"words = {{word: pluralize.plural(word) for word in {WORDS}}}\n"
        "print(json.dumps({'seconds': resource.getrusage(resource.RUSAGE_SELF).ru_utime, 'words': words}))"
    )


def test_it_takes_less_than_two_thirds_of_the_time_and_plurals_are_the_same():
    plain = run(timed("import hed"))
    ours = run(timed("from eegcli.bids.hedtools import import_hedtools; import_hedtools()"))
    assert ours["words"] == plain["words"]
    assert ours["seconds"] < 0.66 * plain["seconds"]  # processor time, so that a busy machine does not decide; 0.35 when measured


def test_typeguard_is_as_it_was_afterwards_and_decorates_other_functions_meanwhile():
    code = (
        "import json, sys, typeguard\n"
        "decorated = []\n"
        "def before(target=None, **options):\n    decorated.append(target.__module__)\n    return target\n"
        "typeguard.typechecked = before\n"
        "from eegcli.bids.hedtools import _unchecked, import_hedtools\n"
        "with _unchecked():\n    typeguard.typechecked(import_hedtools)\n"
        "try:\n    with _unchecked():\n        raise KeyError\nexcept KeyError:\n    pass\n"
        "after_error = typeguard.typechecked is before\n"
        "import_hedtools()\n"
        "print(json.dumps([decorated, after_error, typeguard.typechecked is before, 'inflect' in sys.modules]))"
    )
    assert run(code) == [["eegcli.bids.hedtools"], True, True, True]


@pytest.mark.parametrize(
    "first", ["import inflect", "import hed", "import sys; sys.modules['typeguard'] = None; sys.modules['inflect'] = type(sys)('inflect')"]
)
def test_what_is_imported_or_absent_already_is_left_alone(first):
    code = f"{first}\nimport json, sys\nbefore = sys.modules['inflect']\n" + (
        "from eegcli.bids.hedtools import _unchecked, import_hedtools\n"
        "with _unchecked():\n    pass\n"
        "hed = None\ntry:\n    hed = import_hedtools()\nexcept AttributeError:\n    pass\n"
        "print(json.dumps(sys.modules['inflect'] is before))"
    )
    assert run(code) is True
