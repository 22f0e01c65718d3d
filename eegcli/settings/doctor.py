"""Settings of `eegcli doctor`: a training that is asked about, with every option of `train`."""

from dataclasses import dataclass, fields
from pathlib import Path

from eegcli.settings.groups import trust
from eegcli.settings.setting import COMPUTE, OUTPUT, Values, argument, setting
from eegcli.settings.train import TrainSettings


@dataclass(frozen=True, kw_only=True)
class DoctorSettings(TrainSettings):
    """Settings of `eegcli doctor`: those of `train`, so that a command line that does not learn can be asked why as it is."""

    windows: Path = argument(None, help="Windows artifact, or a run; - reads the path from standard input.", reads="windows", result=False)
    page: Path = setting(
        Path("doctor.html"),
        help="Page of the diagnosis.",
        panel=OUTPUT,
        values=Values("page", paths="files", suffix=".html"),
        result=False,
    )
    thorough: bool = setting(False, help="Give every check the time that it needs, and look at all windows.", panel=COMPUTE, result=False)
    seconds: float = setting(
        90.0,
        help="Time for the checks that train something: what has none left is not judged.",
        panel=COMPUTE,
        min=0,
        metavar="S",
        result=False,
    )
    fix: bool = setting(
        False,
        help="Train again with the one setting changed that the diagnosis names; accuracy before and after, on validation subjects.",
        panel=COMPUTE,
        result=False,
    )

    trust: bool = trust()

    @property
    def training(self) -> TrainSettings:
        """Settings of the training that is asked about."""
        return TrainSettings(**{field.name: getattr(self, field.name) for field in fields(TrainSettings)})
