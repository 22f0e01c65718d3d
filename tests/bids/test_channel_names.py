"""Names tell electrodes from other inputs, whichever recorder wrote them."""

from __future__ import annotations

import pytest

from eegcli.bids.channel_names import are_electrodes, whys_by_name

TEN_TWENTY = ("Fp1", "Fp2", "C3", "C4", "O1", "O2", "Cz")
CLINICAL = tuple(f"EEG {name}-Ref" for name in TEN_TWENTY)


def out(names) -> list[str]:
    return [name for name, why in zip(names, whys_by_name(names), strict=True) if why is not None]


@pytest.mark.parametrize(
    "inputs",
    [
        ("POL E", "POL X1", "POL $A1", "POL $A2", "POL DC01", "POL BP1"),  # Nihon Kohden
        ("DIG DTRIG", "REF_EEG REF_EEG", "MKR+ MKR+"),  # Micromed
        ("Event marker", "EOG horizontal", "Resp oro-nasal", "EMG submental", "Temp rectal"),  # Sleep-EDF
        ("EEG EKG1-REF", "EEG LOC-REF", "PHOTIC-REF", "IBI", "BURSTS", "SUPPR", "EMG-REF"),  # TUH
        ("SCL", "PULS", "GSR_MR_100_xx", "BVP"),
        ("SaO2", "Pulse rate", "THOR RES", "Snore", "Position", "Light", "Chin1-Chin2"),
    ],
)
def test_inputs_beside_prefixed_electrodes_are_no_eeg(inputs):
    assert out((*CLINICAL, *inputs)) == list(inputs)


@pytest.mark.parametrize(
    "inputs",
    [
        ("Ch33", "CH 34", "Channel 3", "65", "Input 9"),  # without a name, beside electrodes that have one
        ("Atmung", "Puls", "Hautleitwert", "EMG Kinn", "Auge li", "Auslöser", "Respiración", "Marqueur"),
        ("A2-A1", "M1-M2"),  # of two references: nothing of the scalp between them
        ("E", "X1", "X2", "$A1", "DC01", "BN1", "NA3", "Mark1", "X12/BP1"),
        ("EXG1", "EXG8", "GSR1", "Erg1", "Resp", "Plet", "Temp", "Status"),
        ("Acc x", "ACC_Y", "Photo", "AUX_1", "BIP5", "TRIGGER", "STI 014", "MISC 3"),
        ("COUNTER", "INTERPOLATED", "GYROX", "CQ_AF3", "BATTERY", "MARKER"),
        ("VEOG", "HEOG", "VEO", "HEOL", "EOG1", "IO1", "LO2", "ECG II"),
        ("E1", "E2", "Chin", "E1-M2", "LAT", "RAT", "Airflow", "CPAP", "HR", "Snore"),
        ("Heart rate", "PulseRate", "EventMarker", "Skin conductance", "Microphone", "Pupil", "PhotoCell", "unused 3", "--0", "-", "."),
    ],
)
def test_inputs_beside_plain_electrodes_are_no_eeg(inputs):
    assert out((*TEN_TWENTY, *inputs)) == list(inputs)


@pytest.mark.parametrize(
    "names",
    [
        (*TEN_TWENTY, "M1", "M2", "A1", "A2", "T1", "T2", "Iz", "CB1", "TP9h"),
        tuple(f"{row}{number}" for row in "ABCD" for number in range(1, 33)),  # BioSemi
        (*(f"E{number}" for number in range(1, 129)), "Cz"),  # EGI
        tuple(f"E{number}" for number in range(1, 257)),
        tuple(str(number) for number in range(1, 65)),
        tuple(f"EEG {number:03}" for number in range(1, 61)),
        tuple(f"X{number}" for number in range(1, 65)),
        ("Fc5.", "Fc3.", "Fcz.", "T9..", "Iz.."),  # PhysioNet
        ("FP1-F7", "F7-T7", "T7-P7", "FZ-CZ", "T8-P8-0", "T8-P8-1"),  # CHB-MIT
        ("EEG Fpz-Cz", "EEG Pz-Oz"),
        ("C3-M2", "C4-A1", "EEG F3-A2", "EEG F4-LE", "EEG_P3", "EEG:P4"),
        ("EXG Channel 0", "EXG Channel 1", "EXG Channel 2"),  # OpenBCI: its EEG
        ("POL Fp1", "POL Fp2", "POL C3", "POL T1", "POL C4"),
        ("EEG Fp1", "EEG Fp2", "EEG C3", "POL T1", "POL T2"),  # plugged in later, and electrodes all the same
        ("A1", "A2", "A3", "B1", "B2", "B3"),
    ],
)
def test_electrodes_of_all_nets_are_eeg(names):
    assert out(names) == []


def test_depth_electrodes_beside_prefixed_ones_of_the_scalp_are_none_of_it():
    depth = tuple(f"POL {shaft}{number}" for shaft in "AB" for number in range(1, 9))
    assert out((*CLINICAL, *depth)) == list(depth)


def test_an_electrode_that_stands_there_twice_is_taken_once():
    assert out((*CLINICAL, "POL C3", "POL T3")) == ["POL C3"]


def test_ambiguous_names_are_told_by_their_company():
    assert out(("X1",)) == [] and out((*TEN_TWENTY, "X1")) == ["X1"]
    assert out(("E1", "E2", "E3", "E4")) == [] and out((*TEN_TWENTY, "E1", "E2")) == ["E1", "E2"]


def test_a_number_of_a_net_is_an_electrode_and_a_plain_number_is_not_known_to_be_one():
    assert all(are_electrodes([f"E{number}" for number in range(1, 130)]))
    assert not any(are_electrodes([str(number) for number in range(1, 65)]))
    assert are_electrodes(["EEG Fp1-Ref", "POL T1", "Cz", "Input 9"]) == [True, False, True, False]
