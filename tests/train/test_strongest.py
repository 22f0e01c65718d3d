"""Strongest baseline beside a network: fitted on the same subjects, scored on validation subjects, without influence on the network."""

from __future__ import annotations

import pytest

from eegcli import train
from eegcli.files.atomic import read_json
from eegcli.models.logistic import Logistic
from eegcli.settings import TrainSettings
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import contents, run

CLOSED = ("logistic", "tangent-space", "filter-bank-tangent-space", "tangent-space-band-power", "majority")


def test_the_strongest_baseline_is_the_best_closed_form_trained_by_itself(make_windows):
    windows = make_windows(n_subjects=20)
    found = read_json(run(windows, no_baseline=False).output / "metrics.json")["strongest_baseline"]
    alone = {arch: run(windows, arch, arch=arch).validation for arch in CLOSED}
    best = max(alone, key=lambda arch: (alone[arch]["validation_balanced_accuracy"], -alone[arch]["validation_loss"]))
    assert (found["arch"], found["n_compared"], found["n_windows"]) == (best, len(CLOSED), 144)
    for name in ("validation_balanced_accuracy", "validation_loss"):
        assert found[name] == pytest.approx(alone[best][name])


def test_it_is_said_beside_the_network_at_the_end(make_windows):
    reporter = CapturingReporter()
    settings = TrainSettings(windows=make_windows(), epochs=1, device="cpu", threads=1)
    result = train.run(settings, reporter=reporter)
    found = read_json(result.output / "metrics.json")["strongest_baseline"]
    [line] = [message for message in reporter.infos if "strongest baseline" in message]
    network, baseline = result.validation["validation_balanced_accuracy"], found["validation_balanced_accuracy"]
    assert line == f"validation balanced accuracy {network:.3f}; strongest baseline of 5: {found['arch']} {baseline:.3f}"


def test_without_it_the_network_and_its_other_figures_are_the_same_and_so_is_the_configuration(make_windows):
    windows = make_windows()
    one, two = run(windows, "with", no_baseline=False), run(windows, "without", no_baseline=True)
    first, second = (read_json(result.output / "metrics.json") for result in (one, two))
    assert second["strongest_baseline"] is None
    assert first["strongest_baseline"] is not None
    for metrics in (first, second):
        del metrics["strongest_baseline"], metrics["networks"]
    assert first == second
    files, others = contents(one.output), contents(two.output)
    assert {name for name in files if files[name] != others[name]} <= {"metrics.json", "done.json"}


def test_each_fold_has_one_of_its_own(make_windows):
    metrics = read_json(run(make_windows(), cv=3, no_baseline=False).output / "metrics.json")
    assert [network["strongest_baseline"] for network in metrics["networks"]] == metrics["strongest_baseline"]
    assert len(metrics["strongest_baseline"]) == 3


@pytest.mark.parametrize("target", ["sex", "age"])
def test_a_closed_form_has_none_beside_it(make_windows, target):
    reporter = CapturingReporter()
    settings = TrainSettings(windows=make_windows(), arch="logistic", target=target, device="cpu", threads=1)
    result = train.run(settings, reporter=reporter)
    assert read_json(result.output / "metrics.json")["strongest_baseline"] is None
    assert not any("strongest" in message for message in reporter.infos)


def test_a_number_has_one_in_its_own_unit(make_windows):
    windows = make_windows(n_subjects=20)
    found = read_json(run(windows, target="age", lr=1e-4, no_baseline=False).output / "metrics.json")["strongest_baseline"]
    alone = {arch: run(windows, arch, arch=arch, target="age").validation for arch in CLOSED}
    assert found["validation_r2"] == pytest.approx(max(figures["validation_r2"] for figures in alone.values()))


def test_of_many_windows_every_kth_is_taken(make_windows, monkeypatch):
    windows = make_windows()  # 84 windows train, of 4 channels or more
    whole = read_json(run(windows, "whole", no_baseline=False).output / "metrics.json")["strongest_baseline"]["n_windows"]
    monkeypatch.setattr("eegcli.train.strongest.MOST_VALUES", 42 * 3)
    monkeypatch.setattr("eegcli.train.strongest._n_features", lambda model: 3)
    found = read_json(run(windows, "thinned", no_baseline=False).output / "metrics.json")["strongest_baseline"]
    assert (whole, found["n_windows"]) == (84, 42)


def test_a_part_that_two_closed_forms_share_is_fitted_once(make_windows, monkeypatch):
    """Filter-bank tangent space is a baseline, and half of another one."""
    fitted = []
    fit = Logistic.fit

    def counted(self, features, *rest):
        fitted.append((type(self).__name__, len(features)))
        return fit(self, features, *rest)

    monkeypatch.setattr(Logistic, "fit", counted)
    run(make_windows(n_subjects=20), no_baseline=False)
    whole = [name for name, n in fitted if n == max(size for _, size in fitted)]  # the fits to all training windows
    assert sorted(whole) == ["BandPowerLogistic", "FilterBankTangentSpace", "TangentSpace"]
