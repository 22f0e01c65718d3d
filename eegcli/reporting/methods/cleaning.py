"""Sentences on the cleaning of the recordings: one for each step, in the order of the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eegcli.errors import counted, listed
from eegcli.reporting.material import Material
from eegcli.reporting.methods.sentence import Paragraph, Sentence
from eegcli.reporting.wording import shown

WIDMANN = "Widmann, Schröger & Maess 2015, doi:10.1016/j.jneumeth.2014.08.002"
PREP = "Bigdely-Shamlo et al. 2015, doi:10.3389/fninf.2015.00016"
SPLINES = "Perrin, Pernier, Bertrand & Echallier 1989, doi:10.1016/0013-4694(89)90180-6"
MULLEN = "Mullen et al. 2015, doi:10.1109/TBME.2015.2481482"
CHANG = "Chang et al. 2020, doi:10.1109/TBME.2019.2930186"
Options = dict[str, Any]


def paragraph(material: Material) -> Paragraph:
    """Put the cleaning into sentences: the run holds it, whether or not the recordings are still there."""
    title = "Preprocessing"
    cleaning = material.run.cleaning
    if cleaning is None:
        return Paragraph(title, (Sentence("How the recordings were cleaned is not recorded with the windows"),))
    sentences: list[Sentence] = []
    for number, steps in enumerate(cleaning.steps, start=1):
        if len(cleaning.steps) > 1:
            sentences.append(Sentence(f"Recordings of {number} of {len(cleaning.steps)} ways of cleaning went through these steps"))
        sentences += [sentence_of(step) for step in steps] or [Sentence("The recordings were taken as they are")]
    if cleaning.raw_sfreq:
        sentences.insert(0, Sentence(f"Recordings were sampled at {listed([f'{rate:g}' for rate in cleaning.raw_sfreq], 6)} Hz"))
    if cleaning.reference:
        sentences.append(Sentence(f"The reference of the cleaned signals was {listed(list(cleaning.reference), 6)}"))
    if cleaning.baseline:
        sentences.append(Sentence(f"From each window the mean of the stretch {cleaning.baseline} s was subtracted"))
    if cleaning.reject is not None:
        sentences.append(Sentence(f"Windows with a peak-to-peak amplitude above {cleaning.reject:g} µV were left out"))
    return Paragraph(title, tuple(sentences))


def sentence_of(step: Mapping[str, Any]) -> Sentence:
    """Put a step into a sentence that names each of its options.

    Parameters
    ----------
    step : mapping of str to object
        ``step``, its name, and its options, resolved. One that is not known here is told by its name.
    """
    options = dict(step)
    name = str(options.pop("step"))
    words, sources = STEPS.get(name, _any(name))(options)
    left = [f"{option.replace('_', ' ')} {shown(value)}" for option, value in sorted(options.items()) if value not in (None, [], (), "")]
    return Sentence(words + (f" ({', '.join(left)})" if left else ""), sources)


def _any(name: str) -> Callable[[Options], tuple[str, tuple[str, ...]]]:
    return lambda _: (f"The step {name} was applied", ())


def _baseline(_: Options) -> tuple[str, tuple[str, ...]]:
    return "The mean over the recording was subtracted from each channel", ()


def _filter(options: Options) -> tuple[str, tuple[str, ...]]:
    low, high, notch = options.pop("l_freq", None), options.pop("h_freq", None), options.pop("notch", None)
    edges = []
    for edge, width, side in (
        (low, options.pop("l_trans_bandwidth", None), "lower"),
        (high, options.pop("h_trans_bandwidth", None), "upper"),
    ):
        if edge:
            band = f"{width:g} Hz" if width else f"a quarter of the edge, at least 2 Hz{' and at most the edge' * (side == 'lower')}"
            edges.append(f"{side} edge {edge:g} Hz with a transition band of {band}")
    kind = "band-pass" if low and high else "high-pass" if low else "low-pass" if high else "notch"
    words = f"Signals were {kind} filtered with a zero-phase FIR filter (windowed sinc, Hamming{'; ' * bool(edges)}{'; '.join(edges)})"
    if notch:
        words += f"{', and' * bool(edges)} with notches at {listed([f'{one:g}' for one in notch], 8)} Hz"
    return words, (WIDMANN,)


def _drifts(options: Options) -> tuple[str, tuple[str, ...]]:
    stop, start = options.pop("stop", None), options.pop("start", None)
    band = f", transition band {stop:g} to {start:g} Hz" if stop is not None and start is not None else ""
    return f"Drifts were removed as in clean_rawdata, by a linear-phase filter run forwards and backwards{band}", ()


def _resample(options: Options) -> tuple[str, tuple[str, ...]]:
    return f"Signals were resampled to {options.pop('sfreq'):g} Hz after a linear-phase anti-alias filter", ()


def _recover(options: Options) -> tuple[str, tuple[str, ...]]:
    return f"The reference electrode {options.pop('channel')} was put back as a channel of zeros", ()


def _bad(options: Options) -> tuple[str, tuple[str, ...]]:
    flat, noise, least = (options.pop(name, 0) or 0 for name in ("flat_seconds", "line_noise", "correlation"))
    how = str(options.pop("method", "auto"))
    free, samples, subset, seed = (options.pop(name, None) for name in ("location_free_correlation", "n_samples", "subset", "seed"))
    share, against = options.pop("max_bad_time", None), options.pop("reference", "recorded")
    criteria = []
    if flat:
        criteria.append(f"they did not change for more than {flat:g} s")
    if noise:
        criteria.append(f"their noise above 50 Hz was more than {noise:g} robust standard deviations above that of the others")
    if least:
        ransac = f"their correlation with a prediction from other channels (RANSAC, {samples} subsets of {_percent(subset)} of the channels, seed {seed}) was below {least:g}"
        location = f"all but the highest tenth of their correlations with other channels were below {shown(free)}"
        asked = {"ransac": ransac, "location-free": location}.get(how, f"{ransac} (where electrode positions are not known: {location})")
        criteria.append(f"{asked} in more than {_percent(share)} of the windows")
    if (noise or least) and against != "recorded":
        criteria[-1] += f", judged against the {against} reference"
    return f"Channels were marked bad if {', or if '.join(criteria) or 'they were so before'}", (PREP,) if noise or least else ()


def _percent(share: float | None) -> str:
    return "some" if share is None else f"{100 * share:g} %"


def _interpolate(_: Options) -> tuple[str, tuple[str, ...]]:
    return "Bad channels were interpolated by spherical splines", (SPLINES,)


def _reference(options: Options) -> tuple[str, tuple[str, ...]]:
    channels = list(options.pop("channels", ()))
    kept = options.pop("keep", False)
    if channels == ["average"]:
        return "Signals were re-referenced to the average of all channels that were not bad", ()
    whose = "of " if len(channels) == 1 else "the mean of "
    gone = "stayed" if kept else "were left out afterwards"
    return f"Signals were re-referenced to {whose}{listed(channels, 8)}".replace("to of ", "to ") + f"; these channels {gone}", ()


def _asr(options: Options) -> tuple[str, tuple[str, ...]]:
    cutoff, share = options.pop("cutoff"), options.pop("max_bad_channels", None)
    words = "Bursts of artifacts were repaired by artifact subspace reconstruction (ASR), calibrated on the clean part of each recording"
    limit = f", with at most {100 * share:g} % of the channels of unusual power in a calibration window" if share is not None else ""
    return f"{words}: a cutoff of {cutoff:g} standard deviations{limit}", (MULLEN, CHANG)


def _pick(options: Options) -> tuple[str, tuple[str, ...]]:
    missing = {
        "error": "recordings that lacked one were left out",
        "interpolate": "missing ones were interpolated",
        "drop": "missing ones were left out",
    }
    names, how = list(options.pop("channels", ())), str(options.pop("missing_channels", "error"))
    what = f"the set {names[0]}" if len(names) == 1 else f"{counted(len(names), 'channel')} ({', '.join(names)})"
    return f"Of the channels {what} was kept; {missing.get(how, how)}", (SPLINES,) if how == "interpolate" else ()


def _drop(options: Options) -> tuple[str, tuple[str, ...]]:
    return f"The channels {', '.join(options.pop('channels', ()))} were left out", ()


def _crop(options: Options) -> tuple[str, tuple[str, ...]]:
    start, end = options.pop("tmin", 0.0), options.pop("tmax", None)
    return f"Recordings were cropped from {start:g} s to {'their end' if end is None else f'{end:g} s'}", ()


def _segments(options: Options) -> tuple[str, tuple[str, ...]]:
    where = options.pop("boundary", "eeglab")
    names = ", ".join(options.pop("segments", ()))
    join = "before the last sample of each stretch, as in EEGLAB" if where == "eeglab" else "between them"
    return f"Only the segments {names} (seconds after the event) were kept and joined, with a boundary {join}", ()


STEPS: dict[str, Callable[[Options], tuple[str, tuple[str, ...]]]] = {
    "remove-baseline": _baseline,
    "filter": _filter,
    "remove-drifts": _drifts,
    "resample": _resample,
    "recover-reference": _recover,
    "bad-channels": _bad,
    "interpolate": _interpolate,
    "reference": _reference,
    "asr": _asr,
    "pick": _pick,
    "drop-channels": _drop,
    "crop": _crop,
    "keep-segments": _segments,
}
