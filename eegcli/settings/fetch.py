"""Settings of `eegcli fetch`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eegcli.settings.groups import Selected, jobs
from eegcli.settings.setting import DATA, Values, argument, setting


@dataclass(frozen=True, kw_only=True)
class FetchSettings(Selected):
    """Settings of `eegcli fetch`: a data set elsewhere, the path of a local BIDS tree, or `demo`."""

    source: str = argument(
        help="`ds005505`, `hbn:R1`, `nm000103`, `s3://bucket/prefix`, `https://host/path`, the path of a local BIDS tree, or `demo`.",
        values=Values("source", table="source_words", paths="folders"),
    )
    endpoint_url: str | None = setting(
        help="A server of S3 to ask in place of Amazon's.",
        shown="AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL",
        panel=DATA,
        metavar="URL",
        result=False,
    )
    pattern: str | None = setting(
        help="What the names in a folder that is no BIDS data set mean: '{subject}_{task}.edf', with {session}, {run}, {acq}; {} and * are any text.",
        panel=DATA,
        metavar="PATTERN",
        added_with=None,
    )
    participants: Path | None = setting(
        help="With --pattern: TSV or CSV of the participants, joined by participant_id, for participants.tsv.",
        panel=DATA,
        values=Values("table", paths="files", suffix=".tsv"),
        result=False,
    )
    task_label: str | None = setting(
        help="With --pattern: the task of all recordings, where their names do not say it.", panel=DATA, metavar="LABEL", added_with=None
    )
    metadata_only: bool = setting(
        False,
        help="Fetch tables and sidecars only; each recording is a link that says its size, so that events can be counted before it comes.",
        panel=DATA,
    )
    subjects: int = setting(40, help="demo: number of subjects.", panel=DATA)
    blocks: int = setting(5, help="demo: eyes-closed blocks of 40 s; there is one more with eyes open.", panel=DATA)
    with_faults: bool = setting(
        False,
        help="demo: add a recording without cues, a truncated one, a flat one, and a subject missing from participants.tsv.",
        panel=DATA,
    )
    full_size: bool = setting(
        False,
        help="demo: recordings as large as HBN's: all 129 channels, and 60 s outside the blocks (360 s with five).",
        panel=DATA,
    )
    artifacts: bool = setting(
        False, help="demo: blinks, muscle and movements, and bad channels, with a table of them beside each recording.", panel=DATA
    )
    confounds: tuple[str, ...] = setting(
        (),
        help="demo: plant confounds of sex: males move more (movement), or mostly have a block more (length).",
        panel=DATA,
        values=Values("confound", words=("movement", "length")),
        added_with=(),
    )
    effect: Literal["band", "region", "latency", "amplitude", "connectivity", "suppressor", "nothing"] | None = setting(
        help="demo: plant this effect of sex alone, to hold explanations against.",
        shown="theta and upper alpha",
        panel=DATA,
        added_with=None,
    )
    # Downloads wait for servers rather than for the processor.
    jobs: int | None = jobs(
        "Connections of a download; processes of `demo`.",
        shown="8 connections; of `demo` one process per core granted: SLURM_CPUS_PER_TASK, else the affinity and the quota of the container",
    )
