"""Charts of differences between classes over subjects: the values of the table along every axis, and in words where they are more than chance."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from eegcli.artifacts.explanation import Attribution, StoredExplanation
from eegcli.artifacts.table import StoredTable, from_rows
from eegcli.reporting.charts.as_svg import as_svg
from eegcli.reporting.charts.chart import Bars, Plot
from eegcli.reporting.sections.differences_of_methods import charts_of

NO_ROWS = StoredTable()


def rows(along: str, places: list[str], *, label: str = "F", p: float = 1.0, low: float = -1.0) -> list[dict]:
    return [
        {"method": "saliency", "class": label, "along": along, "place": place, "difference": number / 10, "low": low, "high": 9.0, "p": p}
        for number, place in enumerate(places)
    ]


def drawn(table: list[dict], *, classes: tuple[str, ...] = ("F", "M"), name: str = "saliency", grey: bool = False) -> list:
    attribution = Attribution(np.zeros((2, 2, 4)), np.zeros((2, 2, 3)), np.zeros((2, 2)))
    explanation = StoredExplanation(
        classes=classes,
        ch_names=("Fz", "Pz"),
        sfreq=4.0,
        freqs=np.arange(3.0),
        window=np.arange(2),
        class_index=np.arange(2),
        input_spectrum=np.zeros((2, 2, 3)),
        methods={"saliency": attribution, "deeplift": attribution, "best-samples": SimpleNamespace(kind="selection")},
        path=Path("explanation"),
        metrics={},
        bands=NO_ROWS,
        differences=StoredTable(from_rows(table)),
        claims=NO_ROWS,
    )
    return list(charts_of(explanation, name, grey=grey))


def test_each_axis_has_a_chart_of_the_values_of_the_table():
    channels, spectrum, course = drawn(
        [*rows("channel", ["Fz", "Pz"]), *rows("frequency", ["1", "1.5", "2"]), *rows("time", ["0", "0.25"])]
    )
    assert isinstance(channels, Bars) and channels.rows == ("Fz", "Pz") and channels.series["F less M"].tolist() == [0.0, 0.1]
    assert channels.low.tolist() == [-1, -1] and channels.high.tolist() == [9, 9]
    assert isinstance(spectrum, Plot) and spectrum.x_label == "frequency (Hz)"
    assert spectrum.series[0].x.tolist() == [1, 1.5, 2] and spectrum.series[0].y.tolist() == [0, 0.1, 0.2]
    assert spectrum.series[0].low.tolist() == [-1, -1, -1] and course.series[0].x.tolist() == [0, 0.25]
    assert len({one.name for one in (channels, spectrum, course)}) == 3


def test_where_classes_differ_is_said_in_words():
    chance, told, few = (
        drawn(table)[0].title
        for table in (
            rows("channel", ["Fz", "Pz"], p=0.2),
            [*rows("channel", ["Fz"], p=0.3), *rows("channel", ["Pz"], p=0.004)],
            rows("channel", ["Fz", "Pz"], low=float("nan")),
        )
    )
    assert "cluster p 0.2, nowhere more than chance" in chance
    assert "cluster p 0.004, at Pz" in told and "Fz" not in told
    assert "too few subjects to tell" in few


def test_of_more_than_two_classes_each_is_held_against_the_others():
    table = [
        *rows("frequency", ["1", "2"], label="a"),
        *rows("frequency", ["1", "2"], label="b"),
        *rows("frequency", ["1", "2"], label="c"),
    ]
    (chart,) = drawn(table, classes=("a", "b", "c"))
    assert [one.name for one in chart.series] == ["a less the others", "b less the others", "c less the others"]
    (bars,) = drawn([*rows("channel", ["Fz"], label="a"), *rows("channel", ["Fz"], label="b")], classes=("a", "b", "c"))
    assert list(bars.series) == ["a less the others", "b less the others"] and "whiskers of a less the others" in bars.how


def test_a_method_that_failed_is_grey_and_one_with_differences_of_its_own_is_left_to_them():
    assert drawn(rows("channel", ["Fz"]), grey=True)[0].grey
    assert drawn([row | {"method": "best-samples"} for row in rows("channel", ["Fz"])], name="best-samples") == []
    assert drawn(rows("channel", ["Fz"]), name="deeplift") == [] and drawn([]) == []


def test_the_chart_can_be_drawn():
    for chart in drawn([*rows("part", ["delta", "<theta>"]), *rows("time", ["0", "0.25"], low=float("nan"))]):
        assert "<theta>" not in as_svg(chart)
