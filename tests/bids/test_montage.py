"""One position, many spellings."""

from __future__ import annotations

from importlib import resources

import mne
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.bids.errors import RecordingError
from eegcli.bids.montage import channel_set, clean_names, is_hydrocel_128, resolve, spell, template
from eegcli.errors import UsageError
from eegcli.preprocess.interpolation import interpolate
from eegcli.preprocess.positions import ORIGIN
from eegcli.preprocess.signal import Signal

HYDROCEL = (*(f"E{i}" for i in range(1, 129)), "Cz")
# Truong et al. 2021, rows of the input in this order.
PAPER = "Fp1 E22, Fp2 E9, F7 E33, F3 E24, Fz E11, F4 E124, F8 E122, FC3 E29, FCz E6, FC4 E111, T3 E45, C3 E36, C4 E104, T4 E108, "
PAPER += "CP3 E42, CPz E55, CP4 E93, T5 E58, P3 E52, Pz E62, P4 E92, T6 E96, O1 E70, Cz Cz"
PAIRS = [tuple(pair.split()) for pair in PAPER.split(", ")]
EEGMAT = [
    f"EEG {name}"
    for name in ("Fp1", "Fp2", "F3", "F4", "F7", "F8", "T3", "T4", "C3", "C4", "T5", "T6", "P3", "P4", "O1", "O2", "Fz", "Cz", "Pz")
]


def head_positions(montage: mne.channels.DigMontage) -> dict[str, np.ndarray]:
    """Directions from the sphere's centre."""
    info = mne.create_info(montage.ch_names, 100.0, "eeg")
    info.set_montage(montage)
    vectors = {channel["ch_name"]: channel["loc"][:3] - np.array(ORIGIN) for channel in info["chs"]}
    return {name: vector / np.linalg.norm(vector) for name, vector in vectors.items()}


def test_hbn_24_is_the_papers_channels_in_the_papers_order():
    wanted = channel_set(("hbn-24",))
    assert wanted == tuple(name for name, _ in PAIRS)
    assert [HYDROCEL[index] for index in resolve(wanted, HYDROCEL)] == [egi for _, egi in PAIRS]


def test_every_row_of_a_montage_map_says_its_source():
    folder = resources.files("eegcli.bids").joinpath("montages")
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        lines = path.read_text(encoding="utf-8").splitlines()
        comment = " ".join(line for line in lines if line.startswith("#"))
        head, *rows = [line.split("\t") for line in lines if not line.startswith("#")]
        assert comment and all(len(row) == len(head) for row in rows), path.name
        for row in rows if "source" in head else []:
            assert f"{row[head.index('source')]}:" in comment


def test_electrodes_named_for_being_the_nearest_are_the_nearest():
    ours = head_positions(mne.channels.make_standard_montage("GSN-HydroCel-129"))
    standard = head_positions(mne.channels.make_standard_montage("colin27_1005"))
    text = resources.files("eegcli.bids").joinpath("montages", "gsn-hydrocel-128.tsv").read_text(encoding="utf-8")
    named = [line.split("\t")[:2] for line in text.splitlines() if line.endswith("\tnearest")]
    assert len(named) == 3
    for name, egi in named:
        assert max(ours, key=lambda electrode: ours[electrode] @ standard[name]) == egi


def test_both_mastoids_of_the_paper_are_in_the_map():
    assert [HYDROCEL[index] for index in resolve(["M1", "M2"], HYDROCEL)] == ["E57", "E100"]


def test_every_egi_electrode_lies_where_its_10_20_name_says():
    # Of the electrodes within 25 degrees, which is the spacing of 10-20 positions.
    ours, standard = (
        head_positions(mne.channels.make_standard_montage("GSN-HydroCel-129")),
        head_positions(mne.channels.make_standard_montage("colin27_1005")),
    )
    names = [*channel_set(("hbn-24",)), "Fpz", "Oz", "O2", "M1", "M2"]
    for name, index in zip(names, resolve(names, HYDROCEL), strict=True):
        assert np.degrees(np.arccos(ours[HYDROCEL[index]] @ standard[name])) < 25, name


def test_eegmat_has_18_of_the_24():
    found = dict(zip(channel_set(("hbn-24",)), resolve(channel_set(("hbn-24",)), EEGMAT), strict=True))
    assert [name for name, index in found.items() if index is None] == ["FC3", "FCz", "FC4", "CP3", "CPz", "CP4"]
    assert EEGMAT[found["T5"]] == "EEG T5"


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("EEG Fp1", "Fp1"),
        ("EEG FP1-REF", "Fp1"),
        ("Fc5.", "FC5"),
        ("C3..", "C3"),
        ("EEG C3-A2", "C3"),
        ("fz", "Fz"),
        ("EEG_Pz", "Pz"),
        ("POZ", "POz"),
        ("AFF1h", "AFF1h"),
        ("EEG A2-A1", None),
        ("Fz-Cz", None),
        ("E22", None),
        ("ECG ECG", None),
        ("Status", None),
        ("C33", None),
    ],
)
def test_names_are_spelled_as_10_20_spells_them(name, spelled):
    assert spell(name) == spelled


@given(
    st.sampled_from(mne.channels.make_standard_montage("colin27_1005").ch_names),
    st.sampled_from(["{}", "EEG {}", "{}.", "{}-Ref", "EEG {}-LE"]),
)
def test_every_standard_name_survives_every_decoration(name, decoration):
    spelled = spell(decoration.format(name))
    assert spelled is not None and spelled.lower() == name.lower()
    assert spell(decoration.format(name.upper())) == spelled


@pytest.mark.parametrize(
    ("wanted", "names", "expected"),
    [
        ("T7", ("T3", "Cz"), "T3"),
        ("T3", ("T7", "T3"), "T3"),  # what stands there literally goes first
        ("P8", ("EEG T6-LE",), "EEG T6-LE"),
        ("E129", HYDROCEL, "Cz"),
        ("Cz", (*HYDROCEL[:-1], "E129"), "E129"),
        ("O2", HYDROCEL, "E83"),
        ("E11", HYDROCEL, "E11"),
        ("Fp1", tuple(f"E{i}" for i in range(1, 65)), None),  # a net of 64 numbers otherwise
        ("Fp1", tuple(f"E{i}" for i in range(1, 257)), None),
        ("C3", tuple(f"{row}{i}" for row in "ABCD" for i in range(1, 33)), "C3"),  # literally
        ("Pz", tuple(f"{row}{i}" for row in "ABCD" for i in range(1, 33)), None),
        ("fc5", ("Fc5.", "Fc3."), "Fc5."),
    ],
)
def test_a_wanted_channel_is_found_in_any_spelling_and_never_guessed(wanted, names, expected):
    index = resolve([wanted], names)[0]
    assert (None if index is None else names[index]) == expected


def test_names_are_cleaned_unless_two_would_become_one():
    assert clean_names(EEGMAT)[:2] == ("Fp1", "Fp2")
    assert clean_names(("Fc5.", "E22", "A2-A1")) == ("FC5", "E22", "A2-A1")
    assert clean_names(("EEG Fz", "Fz-Ref")) == ("EEG Fz", "Fz-Ref")
    assert is_hydrocel_128(HYDROCEL) and not is_hydrocel_128(EEGMAT)


def test_an_unknown_set_and_a_channel_named_twice_are_usage_errors():
    with pytest.raises(UsageError, match="no channel set is named 'hbn-42'") as caught:
        channel_set(("hbn-42",))
    assert "hbn-24" in caught.value.hint
    with pytest.raises(UsageError, match="named twice: T3, T7"):
        channel_set(("T3", "T7", "Cz"))


def perrin(cosine: np.ndarray, stiffness: int = 4, terms: int = 50) -> np.ndarray:
    """Equation 3 of Perrin et al. 1989, term by term."""
    n = np.arange(1, terms + 1)
    weights = (2 * n + 1) / (n * (n + 1.0)) ** stiffness
    return np.polynomial.legendre.legval(cosine, np.concatenate([[0.0], weights])) / (4 * np.pi)


def test_interpolation_is_the_spherical_spline_of_perrin_et_al():
    names = ("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "Cz", "T7", "T8")
    data = np.random.default_rng(0).standard_normal((len(names), 30))
    montage = mne.channels.make_standard_montage(template(names)[0])
    positions = head_positions(montage)
    sources = np.array([positions[name] for name in names])
    targets = np.array([positions[name] for name in ("CP3", "FCz")])
    # Equations 1 and 2: values at the sources are met, and the coefficients sum to zero.
    smooth = 1e-5 * np.eye(len(names))  # MNE's regularisation
    system = np.block([[perrin(sources @ sources.T) + smooth, np.ones((len(names), 1))], [np.ones((1, len(names))), np.zeros((1, 1))]])
    coefficients = np.linalg.pinv(system) @ np.vstack([data, np.zeros((1, 30))])
    expected = np.hstack([perrin(targets @ sources.T), np.ones((2, 1))]) @ coefficients
    result = interpolate(Signal(data, names, 128.0), ("CP3", "FCz"))
    assert np.corrcoef(result.ravel(), expected.ravel())[0, 1] > 0.999
    np.testing.assert_allclose(result, expected, atol=0.05)


def test_interpolation_brings_a_smooth_field_back():
    rows = resolve(channel_set(("hbn-24",)), HYDROCEL)
    montage = mne.channels.make_standard_montage(template(HYDROCEL)[0])
    positions = head_positions(montage)
    field = np.array([[positions[HYDROCEL[row]][1] + 0.5 * positions[HYDROCEL[row]][0]] for row in rows])
    names = (*(HYDROCEL[row] for row in rows), "E100")
    known = [row for row, name in enumerate(names[:-1]) if name not in ("E29", "E55")]
    signal = Signal(field[known] * np.ones(5), tuple(names[row] for row in known), 128.0)
    result = interpolate(signal, ("FC3", "CPz"))
    expected = field[[names.index("E29"), names.index("E55")]] * np.ones(5)
    np.testing.assert_allclose(result, expected, atol=0.05)


def test_a_bad_channel_is_no_source_and_too_few_sources_are_an_error():
    names = ("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4")
    data = np.random.default_rng(0).standard_normal((8, 10))
    spoiled = data.copy()
    spoiled[4] = 1e6
    np.testing.assert_allclose(
        interpolate(Signal(spoiled, names, 128.0, bad_channels=("C3",)), ("Cz",)),
        interpolate(Signal(data, names, 128.0, bad_channels=("C3",)), ("Cz",)),
    )
    with pytest.raises(RecordingError, match="only 4 channels with a known position"):
        interpolate(Signal(data[:4], names[:4], 128.0), ("Cz",))
    with pytest.raises(RecordingError, match="X9: no known position"):
        interpolate(Signal(data, names, 128.0), ("X9",))


def test_the_letters_of_biosemi_are_no_10_20_names_even_where_all_are_a():
    names = tuple(f"A{n}" for n in range(1, 17))
    assert clean_names(names) == names and template(names)[1]("A1") is None  # no ear
    assert template(("A1", "A2", "Cz", "Pz"))[1]("A1") == "A1"
