"""Quality of recordings: the columns and figures of every recording, and those that steps note."""

from __future__ import annotations

from eegcli.registry.steps import STEPS, QualityColumn, QualityFigure

# What every recording has, whatever the steps: columns before those of the steps, and behind them.
_BEFORE = (
    QualityColumn("clipped_seconds", "time at which the amplifier saturated", unit="s"),
    QualityColumn("not_eeg", "channels of the file that were not taken as EEG, each with the reason, comma-separated", "text"),
)
# Measured before any filter, whatever the steps; epoch hands them on to the windows, where statistics need them.
_MEASURED = (
    QualityColumn("raw_sfreq", "sampling frequency as read, before any step", unit="Hz"),
    QualityColumn("raw_seconds", "length as read, before any step, without what is padding", unit="s"),
    QualityColumn("raw_amplitude", "standard deviation within 2 s as read, median over channels and time", unit="µV"),
    QualityColumn("raw_drift", "standard deviation of the means of successive 2 s as read, median over channels", unit="µV"),
    QualityColumn("raw_line_noise", "effective value within 1 Hz of the mains, above the level beside it, median over channels", unit="µV"),
    QualityColumn(
        "raw_muscle",
        "root of the mean power density from 25 to 100 Hz (at most 0.45 of the rate) without the mains, median over channels",
        unit="µV/√Hz",
    ),
    QualityColumn("heart_rate", "60 s by the median interval between beats of an ECG channel; missing without one", unit="beats/min"),
    QualityColumn("n_bad_channels", "number of channels in `bad_channels`"),
)
_BEHIND = (
    QualityColumn("amplitude", "standard deviation within 2 s of the cleaned signal, median over channels and time", unit="µV"),
    QualityColumn("amplitude_max", "the same in its worst 2 s: median over channels, largest over time", unit="µV"),
)


def quality_columns() -> tuple[QualityColumn, ...]:
    """Quality columns of recordings.parquet, in the table's order."""
    return (*_BEFORE, *_MEASURED, *(column for step in STEPS.values() for column in step.columns), *_BEHIND)


def measured_columns() -> tuple[QualityColumn, ...]:
    """Columns of recordings.parquet that were measured before any filter, which the windows' table has, too."""
    return _MEASURED


def bad_channel_columns() -> tuple[str, ...]:
    """Columns of recordings.parquet that name bad channels, comma-separated; first that of all channels marked bad."""
    return ("bad_channels", *(column.name for column in quality_columns() if column.bad_channels))


def quality_figures() -> tuple[QualityFigure, ...]:
    """Figures of quality, in the order of the quality page."""
    bad = bad_channel_columns()
    return (
        QualityFigure(
            bad, "bad channels", "Marked bad in the data set, or found flat, noisy or unlike the others.", "high", 1.0, "channels"
        ),
        QualityFigure(
            ("interpolated",), "interpolated channels", "Their signal is made of that of other channels.", "high", 1.0, "channels"
        ),
        *(figure for step in STEPS.values() for figure in step.figures),
        QualityFigure(
            ("clipped_seconds",),
            "saturated (% of time)",
            "Time at which the amplifier was at its limit.",
            "high",
            0.5,
            "percent of time",
        ),
        QualityFigure(("amplitude",), "amplitude (µV)", "Of the cleaned signal: standard deviation within 2 s, median.", "high", 2.0),
        QualityFigure(
            ("amplitude_max",), "amplitude of the worst 2 s (µV)", "Of the cleaned signal: what artifacts are left.", "high", 10.0
        ),
        QualityFigure(("seconds",), "length (s)", "Of the cleaned signal."),
    )
