"""Figures of a report as files: three formats and a table each, equal bytes, names as they are."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eegcli.artifacts.table import read_table
from eegcli.errors import UnavailableError
from eegcli.reporting import figures
from eegcli.reporting.charts.as_figure import write_figures
from eegcli.reporting.charts.as_svg import as_svg
from eegcli.reporting.charts.chart import Bars, Flow, Heads, Mark, Matrix, Plot, Series, Stage
from tests.reporting.runs import laboratory

WORDS = {"title": "T", "how": "", "caveat": "", "alt": ""}
HOSTILE = "_cost $1 <b> & $2 \\alpha 漢"


def charts(name: str = "M") -> list:
    """One chart of each form, with a name of a class or a column in it."""
    x = np.arange(5.0)
    return [
        Plot(
            name="plot",
            x_label="epoch",
            y_label="loss",
            series=(Series(name, x, x**2, x, x**2 + 1), Series("dots", x, x, marked=True)),
            marks=(Mark(3.0, name),),
            **WORDS,
        ),
        Bars(
            name="bars",
            label=name,
            rows=(name, "other"),
            series={name: np.array([1.0, np.nan])},
            low=np.array([0.5, 0.1]),
            high=np.array([2.0, 0.3]),
            **WORDS,
        ),
        Heads(
            name="heads",
            label="µV",
            ch_names=("Cz", "Pz"),
            places=np.array([[0.0, 0.0], [np.nan, np.nan]]),
            values={name: np.array([1.0, -1.0])},
            **WORDS,
        ),
        Matrix(name="matrix", classes=(name, "F"), counts={"windows": np.array([[3, 1], [0, 2]])}, **WORDS),
        Flow(
            name="flow",
            stages=(Stage(name, ("2 recordings",), n=2.0), Stage("Cleaned", ("1 recording",), ((name, 1.0),), "recordings", 1.0)),
            **WORDS,
        ),
    ]


def test_every_chart_has_three_formats_and_its_numbers(tmp_path):
    files = list(write_figures(tmp_path / "new" / "folder", charts()))
    names = ("plot", "bars", "heads", "matrix", "flow")
    assert [path.name for path in files] == [f"{name}{suffix}" for name in names for suffix in (".png", ".svg", ".pdf", ".parquet")]
    begin = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF", ".parquet": b"PAR1"}
    assert all(path.read_bytes().startswith(begin[path.suffix]) for path in files)


def test_numbers_are_those_of_the_chart(tmp_path):
    list(write_figures(tmp_path, charts()))
    plot, matrix, flow = (read_table(tmp_path / f"{name}.parquet") for name in ("plot", "matrix", "flow"))
    assert plot["series"].tolist() == ["M"] * 5 + ["dots"] * 5
    assert plot["loss"].tolist() == [0.0, 1.0, 4.0, 9.0, 16.0, 0.0, 1.0, 2.0, 3.0, 4.0]
    assert matrix["n"].tolist() == [3.0, 1.0, 0.0, 2.0] and matrix["predicted"].tolist() == ["M", "F"] * 2
    assert flow["what"].tolist() == ["2 recordings", "left out: M", "1 recording"] and flow["n"].tolist() == [2.0, 1.0, 1.0]


def test_equal_charts_make_equal_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    once = {path.name: path.read_bytes() for path in write_figures(tmp_path / "a", charts())}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400000")  # another day
    assert {path.name: path.read_bytes() for path in write_figures(tmp_path / "b", charts())} == once


@pytest.mark.filterwarnings("ignore:Glyph")
def test_names_are_drawn_as_they_are(tmp_path):
    list(write_figures(tmp_path, charts(HOSTILE)))
    for name in ("plot", "bars", "matrix", "flow"):
        svg = (tmp_path / f"{name}.svg").read_text()
        assert "_cost $1 &lt;b&gt; &amp; $2 \\alpha" in svg, name
    assert HOSTILE in read_table(tmp_path / "plot.parquet")["series"].tolist()


def test_a_chart_of_nothing_is_a_chart(tmp_path):
    plot, bars, heads, *_ = charts()
    nothing = np.full(2, np.nan)
    empty = [replace(plot, series=()), replace(bars, series={"M": nothing}, low=None, high=None), replace(heads, values={"M": nothing})]
    assert len(list(write_figures(tmp_path, empty))) == 12


def test_two_charts_of_one_name_are_refused(tmp_path):
    with pytest.raises(ValueError, match="two charts are named plot"):
        list(write_figures(tmp_path, [charts()[0], charts()[0]]))
    assert not list(tmp_path.iterdir())


def test_the_figures_of_a_run_are_those_of_its_report(tmp_path_factory, tmp_path):
    run = laboratory(tmp_path_factory) / "lab-eegnet"
    files = figures.write(run, tmp_path / "figures")
    names = [chart.name for chart in figures.charts_of(run)]
    assert [path.stem for path in files[::4]] == names and {"flow", "confusion", "curve-loss"} <= set(names)
    assert sorted(files) == sorted((tmp_path / "figures").iterdir())
    table = read_table(tmp_path / "figures" / "confusion.parquet")
    assert table["n"].sum() == 12 + 96  # votes of subjects, and windows


def test_a_folder_that_cannot_be_written_is_said(tmp_path_factory, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UnavailableError, match="figures cannot be written"):
        figures.write(laboratory(tmp_path_factory) / "lab-eegnet", tmp_path / "file" / "figures")


def test_points_at_the_end_of_an_axis_are_whole(tmp_path):
    from matplotlib.figure import Figure

    from eegcli.reporting.charts.as_figure import draw

    figure = Figure()
    draw(replace(charts()[0], y_range=(0.0, 1.0)), figure)
    low, high = figure.axes[0].get_ylim()
    assert low < 0 < 1 < high


@given(st.floats(-1e-2, 1e6), st.floats(1e-6, 1e6))
@example(1e5, 1e-6)
def test_numbers_on_an_axis_are_as_far_apart_as_their_lines(low, width):
    """A label that is rounded to its neighbour's would be a wrong number."""
    chart = Plot(name="p", x_label="x", y_label="y", series=(Series("s", np.array([0.0, 1.0]), np.array([low, low + width])),), **WORDS)
    text = str(as_svg(chart))
    places = [float(y) for y in re.findall(r'<line x1="[\d.]+" y1="([\d.]+)" x2="408.0" y2="[\d.]+" stroke="var\(--grid\)"', text)]
    labels = [float(words) for words in re.findall(r'text-anchor="end" fill="[^"]+">([^<]+)</text>', text)]
    assert len(labels) == len(places)
    if len(labels) > 2:
        steps, gaps = np.diff(labels), np.diff(places)
        assert np.all(steps > 0) and np.allclose(steps / steps[0], gaps / gaps[0], atol=0.02)


def test_heads_of_128_electrodes_are_a_few_kilobytes_and_show_every_value():
    random = np.random.default_rng(0)
    places = random.uniform(-0.7, 0.7, (128, 2))
    values = {f"head {number}": random.normal(size=128) for number in range(8)}
    names = tuple(f"E{number}" for number in range(128))
    text = str(as_svg(Heads(name="many", label="µV", ch_names=names, places=places, values=values, **WORDS)))
    assert len(text) < 30_000
    assert text.count("h.1") == 8 * 128 and text.count("<title>") == 128 and text.count("<use ") == 8
    for number, path in enumerate(re.findall(r'<path d="([^"]*h\.1)" stroke="([^"]+)"', text)):
        assert path[1] in ("var(--c1)", "var(--c2)"), number


def test_an_electrode_without_a_value_or_a_place_is_not_drawn():
    places = np.array([[0.0, 0.0], [np.nan, np.nan], [0.5, 0.5]])
    chart = Heads(name="h", label="µV", ch_names=("Cz", "?", "C4"), places=places, values={"a": np.array([1.0, 1.0, np.nan])}, **WORDS)
    text = str(as_svg(chart))
    assert text.count("h.1") == 1 and text.count("<title>") == 2
