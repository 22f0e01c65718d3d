"""Table of augmentations: changes of training windows at random."""

from __future__ import annotations

from dataclasses import dataclass

ROMMEL = "Rommel et al. 2022, doi:10.1088/1741-2552/aca220"
MOHSENVAND = "Mohsenvand, Izadi & Maes 2020, PMLR 136:238-253"


@dataclass(frozen=True)
class AugmentationEntry:
    """Augmentation: place of its code, source, and the windows it makes sense for.

    Attributes
    ----------
    path : str
        ``module:AUGMENTATION``, an `engine.augment.definition.Definition`: the function and its range checks. Its options are the keyword-only
        parameters of the function.
    summary, source : str
        For lists and help; neither may be empty.
    representations : tuple of str
        Names in `REPRESENTATIONS`; empty: all.
    """

    path: str
    summary: str
    source: str
    representations: tuple[str, ...] = ()


CENTRED = ("raw", "fft", "stats99")  # 0 is the middle of their values, and says nothing

AUGMENTATIONS: dict[str, AugmentationEntry] = {
    "time-shift": AugmentationEntry(
        "eegcli.engine.augment.time_shift:AUGMENTATION",
        "shifts a window in time; what is missing is its mirror image",
        MOHSENVAND,
        ("raw",),
    ),
    "channel-dropout": AugmentationEntry(
        "eegcli.engine.augment.channel_dropout:AUGMENTATION",
        "sets channels to 0",
        f"Saeed et al. 2020, arXiv:2010.13694; {ROMMEL}",
        CENTRED,
    ),
    "amplitude": AugmentationEntry(
        "eegcli.engine.augment.amplitude:AUGMENTATION", "multiplies a window by a factor, the same for all channels", MOHSENVAND, ("raw",)
    ),
    "noise": AugmentationEntry(
        "eegcli.engine.augment.noise:AUGMENTATION",
        "adds white noise, in standard deviations of each channel of the window",
        f"{MOHSENVAND}; {ROMMEL}",
        ("raw", "bands", "fft", "stats99"),
    ),
    "sign-flip": AugmentationEntry("eegcli.engine.augment.sign_flip:AUGMENTATION", "turns the sign of all channels", ROMMEL, ("raw",)),
    "band-stop": AugmentationEntry(
        "eegcli.engine.augment.band_stop:AUGMENTATION",
        "takes a band of frequencies out of a window",
        f"{MOHSENVAND}; Cheng et al. 2020, arXiv:2007.04871",
        ("raw",),
    ),
    "mixup": AugmentationEntry(
        "eegcli.engine.augment.mixup:AUGMENTATION", "mixes windows, and their labels, in pairs", "Zhang et al. 2018, arXiv:1710.09412"
    ),
}
