"""Settings of `eegcli report`."""

from dataclasses import dataclass
from pathlib import Path

from eegcli.settings.setting import OUTPUT, Values, argument, setting


@dataclass(frozen=True, kw_only=True)
class ReportSettings:
    """Settings of `eegcli report`: of what, and where the page goes."""

    paths: tuple[Path, ...] = argument(
        (),
        help="A run; several runs, which are set side by side; or a folder, all of whose runs are listed; - reads the path of one from standard input.",
        reads="run",
        result=False,
    )
    output: Path | None = setting(
        help="Page.",
        shown="report.html in the run or in the folder; of several runs, here",
        flags=("-o", "--output"),
        panel=OUTPUT,
        values=Values("page", paths="files", suffix=".html"),
        result=False,
    )
    methods: bool = setting(
        False,
        help="Print the methods section of a run (Markdown, with references) in place of a page.",
        panel=OUTPUT,
        result=False,
    )
    figures: Path | None = setting(
        help="Write the figures of a run into this folder, as PNG, SVG and PDF with their numbers as Parquet, in place of a page.",
        panel=OUTPUT,
        values=Values("folder", paths="folders"),
        result=False,
    )
    force: bool = setting(False, help="Replace a file that is no page of eegcli.", flags=("-f", "--force"), panel=OUTPUT, result=False)
