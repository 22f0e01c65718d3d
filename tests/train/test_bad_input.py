"""Bad input of a training: a clear error, or a result that is defined."""

from __future__ import annotations

import math

import pytest

from eegcli.errors import InputError
from eegcli.files.atomic import read_json
from tests.kit.runs import run


@pytest.mark.parametrize(
    ("cohort", "wishes", "said"),
    [
        ({"n_subjects": 1}, {}, "all windows have sex M"),
        ({"n_subjects": 1}, {"target": "task"}, r"no subject is left for the validation set \(1 in all\)"),
        ({"n_subjects": 2}, {}, "the train set has no window of class M: it has 1 subject for 2 classes"),
        ({"n_subjects": 3, "n_windows": 1}, {}, "the validation set has no window of class F"),
        ({"male": 1}, {}, "the validation set has no window of class M: only 1 subject has it"),
        ({"male": 2}, {"cv": 3}, "fold 0: the validation set has no window of class M: only 2 subjects have it"),
    ],
)
def test_too_few_subjects_for_the_classes_are_refused_before_anything_is_written(make_windows, cohort, wishes, said):
    windows = make_windows(**cohort)
    with pytest.raises(InputError, match=said):
        run(windows, arch="eegnet", **wishes)
    assert not windows.with_name("run").exists()


def test_two_windows_are_enough_for_a_target_that_varies_within_a_subject(make_windows):
    windows = make_windows(n_subjects=2, n_windows=1)
    metrics = read_json(run(windows, arch="eegnet", target="task").output / "metrics.json")
    assert metrics["sets"]["train"]["n_windows"] == 2
    assert math.isfinite(metrics["validation"]["validation_loss"])


@pytest.mark.parametrize("arch", ["eegnet", "ctnet", "covwave"])
def test_a_last_batch_of_one_window_is_learnt_from_where_batch_norm_has_values_in_time(make_windows, arch):
    wishes = {"fit_window": True} if arch == "ctnet" else {}
    metrics = read_json(run(make_windows(), arch=arch, batch_size=83, epochs=1, **wishes).output / "metrics.json")
    assert metrics["sets"]["train"]["n_windows"] % 83 == 1
    assert math.isfinite(metrics["validation"]["validation_loss"])


def test_a_last_batch_of_one_window_is_refused_where_batch_norm_has_one_value(make_windows):
    windows = make_windows()
    with pytest.raises(
        InputError, match="deepconvnet cannot learn from a batch of one window, which the last of an epoch is here"
    ) as error:
        run(windows, arch="deepconvnet", batch_size=83, epochs=1, fit_window=True)
    assert "--batch-size" in error.value.hint
    assert not windows.with_name("run").exists()


def test_a_thousand_classes_have_a_defined_result(make_windows, tmp_path):
    windows = make_windows(n_subjects=6, n_windows=1000)
    table = tmp_path / "labels.tsv"
    rows = (
        f"{subject:02d}\t{task}\t{place}\titem{place:04d}"
        for subject in range(6)
        for task in ("rest", "arithmetic")
        for place in range(1000)
    )
    table.write_text("subject\ttask\tonset\titem\n" + "\n".join(rows) + "\n")
    metrics = read_json(run(windows, arch="eegnet", labels=table, target="item", epochs=1, batch_size=500).output / "metrics.json")
    assert len(metrics["classes"]) == 1000
    assert metrics["validation"]["train_loss"] == pytest.approx(math.log(1000), rel=0.1)
    assert 0 <= metrics["validation"]["validation_balanced_accuracy"] <= 0.05
