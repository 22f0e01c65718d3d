"""Drawings as SVG text: each is well-formed, escapes names, and draws what it was given."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from eegcli.pages.document import render
from eegcli.pages.svg import band, bar, curve, drawing, line, nice, text, ticks

HOSTILE = '"><script>alert(1)</script>&'


def parsed(*parts: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing(100, 50, parts, label=HOSTILE))


def test_names_are_escaped_and_read_as_they_are():
    svg = parsed(text(1, 2, HOSTILE), bar(0, 0, 5, 5, words=HOSTILE))
    assert svg.get("aria-label") == HOSTILE and [one.text for one in svg.iter("text")] == [HOSTILE]
    assert [one.text for one in svg.iter("title")] == [HOSTILE] and not list(svg.iter("script"))


def points(path: str) -> list[tuple[float, float]]:
    """Points of a path of one M and one relative l, in units of the drawing."""
    begin, steps = re.fullmatch(r"M(-?\d+) (-?\d+)l(.*)", path).groups()[:2], re.findall(r"-?\d+", path.partition("l")[2])
    moves = np.array([begin, *np.reshape(steps, (-1, 2))], dtype=float)
    return [tuple(point) for point in np.cumsum(moves, axis=0) / 10]


def test_a_curve_goes_through_its_points():
    x, y = np.array([0.0, 1.5, 3.0, 10.0]), np.array([5.0, 2.5, 7.0, 7.0])
    svg = parsed(curve(x, y, stroke="red"))
    assert points(svg[0].get("d")) == list(zip(x, y, strict=True))


def test_a_missing_value_is_a_gap():
    svg = parsed(curve(np.arange(5.0), np.array([1.0, 2.0, np.nan, 4.0, 5.0]), stroke="red"))
    assert svg[0].get("d").count("M") == 2
    assert (
        curve(np.arange(2.0), np.full(2, np.nan), stroke="red") == "" == band(np.arange(2.0), np.full(2, np.nan), np.zeros(2), fill="red")
    )


@pytest.mark.parametrize(("low", "high", "expected"), [(0, 100, [0, 50, 100]), (0, 1, [0, 0.5, 1]), (-3, 3, [-2, 0, 2]), (5, 5, [5])])
def test_ticks_are_round_and_inside(low, high, expected):
    assert np.allclose(ticks(low, high), expected)


@pytest.mark.parametrize(("value", "expected"), [(0.9, 1.0), (1.0, 1.0), (1.1, 2.0), (2.1, 5.0), (5.1, 10.0), (0.0021, 0.005)])
def test_a_nice_number_is_the_next_of_one_two_and_five(value, expected):
    assert nice(value) == pytest.approx(expected)


def test_a_bar_is_never_of_negative_width():
    assert parsed(bar(0, 0, -5, 3))[0].get("width") == "0.0"
    assert parsed(line(0, 0, 1, 1, dash="4 3"))[0].get("stroke-dasharray") == "4 3"


def test_the_style_of_all_pages_is_taken_into_a_page(tmp_path, monkeypatch):
    package = tmp_path / "a_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "page.html").write_text('<style>{% include "style.css" %}</style><p>{{ name }}</p>')
    monkeypatch.syspath_prepend(tmp_path)
    html = render("a_package", "page.html", name=HOSTILE)
    assert "prefers-color-scheme: dark" in html and "<script>" not in html
