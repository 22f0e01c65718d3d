"""Settings of `eegcli explain`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eegcli.registry import EXPLANATIONS
from eegcli.settings.groups import Placed, own_network, run_artifact, trust, wait, windows_of_run
from eegcli.settings.parse import name_in
from eegcli.settings.setting import DATA, MODEL, Values, setting


@dataclass(frozen=True, kw_only=True)
class ExplainSettings(Placed):
    """Settings of `eegcli explain`: what the network looks at."""

    run: Path = run_artifact()
    windows: Path | None = windows_of_run("Windows artifact: where the run's windows are now.")
    method: tuple[str, ...] = setting(
        (),
        help=f"Explanation methods (comma-separated or repeated): {', '.join(EXPLANATIONS)}.",
        panel=MODEL,
        values=Values("method", table="EXPLANATIONS"),
        parse=name_in("explanation", "EXPLANATIONS"),
        shown="all that the run can be asked",
        added_with=("saliency",),
    )
    thorough: bool = setting(
        False,
        help="Run every control of every method: untrained networks and randomised layers of those that take long, and trainings on permuted labels where there are any.",
        panel=MODEL,
        added_with=False,
    )
    replacement: Literal["other", "zeros", "interpolate"] = setting(
        "other",
        help="What takes the place of a part in occlusion: a window of another class; zeros and interpolation bias what is lost.",
        panel=MODEL,
        added_with="other",
    )
    layer: str | None = setting(
        help="Layer whose unit activation-maximisation excites, instead of the classes (`eegcli models NAME` names layers).",
        shown="the outputs",
        panel=MODEL,
        metavar="NAME",
        added_with=None,
    )
    unit: int = setting(0, help="Number of the unit of --layer.", panel=MODEL, metavar="N", min=0, added_with=0)
    objective: Literal["channel", "neuron"] = setting(
        "channel", help="What of --layer is excited: the mean of a map, or one value.", panel=MODEL, added_with="channel"
    )
    positive: str | None = setting(
        help="Class by which best-samples shows the cells of the confusion table, too (TP, FN, FP, TN).",
        shown="none",
        panel=MODEL,
        metavar="CLASS",
        added_with=None,
    )
    split: Literal["train", "validation", "test"] = setting("validation", help="Choose windows of these subjects.", panel=DATA)
    # Per class, those with the highest probability of their class.
    n_windows: int = setting(
        200, help="Windows per class, of all folds and seeds together: those the network is surest of.", panel=DATA, metavar="N", min=1
    )
    trust: bool = trust()
    arch: str | None = own_network()
    wait: bool = wait()
