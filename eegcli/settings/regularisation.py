"""Settings of what keeps a network from learning its windows by heart, and of how often it is looked at; all off unless asked for."""

from dataclasses import dataclass

from eegcli.registry import AUGMENTATIONS
from eegcli.settings.parse import augmentation
from eegcli.settings.setting import MODEL, Values, setting

OFF = "the architecture's; of published ones off"


@dataclass(frozen=True, kw_only=True)
class Regularisation:
    """Settings of augmentation, smoothing, averaging and stopping. None, and no augmentation: what the registry holds for the architecture."""

    augment: tuple[str, ...] = setting(
        (),
        help=f"Change training windows at random by {', '.join(AUGMENTATIONS)}, e.g. noise:sd=0.2,p=0.5 (repeated: one after the other); validation and test "
        "set stay as they are. none: not even what the architecture has.",
        shown=OFF,
        panel=MODEL,
        metavar="NAME[:OPTION=VALUE,…]",
        parse=augmentation,
        commas=False,
        values=Values("augmentation", table="AUGMENTATIONS", words=("none",), meaning="no augmentation"),
    )
    label_smoothing: float | None = setting(
        help="Share of every label that is dealt out evenly to all classes, in the loss of the training windows.",
        shown=OFF,
        panel=MODEL,
        metavar="SHARE",
        min=0,
        added_with=0.0,
    )
    ema: float | None = setting(
        help="Look at, and keep, an exponential moving average of the weights (and of running statistics): what remains of it after each update, e.g. 0.999.",
        shown=OFF,
        panel=MODEL,
        metavar="DECAY",
        min=0,
        added_with=0.0,
    )
    patience: int | None = setting(
        help="Stop after N epochs without a better look at the validation set (0: never).",
        shown=OFF,
        panel=MODEL,
        metavar="EPOCHS",
        min=0,
        added_with=0,
    )
    validate_every: int | None = setting(
        help="Look at the validation set every N batches as well as after each epoch (0: after each epoch); any look may be kept.",
        shown=OFF,
        panel=MODEL,
        metavar="N",
        min=0,
        added_with=0,
    )
