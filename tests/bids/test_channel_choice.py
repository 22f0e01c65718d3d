"""Channels are EEG by the user's word, else by channels.tsv, by the file's types, by their names; each with its reason."""

from __future__ import annotations

import pytest

from eegcli.bids.channel_choice import Asked, asked_of, choose_channels, contradictions, matching
from eegcli.errors import UsageError
from eegcli.settings import PreprocessSettings


@pytest.mark.parametrize(
    ("name", "stated", "in_file", "asked", "is_eeg", "why"),
    [
        ("E1", None, "eeg", Asked(), True, "nothing speaks against it"),
        ("T3", None, "eeg", Asked(), True, "an electrode by its name"),
        ("ECG ECG", None, "eeg", Asked(), False, "ecg by its name"),
        ("Temporal", None, "eeg", Asked(), False, "temp by its name"),
        ("ECG ECG", "EEG", "ecg", Asked(), True, "EEG in channels.tsv"),  # what is stated decides
        ("EEG A2-A1", "MISC", "eeg", Asked(), False, "MISC in channels.tsv"),
        ("Fp1", None, "misc", Asked(), False, "misc in the file"),
        ("EEG A2-A1", "MISC", "eeg", Asked(eeg=("A2-A1",)), True, "--eeg-channels"),  # but for the user's word
        ("EEG Fp1-Ref", "EEG", "eeg", Asked(not_eeg=("fp1",)), False, "--not-eeg"),
        ("POL DC01", None, "eeg", Asked(eeg=("POL*",), not_eeg=("*DC*",)), False, "--not-eeg"),
    ],
)
def test_types_come_from_the_user_then_the_sidecar_then_the_file_then_the_name(name, stated, in_file, asked, is_eeg, why):
    (choice,) = choose_channels([name], {name: stated} if stated else {}, [in_file], asked)
    assert (choice.is_eeg, choice.why) == (is_eeg, why)


def test_the_kind_of_a_channel_is_known_from_whichever_says_it():
    choices = choose_channels(["ECG", "EKG2", "heart", "Fp1"], {"heart": "ECG"}, ["ecg", "eeg", "eeg", "eeg"], Asked(not_eeg=("EKG2",)))
    assert [choice.kind for choice in choices] == ["ecg", "ecg", "ecg", "eeg"]


def test_a_name_is_fitted_in_any_spelling_with_and_without_its_prefix():
    assert matching("EEG Fp1-Ref", ["FP1", "eeg *", "fp?", "Fp2", "Fp1-Ref"]) == ["FP1", "eeg *", "fp?", "Fp1-Ref"]


def test_channels_that_are_called_eeg_against_their_name_are_believed_and_said():
    choices = choose_channels(["Fp1", "ECG", "Status"], {"ECG": "EEG", "Fp1": "EEG", "Status": "TRIG"}, ["eeg"] * 3)
    assert contradictions(choices) == ["ECG (ecg)"]


def test_a_name_cannot_be_both():
    with pytest.raises(UsageError, match="X1 stands in --eeg-channels and in --not-eeg"):
        asked_of(PreprocessSettings(eeg_channels=("X1",), not_eeg=("X1",)))


def test_what_is_asked_enters_a_digest_only_where_it_is():
    assert Asked().state() == {} and Asked(unit="mV").state() == {"unit": "mV"}
