"""Groups of settings that several commands share: output and jobs, selection of a cohort, device, failures."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eegcli.settings.parse import architecture, count_or_share, device, is_foreign, label
from eegcli.settings.setting import COMPUTE, DATA, MODEL, OUTPUT, Values, argument, declared, setting, with_followers
from eegcli.settings.value import read_value


def jobs(help: str, *, shown: str) -> int | None:
    """Field of the number of things that go on at once."""
    return setting(  # type: ignore[no-any-return]
        help=help, shown=shown, flags=("-j", "--jobs"), panel=COMPUTE, variable="EEGCLI_JOBS", min=1, result=False
    )


@dataclass(frozen=True, kw_only=True)
class Common:
    """Settings of every command that writes an artifact."""

    output: Path | None = setting(
        help="Folder of the artifact.",
        shown="beside the input, named after it; of an evaluation and an explanation, in the run",
        flags=("-o", "--output"),
        panel=OUTPUT,
        values=Values("folder", paths="folders"),
        result=False,
    )
    force: bool = setting(
        False,
        help="Replace an output of another configuration, or do finished work again.",
        flags=("-f", "--force"),
        panel=OUTPUT,
        result=False,
    )
    dry_run: bool = setting(
        False,
        help="Print the resolved settings, what would be done and what it takes; write nothing.",
        flags=("-n", "--dry-run"),
        panel=OUTPUT,
        result=False,
    )
    seed: int = setting(0, help="Seed of everything random.", panel=COMPUTE, metavar="N", min=0, variable="EEGCLI_SEED")
    jobs: int | None = jobs(
        "Processes.", shown="one per core granted: SLURM_CPUS_PER_TASK, else the affinity and the quota of the container"
    )

    def told(self) -> dict[str, Any]:
        """Settings by name, as people are told them: those that have a say."""
        return asdict(self)

    def __post_init__(self) -> None:
        # What Python gives is read as a flag is: `TrainSettings(windows="demo-windows", classes="M,F", split="0.6,0.2,0.2")`.
        known = declared(type(self))  # type: ignore[arg-type]  # a class is hashable
        given = {name: value for name in known if (value := getattr(self, name)) is not None}
        read = {
            name: value if value is field.default else read_value(value, field, name if field.setting.is_argument else field.flags[-1])
            for name, field in known.items()
            if (value := given.get(name)) is not None
        }
        followed = with_followers(read, {name: field.setting for name, field in known.items()})
        for name, field in known.items():
            value = followed.get(name, field.setting.otherwise if field.setting.follows else None)
            if value is not getattr(self, name):
                object.__setattr__(self, name, value)


@dataclass(frozen=True, kw_only=True)
class Selected(Common):
    """Settings of a command that reads a cohort: which recordings of it; empty means all. BIDS labels stand without their prefix."""

    subject: tuple[str, ...] = setting(
        (),
        help="Only these subjects (labels, comma-separated or repeated).",
        panel=DATA,
        parse=label("sub"),
        values=Values("subject", subjects=True),
    )
    session: tuple[str, ...] = setting((), help="Only these sessions.", panel=DATA, parse=label("ses"))
    task: tuple[str, ...] = setting((), help="Only these tasks.", panel=DATA, parse=label("task"))
    run: tuple[str, ...] = setting((), help="Only these runs.", panel=DATA, parse=label("run"))
    suffix: tuple[str, ...] = setting((), help="Only files with these BIDS suffixes.", panel=DATA)
    release: tuple[str, ...] = setting((), help="Only these releases of HBN, such as R1,R5.", panel=DATA)
    include: tuple[str, ...] = setting(
        (),
        help="Only recordings whose path fits a pattern (repeatable): * within a name, ** across folders.",
        panel=DATA,
        metavar="GLOB",
        commas=False,
    )
    exclude: tuple[str, ...] = setting(
        (), help="Leave out recordings whose path fits a pattern (repeatable).", panel=DATA, metavar="GLOB", commas=False
    )
    where: str | None = setting(
        help="Only participants who fulfil a condition on columns of participants.tsv: \"sex == 'F' and age < 12\".",
        panel=DATA,
        metavar="CONDITION",
    )
    max_subjects: int | None = setting(help="Only the first N subjects (by label) of those selected.", panel=DATA, min=1, metavar="N")
    exclude_known_bad: bool = setting(False, help="Leave out what the catalogue says is bad (HBN).", panel=DATA)


@dataclass(frozen=True, kw_only=True)
class Placed(Common):
    """Settings of a command that runs a network: on which device, with how many threads."""

    device: str = setting(
        "auto",
        help="auto, cpu, cuda, cuda:N or mps.",
        panel=COMPUTE,
        values=Values("device", words=("auto", "cpu", "cuda", "mps")),
        parse=device,
        result=False,
    )
    # Recorded in the checkpoint, for it changes the order of sums.
    threads: int | None = setting(help="Threads of one process.", shown="one per core granted", panel=COMPUTE, min=1, result=False)


def max_failures() -> str | None:
    """Field of the number or share of recordings that may fail."""
    return setting(  # type: ignore[no-any-return]
        help="End with 0 although up to N (or P%) recordings failed.", panel=OUTPUT, metavar="N|P%", parse=count_or_share, result=False
    )


def labels_table() -> Path | None:
    """Field of a table of one's own labels; its digest is among the inputs."""
    return setting(  # type: ignore[no-any-return]
        help="TSV or CSV of your own labels, joined by participant_id, and by session, task, run, recording, segment or onset where it has them.",
        panel=DATA,
        values=Values("table", paths="files", suffix=".tsv"),
        result=False,
    )


def persons_table() -> Path | None:
    """Field of a table of who is the same person under several labels; its digest is among the inputs."""
    return setting(  # type: ignore[no-any-return]
        help="TSV with the columns subject, person, and dataset where needed: labels of one person, in one or several data sets.",
        shown="data set and label; NDAR labels are one person everywhere",
        panel=DATA,
        values=Values("table", paths="files", suffix=".tsv"),
        result=False,
    )


def wait() -> bool:
    """Field of waiting for another process at the same work."""
    return setting(  # type: ignore[no-any-return]
        False,
        help="Wait for another process that is at work on the same output, instead of ending with 75 (run me again).",
        panel=COMPUTE,
        result=False,
    )


def run_artifact() -> Path:
    """Argument that names a run."""
    return argument(None, help="Run artifact, or - to read its path from standard input.", reads="run", result=False)  # type: ignore[no-any-return]


def trust() -> bool:
    """Field of leave to run the code that came with a run."""
    return setting(  # type: ignore[no-any-return]
        False,
        help="Run the code of the run's network, where that is somebody's own: it may do whatever you may do.",
        panel=MODEL,
        result=False,
        runs_code=bool,
    )


def own_network() -> str | None:
    """Field of a run's network, named again by whoever has its code."""
    return setting(  # type: ignore[no-any-return]
        help="The run's network, named again (./FILE.py:CLASS), where it is your own: your file is run, if it is the run's.",
        panel=MODEL,
        metavar="FILE:CLASS",
        parse=architecture,
        values=Values("network", paths="files", suffix=".py"),
        result=False,
        runs_code=is_foreign,
    )


def windows_of_run(help: str) -> Path | None:
    """Field of the windows that a run is applied to; without them those it was trained on."""
    return setting(  # type: ignore[no-any-return]
        help=help,
        shown="where they were",
        panel=DATA,
        metavar="PATH|ADDRESS",
        reads="windows",
        values=Values("folder", paths="folders"),
        result=False,
    )


def interpolate_missing() -> bool:
    """Field of channels that other windows lack."""
    return setting(  # type: ignore[no-any-return]
        False,
        help="Estimate channels that the network takes and other windows lack from the rest, by spherical splines.",
        panel=DATA,
        added_with=False,
    )


def embeddings() -> bool:
    """Field of the vectors before the last layer."""
    return setting(  # type: ignore[no-any-return]
        False,
        help="Write the vectors before the last layer, per window and subject, with a figure.",
        panel=MODEL,
        added_with=False,
    )
