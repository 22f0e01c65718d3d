"""Table of preprocessing steps, and of what each notes about the quality of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class QualityColumn:
    """A column of recordings.parquet that says how good a recording is.

    Attributes
    ----------
    name : str
        Of the column; a step notes it with ``Signal.noting``.
    meaning : str
        For the table of the schema.
    type : {'float64', 'text'}
        Missing (NaN or None) where no step has noted it.
    unit : str
    bad_channels : bool
        The text lists channels that are bad, comma-separated: the quality page counts each channel once.
    """

    name: str
    meaning: str
    type: Literal["float64", "text"] = "float64"
    unit: str = ""
    bad_channels: bool = False


@dataclass(frozen=True)
class QualityFigure:
    """A figure of quality over the cohort: on the quality page, and at the end of a run.

    Attributes
    ----------
    columns : tuple of str
        Columns of recordings.parquet that it is made of.
    label : str
        As a person reads it, with the unit.
    meaning : str
        One line for a researcher.
    worse : {'high', 'low', None}
        Which end is bad; None where neither is.
    spread : float
        Least spread of a cohort that counts: differences far below it are no difference in quality.
    how : {'number', 'percent', 'percent of time', 'channels'}
        The column as it is; 100 times it; 100 times it by ``seconds``; or the number of channels that the columns name, each counted once.
    """

    columns: tuple[str, ...]
    label: str
    meaning: str
    worse: Literal["high", "low"] | None = None
    spread: float = 0.0
    how: Literal["number", "percent", "percent of time", "channels"] = "number"


@dataclass(frozen=True)
class StepEntry:
    """A step: where its definition lies, and what it notes about the quality of a recording.

    `path` names an `eegcli.preprocess.definition.Definition`: the function, its range checks, the flags laid over it, its cost. The columns
    stand here, for rooms that never import a step know them, too: the schema, `info`, and `epoch`, which passes all other columns on.
    """

    path: str
    summary: str
    columns: tuple[QualityColumn, ...] = ()
    figures: tuple[QualityFigure, ...] = ()


# In the order in which steps usually stand: where a flag puts a step that the recipe does not have.
# Bad channels would spread through an average reference; ASR stands before it as it costs the data a rank.
STEPS: dict[str, StepEntry] = {
    "remove-baseline": StepEntry("eegcli.preprocess.steps.remove_baseline:STEP", "takes each channel's mean over the recording away"),
    "drop-channels": StepEntry("eegcli.preprocess.steps.drop_channels:STEP", "leaves channels out"),
    "crop": StepEntry("eegcli.preprocess.steps.crop:STEP", "keeps a stretch of the recording"),
    "filter": StepEntry("eegcli.preprocess.steps.filter:STEP", "high-pass, low-pass and notch: zero-phase FIR filters"),
    "remove-drifts": StepEntry("eegcli.preprocess.steps.remove_drifts:STEP", "removes drifts as clean_rawdata does"),
    "resample": StepEntry("eegcli.preprocess.steps.resample:STEP", "changes the sampling frequency"),
    "recover-reference": StepEntry("eegcli.preprocess.steps.recover_reference:STEP", "brings the reference electrode back as a channel"),
    "bad-channels": StepEntry(
        "eegcli.preprocess.steps.bad_channels:STEP",
        "marks channels that are flat, noisy or unlike the others",
        columns=(
            QualityColumn(
                "flat_channels",
                "bad because flat, comma-separated; missing where the step `bad-channels` was not run",
                "text",
                bad_channels=True,
            ),
            QualityColumn("line_noise_channels", "bad because of line noise", "text", bad_channels=True),
            QualityColumn("uncorrelated_channels", "bad because other channels do not tell them", "text", bad_channels=True),
            QualityColumn("correlation_method", "how the other channels were asked: `ransac` or `location-free`", "text"),
        ),
    ),
    "interpolate": StepEntry("eegcli.preprocess.steps.interpolate:STEP", "replaces bad channels by spherical splines"),
    "asr": StepEntry(
        "eegcli.preprocess.steps.asr:STEP",
        "repairs bursts by artifact subspace reconstruction",
        columns=(
            QualityColumn("asr_calibration_seconds", "clean time on which ASR was calibrated; missing where it was not run", unit="s"),
            QualityColumn("asr_fraction_changed", "of the samples, those that ASR changed"),
            QualityColumn("asr_dimensions_removed", "components that ASR removed, mean over its updates"),
            QualityColumn("asr_variance_removed", "of the variance, the fraction that ASR removed"),
            QualityColumn(
                "seconds_kept", "time after ASR that the window criterion of clean_rawdata would keep (nothing is cut)", unit="s"
            ),
        ),
        figures=(
            QualityFigure(
                ("asr_fraction_changed",), "changed by ASR (% of samples)", "Samples that burst repair changed.", "high", 5.0, "percent"
            ),
            QualityFigure(
                ("asr_variance_removed",),
                "variance removed by ASR (%)",
                "Share of the variance that burst repair took.",
                "high",
                5.0,
                "percent",
            ),
            QualityFigure(("asr_dimensions_removed",), "components removed by ASR", "Mean over the updates of burst repair.", "high", 0.5),
            QualityFigure(("asr_calibration_seconds",), "calibration of ASR (s)", "Clean time that burst repair learnt from.", "low", 10.0),
            QualityFigure(
                ("seconds_kept",),
                "clean after ASR (% of time)",
                "Time that the window criterion of clean_rawdata would keep.",
                "low",
                5.0,
                "percent of time",
            ),
        ),
    ),
    "reference": StepEntry("eegcli.preprocess.steps.reference:STEP", "references all channels to the mean of some"),
    "keep-segments": StepEntry("eegcli.preprocess.steps.keep_segments:STEP", "keeps stretches after events, joined"),
    "pick": StepEntry("eegcli.preprocess.steps.pick:STEP", "keeps channels, in the order and under the names given"),
}
