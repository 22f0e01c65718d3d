"""The page and the figures: equal bytes, nothing loaded, names that are only names, and who is among the worst."""

from __future__ import annotations

import re
import xml.dom.minidom
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from eegcli.artifacts.recordings import Recording, write_recording
from eegcli.artifacts.table import Table, column
from eegcli.files.atomic import write_json
from eegcli.pages.svg import ticks
from eegcli.preprocess.quality import stand
from eegcli.preprocess.quality.page import FILE, write_page
from eegcli.preprocess.quality.page.figures import thinned, traces
from eegcli.preprocess.quality.preview import hold, preview
from eegcli.preprocess.signal import Signal
from tests.kit.trees import NAMES, make_tree, noise, recording

VOID = {"meta", "br"}


class Checked(HTMLParser):
    """Fails on a tag that is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.loads += [f"{name}={value}" for name, value in attrs if name in ("src", "href", "srcset", "xlink:href", "data")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        self.words.append(data)


def check(page: str) -> Checked:
    checked = Checked()
    checked.feed(page)
    checked.close()
    assert checked.open == [] and checked.loads == []
    assert "<script" not in page and "@import" not in page and "url(" not in page and "http" not in page
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        root = xml.dom.minidom.parseString(drawing).documentElement
        assert root.getAttribute("aria-label") and root.getAttribute("role") == "img"
        assert not re.search(r"nan|inf\b", drawing.lower().replace("nan0", ""))
    return checked


def cohort(n: int, *, failed: int = 0, **columns: list) -> Table:
    """The table of `n` recordings that are kept and of some that are not."""
    gap = [None] * failed
    table = {
        "recording": column([f"sub-{i:04d}_task-rest" for i in range(n + failed)]),
        "subject": column([f"{i:04d}" for i in range(n + failed)]),
        "path": column([f"sub-{i:04d}.h5" for i in range(n)] + gap),
        "status": column(["ok"] * n + ["failed"] * failed),
        "error": column([None] * n + ["the file is truncated"] * failed),
        "cause": column([None] * n + ["truncated"] * failed),
        "seconds": np.array([100.0] * n + [np.nan] * failed),
        "clipped_seconds": np.array([0.0] * n + [np.nan] * failed),
        "bad_channels": column([""] * n + gap),
        "interpolated": column([""] * n + gap),
    }
    return table | {name: column([*values, *gap]) for name, values in columns.items()}


def artifact(output: Path, table: Table, n_files: int = 6, name: str = "toy") -> str:
    """The page of a table; the first recordings have signal files."""
    signal = Signal(data=noise(3, 12.0, 64.0), ch_names=NAMES[:3], sfreq=64.0)
    seen, _ = preview(hold(signal, ()), signal)
    for path in [path for path in table["path"] if path is not None][:n_files]:
        write_recording(output / path, Recording(signal.data, signal.ch_names, 64.0, "Cz", signal.events), digest="d", preview=seen)
    steps = [{"step": "filter", "l_freq": 1.0, "h_freq": 40.0}]
    write_json(output / "settings.json", {"eegcli": "9.9", "inputs": {"dataset": name}, "settings": {"steps": steps}})
    write_page(output, table)
    return (output / FILE).read_text(encoding="utf-8")


def test_the_page_is_the_same_for_any_number_of_jobs_and_after_a_resume(run, tmp_path):
    tree = make_tree(tmp_path / "ds")
    one = run(tree, "one", jobs=1).output / FILE
    two = run(tree, "two", jobs=2).output / FILE
    assert one.read_bytes() == two.read_bytes()
    before = one.read_bytes()
    (one.parent / "done.json").unlink()
    (one.parent / "sub-02/eeg/sub-02_task-rest_desc-clean_eeg.json").unlink()
    assert run(tree, "one").skipped == 2 and one.read_bytes() == before
    check(before.decode())


def test_a_page_that_is_gone_is_made_again_without_the_recordings(run, tmp_path):
    tree = make_tree(tmp_path / "ds", subjects=("01",))
    page = run(tree).output / FILE
    before = page.read_bytes()
    page.unlink()
    assert run(tree).skipped == 1 and page.read_bytes() == before


def test_added_recordings_come_onto_the_page(run, tmp_path):
    tree = make_tree(tmp_path / "ds", subjects=("01", "02"))
    page = run(tree).output / FILE
    assert "sub-03" not in page.read_text()
    make_tree(tmp_path / "ds", subjects=("01", "02", "03"))
    run(tree)
    assert "sub-03_task-rest" in page.read_text()


def test_one_recording_and_all_failed_but_one(run, tmp_path):
    tree = make_tree(tmp_path / "ds")
    for subject in ("01", "03"):
        recording(tree, subject).write_bytes(b"")
    words = "".join(check((run(tree).output / FILE).read_text()).words)
    assert "sub-02_task-rest" in words and "no figure of it is worse than the cohort's median" in words
    assert "truncated" in words and "No channel is marked bad in any recording" in words
    single = make_tree(tmp_path / "single", subjects=("01",))
    check((run(single, "single-out").output / FILE).read_text())


def test_names_are_text_and_nothing_else(tmp_path):
    table = cohort(3, failed=1, bad_channels=["<b>Cz</b>", "", "A&B"], amplitude=[1.0, 2.0, 50.0])
    table["recording"][2] = table["recording"][3] = '<script>alert("x")</script>'
    table["error"][3] = "it's <i>bad</i> & worse"
    page = artifact(tmp_path, table, name="</title><script>1</script>")
    words = "".join(check(page).words)
    assert '<script>alert("x")</script>' in words and "<b>Cz</b>" in words and "it's <i>bad</i> & worse" in words


def test_a_large_cohort_makes_a_small_page(tmp_path):
    rng = np.random.default_rng(0)
    n = 3000
    table = cohort(
        n,
        failed=200,
        bad_channels=[",".join(f"E{i}" for i in rng.integers(1, 129, 4)) for _ in range(n)],
        asr_fraction_changed=list(rng.beta(2, 8, n)),
        amplitude=list(rng.gamma(20, 1, n)),
    )
    # All have traces of full size: 24 channels, 8 s at 500 Hz.
    signal = Signal(data=noise(24, 10.0, 500.0), ch_names=tuple(f"E{i}" for i in range(24)), sfreq=500.0)
    seen, _ = preview(hold(signal, ()), signal)
    for row in stand(table).order[:6]:
        path = tmp_path / table["path"][row]
        write_recording(path, Recording(signal.data, signal.ch_names, 500.0, "Cz", signal.events), digest="d", preview=seen)
    page = artifact(tmp_path, table, n_files=0)
    assert len(page.encode()) < 3_000_000
    words = "".join(check(page).words)
    assert page.count('<section class="recording">') == 6 and "The 50 that rank first" in words and "and 195 more" in words


def test_missing_columns_and_columns_without_values_are_left_out(tmp_path):
    table = cohort(4, asr_fraction_changed=[np.nan] * 4, amplitude=[1.0, np.nan, 3.0, 2.0])
    labels = [figure.label for figure in stand(table).figures]
    assert "changed by ASR (% of samples)" not in labels and "amplitude (µV)" in labels
    check(artifact(tmp_path, table))


def test_the_worst_recording_is_the_one_farthest_beyond_the_median_in_its_worst_figure():
    amplitude = [10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0, 14.0]
    calibration = [100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 20.0]
    ranking = stand(cohort(9, amplitude=amplitude, asr_calibration_seconds=calibration))
    # Calibration: median 100 s, no spread, so that the least of 10 s counts: (100 - 20) / 10. Amplitude: median 16, quartiles 14 and 20.
    assert ranking.order[0] == 8 and ranking.deviation[8] == pytest.approx(8.0)
    assert ranking.figures[ranking.worst_figure[8]].label == "calibration of ASR (s)"
    assert ranking.order[1] == 7 and ranking.deviation[7] == pytest.approx((24 - 16) / (6 / 1.349))
    # On the good side nothing counts; what ties stands in the table's order.
    assert ranking.deviation[0] == 0.0 and ranking.order[-4:] == (0, 1, 2, 3)


def test_a_long_recording_and_a_short_one_are_no_worse_than_others():
    table = cohort(5)
    table["seconds"] = np.array([10.0, 100.0, 100.0, 100.0, 900.0])
    assert stand(table).deviation.tolist() == [0.0] * 5


def test_a_channel_that_is_bad_for_two_reasons_counts_once_and_a_failed_recording_not_at_all():
    table = cohort(2, failed=1, bad_channels=["O1,O2", ""], flat_channels=["O2,Fz", ""], line_noise_channels=["O2", None])
    ranking = stand(table)
    row = [figure.label for figure in ranking.figures].index("bad channels")
    np.testing.assert_array_equal(ranking.values[row], [3.0, 0.0, np.nan])
    assert np.isnan(ranking.deviation[2]) and ranking.order == (0, 1)


def test_a_run_ends_with_the_figures_and_with_the_page(run, tmp_path, heard):
    tree = make_tree(tmp_path / "ds")
    run(tree)
    quality, recordings = heard.tables
    by_label = {line[0]: line[1:] for line in quality.rows}
    assert by_label["bad channels"] == ["0", "", ""]
    median, worst, whose = by_label["amplitude (µV)"]
    assert float(worst) >= float(median) and whose.startswith("sub-0")
    assert recordings.rows == [["kept", "3", "60 s"]]
    assert re.fullmatch(r"3 recordings tried in \d+ s", heard.infos[-2])
    assert heard.infos[-1].endswith("out/quality.html")


def test_a_thinned_trace_keeps_every_peak():
    trace = np.random.default_rng(0).standard_normal(5000)
    trace[1234], trace[4321] = 50.0, -60.0
    samples, values = thinned(trace)
    assert len(samples) <= 800 and values.max() == 50.0 and values.min() == -60.0
    assert (np.diff(samples) > 0).all() and np.array_equal(trace[samples], values)


def test_traces_of_both_kinds_have_one_scale_and_survive_gaps():
    before = 100 * np.sin(np.arange(200) / 5.0)[None].repeat(2, axis=0)
    before[1, 50:60] = np.nan
    drawn = traces(before, before / 10, ("Cz", "Pz"), 100.0, onset=3.0, name="x")
    bars = [re.search(r">(\d+)</text><text[^>]*>µV", one)[1] for one in drawn]
    assert bars[0] == bars[1] and "nan" not in drawn[0]


@pytest.mark.parametrize(("low", "high", "expected"), [(0, 7, [0, 2, 4, 6]), (0.9, 1.1, [0.9, 0.95, 1.0, 1.05, 1.1]), (5, 5, [5])])
def test_ticks_are_round(low, high, expected):
    np.testing.assert_allclose(ticks(low, high), expected)
