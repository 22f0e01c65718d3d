"""Settings of `eegcli import`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eegcli.settings.groups import Common, wait
from eegcli.settings.represented import StatsNormalise, bands, montage, representation, segment_samples, stats_normalise
from eegcli.settings.setting import DATA, SIGNAL, Values, argument, setting

AXES = ("trials", "channels", "samples", "1")


def axis(text: str) -> str:
    """Check the name of an axis.

    Raises
    ------
    ValueError
        If it is none.
    """
    if text not in AXES:
        raise ValueError(f"{text!r} is none of {', '.join(AXES)}")
    return text


def sizes(text: str) -> str:
    """Check a shape such as ``312x18000``; the text is kept.

    Raises
    ------
    ValueError
        If it is none.
    """
    shape_of(text)
    return text


def shape_of(text: str) -> tuple[int, ...]:
    """Sizes of a shape such as ``312x18000``.

    Raises
    ------
    ValueError
        If they are not two or three whole numbers above 0.
    """
    try:
        shape = tuple(int(size) for size in text.lower().split("x"))
    except ValueError:
        shape = ()
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise ValueError(f"{text}: TRIALSxSAMPLES or TRIALSxCHANNELSxSAMPLES is needed, such as 312x18000")
    return shape


@dataclass(frozen=True, kw_only=True)
class ImportSettings(Common):
    """Settings of `eegcli import`: which arrays, what their axes are, whose trials they hold."""

    arrays: tuple[Path, ...] = argument(
        (),
        help="Arrays that are cut into trials: npy, npz, mat, -epo.fif, EEGLAB's set, csv, tsv, parquet, DEAP's dat; or folders of them; "
        "or - to read a path from standard input.",
        reads="arrays",
        values=Values("array", words=("-",), paths="files"),
        result=False,
    )
    array: str | None = setting(None, help="Variable that holds the trials.", shown="the only one that can", panel=DATA, metavar="KEY")
    labels_key: tuple[str, ...] = setting(
        (), help="Variables (or columns) of the file with labels.", shown="all with a value for each trial", panel=DATA, metavar="KEY"
    )
    labels: tuple[Path, ...] = setting(
        (),
        help="Files of labels, one for each file of trials in the same order: a table with a row per trial, or an array.",
        shown="Y_NAME beside X_NAME",
        panel=DATA,
        values=Values("table", paths="files"),
        result=False,
    )
    label_columns: tuple[str, ...] = setting(
        (), help="Names of the columns of labels, in their order; subject, session and split are known.", panel=DATA, metavar="NAME"
    )
    label_offset: int = setting(
        0, help="Add this to labels that are whole numbers: -1 makes classes 1 and 2 into 0 and 1.", panel=DATA, metavar="N"
    )
    subjects_key: str | None = setting(
        None, help="Variable (or column) that says whose trial it is.", shown="one called subject", panel=DATA, metavar="KEY"
    )
    trial_key: str | None = setting(
        None, help="Of a table with a row per sample: the column that numbers the trials.", panel=DATA, metavar="COLUMN"
    )
    pattern: str | None = setting(
        None,
        help="What file names say: '{subject}_{split}.npz', with {session}, {task}, {run} and {split}; * is any text.",
        shown="train, validation and test are known words",
        panel=DATA,
    )
    axes: tuple[str, ...] = setting(
        (),
        help="Axes of the array in their order; 1 is an axis of length 1 that is dropped: trials,1,channels,samples.",
        shown="the only order that fits what is known",
        panel=SIGNAL,
        values=Values("axis", words=AXES),
        parse=axis,
    )
    reshape: str | None = setting(
        None, help="Cut a long array into trials first, each row after the other.", panel=SIGNAL, metavar="SIZES", parse=sizes
    )
    sfreq: float | None = setting(None, help="Sampling frequency (Hz).", shown="what the file says", panel=SIGNAL, metavar="HZ")
    length: float | None = setting(None, help="Length of a trial (s): it tells which axis is time.", panel=SIGNAL, metavar="S")
    channels: tuple[str, ...] = setting(
        (), help="Names of the channels, in their order.", shown="what the file says, else Ch1, Ch2, ...", panel=SIGNAL
    )
    channel_type: Literal["eeg", "ecg", "emg", "eog", "misc"] = setting("eeg", help="Type of all channels.", panel=SIGNAL)
    unit: Literal["V", "mV", "uV", "nV", "arbitrary"] | None = setting(
        None, help="Unit of the stored values.", shown="what the file says, else guessed from their spread and said", panel=SIGNAL
    )
    nan: Literal["error", "mean", "drop"] = setting(
        "error",
        help="Values that are not finite: refuse them, put the mean of all values of the set in their place, or drop their trials.",
        panel=SIGNAL,
    )
    drop_baseline: float = setting(0.0, help="Cut off so many seconds from the beginning of each trial.", panel=SIGNAL, metavar="S", min=0)
    representation: str = representation()
    bands: tuple[str, ...] = bands()
    montage: str = montage()
    segment_samples: int | None = segment_samples()
    stats_normalise: StatsNormalise = stats_normalise()
    wait: bool = wait()
