"""The figures of quality that steps note on a recording: columns of recordings.parquet."""

from __future__ import annotations

# A step puts its figures into `Signal.quality`; a figure that no step has noted is missing in the table.
COLUMNS: dict[str, type] = {
    "flat_channels": str,
    "line_noise_channels": str,
    "uncorrelated_channels": str,
    "correlation_method": str,
    "asr_calibration_seconds": float,
    "asr_fraction_changed": float,
    "asr_dimensions_removed": float,
    "asr_variance_removed": float,
    "seconds_kept": float,
}
