"""Options of the command line itself: verbosity, output format and recipe. They are no settings of a stage."""

from dataclasses import dataclass
from pathlib import Path

from eegcli.registry import RECIPES
from eegcli.settings.setting import DATA, OUTPUT, Values, setting


@dataclass(frozen=True, kw_only=True)
class SessionOptions:
    """Options of every command that are no settings of a stage."""

    json: bool = setting(False, help="Print one JSON object on standard output instead of the path.", panel=OUTPUT)
    verbose: bool = setting(False, help="Say more on standard error.", flags=("-v", "--verbose"), panel=OUTPUT)
    quiet: bool = setting(False, help="Say only warnings and errors.", flags=("-q", "--quiet"), panel=OUTPUT)
    log_file: Path | None = setting(
        help="Append everything that is said, and tracebacks, to this file.", panel=OUTPUT, variable="EEGCLI_LOG_FILE"
    )
    no_color: bool = setting(False, help="No colour (NO_COLOR works, too).", panel=OUTPUT)
    debug: bool = setting(False, help="Show the traceback of an error.", panel=OUTPUT, variable="EEGCLI_DEBUG")
    recipe: str | None = setting(
        help=f"Settings from a shipped recipe ({', '.join(RECIPES)}) or a TOML file; of preprocess also a run or windows, whose recordings were cleaned so.",
        panel=DATA,
        variable="EEGCLI_RECIPE",
        values=Values("recipe", table="RECIPES", paths="files", suffix=".toml"),
    )
