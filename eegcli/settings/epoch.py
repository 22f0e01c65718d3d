"""Settings of `eegcli epoch`."""

from dataclasses import dataclass
from pathlib import Path

from eegcli.settings.groups import Selected, labels_table, max_failures, wait
from eegcli.settings.parse import stretch
from eegcli.settings.represented import StatsNormalise, bands, montage, representation, segment_samples, stats_normalise
from eegcli.settings.setting import SIGNAL, Values, argument, setting

RULES = ("next-event", "same-name", "boundary")  # of --until


@dataclass(frozen=True, kw_only=True)
class EpochSettings(Selected):
    """Settings of `eegcli epoch`: segments, windows, and what is stored of them."""

    recordings: tuple[Path, ...] = argument(  # several are pooled; a single path will do
        (),
        help="Recordings artifact, or - to read its path from standard input. Several are pooled. "
        "With --dry-run also a BIDS data set, fetched or not.",
        reads="recordings",
        result=False,
    )
    segment: tuple[str, ...] = setting(
        (),
        help="Cut only NAME, from TMIN to TMAX seconds after each EVENT, TMAX excluded (repeatable). EVENT is a name, or a condition on "
        "columns of events.tsv: 'trial_type == \"go\" and response_time < 0.5'.",
        shown="the whole recording",
        panel=SIGNAL,
        metavar="NAME=EVENT:TMIN:TMAX",
        commas=False,
    )
    hed: tuple[str, ...] = setting(
        (),
        help="Cut NAME, from TMIN to TMAX seconds after each event whose HED annotation fits QUERY (repeatable; needs hedtools).",
        panel=SIGNAL,
        metavar='NAME="QUERY":TMIN:TMAX',
        commas=False,
    )
    annotation: tuple[str, ...] = setting(
        (),
        help="Cut NAME from the begin to the end of each annotation named DESCRIPTION (repeatable).",
        panel=SIGNAL,
        metavar="NAME=DESCRIPTION",
        commas=False,
    )
    event_column: str | None = setting(
        None,
        help="Name events by this column of events.tsv.",
        shown="value, or trial_type where value holds numbers",
        panel=SIGNAL,
        metavar="COLUMN",
        added_with=None,
    )
    until: tuple[str, ...] = setting(
        ("auto",),
        help="End segments before TMAX at the next event (next-event), at the next of the cue's name (same-name), at cuts only (boundary), "
        "or at events of these names. auto: boundary where a segment is one window of at most 10 s, else next-event.",
        panel=SIGNAL,
        metavar="RULE|NAMES",
        values=Values("rule", words=("auto", *RULES)),
        added_with=("auto",),
    )
    channels: tuple[str, ...] = setting(
        (),
        help="Keep these channels, in this order, or `common`: those that all recordings have.",
        shown="all, and all recordings have the same",
        panel=SIGNAL,
        values=Values("channels", words=("common",), meaning="those that all recordings have"),
    )
    labels: Path | None = labels_table()
    length: float = setting(2.0, help="Length of a window (s).", panel=SIGNAL)
    overlap: float = setting(0.0, help="Overlap of neighbouring windows (s).", panel=SIGNAL)
    baseline: str | None = setting(
        None,
        help="Subtract each channel's mean from TMIN to TMAX seconds after the segment's event, both included.",
        panel=SIGNAL,
        metavar="TMIN:TMAX",
        parse=stretch,
        added_with=None,
    )
    reject: float | None = setting(
        None,
        help="Leave out windows in which a channel's highest and lowest values are more than this apart (uV).",
        panel=SIGNAL,
        metavar="UV",
        min=0,
        added_with=None,
    )
    keep_dead: bool = setting(False, help="Keep dead and clipped windows.", panel=SIGNAL)
    representation: str = representation()
    bands: tuple[str, ...] = bands()
    montage: str = montage()
    segment_samples: int | None = segment_samples()
    stats_normalise: StatsNormalise = stats_normalise()
    max_failures: str | None = max_failures()
    wait: bool = wait()
