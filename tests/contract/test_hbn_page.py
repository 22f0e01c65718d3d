"""Every command of docs/hbn.md, run on a simulated HBN behind a server that answers as OpenNeuro's bucket does."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from eegcli.artifacts.table import read_table
from eegcli.files.digest import digest_of_file
from tests.kit.hbn import PAIRS
from tests.kit.pages import HBN as PAGE
from tests.kit.pages import blocks_of, sections
from tests.kit.serving import serving

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def environment(commands: Path, simulated_hbn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Environment of the page's shell: the server in place of Amazon's, and less of what takes long: one epoch of training instead of seventy."""
    with serving(simulated_hbn) as served:
        yield {
            **os.environ,
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": served.url,
            "EEGCLI_JOBS": "1",  # a process more costs seconds of imports, for one recording
            "EEGCLI_EPOCH_SEGMENT": "closed=instructed_toCloseEyes:3:13",  # 5 of 17 windows a block
            "EEGCLI_TRAIN_EPOCHS": "1",
            "EEGCLI_TRAIN_THREADS": "1",
            "EEGCLI_EVALUATE_RESAMPLES": "200",
            "EEGCLI_EXPLAIN_N_WINDOWS": "10",
            "EEGCLI_CACHE": str(tmp_path_factory.mktemp("cache")),
        }


def paste(blocks: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Run blocks in a shell that stops at the first error; give standard output and error."""
    assert blocks
    said = ""
    for block in blocks:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=environment, capture_output=True, text=True, timeout=1500
        )
        said += done.stdout + done.stderr
        assert done.returncode == 0, f"{block}\n{said[-4000:]}"
    return said


def fewer(block: str, releases: str) -> str:
    """The same commands on fewer releases: each command costs seconds of imports."""
    return re.sub(r"(for release in)( R\d+)+;", rf"\1 {releases};", block)


def test_no_block_of_the_page_is_left_out_of_these_tests():
    tested = {
        "Look first",
        "On a laptop",
        "On one machine with a GPU",
        "On a Slurm cluster",  # tests/slurm/test_hbn_page.py
        "Truong, Makeig and Delorme 2021",
        "Today's benchmark: release R5 as the test set",
    }
    assert {name for name in sections(PAGE) if blocks_of(PAGE, name) or blocks_of(PAGE, name, "bash")} == tested


def test_look_first_says_what_there_is_and_fetches_no_recording(environment, tmp_path):
    said = paste(blocks_of(PAGE, "Look first"), tmp_path, environment)
    assert re.search(r"n_recordings\W+1\b", said)
    assert not [path for path in tmp_path.rglob("*.set") if path.exists()]


def test_on_a_laptop_raw_recordings_come_and_go_and_r5_is_tested_on(environment, tmp_path):
    some = ("R1", "R5", "R6", "R10")
    paste([fewer(block, " ".join(some)) for block in blocks_of(PAGE, "On a laptop")], tmp_path, environment)
    windows = read_table(tmp_path / "hbn-windows" / "windows.parquet")
    assert set(windows["release_number"]) == set(some)
    assert len(set(windows["subject"])) == len(some) + len(PAIRS)
    assert not [path for path in tmp_path.rglob("*.set") if path.exists()]
    assert (tmp_path / "hbn-run-logistic-sex" / "evaluation" / "metrics.json").exists()

    paste(blocks_of(PAGE, "Today's benchmark: release R5 as the test set"), tmp_path, environment)
    release = dict(zip(windows["subject"], windows["release_number"], strict=True))
    expected = {"R5": "test", "R6": "validation"}
    split = read_table(tmp_path / "R5-run" / "splits.parquet")
    for subject, which in zip(split["subject"], split["split"], strict=True):
        assert which == expected.get(release[subject], "train")


def test_on_one_machine_the_clean_recordings_are_those_of_a_stream(environment, tmp_path):
    some = ("R1", "R5", "R6", "R10")  # a flag that is not given: a third of the time, the same commands
    paste(blocks_of(PAGE, "On one machine with a GPU"), tmp_path, {**environment, "EEGCLI_FETCH_RELEASE": ",".join(some)})
    assert not [path for path in (tmp_path / "hbn").rglob("*DespicableMe*_eeg.set") if path.exists()]
    assert (tmp_path / "hbn-run-vgg-sex" / "explanation" / "metrics.json").exists()

    (stream, *_) = blocks_of(PAGE, "On a laptop")
    paste([fewer(stream, "R5").replace("--recipe", "--output streamed --recipe")], tmp_path, environment)
    files = [*sorted((tmp_path / "hbn-R5-recordings").glob("sub-*/eeg/*.h5")), tmp_path / "hbn-R5-recordings" / "recordings.parquet"]
    assert len(files) == 3
    for path in files:
        assert digest_of_file(path) == digest_of_file(tmp_path / "streamed" / path.relative_to(tmp_path / "hbn-R5-recordings"))


def test_beside_the_study_of_2021(environment, tmp_path):
    blocks = [fewer(block, "R1 R5 R6 R8") for block in blocks_of(PAGE, "Truong, Makeig and Delorme 2021")]
    fewer_seeds = {"EEGCLI_TRAIN_SEEDS": "2"}  # of the ten of the recipe
    paste(blocks, tmp_path, {name: value for name, value in environment.items() if name != "EEGCLI_EPOCH_SEGMENT"} | fewer_seeds)
    windows = read_table(tmp_path / "truong" / "windows" / "windows.parquet")
    assert set(windows["segment_count"]) == {33}  # as published for two blocks
    assert (tmp_path / "truong" / "run" / "evaluation" / "metrics.json").exists()
