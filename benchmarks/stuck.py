"""Two networks that do not learn, from two well-known questions: on simulated EEG and ECG in which there is something to learn.

    python benchmarks/stuck.py --json [--quick] [--only eeg|ecg] [--exact] [--device cuda]
    python benchmarks/stuck.py --write FOLDER          only the arrays: eeg.npz, ecg.npz

**eeg**: 1,044 trials of 2 s, 64 channels at 256 Hz, raw; 12 people, who are on both sides of the split by the asker's design; in each of two classes the 10-Hz rhythm of another source is at four tenths.
**ecg**: 312 records of 60 s of one channel: 26 people, six emotions, two neighbouring records of each; an emotion changes a person's heart rate by 2 to 10 beats a minute, people differ by
more. Records are scaled to 0-1, the first 249 train in their order, never shuffled, the last 63 validate. Unless `--exact`, a record has 1,800 samples (30 Hz) and kernels are 70 long, a tenth of the asker's.
Each row is a training: what was changed, and accuracy on training and validation windows at the kept epoch, beside a constant answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import signal

from eegcli import doctor, importing, train
from eegcli.artifacts.run import open_run
from eegcli.errors import EegcliError
from eegcli.reporter import Silent
from eegcli.settings import DoctorSettings, ImportSettings, TrainSettings

EEG_SFREQ, ECG_SFREQ = 256.0, 300.0
EMOTIONS = ("anger", "calm", "disgust", "fear", "happy", "sad")
MORE = """import torch


class MoreConvolution(torch.nn.Module):
    def __init__(self, n_chans, n_times, n_outputs):
        super().__init__()
        layers, n_maps = [], 1
        for width in (32, 64, 64):
            layers += [torch.nn.Conv2d(n_maps, width, (1, 3), padding=(0, 1)), torch.nn.ReLU(), torch.nn.MaxPool2d((1, 2), stride=(2, 2))]
            n_maps = width
        self.features = torch.nn.Sequential(*layers, torch.nn.Dropout(0.5), torch.nn.Flatten())
        n = self.features(torch.zeros(1, 1, n_chans, n_times)).shape[1]
        self.dense = torch.nn.Sequential(torch.nn.Linear(n, 256), torch.nn.ReLU(), torch.nn.Dropout(0.5))
        self.final_layer = torch.nn.Linear(256, n_outputs)

    def forward(self, x):
        return self.final_layer(self.dense(self.features(x.unsqueeze(1))))
"""


@dataclass(frozen=True)
class Row:
    """One training: what was changed, by options of `train`."""

    what: str
    options: dict[str, Any]


def eeg(seed: int = 0, n_people: int = 12, n_trials: int = 87) -> dict[str, np.ndarray]:
    """Trials of EEG: 20 sources of pink noise, some with a rhythm at 10 Hz; of two the one or the other has less of it, which tells the classes."""
    random = np.random.default_rng(seed)
    n_channels, n_times = 64, 512
    angle = 2 * np.pi * np.arange(n_channels) * 0.381966
    channels = np.stack([np.cos(angle), np.sin(angle)]) * np.sqrt((np.arange(n_channels) + 0.5) / n_channels)
    x, y, subject = [], [], []
    for person in range(n_people):
        places = random.uniform(-0.9, 0.9, size=(2, 20))
        places[:, :2] = [[-0.5, 0.5], [0.0, 0.0]]  # left and right of the middle, in everybody
        mixing = np.exp(-np.sum((channels[:, :, None] - places[:, None]) ** 2, axis=0) / (2 * 0.3**2))
        rhythm = random.uniform(2, 9, size=20) * (random.random(20) < 0.5)
        rhythm[:2] = random.uniform(7, 11)
        frequency = random.uniform(9, 11)
        for trial in range(n_trials):
            label = int((trial + person) % 2)
            spectrum = random.standard_normal((20, n_times // 2 + 1)) + 1j * random.standard_normal((20, n_times // 2 + 1))
            freqs = np.fft.rfftfreq(n_times, 1 / EEG_SFREQ)
            sources = np.fft.irfft(spectrum / np.sqrt(np.maximum(freqs, 1.0)), n=n_times)
            sources *= 6 / sources.std()
            amplitude = rhythm * random.uniform(0.7, 1.3, size=20)
            amplitude[label] *= 0.4  # the rhythm of the left source falls in one class, that of the right in the other
            phase = random.uniform(0, 2 * np.pi, size=(20, 1))
            drift = np.cumsum(random.standard_normal(n_times))
            envelope = 1 + 0.3 * (drift - drift.mean()) / drift.std()
            sources += (
                amplitude[:, None] * np.clip(envelope, 0.2, None) * np.sin(2 * np.pi * frequency * np.arange(n_times) / EEG_SFREQ + phase)
            )
            x.append(mixing @ sources + 2 * random.standard_normal((n_channels, n_times)) + 8 * random.standard_normal((n_channels, 1)))
            y.append(label)
            subject.append(f"{person + 1:02d}")
    order = random.permutation(len(x))  # shuffled over participants, as the asker did
    return {"X": np.stack(x)[order].astype(np.float32), "y": np.array(y)[order], "subject": np.array(subject)[order]}


def ecg(seed: int = 0, n_people: int = 26, decimate: int = 10) -> dict[str, np.ndarray]:
    """Records of ECG, scaled to 0-1 as the asker's were: a person's shape and heart rate, changed by an emotion."""
    random = np.random.default_rng(seed)
    change = {"anger": 6.0, "calm": -6.0, "disgust": -2.0, "fear": 4.0, "happy": 2.0, "sad": -4.0}  # beats a minute
    x, y, subject = [], [], []
    for person in range(n_people):
        rate, width = random.uniform(62, 86), random.uniform(0.9, 1.1)
        heights = np.array([0.12, -0.1, 1.0, -0.25, 0.3]) * random.uniform(0.8, 1.2, 5)
        for emotion in random.permutation(EMOTIONS):
            for _ in range(2):
                beats = np.cumsum(60 / (rate + change[emotion] + random.normal(0, 1.5) + 2 * np.cumsum(random.normal(0, 0.15, 200))))
                time = np.arange(int(60 * ECG_SFREQ)) / ECG_SFREQ
                trace = 0.05 * np.sin(2 * np.pi * 0.25 * time + random.uniform(0, 6)) + 0.01 * random.standard_normal(len(time))
                for delay, spread, height in zip((-0.2, -0.03, 0.0, 0.03, 0.28), (0.025, 0.01, 0.011, 0.01, 0.05), heights, strict=True):
                    for beat in beats[beats < 60.5]:
                        low, high = np.searchsorted(time, [beat + delay - 0.25, beat + delay + 0.25])
                        trace[low:high] += height * np.exp(-0.5 * ((time[low:high] - beat - delay) / (width * spread)) ** 2)
                trace = signal.decimate(trace, decimate, ftype="fir") if decimate > 1 else trace
                x.append((trace - trace.min()) / (trace.max() - trace.min()))
                y.append(str(emotion))
                subject.append(f"{person + 1:02d}")
    return {"X": np.stack(x)[:, None].astype(np.float32), "y": np.array(y), "subject": np.array(subject)}


def rows_of_eeg(folder: Path, quick: bool) -> list[Row]:
    """Trainings on the EEG."""
    asked = {"arch": "lasagne-cnn", "split_unit": "trial", "epochs": 1 if quick else 30, "batch_size": 5}
    (folder / "more.py").write_text(MORE)
    more = {**asked, "arch": f"{folder / 'more.py'}:MoreConvolution", "optimizer": "sgd", "lr": 0.01, "nesterov": True, "momentum": 0.9}
    mended = {"arch": "shallow", "normalise": "channel-window", "split_unit": "trial", "epochs": 1 if quick else 30}
    return [
        Row("as asked", asked),
        Row("the asker's remedy: more convolution and pooling", more),
        Row("two settings: --arch shallow --normalise channel-window", mended),
        Row("the same, split by participant", {**mended, "split_unit": "subject"}),
        Row("baseline: filter-bank tangent space, by participant", {"arch": "filter-bank-tangent-space"}),
    ]


def rows_of_ecg(exact: bool, quick: bool) -> list[Row]:
    """Trainings on the ECG: as asked, each remedy that was tried, and the answer's baseline."""
    own = () if exact else ("kernels=70,70",)
    split = {"split_unit": "trial", "split_order": "file", "split": (249.0, 63.0, 0.0)}
    in_order = {"shuffle_buffer": 32}  # of a batch: the asker's were never shuffled
    asked = {"arch": "conv1d-ecg", "options": own, "epochs": 2 if quick else 20, "batch_size": 32, "lr": 1e-4, **split, **in_order}
    whole = {"split_order": "shuffled", "split_unit": "subject", "split": (20.0, 6.0, 0.0), "shuffle_buffer": None}
    return [
        Row("multinomial logistic regression first", {"arch": "logistic", **split}),
        Row("as asked", asked),
        Row("fewer maps", {**asked, "options": (*own, "n_filters=16,8")}),
        Row("--lr 1e-3", {**asked, "lr": 1e-3}),
        Row("--lr 1e-5", {**asked, "lr": 1e-5}),
        Row("--optimizer sgd", {**asked, "optimizer": "sgd", "lr": 1e-2}),
        Row("--optimizer rmsprop", {**asked, "optimizer": "rmsprop"}),
        Row("another loss: --label-smoothing 0.1", {**asked, "label_smoothing": 0.1}),
        Row("--normalise channel-window", {**asked, "normalise": "channel-window"}),
        Row("recurrent: --arch lstm", {"arch": "lstm", "epochs": asked["epochs"], **split}),
        Row("dense: --arch mlp", {"arch": "mlp", "epochs": asked["epochs"], **split}),
        Row("the order shuffled, participants on one side", {**asked, **whole}),
    ]


def trained(windows: Path, row: Row, output: Path, device: str) -> dict[str, Any]:
    """Figures of a training."""
    started = time.monotonic()
    print(row.what, file=sys.stderr, flush=True)
    settings = TrainSettings(windows=windows, output=output, target="y", device=device, no_baseline=True, **row.options)
    try:
        train.run(settings, reporter=Silent())
    except EegcliError as error:
        return {"what": row.what, "error": error.message}
    figures = _figures(output, row.what, started)
    print(json.dumps(figures), file=sys.stderr, flush=True)
    return figures


def _figures(output: Path, what: str, started: float) -> dict[str, Any]:
    metrics = open_run(output).networks[0].metrics
    history = open_run(output).history
    kept = int(metrics["kept_epoch"]) - 1
    return {
        "what": what,
        "n_parameters": metrics["n_parameters"],
        "kept_epoch": kept + 1,
        "train": float(history["train_accuracy"][kept]),
        "train_last": float(history["train_accuracy"][-1]),
        "validation": metrics["validation"]["validation_accuracy"],
        "validation_last": float(history["validation_accuracy"][-1]),
        "balanced": metrics["validation"]["validation_balanced_accuracy"],
        "constant": metrics["baseline"]["validation_accuracy"],
        "n_validation": metrics["sets"]["validation"]["n_windows"],
        "n_subjects": metrics["sets"]["validation"]["n_subjects"],
        "seconds": round(time.monotonic() - started, 1),
    }


def examined(windows: Path, row: Row, page: Path, device: str, seconds: float) -> dict[str, Any]:
    """Diagnosis of the training as asked."""
    asked = DoctorSettings(windows=windows, target="y", page=page, device=device, seconds=seconds, **row.options)
    found = doctor.run(asked, reporter=Silent())
    print(json.dumps([one.data() for one in found.causes]), file=sys.stderr, flush=True)
    return {"verdict": found.verdict, "causes": [{**one.data(), "change": dict(one.change)} for one in found.causes]}


def main() -> None:
    """Make the data, train each row, ask doctor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--only", choices=("eeg", "ecg"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    decimate = 1 if options.exact else 10
    if options.write is not None:
        options.write.mkdir(parents=True, exist_ok=True)
        np.savez(options.write / "eeg.npz", **eeg())
        np.savez(options.write / "ecg.npz", **ecg(decimate=decimate))
        return
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in ("eeg", "ecg"):
            if options.only not in (None, name):
                continue
            if name == "eeg":
                arrays, rows = eeg(n_trials=10) if options.quick else eeg(), rows_of_eeg(folder, options.quick)
                brought = ImportSettings(
                    arrays=(folder / "eeg.npz",), sfreq=EEG_SFREQ, axes="trials,channels,samples", unit="uV", output=folder / "eeg"
                )
            else:
                arrays, rows = ecg(decimate=decimate), rows_of_ecg(options.exact, options.quick)
                brought = ImportSettings(
                    arrays=(folder / "ecg.npz",),
                    sfreq=ECG_SFREQ / decimate,
                    axes="trials,channels,samples",
                    unit="arbitrary",
                    channel_type="ecg",
                    output=folder / "ecg",
                )
            np.savez(folder / f"{name}.npz", **arrays)
            importing.run(brought, reporter=Silent())
            asked = next(row for row in rows if row.what == "as asked")
            result[name] = {
                "doctor": examined(folder / name, asked, folder / "page.html", options.device, 5.0 if options.quick else 90.0),
                "rows": [trained(folder / name, row, folder / f"{name}-{number}", options.device) for number, row in enumerate(rows)],
            }
    print(json.dumps(result) if options.json else json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
