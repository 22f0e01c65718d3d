"""Fields of what is stored of a window, which every command that makes windows has."""

from typing import Literal

from eegcli.bands import PAPER_CLOSED
from eegcli.registry import MONTAGES, REPRESENTATIONS
from eegcli.settings.parse import name_in
from eegcli.settings.setting import SIGNAL, Values, setting

StatsNormalise = Literal["trial", "channel", "none"]


def _having(option: str) -> str:
    return " and ".join(name for name, entry in REPRESENTATIONS.items() if option in entry.options)


def representation() -> str:
    """Field of the representation."""
    return setting(  # type: ignore[no-any-return]
        "raw",
        help=f"What is stored of a window: {', '.join(REPRESENTATIONS)}.",
        panel=SIGNAL,
        values=Values("representation", table="REPRESENTATIONS"),
        parse=name_in("representation", "REPRESENTATIONS"),
    )


def bands() -> tuple[str, ...]:
    """Field of the bands; none: theta, alpha and beta of the paper."""
    return setting(  # type: ignore[no-any-return]
        (),
        help=f"Bands of {' and '.join(name for name, entry in REPRESENTATIONS.items() if entry.has_bands)}, both edges included in Hz "
        "(comma-separated or repeated).",
        shown=",".join(map(str, PAPER_CLOSED)),
        panel=SIGNAL,
        metavar="NAME=LOW-HIGH",
        values=Values("band", words=tuple(map(str, PAPER_CLOSED))),
    )


def montage() -> str:
    """Field of the montage."""
    return setting(  # type: ignore[no-any-return]
        "auto",
        help=f"Where electrodes are on a topomap: {', '.join(MONTAGES)}.",
        panel=SIGNAL,
        values=Values("montage", table="MONTAGES"),
        parse=name_in("montage", "MONTAGES"),
    )


def segment_samples() -> int | None:
    """Field of the length of the segments that statistics are computed of."""
    return setting(  # type: ignore[no-any-return]
        None,
        help=f"Samples of each of the first nine of ten segments of {_having('segment_samples')}; the last is what remains.",
        shown="a tenth of the window, rounded up",
        panel=SIGNAL,
        metavar="N",
        min=2,
        added_with=None,
    )


def stats_normalise() -> StatsNormalise:
    """Field of the z-scores of statistics."""
    return setting(  # type: ignore[no-any-return]
        "trial",
        help=f"z-scores of {_having('stats_normalise')}: over all statistics of a trial (trial), within each channel, or none.",
        panel=SIGNAL,
        added_with="trial",
    )
