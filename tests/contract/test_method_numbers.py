"""Numbers in the method texts of the documentation are those of the constants; a number that nobody accounts for fails."""

from __future__ import annotations

import functools
import inspect
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eegcli.bands import BASELINE_HALF_OPEN, BROAD_HALF_OPEN, EXPLAIN_HALF_OPEN, FILTER_BANK_HALF_OPEN, PAPER_CLOSED
from eegcli.bids import amplitude, channel_values, digitised, padding
from eegcli.bids.formats import edf, eeglab
from eegcli.bids.hed_query import DEFAULT_VERSION
from eegcli.catalogue.known_bad import known_bad
from eegcli.engine import average, profile, schedule
from eegcli.epoch import cutting
from eegcli.epoch.rules import LONGEST_TRIAL
from eegcli.epoch.tally import MANY
from eegcli.errors import PARTIAL, InputError, Interrupted, Stopped, UnavailableError, UsageError
from eegcli.evaluate.confounds import FEWEST_SUBJECTS, FEWEST_UNITS
from eegcli.explain import choose
from eegcli.explain.controls import agreement, cascade, complete, faithful, learnt, shuffled, wrong_class
from eegcli.explain.methods import integrated_gradients, smoothgrad
from eegcli.fetch import cost
from eegcli.fetch.demo import paradigm
from eegcli.preprocess import asr
from eegcli.preprocess.asr import calibration, spectral
from eegcli.preprocess.bad import line_noise, location_free, ransac
from eegcli.preprocess.measures import heart, level, noise
from eegcli.preprocess.steps import bad_channels as bad
from eegcli.preprocess.steps import resample
from eegcli.registry import EXPLANATIONS, MODELS, MONTAGES, REPRESENTATIONS, VOTE_RULES
from eegcli.registry.explanations import CONTROLS
from eegcli.remote.client import BUSY
from eegcli.remote.partial import BLOCK
from eegcli.remote.sources import nemar
from eegcli.remote.transfer import JOBS
from eegcli.representations import bands, fft, topomap
from eegcli.settings import EpochSettings, ExplainSettings, ModelsSettings, TrainSettings
from eegcli.stats import probe
from eegcli.stats.conformal import fewest
from eegcli.stats.intervals import LEVEL
from eegcli.stats.intervals.measured import HOLDS
from eegcli.stats.intervals.ranking import FEW_SUBJECTS
from eegcli.stats.seeds import Z
from eegcli.study import sphere
from eegcli.study.ends import SAME_MOMENT
from eegcli.study.spline import MIN_SOURCES
from eegcli.train.split.cv import VALIDATION_SHARE_OF_CV
from eegcli.train.split.published import TEST_SHARE, VALIDATION_SHARE
from tests.kit.numbers import NOT_OURS

COMMANDS = Path(__file__).parents[2] / "docs" / "commands"
STEP = {name: item.default for name, item in inspect.signature(bad.bad_channels).parameters.items()}
WORD = {0.25: "a quarter", 0.5: "half", 0.1: "tenth", 0.125: "eighth", 1: "one", 3: "three", 4: "four", 5: "five", 6: "six"}
WORD |= {8: "eight", 9: "nine", 10: "ten", 19: "19"}
EDGES = {name: f"{low:g}-{high:g}" for name, (low, high) in EXPLAIN_HALF_OPEN.items()}
SIXTEENTHS = round(VALIDATION_SHARE * 16)

CODE = {error: error.exit_code for error in (UsageError, InputError, UnavailableError, Stopped, Interrupted)}
SIDE = topomap.PIXELS
N_CHANNELS, N_TIMES = map(int, str(ModelsSettings.shape).split("x"))
N_BANDS = len(PAPER_CLOSED)
LOWEST, HIGHEST = REPRESENTATIONS["topomap"].units.split("-")
N_KNOWN_BAD = {task: sum(row.task == task for row in known_bad()) for task in (None, "RestingState")}


@functools.cache
def figures(name: str, shape: str) -> dict[str, Any]:
    """Figures of an architecture for windows of a shape."""
    from eegcli.models.describe import describe

    return describe(name, shape=shape, representation=None, n_outputs=2, sfreq=float(ModelsSettings.sfreq))


def architectures() -> list[str]:
    """Sentences about networks; torch is imported when a test asks for them."""
    from eegcli.models import vgg

    maps = f"{N_BANDS}x{SIDE}x{SIDE}"
    raw = figures("scnn", f"{N_CHANNELS}x{N_TIMES}")
    convolutions = [layer for layer in raw["layers"] if layer["kind"] == "Conv2d"]
    seen = raw["receptive_field"][0]
    return [
        *(f"{figures(name, maps)['n_parameters']:,} weights for {maps.replace('x', ' x ')}" for name in ("vgg", "scnn")),
        f"one image of {SIDE} x {N_BANDS * SIDE}",
        f"the last {N_CHANNELS - seen} of {N_CHANNELS} channels",
        # VGG-16 begins with 64 maps; a pooling ends each of its blocks.
        f"first {WORD[sum(map(len, vgg.BLOCKS)) + len(vgg.BLOCKS)]} layers, channels divided by {WORD[64 // vgg.BLOCKS[0][0]]}",
        f"{WORD[len(convolutions)]} convolutions after van Putten",
        *(
            f"epochs {own.epochs}, batch_size {own.batch_size}, optimizer {own.optimizer}, lr {own.lr:g}, weight_decay {own.weight_decay:g}"
            for entry in MODELS.values()
            if (own := entry.training)
        ),
    ]


def published() -> list[str]:
    """Sentences about the published sizes of networks."""
    from eegcli.models import ctnet, deepconvnet, eegnet, resolved_options, shallow

    net, flat, steps = (resolved_options(name) for name in ("eegnet", "shallow", "ctnet"))
    sizes = [one for entry in MODELS.values() for one in entry.published if one.representation in ("raw", "stats99")]
    return [
        *(
            f"{one.n_parameters:,} for {' x '.join(map(str, one.shape))} and {one.outputs} output{'s' if one.outputs > 1 else ''}"
            for one in sizes
        ),
        *(f"{figures(name, '3x24x24')['n_parameters']:,} for 3 x 24 x 24" for name in ("vgg", "scnn")),
        f"max-norm {net['max_norm'][0]:g} of a spatial filter and {net['max_norm'][1]:g} of an output; "
        f"kernels of {net['kernels'][0]} and {net['kernels'][1]} samples at {eegnet.RATE:g} Hz",
        f"max-norm {deepconvnet.CONV_NORM:g} and {deepconvnet.FINAL_NORM:g}",
        f"kernel {flat['kernel']}, pool {flat['pool']} in steps of {flat['pool_stride']} samples at {shallow.RATE:g} Hz",
        f"kernels of {steps['kernels'][0]} and {steps['kernels'][1]} samples at {ctnet.RATE:g} Hz, pools of {steps['pools'][0]}, "
        f"{WORD[steps['n_layers']]} blocks of {WORD[steps['n_heads']]} heads",
    ]


# Page and sections -> sentences, each with the constants it is made of, or a function that makes them.
STATED: dict[tuple[str, tuple[str, ...]], list[str] | Callable[[], list[str]]] = {
    ("explain", ("What it does", "Controls")): [
        f"Integrated gradients take {integrated_gradients.MIDPOINTS} midpoints",
        f"more (up to {integrated_gradients.MOST_MIDPOINTS}) where their sum misses {100 * integrated_gradients.TOLERANCE:g} %",
        f"Gaussian noise of a {WORD[smoothgrad.NOISE]} of the window's range",
        f"those of {CONTROLS} networks with random weights than any of these from the others: by chance in {100 / (CONTROLS + 1):g} % of cases",
        f"structural similarity of {cascade.LIKE} or less",
        f"{100 * complete.LOST:g} % or less is missing",
        f"a correlation of {wrong_class.LIKE} or less",
        f"test subjects (fewer than {WORD[choose.ENOUGH]}:",
        f"the interval over subjects ({100 * faithful.CONFIDENCE:g} %)",
        f"labels permuted over subjects reach its accuracy with p ≤ {learnt.ONE_SIDED:g}",
        f"a mean rank correlation of {agreement.ALIKE} or more",
        f"left {WORD[shuffled.FEWEST]} trainings",
        f"delta {EDGES['delta']}, theta {EDGES['theta']}, alpha {EDGES['alpha']}, beta {EDGES['beta']} Hz",
        *(f"| `{name}` | {entry.summary} | {entry.kind} | {entry.units} | {entry.controls} |" for name, entry in EXPLANATIONS.items()),
    ],
    ("evaluate", ("What it does",)): [
        f"**Intervals** of {LEVEL:.0%} are over subjects".replace("%", " %"),
        f"Newcombe's method 5 below {FEW_SUBJECTS} subjects",
        f"Where that is below {HOLDS} %, it stands beside the interval",
        f"test subjects of each network, in {probe.FOLDS} folds",
        f"It takes {FEWEST_UNITS} units of {FEWEST_SUBJECTS} subjects",
        f"the penalty is chosen by {probe.INNER_FOLDS} folds of the subjects within it",
        f"It takes {fewest(0.9) + 1} test subjects a fold ({WORD[fewest(0.9)]} to calibrate)",
        *(f"mean +- {Z} SD / sqrt n (ddof 0)", *(entry.source for entry in VOTE_RULES.values())),
    ],
    ("predict", ("What it does",)): [f"at least {MIN_SOURCES} channels with a known position by name"],
    ("train", ("What it does",)): [
        f"`--split {','.join(f'{share:g}' for share in TrainSettings.split)}`",
        f"{WORD[VALIDATION_SHARE_OF_CV]} of the others validates",
        f"the first {WORD[TEST_SHARE]} of this list is the test set (rounded up), the next {SIXTEENTHS}/16 validate",
        f"first an {WORD[TEST_SHARE]} tests, then {SIXTEENTHS}/16 validate",
        f"lets it rise from a {1 / schedule.FIRST:g}th of `--lr` over the first {100 * schedule.RISE:g} % of all updates",
        f"elsewhere it is refused (code {CODE[UnavailableError]})",
        f"A batch that does not fit ends with code {CODE[UnavailableError]}",
        f"writes what {WORD[profile.WATCHED]} batches of the first epoch",
        f"After n updates at most (1 + n) / ({average.WARM_UP} + n) of the average remain",
    ],
    (
        "preprocess",
        (
            *("Which channels are EEG", "Unit", "Measures before any filter", "Cuts, padding and events of the file"),
            *("Filter and resample", "Bad channels", "Positions", "ASR"),
        ),
    ): [
        f"in {100 * channel_values.MIN_HELD:g} % of the samples, as a trigger does, while half of the others do so in less than "
        f"{100 * channel_values.MAX_HELD_OTHERS:g} %",
        f"more than {channel_values.MAX_RATIO:g} times that of the others, or less than a fiftieth",
        f"within {channel_values.STRETCH_SECONDS:g} s without its linear trend, median of {channel_values.STRETCHES} stretches",
        f"by other evidence ({channel_values.MIN_OTHERS} or more)",
        f"below {amplitude.MIN_AMPLITUDE:g} µV or above {amplitude.MAX_AMPLITUDE:,.0f} µV",
        f"nearer to {amplitude.TYPICAL:g} µV in another unit",
        f"up to {level.MAX_STRETCHES} stretches of {level.SECONDS:g} s and up to {level.MAX_CHANNELS} channels",
        f"standard deviation within {level.SECONDS:g} s",
        f"means of successive {level.SECONDS:g} s",
        f"within {noise.LINE_WIDTH:g} Hz of the mains",
        f"else {noise.MAINS[0]:g} or {noise.MAINS[1]:g} Hz, whichever is stronger",
        f"level {noise.NEIGHBOURS[0]:g} to {noise.NEIGHBOURS[1]:g} Hz beside it",
        f"from {noise.MUSCLE_FROM:g} to {noise.MUSCLE_TO:g} Hz, at most {noise.MAX_SHARE:g} of the rate",
        f"without {noise.AROUND_MAINS:g} Hz around {noise.MAINS[0]:g}, {noise.MAINS[1]:g} and {2 * noise.MAINS[0]:g} Hz",
        f"missing below {math.ceil(noise.MIN_TO / noise.MAX_SHARE):g} Hz",
        f"fewer than {WORD[heart.MIN_BEATS]} beats",
        f"One that fits no recording is code {CODE[InputError]}",
        f"A stretch of {padding.MIN_SECONDS:g} s or more in which every EEG channel stands still is marked `{padding.PADDING}`",
        f"the lower {edf.TRIGGERS.bit_length()} bits of `Status`",
        f"or is {eeglab.BOUNDARY_CODE} among numbers",
        f"passes up to {resample.CUTOFF - resample.WIDTH / 2:g} of half the lower sampling frequency and stops ({resample.ATTENUATION:g} dB) from {resample.CUTOFF + resample.WIDTH / 2:.1f} of it",
        f"it does not change for more than {STEP['flat_seconds']:g} s | `flat_seconds` ({STEP['flat_seconds']})",
        f"is more than {STEP['line_noise']:g} robust standard deviations above",
        f"`line_noise` ({STEP['line_noise']})",
        f"in more than {WORD[STEP['max_bad_time']]} of the windows of {ransac.WINDOW_SECONDS:g} s it correlates less than {STEP['correlation']:g}",
        f"`correlation` ({STEP['correlation']}), `max_bad_time` ({STEP['max_bad_time']}), `n_samples` ({STEP['n_samples']}), `subset` ({STEP['subset']})",
        f"in more than {WORD[STEP['max_bad_time']]} of the windows of {location_free.WINDOW_SECONDS:g} s, all its correlations but the highest "
        f"{WORD[location_free.EXCLUDED]} are below {STEP['location_free_correlation']}",
        f"`location_free_correlation` ({STEP['location_free_correlation']}), `max_bad_time` ({STEP['max_bad_time']})",
        f"samples differ by less than {bad.FLAT_TOLERANCE:.0e}".replace("e-0", "e-") + " µV",
        f"needs a sampling frequency above {line_noise.MIN_SFREQ:g} Hz",
        f"**RANSAC**: {STEP['n_samples']} random subsets of {WORD[STEP['subset']]} of the channels",
        f"a subset has at least {WORD[MIN_SOURCES]} channels",
        f"The location-free test needs more than {location_free.MIN_SFREQ:g} Hz",
        f"more than {100 * bad.MAX_BAD:g} % of its channels are bad",
        f"fewer than {WORD[bad.MIN_CHANNELS]} channels and `correlation` is on",
        f"If {WORD[digitised.MIN_NAMED]} or more channels have names",
        f"turned by more than {digitised.MAX_TURNED:g} degrees is in another frame",
        f"stays more than {digitised.MAX_APART:g} degrees (median) from the names",
        f"a radius of {100 * digitised.MIN_RADIUS:g} to {100 * digitised.MAX_RADIUS:g} cm",
        f"more than {100 * sphere.MAX_OFF:g} % of the radius off the sphere",
        f"(from {WORD[sphere.MIN_TURNED]} of them on)",
        f"In windows of {WORD[calibration.WINDOW_SECONDS]} a second",
        f"what lies above {spectral.KNOTS[4]:g} Hz",
        f"less than {asr.MIN_CALIBRATION_SECONDS:g} s of clean signal",
        f"a sampling frequency up to {spectral.MIN_SFREQ:g} Hz",
    ],
    (
        "epoch",
        (
            *("What it does", "Names of events", "Where segments end", "ERP epochs", "HED", "Several data sets", "Dry run"),
            *("Windows that are left out", "Representations", "What can go wrong"),
        ),
    ): [
        f"at most {1000 * SAME_MOMENT:g} ms apart",
        f"as long as a window and at most {LONGEST_TRIAL:g} s",
        f"Where more than {100 * MANY:g} % of the segments of a name are lost so",
        f"(`HEDVersion`), else {DEFAULT_VERSION}.",
        f"does not have is an error (code {CODE[UnavailableError]})",
        f"that is an error (code {CODE[InputError]})",
        f"is constant (within {cutting.CONSTANT_UV:g} µV)",
        f"{WORD[N_KNOWN_BAD[None]]} subjects with too few channels or seconds",
        f"{WORD[N_KNOWN_BAD['RestingState']]} whose resting recording gave no data",
        f"maps of the scalp ({SIDE} x {SIDE}), nose up, each scaled to its own range; {LOWEST} outside the head",
        f"| {REPRESENTATIONS['topomap'].units} |",
        f"A window of {N_CHANNELS} channels x {N_TIMES} samples becomes {N_CHANNELS} x {N_BANDS} band powers, "
        f"{N_BANDS} maps of {SIDE} x {SIDE} pixels, or {N_CHANNELS} x {2 * (N_TIMES // 2)} magnitudes and phases",
        f"at {ModelsSettings.sfreq:g} Hz and {EpochSettings.length:g} s",
        f"Hamming segments of {WORD[bands.SEGMENT]} second (or the window, if shorter) that overlap by "
        f"{ModelsSettings.sfreq * bands.SEGMENT * bands.OVERLAP:g}/{ModelsSettings.sfreq * bands.SEGMENT:g}, no mean removed, "
        f"bins of {1 / bands.SEGMENT:g} Hz",
        f"Without `--bands`: {', '.join(f'{band.name} {band.low:g}-{band.high:g}' for band in PAPER_CLOSED)} Hz",
        f"on {SIDE} x {SIDE} pixels",
        f"from {LOWEST} (its lowest pixel) to {HIGHEST} (its highest); outside the head it is {LOWEST}",
        MONTAGES["10-05"],
        MONTAGES["hydrocel-128"].split(";")[0],
        f"counts as {10 * math.log10(bands.FLOOR):g} dB",
        f"all of them: code {CODE[InputError]}, with their names",
        f"fewer than {WORD[topomap.MIN_POSITIONS]} electrodes: code {CODE[InputError]}",
        f"it is listed as failed, code {PARTIAL} (`--max-failures` as in `preprocess`). If that is so for all, code {CODE[InputError]}",
        f"one cycle of its lower edge: code {CODE[InputError]}",
    ],
    ("fetch", ("Sources", "What comes", "Never wrong, never twice", "Access", "What it writes", "What can go wrong")): [
        f"on a line of {cost.BYTES_PER_SECOND / 1e6:g} MB/s",
        f"EGI channel names, {paradigm.SFREQ:g} Hz",
        f"blocks of {BLOCK / 2**20:g} MiB, over several connections (`--jobs`, {WORD[JOBS]} unless said)",
        f"NEMAR's manifests name {WORD[len(nemar.HOSTS)]}, which are known",
        f"the rest is here, code {PARTIAL}. The same command tries them again. If that is so for all, code {CODE[InputError]}",
        f"or read-only: code {CODE[UnavailableError]}",
        f"other `--subjects`): code {CODE[InputError]}",
        f"the selection fits nothing: code {CODE[InputError]}",
        f"that is to be registered: code {CODE[InputError]}",
        f"code {CODE[Stopped]} (Ctrl-C: {CODE[Interrupted]})",
    ],
    ("models", ("Architectures", "What was published", "What is shown", "What can go wrong")): lambda: [
        *architectures(),
        *published(),
        f"no architecture of that name: code {CODE[UsageError]}",
        f"does not take the representation: code {CODE[UsageError]}",
        f"does not fit the shape: code {CODE[InputError]}",
        f"a network of your own fails: code {CODE[InputError]}",
    ],
}

STATED["models", ("Baselines", "CovWave")] = lambda: baselines()


def baselines() -> list[str]:
    """Sentences about closed forms and CovWave; torch is imported when a test asks for them."""
    from eegcli.engine.closed import INNER_FOLDS
    from eegcli.models import build, covwave
    from eegcli.models.logistic import Logistic

    network = build("covwave", n_chans=19, n_times=256, n_outputs=2, sfreq=128.0)
    [broad] = BROAD_HALF_OPEN.values()
    bank = [f"{low:g}-{high:g}" for low, high in FILTER_BANK_HALF_OPEN.values()]
    assert len(bank) == 6 and INNER_FOLDS == 5 and Logistic.penalties == (1e5, 1e4, 1e3, 1e2, 10, 1, 0.1)
    return [
        "dealt out to five folds",
        "of 10⁵, 10⁴, … 0.1 the penalty",
        f"({', '.join(f'{low:g}-{high:g}' for low, high in BASELINE_HALF_OPEN.values())} Hz)",
        f"the covariance of the channels in {broad[0]:g}-{broad[1]:g} Hz",
        f"the same in six bands, {', '.join(bank[:-1])} and {bank[-1]} Hz",
        f"{figures('covwave', '19x256')['n_parameters']:,} weights for 19 x 256",
        f"in twelve bands of {covwave.EDGES[0]:g}-{covwave.EDGES[-1]:g} Hz" if len(covwave.EDGES) == 13 else "",
        f"More than {covwave.MAX_COMPONENTS} channels are mixed to {covwave.MAX_COMPONENTS} first",
        "sixteen spatial filters with two temporal filters each" if network.waveform.spatial.out_channels == 16 else "",
    ]


# Numbers that are no constant of the code: of papers, of other people's data, measured, or chosen as an example.


def stated(place: tuple[str, tuple[str, ...]]) -> list[str]:
    """Sentences of sections, on one line each."""
    sentences = STATED[place]
    return [" ".join(sentence.split()) for sentence in (sentences() if callable(sentences) else sentences)]


def sections(page: str, titles: tuple[str, ...]) -> str:
    """Text of sections, without code blocks, white space made single."""
    text = (COMMANDS / f"{page}.md").read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```|^ {4}eegcli .*?$", "", text, flags=re.DOTALL | re.MULTILINE)
    parts = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE))
    return " ".join(" ".join(parts[title] for title in titles).split())


@pytest.mark.parametrize("place", STATED, ids=lambda place: place[0])
def test_method_texts_state_the_constants_of_the_code(place):
    text = sections(*place)
    assert [sentence for sentence in stated(place) if sentence not in text] == []


@pytest.mark.parametrize("place", STATED, ids=lambda place: place[0])
def test_every_number_of_a_method_text_is_accounted_for(place):
    text = sections(*place)
    for sentence in stated(place):
        text = text.replace(sentence, " ")
    text = re.sub(r"`[^`]*`|<code>.*?</code>|<!--.*?-->|arXiv:\S+|doi:\S+|\]\([^)]*\)|(?<= )(?:19|20)\d\d(?=[,;)])", " ", text)
    numbers = set(re.findall(r"(?<![\w.])\d+(?:[.:,-]?\d+)*(?:e-?\d+)?", text))
    numbers |= set(re.findall(r"\b(?:four|five|six|seven|eight|nine|ten|twelve|twenty|hundred)\b", text))
    assert numbers - NOT_OURS[place[0]] == set()


def test_a_default_of_the_stage_is_the_one_of_the_reference():
    page = (COMMANDS / "explain.md").read_text(encoding="utf-8")
    assert f"(default: {ExplainSettings.n_windows})" in page


def test_the_busy_server_of_the_page_is_one_that_is_asked_again():
    assert {429, 503} <= BUSY


def test_a_spectrum_has_as_many_bins_as_its_summary_says():
    assert fft.spectrum(np.ones((1, 1, N_TIMES + 1))).shape[-1] == 2 * ((N_TIMES + 1) // 2)
