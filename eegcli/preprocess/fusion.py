"""Neighbouring steps that are one operation: remove-baseline, filter and resample take one pass over the samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from eegcli.preprocess.definition import Step
from eegcli.preprocess.dsp.fir import filter_resample
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.filter import cuts, design
from eegcli.preprocess.steps.resample import anti_alias

FUSED = ("remove-baseline", "filter", "resample")  # in this order; each may be missing


@dataclass(frozen=True)
class Fused:
    """Neighbouring steps of `FUSED` as one operation.

    Its result is that of the steps one after the other: the same to rounding errors, ends included, in stretches longer than the kernels.

    Attributes
    ----------
    steps : tuple of Step
        At least two.
    """

    steps: tuple[Step, ...]

    def __call__(self, signal: Signal) -> Signal:
        """Apply the fused steps to a signal in one pass."""
        options: dict[str, Any] = {step.name: step.options for step in self.steps}
        sfreq = float(options["resample"]["sfreq"]) if "resample" in options else signal.sfreq
        kernels = [*design(signal.sfreq, **options["filter"])] if "filter" in options else []
        kernels += [anti_alias(signal.sfreq, sfreq)] if sfreq != signal.sfreq else []
        data = filter_resample(signal.data, signal.sfreq, kernels, sfreq, cuts=cuts(signal), centred="remove-baseline" in options)
        return replace(signal, data=data, sfreq=sfreq)


def operations(steps: Sequence[Step]) -> list[Step | Fused]:
    """Fuse neighbouring steps: runs of two or more of `FUSED` become one operation."""
    runs: list[list[Step]] = []
    for step in steps:
        if runs and step.name in FUSED and runs[-1][-1].name in FUSED[: FUSED.index(step.name)]:
            runs[-1].append(step)
        else:
            runs.append([step])
    return [Fused(tuple(run)) if len(run) > 1 else run[0] for run in runs]
