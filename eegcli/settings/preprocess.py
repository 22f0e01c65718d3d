"""Settings of `eegcli preprocess`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from eegcli.registry import MONTAGES
from eegcli.settings.groups import max_failures, wait
from eegcli.settings.parse import name_in
from eegcli.settings.setting import COMPUTE, DATA, SIGNAL, Values, argument, setting
from eegcli.settings.spread import Spread


@dataclass(frozen=True, kw_only=True)
class PreprocessSettings(Spread):
    """Settings of `eegcli preprocess`: the steps of the recipe, with the named flags laid over them."""

    bids: Path = argument(
        None,
        help="BIDS data set, or - to read its path from standard input; with --stream any source of `fetch`.",
        reads="dataset",
        result=False,
    )
    steps: tuple[Mapping[str, Any], ...] = setting(())  # each {"step": name, **options}, in order
    desc: str | None = setting(help="Read derivatives with this `desc` instead of raw files.", panel=DATA)
    eeg_channels: tuple[str, ...] = setting(
        (),
        help="Take these channels as EEG, whatever their type, name or values say; the others are judged as ever. * and ? are allowed.",
        panel=DATA,
        metavar="NAMES",
        added_with=(),
    )
    not_eeg: tuple[str, ...] = setting(
        (),
        help="Leave these channels out, whatever else says that they are EEG. * and ? are allowed.",
        panel=DATA,
        metavar="NAMES",
        added_with=(),
    )
    unit: Literal["V", "mV", "uV", "nV"] | None = setting(
        help="Unit that the values are in which are read as microvolts.",
        panel=DATA,
        added_with=None,
        shown="as files and channels.tsv state",
    )
    l_freq: float | None = setting(help="High-pass edge (Hz).", panel=SIGNAL, shown="recipe: 0.25")
    h_freq: float | None = setting(help="Low-pass edge (Hz).", panel=SIGNAL, shown="recipe: 25")
    notch: tuple[float, ...] = setting((), help="Notch filters at these frequencies (Hz).", panel=SIGNAL)
    sfreq: float | None = setting(help="Resample to this rate (Hz).", panel=SIGNAL, shown="recipe: 128")
    asr_cutoff: str | None = setting(
        help="Repair bursts of artifacts above this many standard deviations by ASR (5 strict, 20 mild), or `off`.",
        panel=SIGNAL,
        metavar="C|off",
        shown="recipe: off",
    )
    reference: tuple[str, ...] = setting(
        (),
        help="`average`, or channels whose mean is taken (they are dropped).",
        panel=SIGNAL,
        shown="recipe: average",
        values=Values("reference", words=("average",), meaning="mean of all channels"),
    )
    channels: tuple[str, ...] = setting(
        (),
        help="Keep these channels, in this order: names, or a set such as hbn-24.",
        panel=SIGNAL,
        shown="all EEG",
        values=Values("channels", table="CHANNEL_SETS"),
    )
    missing_channels: Literal["error", "interpolate", "drop"] = setting(
        "error", help="What to do where a wanted channel was not recorded.", panel=SIGNAL
    )
    montage: str = setting(
        "auto",
        help=f"Where electrodes are, for bad channels, interpolation and maps: {', '.join(MONTAGES)}.",
        panel=SIGNAL,
        values=Values("montage", table="MONTAGES"),
        parse=name_in("montage", "MONTAGES"),
        added_with="auto",
    )
    stream: bool = setting(False, help="Fetch each recording when it is its turn, clean it, and forget it.", panel=COMPUTE, result=False)
    source: str | None = setting(result=False, internal=True)  # where they are streamed from; None is the data set itself
    scratch: Path | None = setting(
        help="--stream: folder in which recordings lie meanwhile.",
        shown="$SLURM_TMPDIR, $TMPDIR, or /tmp",
        panel=COMPUTE,
        result=False,
    )
    scratch_gb: float | None = setting(
        help="--stream: at most N GB (1e9 bytes) of recordings lie there, never more.",
        shown="a recording per job and one more, at most half of the free space",
        panel=COMPUTE,
        metavar="N",
        result=False,
    )
    endpoint_url: str | None = setting(
        help="--stream: a server to ask instead of Amazon's or NEMAR's.", panel=DATA, metavar="URL", result=False
    )
    max_failures: str | None = max_failures()
    wait: bool = wait()
