"""Numbers in the method texts of the documentation are those of the constants; a number that nobody accounts for fails."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.explain.controls import WINDOWS_PER_CLASS
from eegcli.preprocess import asr
from eegcli.preprocess.asr import calibration, spectral
from eegcli.preprocess.bad import line_noise, location_free, ransac
from eegcli.preprocess.interpolation import MIN_SOURCES
from eegcli.preprocess.steps import bad_channels as bad
from eegcli.preprocess.steps import resample
from eegcli.registry import EXPLANATIONS
from eegcli.registry.explanations import CONTROLS
from eegcli.settings import ExplainSettings, TrainSettings
from eegcli.stats.intervals import LEVEL
from eegcli.train.split.cv import VALIDATION_SHARE_OF_CV
from eegcli.train.split.published import TEST_SHARE, VALIDATION_SHARE

COMMANDS = Path(__file__).parents[2] / "docs" / "commands"
STEP = {name: item.default for name, item in inspect.signature(bad.bad_channels).parameters.items()}
WORD = {0.25: "a quarter", 0.5: "half", 0.1: "tenth", 0.125: "eighth", 5: "five", 6: "six", 19: "19"}
EDGES = {name: f"{low:g}-{high:g}" for name, (low, high) in EXPLAIN_HALF_OPEN.items()}
SIXTEENTHS = round(VALIDATION_SHARE * 16)

# Page and sections -> sentences, each with the constants it is made of.
STATED: dict[tuple[str, tuple[str, ...]], list[str]] = {
    ("explain", ("What it does",)): [
        f"repeats the method on {CONTROLS} networks",
        f"the best {WINDOWS_PER_CLASS} windows of each class",
        f"would be the farthest of {CONTROLS + 1} in {100 / (CONTROLS + 1):g} % of cases",
        f"delta {EDGES['delta']}, theta {EDGES['theta']}, alpha {EDGES['alpha']}, beta {EDGES['beta']} Hz",
        *(f"| `{name}` | {entry.summary} | {entry.kind} | {entry.units} | {entry.controls} |" for name, entry in EXPLANATIONS.items()),
    ],
    ("evaluate", ("What it does",)): [f"**Intervals** of {LEVEL:.0%} resample subjects".replace("%", " %")],
    ("train", ("What it does",)): [
        f"`--split {','.join(f'{share:g}' for share in TrainSettings.split)}`",
        f"{WORD[VALIDATION_SHARE_OF_CV]} of the others validates",
        f"the first {WORD[TEST_SHARE]} of this list is the test set (rounded up), the next {SIXTEENTHS}/16 validate",
        f"first an {WORD[TEST_SHARE]} tests, then {SIXTEENTHS}/16 validate",
    ],
    ("preprocess", ("Filter and resample", "Bad channels", "ASR")): [
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
        f"In windows of {WORD[calibration.WINDOW_SECONDS]} a second",
        f"what lies above {spectral.KNOTS[4]:g} Hz",
        f"less than {asr.MIN_CALIBRATION_SECONDS:g} s of clean signal",
        f"a sampling frequency up to {spectral.MIN_SFREQ:g} Hz",
    ],
}

# Numbers that are no constant of the code: of papers, of other people's data, measured, or chosen as an example.
NOT_OURS: dict[str, set[str]] = {
    "explain": {"0", "1"},  # the range of a distance
    "evaluate": {"3"},  # the exit code
    "train": {"2021", "1574", "197", "492", "885", "5", "129", "787"},
    "preprocess": {
        *("0", "2", "8", "1e-6", "1e-4", "3e-5", "129", "10", "1e-3", "2e-4", "6.6", "24", "22", "19", "128", "20", "5"),
        *(
            "50",
            "45",
            "2015",
            "9:16",
            "1989",
            "2020",
            "2.11",
            "1e-10",
            "12-28",
            "64",
            "10-20",
            "10-10",
            "10-05",
            "five",
        ),  # five of 19 electrodes were measured
    },
}


def sections(page: str, titles: tuple[str, ...]) -> str:
    """Text of sections, without code blocks, white space made single."""
    text = (COMMANDS / f"{page}.md").read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    parts = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE))
    return " ".join(" ".join(parts[title] for title in titles).split())


@pytest.mark.parametrize("place", STATED, ids=lambda place: place[0])
def test_method_texts_state_the_constants_of_the_code(place):
    text = sections(*place)
    assert [sentence for sentence in STATED[place] if " ".join(sentence.split()) not in text] == []


@pytest.mark.parametrize("place", STATED, ids=lambda place: place[0])
def test_every_number_of_a_method_text_is_accounted_for(place):
    text = sections(*place)
    for sentence in STATED[place]:
        text = text.replace(" ".join(sentence.split()), " ")
    text = re.sub(r"`[^`]*`|<!--.*?-->|arXiv:\S+|doi:\S+|\]\([^)]*\)|(?<= )(?:19|20)\d\d(?=[,;)])", " ", text)
    numbers = set(re.findall(r"(?<![\w.])\d+(?:[.:,-]?\d+)*(?:e-?\d+)?", text))
    numbers |= set(re.findall(r"\b(?:four|five|six|seven|eight|nine|ten|twelve|twenty|hundred)\b", text))
    assert numbers - NOT_OURS[place[0]] == set()


def test_a_default_of_the_stage_is_the_one_of_the_reference():
    page = (COMMANDS / "explain.md").read_text(encoding="utf-8")
    assert f"(default: {ExplainSettings.n_windows})" in page
