"""A data set of its own for each test of fetch, and how it is fetched."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import time
from pathlib import Path

from eegcli import fetch
from eegcli.reporter import Silent
from eegcli.settings import FetchSettings
from tests.kit.proxy import Proxy
from tests.kit.servers import Bucketful

DOI = json.dumps({"Name": "toy", "BIDSVersion": "1.9.0", "DatasetDOI": "doi:10.18112/openneuro.ds005505.v1.0.1"}).encode()


def data_set(subjects: int = 3, tasks: tuple[str, ...] = ("rest", "film"), size: int = 3000, seed: int = 0) -> dict[str, bytes]:
    """A BIDS data set with EEGLAB's two-file recordings, sidecars at three levels, and other modalities."""
    rows = "".join(f"sub-{index:02d}\t{'FM'[index % 2]}\t{8 + index}\tR1\n" for index in range(1, subjects + 1))
    files = {
        "dataset_description.json": DOI,
        "participants.tsv": b"participant_id\tsex\tage\trelease_number\n" + rows.encode(),
        "participants.json": b"{}",
        "README": b"read me",
        "CHANGES": b"1.0.1 2025-01-06\n",
        ".bidsignore": b"notes/\n",
        "code/clean.m": b"code",
        "derivatives/a/sub-01/eeg/sub-01_task-rest_eeg.set": b"derived",
        "sub-01/meg/sub-01_task-rest_meg.fif": b"meg",
    }
    for task in tasks:
        files[f"task-{task}_eeg.json"] = b'{"PowerLineFrequency": 60}'
    for index in range(1, subjects + 1):
        for task in tasks:
            stem = f"sub-{index:02d}/eeg/sub-{index:02d}_task-{task}"
            files[f"{stem}_channels.tsv"] = b"name\ttype\tunits\n"
            files[f"{stem}_events.tsv"] = b"onset\tduration\n"
            files[f"{stem}_eeg.set"] = f"header {stem}".encode()
            files[f"{stem}_eeg.fdt"] = random.Random(f"{seed}{stem}").randbytes(size)
    return files


def put(s3: Bucketful, request, files: dict[str, bytes]) -> str:
    """Put a data set into a prefix of this test's own; gives its address."""
    name = request.node.name.replace("[", "-").replace("]", "").replace("_", "-")[:60]
    s3.put("data", {f"{name}/toy/{path}": content for path, content in files.items()})
    return f"s3://data/{name}/toy"


def run(source: str, output: Path, url: str, reporter=None, **options):
    return fetch.run(FetchSettings(source=source, output=output, endpoint_url=url, **options), reporter=reporter or Silent())


def here(root: Path) -> dict[str, bytes]:
    ours = {"fetch.parquet", "settings.json", "done.json", "provenance.json", ".bidsignore"}
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name not in ours}


def rest_of(files: dict[str, bytes], *subjects: str) -> dict[str, bytes]:
    about = ("dataset_description.json", "participants.tsv", "participants.json", "README", "CHANGES", "task-rest_eeg.json")
    return {
        path: content
        for path, content in files.items()
        if path in about or (any(path.startswith(f"sub-{subject}/eeg/") for subject in subjects) and "task-rest" in path)
    }


def clone(root: Path, files: dict[str, bytes], absent: str = ".fdt") -> Path:
    """A DataLad clone: small files are here, signals are links of git-annex to nowhere."""
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(absent) and path.startswith("sub-"):
            key = f"SHA256E-s{len(content)}--{hashlib.sha256(content).hexdigest()}{place.suffix}"
            place.symlink_to(Path("../../.git/annex/objects/aa/bb") / key / key)
        else:
            place.write_bytes(content)
    return root


def start(source: str, output: Path, url: str, *options: str) -> subprocess.Popen:
    arguments = [sys.executable, "-m", "eegcli", "fetch", source, "-o", str(output), "--endpoint-url", url, *options]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_bytes(proxy: Proxy, n: int, process: subprocess.Popen) -> None:
    while sum(proxy.sent.values()) < n:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
