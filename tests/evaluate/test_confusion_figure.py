"""The figure opens, is the same twice, and does not depend on the user's matplotlib."""

import warnings

import matplotlib
import numpy as np
import pytest
from PIL import Image

from eegcli.evaluate.figure import confusion_figure, scatter_figure

pytestmark = pytest.mark.usefixtures("figures_as_for_users")


def level(matrix):
    matrix = np.array(matrix)
    return {
        "accuracy": 0.75,
        "ci95": (0.5, 0.9),
        "balanced_accuracy": float("nan") if (matrix.sum(axis=1) == 0).any() else float((matrix.diagonal() / matrix.sum(axis=1)).mean()),
        "majority_rate": 0.5,
        "n": int(matrix.sum()),
        "n_subjects": 4,
        "confusion": matrix,
    }


@pytest.mark.parametrize("n_classes", [2, 3, 12])
def test_the_figure_opens_and_is_the_same_twice(tmp_path, n_classes):
    levels = {"windows": level(np.eye(n_classes) * 1234 + 3), "votes of subjects": level(np.eye(n_classes) + 0.5)}
    classes = [f"class {index}" for index in range(n_classes)]
    for name in ("one.png", "two.png"):
        confusion_figure(tmp_path / name, levels, classes, title="test set")
    with Image.open(tmp_path / "one.png") as image:
        image.verify()
        assert image.width > 1000
        assert "Software" not in image.info
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_the_users_matplotlib_settings_change_nothing(tmp_path):
    levels = {"windows": level([[3, 1], [0, 4]])}
    confusion_figure(tmp_path / "plain.png", levels, ["M", "F"], title="t")
    with matplotlib.rc_context({"font.size": 30, "figure.facecolor": "red", "image.cmap": "jet"}):
        confusion_figure(tmp_path / "styled.png", levels, ["M", "F"], title="t")
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "styled.png").read_bytes()


def test_a_class_without_windows_is_drawn(tmp_path):
    confusion_figure(tmp_path / "f.png", {"windows": level([[4, 1], [0, 0]]) | {"ci95": (np.nan, np.nan)}}, ["M", "F"], title="t")
    assert (tmp_path / "f.png").stat().st_size > 5000


def test_numbers_are_drawn_as_points(tmp_path):
    figures = {"mae": 1.5, "baseline_mae": 3.0, "ci95": (1.0, 2.0), "n": 50, "n_subjects": 5}
    points = {"windows": (np.arange(50.0), np.arange(50.0) + 1.5), "votes of subjects": (np.arange(5.0), np.arange(5.0))}
    scatter_figure(tmp_path / "f.png", dict.fromkeys(points, figures), points, target="age", title="t")
    with Image.open(tmp_path / "f.png") as image:
        image.verify()


@pytest.mark.parametrize("n_classes", [2, 3, 8])
def test_long_names_leave_the_matrix_its_room(tmp_path, n_classes):
    classes = [f"instructed_toCloseEyes, combined presentation {index} {'x' * 80}" for index in range(n_classes)]
    levels = {name: level(np.eye(n_classes) * 7 + 1) for name in ("windows", "votes of recording x segments")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib says so where axes have no room left
        confusion_figure(tmp_path / "f.png", levels, classes, title="test set")
    with Image.open(tmp_path / "f.png") as image:
        shades = np.asarray(image.convert("RGB"), dtype=int)
    blue = (shades[..., 2] - shades[..., 0] > 5).mean()  # both matrices and the bar of colours
    assert blue > 0.2
