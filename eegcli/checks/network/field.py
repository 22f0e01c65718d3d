"""Receptive field of a network in time, against a rhythm; and whether rhythms come through its pools."""

from __future__ import annotations

import numpy as np

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import Passes, of_network
from eegcli.checks.trial import Trial

FIELD, RHYTHM = "receptive field in time", "rhythms that come through"
# ms: a cycle of the alpha rhythm takes 100, half of one of beta 25.
SHORT, TOO_SHORT = 50.0, 25.0
LOW, HIGH = 7.0, 30.0  # Hz
STILL = 1e-6  # of the power of the mean
FAINT, LOST = 0.2, 0.05  # of the part of the gradient that white noise would have there; shipped networks have 0.4 and more
TRANSFORMING = ("Linear", "Flatten", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "Dropout", "Identity")


@of_network(FIELD)
def receptive_field(trial: Trial, passes: Passes) -> Finding:
    """Hold what the filters of a network see in time against a cycle of a rhythm; what linear layers mix afterwards is no filter."""
    from eegcli.models.layers import layers_of

    if trial.description.representation != "raw":
        return Finding(FIELD, None, why="windows of another representation have no samples")
    n_times, sfreq = trial.description.n_times, trial.description.sfreq
    rows = [row for row in layers_of(passes.network, tuple(passes.x.shape[1:])).rows if row.receptive_field]
    filters = [row for row in rows if "Conv" in row.kind]
    # Recurrent layers, attention and transforms look at the whole window, by other means than filters.
    others = [
        row
        for row in rows
        if row.n_parameters and "Conv" not in row.kind and row.kind not in TRANSFORMING and row.receptive_field[-1] >= n_times
    ]
    if not filters or others:
        return Finding(FIELD, "ok", n_times / sfreq * 1e3)
    seen = max(row.receptive_field[-1] for row in filters)
    pooled = [row.receptive_field[-1] for row in rows if "Pool" in row.kind and row.receptive_field[-1] < n_times]
    samples = max([seen, *pooled])
    value = 1e3 * samples / sfreq
    compared = {"samples": samples, "sfreq": sfreq}
    if value >= SHORT or samples >= n_times:
        return Finding(FIELD, "ok", value, compared=compared)
    why = (
        f"the filters of the network see {samples} samples, {value:.3g} ms of a window of {1e3 * n_times / sfreq:.0f} ms: "
        "a cycle of the alpha rhythm takes 100 ms, and what linear layers add holds for one phase only"
    )
    hint = "Begin with a kernel of half a second along time, e.g. (1, 64) at 128 Hz as eegnet has it, or add convolutions and pools."
    return Finding(FIELD, "broken" if samples > 1 and value < TOO_SHORT else "suspect", value, (), why, hint, compared, weight=0.65)


@of_network(RHYTHM)
def rhythms(trial: Trial, passes: Passes) -> Finding:
    """Measure which frequencies outputs depend on: the spectrum of their gradient with respect to the samples."""
    if trial.description.representation != "raw":
        return Finding(RHYTHM, None, why="windows of another representation have no samples")
    slopes = passes.slopes.cpu().numpy()
    power = (np.abs(np.fft.rfft(slopes, axis=-1)) ** 2).reshape(-1, slopes.shape[-1] // 2 + 1).sum(axis=0)
    still, power = power[0], power[1:]
    frequencies = np.fft.rfftfreq(slopes.shape[-1], 1 / trial.description.sfreq)[1:]
    within = (frequencies >= LOW) & (frequencies <= HIGH)
    if not (power.sum() or still) or not within.any():
        return Finding(RHYTHM, None, why="the outputs depend on nothing")
    if power.sum() < STILL * still:
        why = "the outputs depend on the mean of each electrode over the window, and on nothing that changes in it: what is averaged first holds no rhythm"
        hint = "Take the mean after filters and the logarithm of their power, or after activations."
        return Finding(RHYTHM, "broken", 0.0, (), why, hint, weight=0.9)
    value = float(power[within].sum() / power.sum() / within.mean())
    if value >= FAINT:
        return Finding(RHYTHM, "ok", value)
    slow = power[frequencies < LOW].sum() / power.sum()
    how = "slower than that: a pool or a stride at the beginning averages it away" if slow > 0.5 else "faster than that"
    why = f"the outputs depend {value:.2g} times as much on {LOW:g} to {HIGH:g} Hz as on the frequencies together; {100 * max(slow, 1 - slow):.0f} % of what they depend on is {how}"
    hint = "Filter before you pool: a convolution along time first, then pools of 2 to 8 samples."
    return Finding(RHYTHM, "broken" if value < LOST else "suspect", value, (), why, hint, weight=0.7)
