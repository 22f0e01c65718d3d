"""Settings of `eegcli models`."""

from dataclasses import dataclass

from eegcli.registry import REPRESENTATIONS
from eegcli.settings.parse import architecture, name_in
from eegcli.settings.setting import MODEL, Values, argument, setting


@dataclass(frozen=True, kw_only=True)
class ModelsSettings:
    """Settings of `eegcli models`: which architecture, and for which windows its figures are."""

    name: str | None = argument(
        None,
        help="One architecture, or a network of your own (./FILE.py:CLASS), whose code is run (default: all).",
        values=Values("architecture", table="MODELS", paths="files", suffix=".py"),
        parse=architecture,
    )
    shape: str = setting("24x256", help="Channels x samples; of topomaps bands x height x width, e.g. 3x24x24.", panel=MODEL)
    representation: str | None = setting(
        help=f"What windows hold: {', '.join(REPRESENTATIONS)}.",
        shown="the first it takes that has as many axes as --shape",
        panel=MODEL,
        values=Values("representation", table="REPRESENTATIONS"),
        parse=name_in("representation", "REPRESENTATIONS"),
    )
    outputs: int = setting(2, help="Classes, or 1 for a number.", panel=MODEL, min=1)
    options: tuple[str, ...] = setting(
        (),
        help="Option of the architecture (repeated), e.g. n_hidden=256.",
        panel=MODEL,
        flags=("--set",),
        metavar="NAME=VALUE",
        commas=False,
        shown="the architecture's own",
    )
    fit_window: bool = setting(
        False, help="Shorten kernels and pools that are too long for --shape, as `train --fit-window` does.", panel=MODEL
    )
    sfreq: float = setting(128.0, help="Sampling frequency (Hz).", panel=MODEL)
