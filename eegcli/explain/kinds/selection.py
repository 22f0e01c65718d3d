"""Selection: windows, or samples of them, that a network singles out, told by how their spectra differ between classes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.explained import Selection
from eegcli.artifacts.explanation import Explanation
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.group import Group, Selector
from eegcli.explain.kinds.protocol import Control
from eegcli.explain.shares import channels_of, is_spectrum, mean_shares, share_rows, shares
from eegcli.stats.cluster import Difference, class_difference
from eegcli.stats.spectra import amplitude_spectrum, frequencies, in_range

Floats = NDArray[np.float64]
Method = Callable[[nn.Module, ExplainedWindows], Selector]
DECIBEL = 20.0  # of the decimal logarithm of a ratio of amplitudes
FLOOR = 1e-6  # of the largest amplitude: what stands still has a finite logarithm
DIFFERENCES = tuple(prefix + name for prefix in ("", "channel_") for name in ("difference", "low", "high", "p"))


def ask(method: Method, model: nn.Module, material: ExplainedWindows) -> Selection:
    """Select, and describe what was selected; the method is ``(model, material) -> Selector``."""
    return with_differences(_described(method(model, material)(None), material))


def chances(method: Method, model: nn.Module, material: ExplainedWindows, *, n: int, seed: int) -> Iterator[Selection]:
    """Selection by the network, then `n` by chance from the same candidates."""
    select = method(model, material)
    yield _described(select(None), material)
    for index in range(n):
        yield _described(select(np.random.default_rng([seed, index])), material)


def pooled(results: Sequence[Selection], n_before: Sequence[int]) -> Selection:
    """Put results of several networks together: means over networks of the same weight; each subject once, its mean, in the differences."""
    pairs, pair = np.unique(np.concatenate([one.subject_group for one in results]), axis=0, return_inverse=True)
    of_subject = {
        name: _grouped(np.concatenate([getattr(one, name) for one in results]), pair.reshape(-1), len(pairs))[0]
        for name in ("subject_spectrum", "subject_topography")
    }
    along = {name: np.concatenate([getattr(one, name) for one in results]) for name in ("row", "group", "subject")}
    means = {name: np.mean([getattr(one, name) for one in results], axis=0) for name in ("spectrum", "reference", "topography")}
    return with_differences(replace(results[0], subject_group=pairs, **of_subject, **along, **means))


def _described(groups: list[Group], material: ExplainedWindows) -> Selection:
    each = [_spectra(group.x, material) for group in groups]
    spectrum = np.stack([_mean(one) for one in each])
    classes = [(one, group.subject) for one, group in zip(each, groups, strict=True) if group.is_class]
    pairs = sorted((int(who), place) for place, (_, subject) in enumerate(classes) for who in np.unique(subject))
    of_subject = np.stack([classes[place][0][classes[place][1] == who].mean(axis=0) for who, place in pairs])
    in_bands, beside = _in_bands(of_subject, material), material.around.beside
    if material.is_raw:
        largest = float(of_subject.max())
        of_subject, in_bands = _decibel(of_subject.mean(axis=1), largest), _decibel(in_bands, largest)
    return Selection(
        labels=np.array([group.label for group in groups]),
        is_class=np.array([group.is_class for group in groups], dtype=np.float64),
        row=np.concatenate([group.rows for group in groups]),
        group=np.repeat(np.arange(len(groups)), [len(one) for one in each]),
        subject=np.concatenate([group.subject for group in groups]),
        spectrum=spectrum,
        reference=np.stack([_mean(_spectra(group.reference, material)) for group in groups]),
        topography=_in_bands(spectrum, material),
        subject_group=np.array(pairs, dtype=np.int64),
        subject_spectrum=of_subject,
        subject_topography=in_bands,
        beside=np.zeros((material.x.shape[1],) * 2) if beside is None or not material.is_raw else beside.astype(np.float64),
        **dict.fromkeys(DIFFERENCES, np.zeros(0)),
    )


def _mean(each: Floats) -> Floats:
    """Mean over windows; NaN where there is none."""
    return np.asarray(each.mean(axis=0) if len(each) else np.full(each.shape[1:], np.nan))


def _spectra(x: NDArray[np.float32], material: ExplainedWindows) -> Floats:
    """Amplitude spectrum of each window; of windows that are no samples themselves."""
    return amplitude_spectrum(x) if material.is_raw else x.astype(np.float64)


def _in_bands(spectra: Floats, material: ExplainedWindows) -> Floats:
    """Mean amplitude within each band, (..., n_channels, n_freqs) -> (..., n_channels, n_bands); of windows that are no samples no bands."""
    if not material.is_raw:
        return np.zeros((*spectra.shape[:2], 0))
    freqs = frequencies(material.x.shape[-1], material.sfreq)
    inside = [(freqs >= low) & (freqs < high) for low, high in EXPLAIN_HALF_OPEN.values()]
    return np.stack([spectra[..., own].mean(axis=-1) if own.any() else np.zeros(spectra.shape[:-1]) for own in inside], axis=-1)


def _decibel(amplitude: Floats, largest: float) -> Floats:
    return np.asarray(DECIBEL * np.log10(np.maximum(amplitude, FLOOR * max(largest, np.finfo(float).tiny))))


def with_differences(result: Selection) -> Selection:
    """Compare each class with the others over subjects: spectra along frequencies, topographies along channels that lie beside each other."""
    classes = range(len(result.classes))
    n_bands = result.subject_topography.shape[2]
    apart = (result.beside.astype(bool), np.zeros((n_bands, n_bands), dtype=bool))
    spectra = [_difference(result.subject_spectrum, result.subject_group, index) for index in classes]
    topographies = [_difference(result.subject_topography, result.subject_group, index, apart) for index in classes] if n_bands else []
    return replace(result, **_arrays("", spectra), **_arrays("channel_", topographies))


def _arrays(prefix: str, found: list[Difference]) -> dict[str, np.ndarray]:
    values = {name: [getattr(one, name) for one in found] for name in ("difference", "low", "high")}
    values["p"] = [np.append(one.p, 1.0)[one.cluster] for one in found]  # -1, of no cluster, takes the 1 at the end
    return {prefix + name: np.stack(arrays) if arrays else np.zeros(0) for name, arrays in values.items()}


def _difference(values: Floats, pairs: NDArray[np.int64], index: int, neighbours: tuple[NDArray[np.bool_], ...] = ()) -> Difference:
    """Difference of a class from the mean of the others: within subjects where most are in several classes, else between those that are in one."""
    people, number = np.unique(pairs[:, 0], return_inverse=True)
    is_own = pairs[:, 1] == index
    own, has_own = _grouped(values[is_own], number[is_own], len(people))
    other, has_other = _grouped(values[~is_own], number[~is_own], len(people))
    both, single = has_own & has_other, has_own != has_other
    if 2 * both.sum() > len(people):  # the target varies within subjects
        return class_difference(own[both] - other[both], neighbours=neighbours)
    return class_difference(np.where(_along(has_own, own), own, other)[single], has_own[single], neighbours=neighbours)


def _grouped(values: Floats, number: NDArray[np.int64], n: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Mean of the rows of each number from 0 to n, zero where there is none, and where there is one."""
    sums, counts = np.zeros((n, *values.shape[1:])), np.bincount(number, minlength=n)
    np.add.at(sums, number, values)
    return np.asarray(sums / _along(np.maximum(counts, 1), sums)), np.asarray(counts > 0)


def _along(each: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values per row, in the number of dimensions of an array."""
    return each.reshape(-1, *(1 for _ in values.shape[1:]))


def profile(result: Selection) -> Floats:
    """Mean spectra of the classes, shape (n_classes, n_channels, n_freqs)."""
    return np.asarray(np.abs(result.spectrum[result.classes]))


def compared(profile: Floats, freqs: Floats) -> Floats:
    """Restrict profiles to the analysed range of frequencies."""
    return profile[..., in_range(freqs)] if is_spectrum(profile, freqs) else profile


def contrast(spectra: Floats, reference: Floats) -> Floats:
    """Absolute difference (dB) of each class from the mean of the others; of a single group from what it was selected from.

    Parameters
    ----------
    spectra, reference : ndarray, shape (n_classes, n_channels, n_freqs)
        Amplitudes.
    """
    largest = float(spectra.max())
    decibel = _decibel(spectra, largest)
    if len(spectra) == 1:
        return np.abs(decibel - _decibel(reference, largest))
    return np.asarray(np.abs(decibel - _others(decibel)))


def _others(values: Floats) -> Floats:
    """Mean of all rows but each one, of two rows or more."""
    return np.asarray((values.sum(axis=0) - values) / (len(values) - 1))


def above_others(spectra: Floats) -> Floats:
    """Amplitude of each class above the mean of the others, mean over channels, (n_classes, n_channels, n_freqs) -> (n_classes, n_freqs)."""
    over_channels = spectra.mean(axis=1)
    return over_channels if len(over_channels) == 1 else np.asarray(over_channels - _others(over_channels))


def _contrasts(result: Selection, freqs: Floats, control: Control | None) -> tuple[Floats, Floats | None]:
    """Contrast of what was selected, and of what chance selects; of values that are no samples their differences over subjects."""
    own = result.classes
    if not is_spectrum(result.spectrum, freqs):
        return np.abs(result.difference), None
    reference = result.reference[own]
    return contrast(result.spectrum[own], reference), None if control is None else contrast(control.profile, reference)


def finding(explanation: Explanation, name: str, control: Control | None) -> dict[str, Any]:
    """Shares of bands in the difference between classes, and where it is more than chance over subjects.

    Returns
    -------
    dict
        As of an attribution: ``band_share`` of |difference| in dB between what was selected of each class, ``chance`` (a difference of all frequencies
        alike), ``untrained_share`` (selected by chance); ``classes``, per label: how many windows ``n`` of how many ``n_subjects``; of a class the shares, the
        channels that differ most, ``peak_hz`` (where it is above the others by most µV), and ``clusters`` of frequencies: ``low`` and ``high`` (Hz), mean
        difference ``db``, and ``p``.
    """
    result: Selection = explanation.methods[name]
    freqs = explanation.freqs
    differences, by_chance = _contrasts(result, freqs, control)
    classes: dict[str, dict[str, Any]] = {}
    for number, label in enumerate(result.labels):
        members = result.group == number
        classes[str(label)] = {"n": int(members.sum()), "n_subjects": len(np.unique(result.subject[members]))}
    for index, label in enumerate(result.labels[result.classes]):
        classes[str(label)] |= {
            **shares(differences[index], freqs),
            "channels": channels_of(differences[index], explanation.ch_names, freqs),
            **(_peak(result, index, freqs) if is_spectrum(result.spectrum, freqs) else {}),
        }
    return {**mean_shares(differences, freqs, by_chance), "classes": classes}


def _peak(result: Selection, index: int, freqs: Floats) -> dict[str, Any]:
    shown = in_range(freqs)
    above = above_others(result.spectrum[result.classes])[index]
    # Frequencies side by side that differ in one direction are in one cluster.
    sign = np.where(result.p[index] < 1, np.sign(result.difference[index]), 0.0)
    edges = np.flatnonzero(np.diff(np.r_[0.0, sign, 0.0]))
    clusters = [
        {
            "low": float(freqs[start]),
            "high": float(freqs[end - 1]),
            "db": float(result.difference[index, start:end].mean()),
            "p": float(result.p[index, start]),
        }
        for start, end in itertools.pairwise(edges)
        if sign[start]
    ]
    clusters.sort(key=lambda cluster: (cluster["p"], cluster["low"]))
    return {"peak_hz": float(freqs[shown][above[shown].argmax()]), "clusters": clusters}


def bands(explanation: Explanation, name: str, control: Control | None) -> list[dict[str, Any]]:
    """A row per class and band, as of an attribution: shares of the difference between classes."""
    result: Selection = explanation.methods[name]
    differences, by_chance = _contrasts(result, explanation.freqs, control)
    own = result.classes
    return share_rows(name, result.labels[own].tolist(), differences, explanation.freqs, by_chance, result.reference[own])


def draw(path: Path, explanation: Explanation, name: str, *, title: str) -> None:
    """Draw spectra of what was selected beside what it was selected from, the difference over subjects, and topographies."""
    from eegcli.explain.selection_figure import selection_figure

    selection_figure(path, explanation, name, title=title)
