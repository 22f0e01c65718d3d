"""Settings of `eegcli info`."""

from dataclasses import dataclass

from eegcli.settings.setting import Values, argument


@dataclass(frozen=True, kw_only=True)
class InfoSettings:
    """Settings of `eegcli info`."""

    path: str = argument(
        help="Any artifact (its path, or its s3:// or https:// address), or a BIDS data set; - reads its path from standard input.",
        values=Values("artifact", words=("-",), meaning="read the path from standard input", paths="folders"),
    )
