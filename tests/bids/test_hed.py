"""HED: annotations put together as hedtools does it, queries in its language, no network, no recording lost."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import numpy as np
import pytest

from eegcli.bids.events import read_events
from eegcli.bids.hed import read_hed, stated_version
from eegcli.bids.scan import find_recordings
from eegcli.bids.sidecars import Sidecars
from eegcli.errors import UnavailableError, UsageError
from eegcli.files.tsv import read_sheet
from eegcli.settings import Selected

SIDECAR = {
    "trial_type": {
        "HED": {
            "go": "Sensory-event, Cue, ({color}, Label/go), {response_time}",
            "stop": "Sensory-event, (Def/Loud/3, Onset)",
            "pause": "Experiment-structure, ({color}, (({missing})))",
        },
        "Levels": {"go": "a cue"},
    },
    "color": {"HED": {"red": "Red, Circle", "blue": "Blue"}},
    "response_time": {"HED": "(Delay/# ms, Agent-action)"},
    "speed": {"HED": "Speed/# m-per-s"},
    "nothing": {"Description": "not annotated"},
    "definitions": {"HED": {"loud": "(Definition/Loud/#, (Auditory-presentation, Sound-volume/# dB))"}},
}
ROWS = [
    ("0.5", "0", "go", "red", "230", "n/a", "n/a"),
    ("1.5", "0", "go", "n/a", "n/a", "3.5", "Label/own"),
    ("2.5", "0", "stop", "blue", "n/a", "n/a", "(Label/own, Item)"),
    ("3.5", "0", "pause", "n/a", "n/a", "n/a", "n/a"),
    ("4.5", "0", "unknown", "n/a", "n/a", "n/a", "n/a"),
]


@pytest.fixture
def table(tmp_path):
    (tmp_path / "events.json").write_text(json.dumps(SIDECAR))
    header = "onset\tduration\ttrial_type\tcolor\tresponse_time\tspeed\tHED\n"
    (tmp_path / "events.tsv").write_text(header + "".join("\t".join(row) + "\n" for row in ROWS))
    return tmp_path


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def hedtools():
    return pytest.importorskip("hed", reason="hedtools is not installed (extra `hed`)")


def test_annotations_are_put_together_from_categories_values_braces_and_the_column(table):
    strings = read_hed([table / "events.json"]).assemble(read_sheet(table / "events.tsv"))
    assert strings == [
        "Sensory-event, Cue, (Red, Circle, Label/go), (Delay/230 ms, Agent-action)",
        "Sensory-event, Cue, (Label/go), Speed/3.5 m-per-s, Label/own",
        "Sensory-event, (Def/Loud/3, Onset), (Label/own, Item)",
        "Experiment-structure",
        "",
    ]


def test_hedtools_puts_them_together_alike(table, offline):
    hedtools()
    from hed.models import Sidecar, TabularInput

    sidecar = {name: entry for name, entry in SIDECAR.items() if name != "trial_type"}
    # hedtools refuses a column in braces that nobody annotates; ours leaves it out.
    levels = {
        level: text.replace("(({missing}))", "").replace("({color}, )", "({color})") for level, text in SIDECAR["trial_type"]["HED"].items()
    }
    (table / "events.json").write_text(json.dumps({"trial_type": {"HED": levels}, **sidecar}))
    theirs = TabularInput(str(table / "events.tsv"), sidecar=Sidecar(str(table / "events.json"))).series_a
    ours = read_hed([table / "events.json"]).assemble(read_sheet(table / "events.tsv"))

    def plain(text: str) -> list[str]:
        return sorted(part.strip() for part in text.replace("(", ",(,").replace(")", ",),").split(",") if part.strip())

    assert [plain(text) for text in ours] == ["" if text == "n/a" else plain(text) for text in theirs]


def test_nearer_sidecars_go_before_inherited_ones_column_by_column(tmp_path):
    (tmp_path / "far.json").write_text(json.dumps({"a": {"HED": {"x": "Red"}}, "b": {"HED": "Label/#"}}))
    (tmp_path / "near.json").write_text(json.dumps({"a": {"HED": {"x": "Blue"}}}))
    (tmp_path / "events.tsv").write_text("onset\ta\tb\n1\tx\ty\n")
    sidecar = read_hed([tmp_path / "near.json", tmp_path / "far.json"])
    assert sidecar.assemble(read_sheet(tmp_path / "events.tsv")) == ["Blue, Label/y"]


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"trial_type": 5, "x": {"HED": ["a"]}, "y": {"HED": {"go": 3}}}', '{"trial_type": {"HED": {"go": "((Red"}}}']
)
def test_a_broken_sidecar_costs_no_events(table, content):
    (table / "events.json").write_text(content)
    events = read_events(table / "events.tsv", read_hed([table / "events.json"], "8.3.0"))
    assert events.value.tolist() == ["go", "go", "stop", "pause", "unknown"]


def test_queries_are_hedtools_own_and_know_the_schema_s_tree(table, offline):
    hedtools()
    from eegcli.bids.hed_query import match_hed

    events = read_events(table / "events.tsv", read_hed([table / "events.json"], "8.3.0"))
    expected = {
        "Sensory-event": [1, 1, 1, 0, 0],
        "Event": [1, 1, 1, 1, 0],  # tags below it in the schema fit
        '"Event"': [0, 0, 0, 0, 0],  # in quotes: that tag alone
        "Sensory-event && Label/go": [1, 1, 0, 0, 0],
        "Label/*": [1, 1, 1, 0, 0],
        "Red || Speed": [1, 1, 0, 0, 0],
        "[Circle && Label/go]": [1, 0, 0, 0, 0],  # in one group
        "Def/Loud/*": [0, 0, 1, 0, 0],
        "Auditory-presentation": [0, 0, 1, 0, 0],  # stands in the definition alone
    }
    assert {query: match_hed(query, events).astype(int).tolist() for query in expected} == expected


@pytest.mark.parametrize("query", ["&& x", "(a", "a b", "["])
def test_a_query_that_cannot_be_read_is_a_usage_error(query):
    hedtools()
    from eegcli.bids.hed_query import check_query

    with pytest.raises(UsageError, match="no HED query"):
        check_query(query)


def test_a_schema_that_hedtools_does_not_ship_is_never_looked_for_on_the_network(table, offline):
    hedtools()
    from eegcli.bids.hed_query import match_hed

    for version in ("8.99.0", "no version", '["8.3.0", "nolib_1.0.0"]'):
        events = read_events(table / "events.tsv", read_hed([table / "events.json"], version))
        with pytest.raises(UnavailableError, match="HED schema"):
            match_hed("Event", events)


def test_libraries_of_schemas_are_read_from_the_package(tmp_path, offline):
    hedtools()
    from eegcli.bids.hed_query import match_hed

    (tmp_path / "events.tsv").write_text("onset\tHED\n1\tsc:Sleep-deprivation\n2\tSensory-event\n")
    events = read_events(tmp_path / "events.tsv", read_hed([], stated_version({"HEDVersion": ["8.3.0", "sc:score_2.0.0"]})))
    assert match_hed("Sensory-event", events).tolist() == [False, True]


def test_without_hedtools_the_annotations_are_kept_and_a_query_says_what_is_missing(table):
    code = (
        "import sys; sys.modules['hed'] = None\n"
        "from pathlib import Path\n"
        "from eegcli.bids.events import read_events\nfrom eegcli.bids.hed import read_hed\nfrom eegcli.bids.hed_query import match_hed\n"
        f"folder = Path({str(table)!r})\n"
        "events = read_events(folder / 'events.tsv', read_hed([folder / 'events.json'], '8.3.0'))\n"
        "print(events.hed[2]); print(events.definitions)\n"
        "match_hed('Event', events)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "Sensory-event, (Def/Loud/3, Onset), (Label/own, Item)",
        "('(Definition/Loud/#, (Auditory-presentation, Sound-volume/# dB))',)",
    ]
    assert "UnavailableError" in done.stderr and "hedtools" in done.stderr


def test_hed_and_the_event_s_name_find_the_same_cues_in_every_recording_of_r1(hbn, offline):
    hedtools()
    from eegcli.bids.hed_query import match_hed

    found = find_recordings(hbn["R1"], Selected(task=("RestingState",)))
    sidecars = Sidecars(found[0].root)
    n_cues = 0
    for recording in found:
        events = sidecars.events(recording)
        cues = match_hed("Label/now-close-your-eyes", events)
        np.testing.assert_array_equal(cues, events.value == "instructed_toCloseEyes")
        n_cues += cues.sum()
    assert (len(found), n_cues) == (136, 680)
    # The sidecar's own text says the opposite of its HED: HED is right.
    text = json.loads((hbn["R1"] / "task-RestingState_events.json").read_text())["value"]["Levels"]["instructed_toCloseEyes"]
    assert "open their eyes" in text
