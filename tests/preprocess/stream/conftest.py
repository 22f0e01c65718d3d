"""A data set in a bucket, and a stream of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eegcli import preprocess
from eegcli.settings import PreprocessSettings
from tests.kit.serving import serving
from tests.kit.streams import FAST, SUBJECTS
from tests.kit.trees import make_tree, noise, recording, tsv, write_vhdr


@pytest.fixture
def scratch(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.delenv("SLURM_TMPDIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def bucket(tmp_path, scratch) -> Path:
    """A data set in a bucket: sidecars at three levels, a truncated recording, one in two files."""
    tree = make_tree(tmp_path / "served" / "bucket" / "toy", SUBJECTS)
    recording(tree, "02").write_bytes(recording(tree, "02").read_bytes()[:-5000])
    write_vhdr(tree / "sub-05" / "eeg" / "sub-05_task-rest_eeg.vhdr", noise(seed=5))
    (tree / "task-rest_eeg.json").write_text(json.dumps({"EEGReference": "Cz", "PowerLineFrequency": 50}))
    tsv(tree / "sub-01" / "eeg" / "sub-01_task-rest_events.tsv", "onset duration value\n1.0 0 go\n3.0 0 stop")
    tsv(tree / "sub-03" / "sub-03_events.tsv", "onset duration value\n2.0 0 inherited")
    return tree


@pytest.fixture
def served(bucket):
    with serving(bucket.parents[1]) as server:
        yield server


@pytest.fixture
def stream(tmp_path, served, heard):
    def stream(source: str = "s3://bucket/toy", output: str = "streamed-recordings", **settings):
        settings = {"jobs": 1, **FAST, **settings}
        return preprocess.run(
            PreprocessSettings(bids=Path("toy"), source=source, stream=True, output=tmp_path / output, endpoint_url=served.url, **settings),
            reporter=heard,
        )

    return stream
