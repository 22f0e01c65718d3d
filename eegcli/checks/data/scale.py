"""Scale of windows: microvolts of scalp EEG, or another unit under that name."""

from __future__ import annotations

import numpy as np

from eegcli.checks.finding import Evidence, Finding

NAME = "unit and scale"
LOW, HIGH = 0.5, 500.0  # µV: standard deviation of a channel of scalp EEG after cleaning is 2 to 60
HINT = "State the unit where the data come in (eegcli preprocess or import --unit), cut the windows again, and look with eegcli info."


def scale(evidence: Evidence) -> Finding:
    """Look at the standard deviation of channels: one far below or above that of scalp EEG is another unit."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw or evidence.recorded.units != "uV":
        return Finding(NAME, None, why="windows of another representation have another scale")
    x = evidence.recorded.sample
    with np.errstate(invalid="ignore"):
        spread = np.nanmedian(np.nanstd(np.where(np.isfinite(x), x, np.nan), axis=2))
    if not np.isfinite(spread) or spread == 0:
        return Finding(NAME, None, why="no window holds a signal")
    value = float(spread)
    if LOW <= value <= HIGH:
        return Finding(NAME, "ok", value)
    power = round(float(np.log10(value / 10.0)) / 3) * 3  # of 10 µV, in steps of a thousand
    unit = {-6: "volts", -3: "millivolts", 3: "nanovolts"}.get(power, f"microvolts times {10.0**power:g}")
    why = f"the median channel has a standard deviation of {value:.3g}, scalp EEG 2 to 60 µV: {unit}? Learning rates and initial weights suit microvolts"
    far = value < LOW / 10 or value > HIGH * 10
    return Finding(NAME, "broken" if far else "suspect", value, (), why, HINT, weight=1.0 if far else 0.5)
