"""Frozen settings, one class per command. A default here is the product's default everywhere.

Fields marked `free()` say where and how fast, never what: they are left out of the digest
that decides whether an output is of the same configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal


def free(default: Any = None) -> Any:
    """A field that does not change the bytes of the result (paths, jobs, executors)."""
    return field(default=default, metadata={"free": True})


@dataclass(frozen=True, kw_only=True)
class Common:
    """What every command that writes has."""

    output: Path | None = free()
    force: bool = free(False)
    dry_run: bool = free(False)
    jobs: int | None = free()
    seed: int = 0

    def __post_init__(self) -> None:
        # In Python a path is as often text: `TrainSettings(windows="demo-windows")`.
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, str) and one.type in ("Path", "Path | None"):
                object.__setattr__(self, one.name, Path(value))


@dataclass(frozen=True, kw_only=True)
class Selected(Common):
    """What every command that reads a cohort has; empty means all. BIDS labels stand without their prefix."""

    subject: tuple[str, ...] = ()
    session: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    release: tuple[str, ...] = ()  # of HBN: R1 ... R11
    include: tuple[str, ...] = ()  # patterns of paths
    exclude: tuple[str, ...] = ()
    where: str | None = None  # condition on participants.tsv
    max_subjects: int | None = None  # the first by label, of those that all else leaves
    exclude_known_bad: bool = False  # what the catalogue says is bad


@dataclass(frozen=True, kw_only=True)
class Spread(Selected):
    """Who does the work on a cohort; none of it changes a byte of the result."""

    shard: str | None = free()  # I/N; None asks Slurm
    executor: Literal["joblib", "dask", "slurm"] = free("joblib")
    scheduler: str | None = free()  # of dask: tcp://HOST:PORT, or a scheduler file
    slurm_workers: int = free(4)  # jobs
    slurm_cpus: int = free(1)  # of each job, with a process each
    slurm_memory: str = free("4GB")  # of each job
    slurm_walltime: str = free("01:00:00")
    slurm_partition: str | None = free()
    slurm_account: str | None = free()
    slurm_interface: str | None = free()  # network on which jobs reach this machine
    slurm_options: tuple[str, ...] = free(())  # for sbatch, as after #SBATCH


@dataclass(frozen=True, kw_only=True)
class FetchSettings(Selected):
    """`eegcli fetch`: a data set elsewhere, the path of a local BIDS tree, or `demo`."""

    source: str
    endpoint_url: str | None = free()  # a server of S3 in place of Amazon's
    metadata_only: bool = False  # recordings are links that say their size and checksum
    subjects: int = 40
    blocks: int = 5  # eyes-closed blocks; there is one more with eyes open, as in HBN
    with_faults: bool = False
    full_size: bool = False  # 129 channels, and 60 s outside the blocks
    artifacts: bool = False


@dataclass(frozen=True, kw_only=True)
class PreprocessSettings(Spread):
    """`eegcli preprocess`: the steps of the recipe, with the named flags laid over them."""

    bids: Path = free()
    steps: tuple[Mapping[str, Any], ...] = ()  # each {"step": name, **options}, in order
    l_freq: float | None = None  # Hz
    h_freq: float | None = None  # Hz
    notch: tuple[float, ...] = ()  # Hz
    sfreq: float | None = None  # Hz
    asr_cutoff: str | None = None  # standard deviations, or "off"; None is what the recipe says
    reference: tuple[str, ...] = ()  # "average", or channel names
    channels: tuple[str, ...] = ()  # names, or the name of a channel set such as "hbn-24"
    missing_channels: Literal["error", "interpolate", "drop"] = "error"
    desc: str | None = None  # of derivatives to read; None reads raw files
    stream: bool = free(False)  # fetch each recording, clean it, forget it
    source: str | None = free()  # where they are streamed from; None is the data set itself
    scratch: Path | None = free()  # where they lie meanwhile
    scratch_gb: float | None = free()  # 1e9 bytes, at most there
    endpoint_url: str | None = free()
    max_failures: str | None = free()


@dataclass(frozen=True, kw_only=True)
class EpochSettings(Selected):
    """`eegcli epoch`: segments, windows, and what is stored of them."""

    recordings: tuple[Path, ...] = free(())  # several are pooled; a single path will do
    length: float = 2.0  # s
    overlap: float = 0.0  # s
    segment: tuple[str, ...] = ()  # NAME=EVENT:TMIN:TMAX, seconds after the event
    hed: tuple[str, ...] = ()  # NAME=QUERY:TMIN:TMAX
    annotation: tuple[str, ...] = ()  # NAME=DESCRIPTION
    channels: tuple[str, ...] = ()  # names, or "common": those that all recordings have
    keep_dead: bool = False
    representation: str = "raw"
    bands: tuple[str, ...] = ()  # NAME=LOW-HIGH, Hz, both edges included; none: theta, alpha and beta of the paper
    montage: str = "auto"  # what channel names mean, for maps of the scalp
    max_failures: str | None = free()

    def __post_init__(self) -> None:
        if isinstance(self.recordings, (str, Path)):
            object.__setattr__(self, "recordings", (self.recordings,))
        object.__setattr__(self, "recordings", tuple(Path(path) for path in self.recordings))
        super().__post_init__()


@dataclass(frozen=True, kw_only=True)
class TrainSettings(Common):
    """`eegcli train`: an architecture, a target, and who is tested on whom."""

    windows: Path = free()
    arch: str = "vgg"
    target: str = "sex"
    kind: Literal["classification", "regression"] | None = None
    classes: tuple[str, ...] = ()
    threshold: str | None = None  # COLUMN=VALUE: class "high" from VALUE on
    split: tuple[float, ...] | str = (0.6, 0.2, 0.2)  # train, validation, test: shares, or counts of subjects; or a published rule
    cv: int | None = None
    seeds: int = 1
    split_file: Path | None = free()  # its digest is among the inputs
    holdout: str | None = None  # COLUMN=VALUE[,VALUE...]: these subjects are the test set
    validation: str | None = None  # COLUMN=VALUE[,VALUE...], with holdout: these subjects validate
    split_unit: Literal["subject", "recording", "trial"] = "subject"
    class_weights: Literal["auto", "none", "balanced"] = "auto"
    # None below means: what the registry holds for the architecture (the paper's values).
    epochs: int | None = None
    batch_size: int | None = None
    optimizer: str | None = None
    lr: float | None = None
    weight_decay: float | None = None
    shuffle_labels: int | None = None  # seed of a permutation of the labels over units: a control, never a result
    device: str = free("auto")
    threads: int | None = free()  # recorded in the checkpoint, for it changes the order of sums


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings(Common):
    """`eegcli evaluate`: a run, on its own windows or on others."""

    run: Path = free()
    windows: Path | None = free()
    vote_windows: int | None = None  # only the first N windows of each unit vote
    resamples: int = 2000  # of the bootstrap over subjects
    device: str = free("auto")
    threads: int | None = free()


@dataclass(frozen=True, kw_only=True)
class ExplainSettings(Common):
    """`eegcli explain`: what the network looks at."""

    run: Path = free()
    windows: Path | None = free()
    method: tuple[str, ...] = ("saliency",)
    split: Literal["train", "validation", "test"] = "validation"
    n_windows: int = 200  # windows per class: those with the highest probability of their class
    device: str = free("auto")
    threads: int | None = free()
