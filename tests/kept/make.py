"""Write the kept artifacts: one of every kind, as a version of the program writes them, small enough to stand in the repository.

    python tests/kept/make.py VERSION [--package FOLDER]

writes `tests/kept/VERSION/` with the code in FOLDER (a checkout of that version; by default this one). Needs nothing but the
development environment; the server that `fetch` asks is one of the tests' own. `commands.json` there holds
the command that made each. `tests/kept/test_kept.py` reads every folder here.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.kit.serving import serving  # noqa: E402
from tests.kit.trees import WRITERS, describe, noise, recording, tsv  # noqa: E402

PLACE = "/data"  # where the artifacts say that they were made
SUBJECTS = tuple(f"{number:02d}" for number in range(1, 9))
NAMES = ("Fp1", "Fp2", "C3", "C4", "P3", "P4", "O1", "O2")
SFREQ, SECONDS = 64.0, 12
# Of the weights of each layer of a deep network this share is kept, the others are zero: 5 MB become 0.25 MB when they are packed.
SHARE_OF_WEIGHTS, MANY_WEIGHTS = 0.02, 10_000
LARGE_BYTES = 200_000


@dataclass(frozen=True)
class Command:
    """A command line without its output.

    Attributes
    ----------
    output : str
        Folder of the artifact, relative to that of the version.
    kind : str
        Kind of artifact.
    line : str
        Arguments; paths are relative to the folder of the version.
    asks_server : bool
        True if the first run asks a server of S3.
    """

    output: str
    kind: str
    line: str
    asks_server: bool = False


COMMANDS = (
    Command("demo", "dataset", "fetch demo --subjects 1 --blocks 1"),
    Command("toy", "dataset", "fetch s3://bucket/toy", asks_server=True),
    Command("recordings", "recordings", "preprocess toy --recipe recipe.toml --h-freq 20"),
    Command("windows", "windows", "epoch recordings --length 1 --segment closed=closed:0:4"),
    Command("windows-bands", "windows", "epoch recordings --length 2 --representation bands"),
    Command("windows-fft", "windows", "epoch recordings --length 2 --representation fft --max-subjects 4"),
    Command(
        "windows-topomap", "windows", "epoch recordings --length 2 --segment closed=closed:0:4 --representation topomap --max-subjects 6"
    ),
    Command("run-cv", "run", "train windows --arch logistic --target sex --cv 2 --seeds 2"),
    Command("run-vgg", "run", "train windows --arch vgg --target sex --epochs 2 --batch-size 16 --threads 1"),
    Command("run-age", "run", "train windows-bands --arch logistic --target age"),
    Command("run-topomap", "run", "train windows-topomap --arch logistic --threshold age=28 --target age --split 2,2,2"),
    *(
        Command(f"{run}/evaluation", "evaluation", f"evaluate {run} --resamples 200")
        for run in ("run-cv", "run-vgg", "run-age", "run-topomap")
    ),
    *(Command(f"{run}/explanation", "explanation", f"explain {run} --n-windows 4") for run in ("run-cv", "run-vgg")),
)


def make_tree(root: Path) -> None:
    """Eight people, alternately F and M; the alpha rhythm of F is the stronger one."""
    describe(root, "kept")
    rows = [f"sub-{subject} {'FM'[i % 2]} {20 + 3 * i}" for i, subject in enumerate(SUBJECTS)]
    tsv(root / "participants.tsv", "participant_id sex age\n" + "\n".join(rows))
    t = np.arange(round(SECONDS * SFREQ)) / SFREQ
    for i, subject in enumerate(SUBJECTS):
        alpha = (30.0, 5.0)[i % 2] * np.sin(2 * np.pi * (9 + i / 4) * t)
        data = noise(len(NAMES), SECONDS, SFREQ, seed=i)[:, : len(t)] + alpha
        path = recording(root, subject)
        WRITERS[".edf"](path, data, NAMES, SFREQ)
        tsv(path.with_name(path.name.replace("_eeg.edf", "_events.tsv")), "onset duration value\n1.0 0 closed\n7.0 0 closed")
    (root / "task-rest_eeg.json").write_text(
        json.dumps({"TaskName": "rest", "SamplingFrequency": SFREQ, "PowerLineFrequency": 50, "EEGReference": "Cz"}) + "\n"
    )


def run(arguments: list[str], folder: Path, package: Path) -> None:
    """One command of the program in FOLDER."""
    print("eegcli", *arguments, file=sys.stderr)
    code = "from eegcli.cli.main import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(package)}
    subprocess.run([sys.executable, "-c", code, *arguments, "-q"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def thin_out(weights: Path) -> None:
    """Leave only the largest weights of wide layers, so that they can be packed. What is evaluated afterwards is this network."""
    from safetensors.numpy import load_file, save_file

    tensors = load_file(weights)
    for name, values in tensors.items():
        if values.size > MANY_WEIGHTS:
            least = np.quantile(np.abs(values), 1 - SHARE_OF_WEIGHTS)
            tensors[name] = np.where(np.abs(values) >= least, values, np.float32(0))
    save_file(tensors, weights)


def make_small(folder: Path) -> None:
    """Pack large files; leave out figures, which no command reads, and simulated recordings, whose manifest is what is kept."""
    for path in [item for item in folder.rglob("*") if item.is_file()]:
        if path.suffix in (".png", ".set"):
            path.unlink()
        elif path.stat().st_size > LARGE_BYTES:
            path.with_name(f"{path.name}.xz").write_bytes(lzma.compress(path.read_bytes(), preset=9))
            path.unlink()


def forget_machine(folder: Path, workplace: Path) -> None:
    """Name neither the machine nor its folders; only what varies between equal runs says such things."""
    for path in folder.rglob("provenance.json"):
        text = path.read_text().replace(str(workplace), PLACE).replace(socket.gethostname(), "host")
        record = json.loads(text)
        record["command"] = ["eegcli", *record["command"][1:]]
        path.write_text(json.dumps(record, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version")
    parser.add_argument("--package", type=Path, default=HERE.parents[1])
    asked = parser.parse_args()
    package = asked.package.resolve()
    with tempfile.TemporaryDirectory() as name:
        workplace = Path(name).resolve()
        folder = workplace / asked.version
        folder.mkdir()
        shutil.copy(HERE / "recipe.toml", folder)
        make_tree(workplace / "server" / "bucket" / "toy")
        with serving(workplace / "server") as served:
            for command in COMMANDS:
                endpoint = ["--endpoint-url", served.url] if command.asks_server else []
                run([*command.line.split(), "--output", command.output, *endpoint], folder, package)
                weights = folder / command.output / "model.safetensors"
                if weights.exists() and weights.stat().st_size > LARGE_BYTES:
                    thin_out(weights)
        made = [{"kind": command.kind, "output": command.output, "arguments": command.line.split()} for command in COMMANDS]
        (folder / "commands.json").write_text(json.dumps(made, indent=1) + "\n")
        make_small(folder)
        forget_machine(folder, workplace)
        text = (folder / "toy" / "provenance.json").read_text()
        (folder / "toy" / "provenance.json").write_text(text.replace(served.url, "http://127.0.0.1:9000"))
        shutil.rmtree(HERE / asked.version, ignore_errors=True)
        shutil.copytree(folder, HERE / asked.version)


if __name__ == "__main__":
    main()
