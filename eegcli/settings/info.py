"""Settings of `eegcli info`."""

from dataclasses import dataclass

from eegcli.settings.setting import OUTPUT, Values, argument, setting


@dataclass(frozen=True, kw_only=True)
class InfoSettings:
    """Settings of `eegcli info`."""

    path: str = argument(
        help="Any artifact (its path, or its s3:// or https:// address), or a BIDS data set; - reads its path from standard input.",
        values=Values("artifact", words=("-",), meaning="read the path from standard input", paths="folders"),
    )
    verify: bool = setting(
        False, help="Read every file and see that it is what was written, by size and digest; what differs is code 4.", panel=OUTPUT
    )
