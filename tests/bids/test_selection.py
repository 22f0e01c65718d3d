"""Selection of recordings by labels, paths and participants."""

import numpy as np
import pytest

from eegcli.bids.entities import recording_names
from eegcli.bids.selection import matches, select
from eegcli.errors import InputError
from eegcli.settings import Selected
from tests.kit.reporters import CapturingReporter


def file(subject, task, run=None):
    return next(recording_names(f"sub-{subject}/eeg", [f"sub-{subject}_task-{task}{f'_run-{run}' if run else ''}_eeg.set"]))


FILES = [file("A1", "Rest"), file("A1", "Movie"), file("A2", "Rest", run="1"), file("A2", "Rest", run="02"), file("A3", "Rest")]


def people():
    names = np.array(["A1", "A2", "B9"], dtype=object)
    return {"subject": names, "sex": np.array(["F", "M", "F"], dtype=object), "release_number": np.array(["R1", "R2", "R1"], dtype=object)}


def nobody():
    raise AssertionError("participants.tsv was read though nothing asked for it")


@pytest.mark.parametrize(
    ("wish", "kept"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"task": ("Rest",)}, [0, 2, 3, 4]),
        ({"subject": ("sub-A1", "A3")}, [0, 1, 4]),
        ({"run": ("2",)}, [3]),
        ({"include": ("*_task-Rest*",)}, [0, 2, 3, 4]),
        ({"include": ("sub-A2/**",)}, [2, 3]),
        ({"exclude": ("*_run-*",)}, [0, 1, 4]),
        ({"include": ("sub-A[12]/eeg/*",), "exclude": ("*Movie*",)}, [0, 2, 3]),
        ({"max_subjects": 2}, [0, 1, 2, 3]),
        ({"task": ("Rest",), "max_subjects": 1}, [0]),
        ({"suffix": ("eeg",)}, [0, 1, 2, 3, 4]),
    ],
)
def test_a_selection_keeps_what_it_names_in_order_without_participants(wish, kept):
    assert select(FILES, Selected(**wish), nobody) == [FILES[index] for index in kept]


@pytest.mark.parametrize(
    ("wish", "kept"),
    [
        ({"where": "sex == 'F'"}, [0, 1]),
        ({"where": "sex == 'F' and task == 'Movie'"}, [1]),
        ({"where": "sex is None"}, [4]),  # not in participants.tsv
        ({"release": ("R2",)}, [2, 3]),
        ({"where": "sex is not None", "max_subjects": 1, "task": ("Rest",)}, [0]),
    ],
)
def test_participants_decide_where_they_are_asked(wish, kept):
    assert select(FILES, Selected(**wish), people) == [FILES[index] for index in kept]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"task": ("Rst",)}, "no recording has task Rst"),
        ({"suffix": ("meg",)}, "no recording has suffix meg"),
        ({"release": ("R3",)}, "no recording has release R3"),
        ({"include": ("nothing*",)}, "no recording fits --include"),
        ({"task": ("Movie",), "run": ("1",)}, "no recording fits --task and --run together"),
        ({"subject": ("A3",), "where": "sex == 'F'"}, "no recording fits --subject and --where together"),
        ({"where": "height > 3"}, "there is no column height"),
    ],
)
def test_a_selection_that_fits_nothing_says_which_wish(wish, said):
    with pytest.raises(InputError, match=said):
        select(FILES, Selected(**wish), people)


def test_recordings_known_to_be_bad_are_left_out_only_if_asked_for():
    files = [file("NDARWV769JM7", "Rest"), file("NDAREE675XRY", "RestingState"), file("NDAREE675XRY", "Movie"), file("A1", "Rest")]
    assert select(files, Selected(), nobody) == files
    assert select(files, Selected(exclude_known_bad=True), nobody) == files[2:]


def test_releases_of_a_data_set_that_has_none_are_an_input_error():
    with pytest.raises(InputError, match="no column release_number"):
        select(FILES, Selected(release=("R1",)), lambda: {"subject": np.array(["A1"], dtype=object)})


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.set", "sub-1/eeg/a.set", True),
        ("a.*", "sub-1/eeg/a.set", True),
        ("*/a.set", "sub-1/eeg/a.set", False),
        ("sub-1/*/a.set", "sub-1/eeg/a.set", True),
        ("**/a.set", "sub-1/eeg/a.set", True),
        ("**/a.set", "a.set", True),
        ("sub-?/eeg/[!b].set", "sub-1/eeg/a.set", True),
        ("sub-?/eeg/[!a].set", "sub-1/eeg/a.set", False),
        ("[a-c].set", "b.set", True),
        ("a.set", "axset", False),
        ("(a|b).set", "a.set", False),
    ],
)
def test_patterns_mean_what_a_shell_means(pattern, path, fits):
    assert matches(path, [pattern]) is fits


def test_what_is_known_to_be_bad_is_left_out_and_told_with_its_reason():
    reporter = CapturingReporter()
    told = reporter.infos
    files = [file("NDARTY128YLU", "Movie"), file("NDARFA860RPD", "RestingState"), file("NDARFA860RPD", "Movie"), file("01", "RestingState")]
    assert select(files, Selected(), nobody, reporter) == files and not told
    assert select(files, Selected(exclude_known_bad=True), nobody, reporter) == files[2:]
    assert told[0].startswith("2 of 4 recordings are known to be bad and left out: NDARTY128YLU Movie (too few channels or seconds")
    assert "NDARFA860RPD RestingState (no data after preprocessing)" in told[0]
    select(files[2:], Selected(exclude_known_bad=True), nobody, reporter)
    assert told[1] == "none of 2 recordings is known to be bad"
    with pytest.raises(InputError, match="no recording fits --exclude-known-bad"):
        select(files[:2], Selected(exclude_known_bad=True), nobody)


@pytest.mark.parametrize("flag", ["include", "exclude"])
def test_a_pattern_that_fits_no_recording_is_named_where_others_do(flag):
    reporter = CapturingReporter()
    select(FILES, Selected(**{flag: ("*_task-Rest*", "sub-A2_tsk-*")}), nobody, reporter)
    assert [text for text in reporter.warnings if f"--{flag}: 'sub-A2_tsk-*' fits no recording" in text]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"subject": ("A1", "A3"), "task": ("Movie",)}, "--subject: of A3 no recording fits --task; 1 label of 2 remain"),
        ({"task": ("Rest", "Movie"), "subject": ("A2",)}, "--task: of Movie no recording fits --subject; 1 label of 2 remain"),
        ({"subject": ("A1", "A2"), "where": 'sex == "F"'}, "--subject: of A2 no recording fits --where; 1 label of 2 remain"),
        ({"subject": ("A1", "A2", "A3"), "max_subjects": 1}, None),
        ({"subject": ("A1", "A3"), "task": ("Rest",)}, None),
    ],
)
def test_labels_of_which_other_conditions_leave_nothing_are_named(wish, said):
    heard = CapturingReporter()
    assert select(FILES, Selected(**wish), people, heard)
    assert [warning for warning in heard.warnings if warning.startswith("--")] == ([] if said is None else [said])


def test_zeros_that_a_spreadsheet_took_away_are_suspected():
    with pytest.raises(InputError, match="no recording has subject 7") as raised:
        select([file("007", "Rest"), file("008", "Rest"), file("017", "Rest")], Selected(subject=("7",)), nobody)
    assert raised.value.hint == "Did you mean 007?"
