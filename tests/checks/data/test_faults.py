"""Faults of windows are found, by the check that names them, and no other one is called broken before it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from eegcli.checks.causes import ranked
from eegcli.registry import CHECKS
from tests.checks.data.cohort import CH_NAMES, RECORDING, SFREQ, look, of_some, recorded, signals

X = np.ndarray
RANDOM = np.random.default_rng


def first_cause(windows) -> str:
    """The likeliest cause, of all checks of data."""
    return ranked([(name, entry, look(name, windows)) for name, entry in CHECKS.items() if entry.topic == "data"])[0].check


def put(channel: int, values: Callable[[X], X]) -> X:
    """The cohort with other values in one channel: ``values(signal of it)``, shape (80, 256)."""
    x = signals()
    x[:, channel] = values(x[:, channel])
    return x


def trigger(own: X) -> X:
    codes = np.zeros(own.size)
    codes[::100] = codes[1::100] = codes[2::100] = RANDOM(0).integers(1, 9, len(codes[::100]))
    return codes.reshape(own.shape)


def heart(own: X) -> X:
    time = np.arange(own.shape[1]) / SFREQ
    first = RANDOM(0).uniform(0, 0.8, len(own))[:, None]
    return sum(300 * np.exp(-0.5 * ((time - first - 0.8 * beat) / 0.02) ** 2) for beat in range(-1, 3)) + RANDOM(1).normal(0, 5, own.shape)


def muscle(own: X) -> X:
    return 10 * np.diff(RANDOM(0).standard_normal((len(own), own.shape[1] + 1)), axis=1)


def counter(own: X) -> X:
    return np.arange(own.size, dtype=float).reshape(own.shape)


def hum(x: X) -> X:
    time = np.arange(x.shape[2]) / SFREQ
    return x + 40 * np.sin(2 * np.pi * 50 * time + RANDOM(0).uniform(0, 6, (len(x), 1, 1)))


def of_the_average(x: X) -> X:
    return x - x.mean(axis=1, keepdims=True)


def twice_as_slow(x: X) -> X:
    """The first half of each window, at twice the rate."""
    return 2 * np.fft.irfft(np.fft.rfft(x), 2 * x.shape[2])[:, :, : x.shape[2]]


def triggered(x: X, recording: int) -> X:
    some = recording == RECORDING
    x[some, 9] = trigger(x[some, 9])
    return x


def low_passed(x: X) -> X:
    """Signals of all recordings below 1.2 Hz."""
    whole = x.reshape(10, 8, 16, 256).transpose(0, 2, 1, 3).reshape(10, 16, -1)
    spectrum = np.fft.rfft(whole)
    spectrum[:, :, np.fft.rfftfreq(whole.shape[2], 1 / SFREQ) > 1.2] = 0
    return np.fft.irfft(spectrum).reshape(10, 16, 8, 256).transpose(0, 2, 1, 3).reshape(x.shape)


def permuted(x: X) -> X:
    return x[:, RANDOM(3).permutation(x.shape[1])]


def negated(x: X) -> X:
    x[:, [3, 8, 12]] *= -1
    return x


def off(x: X) -> X:
    x[:, 4:12] = 0
    return x


def cut_off(x: X) -> X:
    return x.clip(-6, 6)


def padded(x: X) -> X:
    x[:, :, 180:] = x[:, :, 180:181]
    return x


def of_each(values: X) -> X:
    return values[RECORDING][:, :, None]


FAULTS: dict[str, tuple[str, Callable[[], X]]] = {
    "volts": ("scale", lambda: 1e-6 * signals()),
    "nanovolts": ("scale", lambda: 1e3 * signals()),
    "volts in one recording": ("scale-of-recordings", lambda: of_some(lambda x: 1e-6 * x, [4])),
    "millivolts as loud as half": ("scale-of-recordings", lambda: of_some(lambda x: 1e3 * x, range(0, 10, 2))),
    "a channel in another unit": ("scale-of-channels", lambda: put(5, lambda own: 1e3 * own)),
    "DC": ("offset", lambda: signals() + of_each(RANDOM(0).uniform(-3e4, 3e4, (10, 16)))),
    "DC in some": ("offset", lambda: of_some(lambda x: x + 5e3, [1, 2, 3])),
    "drift": ("offset", lambda: signals() + 2000 * np.linspace(-1, 1, 256) * RANDOM(0).choice([-1, 1], (80, 16, 1))),
    "clipping": ("clipping", lambda: cut_off(signals())),
    "clipping in some": ("clipping", lambda: of_some(cut_off, [0, 4, 8])),
    "a code beyond 16 bits": ("clipping", lambda: (np.rint(signals() * 3000).astype(np.int64) + 2**15) % 2**16 / 3000.0),
    "bytes in the wrong order": ("finite-values", lambda: signals().astype(np.float32).byteswap()),
    "noise of the reference on all": ("copied-channels", lambda: signals() + RANDOM(0).normal(0, 500, (80, 1, 256))),
    "channels that drop out": ("flat-channels", lambda: signals() * (RANDOM(0).random((80, 16, 1)) > 0.25)),
    "signs that change": ("polarity", lambda: signals() * RANDOM(0).choice([-1, 1], (80, 16, 1))),
    "an order for each window": ("channel-order", lambda: np.stack([one[RANDOM(n).permutation(16)] for n, one in enumerate(signals())])),
    "absolute values": ("offset", lambda: np.abs(signals())),
    "reshaped in some": ("axes", lambda: of_some(lambda x: x.transpose(0, 2, 1).reshape(x.shape), [1, 2])),
    "a code for what is missing": ("missing-codes", lambda: np.where(RANDOM(0).random((80, 16, 256)) < 0.001, -9999.0, signals())),
    "another reference in some": ("reference", lambda: np.where(np.isin(RECORDING, [1, 4])[:, None, None], signals(), of_the_average(signals()))),
    "another rate in some": ("sampling-rate", lambda: of_some(twice_as_slow, [2, 5])),
    "a trigger in one": ("not-eeg", lambda: triggered(signals(), 7)),
    "whole numbers": ("quantisation", lambda: np.rint(signals() / 15) * 15),
    "a trigger": ("not-eeg", lambda: put(15, trigger)),
    "a heart": ("not-eeg", lambda: put(15, heart)),
    "a muscle": ("not-eeg", lambda: put(15, muscle)),
    "a counter": ("not-eeg", lambda: put(15, counter)),
    "the reference": ("flat-channels", lambda: put(7, np.zeros_like)),
    "the reference with noise": ("flat-channels", lambda: put(7, lambda own: 0.02 * RANDOM(0).standard_normal(own.shape))),
    "electrodes that were off": ("flat-channels", lambda: of_some(off, [1, 5, 6])),
    "a copy": ("copied-channels", lambda: signals()[:, [*range(15), 0]]),
    "a mirror image": ("copied-channels", lambda: np.concatenate([signals()[:, :15], -signals()[:, :1]], axis=1)),
    "one channel on all": ("copied-channels", lambda: signals()[:, [0] * 16] + 0.05 * RANDOM(0).standard_normal((80, 16, 256))),
    "another order": ("channel-order", lambda: of_some(permuted, [2, 6])),
    "another order in half": ("channel-order", lambda: of_some(permuted, [0, 2, 4, 6])),
    "negated": ("polarity", lambda: of_some(negated, [2, 6, 7])),
    "one fifth of the dimensions": ("rank", lambda: np.einsum("dc,idt->ict", RANDOM(0).standard_normal((3, 16)), signals()[:, :3] + 0.0)),
    "hum": ("line-noise", lambda: hum(signals())),
    "hum in some": ("line-noise", lambda: of_some(hum, [1, 5, 9])),
    "nothing but drift is left": ("band", lambda: low_passed(signals())),
    "a quarter of the rate": ("sampling-rate", lambda: np.repeat(signals()[:, :, ::4], 4, axis=2)),
    "noise over the signal": ("axes", lambda: signals() + RANDOM(0).normal(0, 30, (80, 16, 256))),
    "zeros": ("dead-windows", lambda: np.concatenate([np.zeros((8, 16, 256)), signals()[8:]])),
    "padding": ("padding", lambda: padded(signals())),
    "padding in some": ("padding", lambda: of_some(padded, [3, 4])),
    "swapped axes": ("axes", lambda: signals().transpose(0, 2, 1)),
    "reshaped": ("axes", lambda: signals().transpose(0, 2, 1).reshape(80, 16, 256)),
    "channels before windows": ("axes", lambda: signals().transpose(1, 0, 2).reshape(80, 16, 256)),
    "movements": ("outliers", lambda: signals() * np.where(np.arange(80) % 9 == 0, 60.0, 1.0)[:, None, None]),
    "copies": ("repeated-windows", lambda: signals()[np.arange(80) // 4 * 4]),
    "nearly copies": ("repeated-windows", lambda: signals()[RECORDING * 8] + 0.3 * RANDOM(0).standard_normal((80, 16, 256))),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_the_first_cause(fault):
    expected, make = FAULTS[fault]
    x = make()
    names = CH_NAMES if x.shape[1] == 16 else [f"E{number}" for number in range(x.shape[1])]
    windows = recorded(x, ch_names=names)
    finding = look(expected, windows)
    assert finding.verdict in ("broken", "suspect") and finding.why and finding.hint
    assert first_cause(windows) == expected


@pytest.mark.parametrize("spoilt", [np.nan, np.inf])
def test_one_value_that_is_not_finite_is_found_wherever_it_is(spoilt):
    x = signals()
    x[77, 3, 9] = spoilt
    found = look("finite-values", recorded(x))
    assert (found.verdict, found.value, found.found) == ("broken", 1, ("sub-09",))
    assert first_cause(recorded(x)) == "finite-values"


def test_windows_that_were_written_to_are_named_behind_the_fault_that_was_written():
    x = signals()
    x[3] *= 1.5
    found = look("changed-windows", recorded(x, hashes_of=signals()))
    assert (found.verdict, found.value, found.found) == ("broken", 1, ("sub-00",))
    assert first_cause(recorded(1e-6 * signals(), hashes_of=signals())) == "scale"


def test_few_windows_are_few():
    assert look("few-windows", recorded(signals()[:20], rows=np.arange(20))).verdict == "broken"
    assert look("few-windows", recorded(signals())).verdict == "suspect"


@pytest.mark.parametrize(("n_times", "verdict"), [(256, "ok"), (32, "suspect"), (12, "broken")])
def test_windows_shorter_than_a_cycle_are_short(n_times, verdict):
    found = look("window-length", recorded(signals()[:, :, :n_times]))
    assert found.verdict == verdict and found.value == n_times / SFREQ


@pytest.mark.parametrize("share", [0.5, 0.75, 0.875])
def test_overlap_is_measured_by_values(share):
    step = round((1 - share) * 256)
    x = signals().reshape(10, 8, 16, 256).transpose(0, 2, 1, 3).reshape(10, 16, -1)
    cut = np.stack([x[number][:, place * step : place * step + 256] for number in range(10) for place in range(8)])
    found = look("overlap", recorded(cut))
    assert found.verdict == "suspect" and found.value == pytest.approx(share)


@pytest.mark.parametrize("stated", [64.0, 256.0])
def test_a_rate_that_is_stated_wrongly_shows_in_where_alpha_lies(stated):
    found = look("sampling-rate", recorded(signals(), sfreq=stated))
    assert found.verdict == "suspect" and found.value == pytest.approx(10 * stated / SFREQ, abs=1.5)


def test_a_channel_is_no_eeg_by_its_name():
    found = look("not-eeg", recorded(signals(), ch_names=[*CH_NAMES[:15], "EOG"]))
    assert found.verdict == "broken" and found.found == ("EOG",) and "eog by its name" in found.why


def test_channels_that_stand_in_another_place_are_counted():
    def exchanged(x):
        return x[:, [15, *range(1, 15), 0]]

    found = look("channel-order", recorded(of_some(exchanged, [2, 5, 8])))
    assert found.verdict != "ok" and found.found == ("sub-02", "sub-05", "sub-08") and found.compared["channels"] == 2


def test_a_negated_channel_is_named():
    def one(x):
        x[:, 8] *= -1
        return x

    found = look("polarity", recorded(of_some(one, [2, 5])))
    assert found.found == ("sub-02", "sub-05") and "C4" in found.why


def test_the_step_of_whole_numbers_is_measured():
    x = signals()
    found = look("quantisation", recorded(np.rint(x / 8) * 8))
    assert found.value == pytest.approx(8 / np.median(x.std(axis=2)), rel=0.1)


def test_the_share_of_the_mains_is_measured():
    x = signals()
    found = look("line-noise", recorded(hum(x)))
    centred = x - x.mean(axis=2, keepdims=True)
    assert found.value == pytest.approx(800 / (800 + np.median(centred.var(axis=2))), abs=0.03)  # 40 µV: a variance of 800
