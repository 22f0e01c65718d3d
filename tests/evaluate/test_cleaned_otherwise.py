"""Another cohort that was cleaned otherwise is refused, with what differs, or evaluated under that name."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli import epoch, evaluate, preprocess, train
from eegcli.artifacts.cleaning import Cleaning, differences, read_cleaning
from eegcli.errors import ArtifactError, InputError, UsageError
from eegcli.files.atomic import read_json
from eegcli.reporter import EegcliWarning, Silent
from eegcli.settings import EpochSettings, EvaluateSettings, PreprocessSettings, TrainSettings
from tests.kit.marks import restate
from tests.kit.trees import make_tree

RECIPE = {"l_freq": 1.0, "h_freq": 40.0, "sfreq": 100.0, "channels": ("O1", "O2", "C3", "C4")}


def windows(root, name, *, raw=150.0, epoch_with=None, **cleaning):
    tree = make_tree(
        root / name, subjects=(f"{name}1", f"{name}2", f"{name}3", f"{name}4", f"{name}5", f"{name}6"), seed=100 * ord(name), sfreq=raw
    )
    preprocess.run(PreprocessSettings(bids=tree, output=root / f"{name}-recordings", jobs=1, **(RECIPE | cleaning)), reporter=Silent())
    settings = EpochSettings(recordings=(root / f"{name}-recordings",), output=root / f"{name}-windows", length=1.0, **(epoch_with or {}))
    return epoch.run(settings, reporter=Silent()).output


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    root = tmp_path_factory.mktemp("learnt")
    own = windows(root, "a")
    run = train.run(TrainSettings(windows=own, output=root / "run", arch="majority", device="cpu"), reporter=Silent()).output
    return root, run


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"h_freq": 30.0}, "filter h_freq: 40 there, 30 here"),
        ({"reference": ("Fp1",)}, "reference channels: average there, Fp1 here"),
        ({"asr_cutoff": 20.0}, "asr: not done there, done here"),
        ({"raw": 300.0}, "raw_sfreq: 150 there, 300 here"),
        ({"epoch_with": {"reject": 5000.0}}, "reject: none there, 5000 here"),
    ],
)
def test_what_differs_is_said_and_refused_unless_it_is_allowed(learnt, tmp_path, wishes, said):
    _, run = learnt
    other = windows(tmp_path, "b", **wishes)
    with pytest.raises(InputError, match=said) as raised:
        evaluate.run(EvaluateSettings(run=run, windows=other, output=tmp_path / "e", device="cpu"), reporter=Silent())
    assert raised.value.exit_code == 3 and "--allow-differences" in raised.value.hint and not (tmp_path / "e").exists()
    allowed = EvaluateSettings(run=run, windows=other, output=tmp_path / "e", device="cpu", allow_differences=True)
    with pytest.warns(EegcliWarning, match=said):
        evaluate.run(allowed)
    assert any(said in item for item in read_json(tmp_path / "e" / "metrics.json")["cleaned_otherwise"])


def test_a_cohort_that_was_cleaned_alike_is_evaluated(learnt, tmp_path):
    _, run = learnt
    evaluate.run(EvaluateSettings(run=run, windows=windows(tmp_path, "b"), output=tmp_path / "e", device="cpu"), reporter=Silent())
    assert read_json(tmp_path / "e" / "metrics.json")["cleaned_otherwise"] == []


def test_windows_that_do_not_say_it_are_evaluated_with_a_warning_and_a_changed_file_is_not(learnt, tmp_path):
    _, run = learnt
    other = windows(tmp_path, "b")
    (other / "cleaning.json").write_text((other / "cleaning.json").read_text().replace("40.0", "30.0"))
    with pytest.raises(ArtifactError, match=r"cleaning\.json: is not what was written"):
        evaluate.run(EvaluateSettings(run=run, windows=other, output=tmp_path / "e", device="cpu"), reporter=Silent())
    old = shutil.copytree(run, tmp_path / "old")
    (old / "cleaning.json").unlink()
    restate(old)  # as an earlier version wrote it
    restate(other)
    with pytest.warns(EegcliWarning, match="does not say how its recordings were cleaned"):
        evaluate.run(EvaluateSettings(run=old, windows=other, output=tmp_path / "f", device="cpu"))


STEP = st.fixed_dictionaries(
    {"step": st.sampled_from(["filter", "resample", "asr"]), "cutoff": st.one_of(st.none(), st.floats(1, 9)), "seed": st.integers(0, 3)}
)


@given(st.lists(STEP, max_size=4), st.integers(0, 9))
def test_other_seeds_are_no_difference_and_another_option_is(steps, seed):
    one = Cleaning((tuple(steps),), ("average",), (250.0,))
    assert differences(one, one) == ()
    assert differences(one, Cleaning((tuple({**step, "seed": seed} for step in steps),), ("average",), (250.0,))) == ()
    for place, step in enumerate(steps):
        other = [*steps[:place], {**step, "cutoff": 11.0}, *steps[place + 1 :]]
        assert any("cutoff" in item and "11 here" in item for item in differences(one, Cleaning((tuple(other),), ("average",), (250.0,))))
        assert differences(one, Cleaning(((*steps[:place], *steps[place + 1 :]),), ("average",), (250.0,)))


def test_of_several_ways_of_cleaning_one_is_enough():
    one, two = ({"step": "filter", "h_freq": 40.0},), ({"step": "filter", "h_freq": 45.0},)
    assert differences(Cleaning((one, two), ("average", "Cz"), (250.0, 500.0)), Cleaning((two,), ("Cz",), (500.0,))) == ()


def test_windows_keep_how_they_were_made(learnt):
    root, run = learnt
    found = read_cleaning(root / "a-windows")
    assert found == read_cleaning(run) and found.raw_sfreq == (150.0,) and [step["step"] for step in found.steps[0]]


def test_a_training_begins_with_a_run_whose_windows_were_cleaned_alike_or_says_how_they_were_not(tmp_path):
    def training(name, **wishes):
        settings = {"arch": "eegnet", "epochs": 1, "batch_size": 4, "threads": 1, "device": "cpu", "no_baseline": True} | wishes
        return train.run(TrainSettings(windows=tmp_path / f"{name}-windows", **settings), reporter=Silent()).output

    for name, wishes in (("a", {}), ("b", {}), ("c", {"h_freq": 30.0}), ("d", {"channels": ("O2", "O1", "C3")})):
        windows(tmp_path, name, **wishes)
    run = training("a", output=tmp_path / "run")
    training("b", init_from=run, output=tmp_path / "alike")
    training("d", init_from=run, output=tmp_path / "fewer")  # channels are found by name
    with pytest.raises(InputError, match=r"c-windows: the recordings were cleaned otherwise .*filter h_freq: 40 there, 30 here") as raised:
        training("c", init_from=run, output=tmp_path / "otherwise")
    assert raised.value.exit_code == 3 and "--allow-differences" in raised.value.hint and not (tmp_path / "otherwise").exists()
    training("c", init_from=run, output=tmp_path / "otherwise", allow_differences=True)
    begun = read_json(tmp_path / "otherwise" / "metrics.json")["begun_with"]
    assert begun["cleaned_otherwise"] == ["filter h_freq: 40 there, 30 here"]
    assert "cleaned_otherwise" not in read_json(tmp_path / "alike" / "metrics.json")["begun_with"]
    with pytest.raises(UsageError, match="--allow-differences is about weights that come from another run"):
        training("a", allow_differences=True, output=tmp_path / "none")


def test_recordings_that_were_not_cleaned_alike_are_pooled_with_a_warning(learnt, tmp_path):
    root, _ = learnt
    windows(tmp_path, "b", h_freq=30.0)
    both = (root / "a-recordings", tmp_path / "b-recordings")
    with pytest.warns(EegcliWarning, match=r"not all cleaned alike: filter h_freq: (40 in some, 30|30 in some, 40) in others"):
        epoch.run(EpochSettings(recordings=both, output=tmp_path / "pooled", length=1.0))
