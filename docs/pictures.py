"""Draw the pictures of filters.md: filters that nobody learnt, and those of a trained network.

    python docs/pictures.py demo-run-filters [--output docs/images]

The run needs ``eegcli explain --method filters``. The picture of the report in the README is a photograph of a page: a browser takes it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli import open_explanation, open_run
from eegcli.artifacts.figure import drawing
from eegcli.explain.methods.filters import gain
from eegcli.explain.untrained import untrained_networks

SFREQ = 128.0  # Hz, that of the demo's windows
AVERAGED = (4, 8, 16)  # samples
HERTZ, LENGTH = 10.0, 64  # of the filter that passes one rhythm: a wave of half a second
ALIKE = 0.5  # correlation of a layer with itself before training; with other random weights it is 0.1 at most
FREQS = np.linspace(0.0, 40.0, 161)

Floats = NDArray[np.float64]


def moving_averages() -> dict[str, Floats]:
    """Kernels that average neighbours."""
    return {f"mean of {n} samples": np.full(n, 1.0 / n) for n in AVERAGED}


def wave() -> Floats:
    """Kernel that goes up and down ten times a second, and fades at both ends."""
    times = (np.arange(LENGTH) - (LENGTH - 1) / 2) / SFREQ
    kernel = np.hanning(LENGTH) * np.cos(2 * np.pi * HERTZ * times)
    return np.asarray(kernel / gain(kernel[None, None], np.array([HERTZ]), SFREQ)[0, 0])


def draw_given(path: Path, kernels: dict[str, Floats]) -> None:
    """Draw kernels that are given: their weights, and what they let through."""
    with drawing(path, width=8.0, height=2.8) as figure:
        weights, passed = figure.subplots(1, 2)
        reach = max(map(len, kernels.values())) // 2 + 4  # samples: a kernel is 0 outside
        for name, kernel in kernels.items():
            padded = np.pad(kernel, reach - len(kernel) // 2)
            weights.step((np.arange(len(padded)) - (len(padded) - 1) / 2) / SFREQ * 1000, padded, where="mid", label=name)
            passed.plot(FREQS, gain(kernel[None, None], FREQS, SFREQ)[0], label=name)
        _label(weights, "weight of each sample", "time (ms)", "weight")
        _label(passed, "what comes through", "frequency (Hz)", "gain")
        passed.legend(frameon=False, fontsize=8)


def draw_learnt(path: Path, begun: Floats, learnt: Floats) -> None:
    """Draw the gains of a layer's filters at the start and at the end of a training: (n_filters, n_slices, n_taps) each."""
    n = len(learnt)
    with drawing(path, width=8.0, height=1.0 + 1.45 * -(-n // 4)) as figure:
        panels = np.ravel(figure.subplots(-(-n // 4), 4, sharex=True))
        for axis in panels[n:]:
            axis.set_visible(False)
        for number, axis in enumerate(panels[:n]):
            before, after = (gain(kernel[number][None], FREQS, SFREQ)[0] for kernel in (begun, learnt))
            axis.plot(FREQS, before, color="0.7", label="at the start")
            axis.plot(FREQS, after, color="C0", label="learnt")
            axis.set_ylim(bottom=0)
            axis.set_title(f"filter {number + 1}: most at {FREQS[int(np.argmax(after))]:.0f} Hz", loc="left", fontsize=8)
            axis.tick_params(labelsize=7)
        for axis in panels[max(0, n - 4) : n]:
            axis.set_xlabel("frequency (Hz)", fontsize=8)
        panels[0].legend(frameon=False, fontsize=7)


def draw_shape(path: Path, begun: Floats, learnt: Floats) -> None:
    """Draw the filter that lets most through, at the start and at the end: its weights in time, and what comes through."""
    most = int(np.argmax([gain(kernel[None], FREQS, SFREQ).max() for kernel in learnt]))
    with drawing(path, width=8.0, height=2.8) as figure:
        weights, passed = figure.subplots(1, 2)
        for name, kernel, colour in (("at the start", begun[most], "0.7"), ("learnt", learnt[most], "C0")):
            times = np.arange(kernel.shape[1]) / SFREQ * 1000
            weights.plot(times, kernel[0], color=colour, label=name)
            passed.plot(FREQS, gain(kernel[None], FREQS, SFREQ)[0], color=colour, label=name)
        _label(weights, f"filter {most + 1}: weight of each sample", "time (ms)", "weight")
        _label(passed, "what comes through", "frequency (Hz)", "gain")
        passed.legend(frameon=False, fontsize=8)


def filters_of(path: Path) -> tuple[Floats, Floats]:
    """Temporal filters of a run at the start of its training (one seed draws one set of weights) and at its end, (n_filters, n_slices, n_taps) each."""
    learnt = np.asarray(open_explanation(path).methods["filters"].kernel, np.float64)
    (model,) = untrained_networks(open_run(path).networks[0].model(), 1, 0)
    begun = next(
        weights.detach().double().numpy()
        for weights in model.parameters()
        if weights.ndim == 4 and weights.shape[0] == len(learnt) and weights.shape[-1] == learnt.shape[-1]
    )
    begun = begun.reshape(learnt.shape)[..., ::-1]
    if np.corrcoef(begun.ravel(), learnt.ravel())[0, 1] < ALIKE:
        raise SystemExit(f"{path}: its training did not begin with the weights that seed 0 draws: train it with --seed 0")
    return begun, learnt


def _label(axis: Any, title: str, x: str, y: str) -> None:
    axis.set_title(title, loc="left", fontsize=9)
    axis.set_xlabel(x, fontsize=8)
    axis.set_ylabel(y, fontsize=8)
    axis.tick_params(labelsize=8)


def main() -> None:
    """Draw all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "images")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    begun, learnt = filters_of(options.run)
    draw_given(options.output / "moving-average.svg", moving_averages())
    draw_given(
        options.output / "wave.svg",
        {f"mean of {AVERAGED[1]} samples": moving_averages()[f"mean of {AVERAGED[1]} samples"], f"wave of {HERTZ:g} Hz": wave()},
    )
    draw_learnt(options.output / "learnt-filters.svg", begun, learnt)
    draw_shape(options.output / "learnt-filter.svg", begun, learnt)


if __name__ == "__main__":
    main()
