"""Faults of the windows themselves: units, channels, values, order, as people have made them; each in three sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _faulty import Base, Fault, Planted, changed

from eegcli.artifacts import folder
from eegcli.artifacts.windows import ARRAY, open_windows
from eegcli.artifacts.windows_writer import create_windows
from eegcli.settings import EpochSettings

Columns = dict[str, np.ndarray]
Change = Callable[[np.ndarray, Columns, int], np.ndarray]
DATA = "data"


def _by_values(change: Change) -> Callable[[Base, int, Path], Planted]:
    """Plant by a change of the array alone: ``change(array, table, size)``."""

    def plant(base: Base, size: int, path: Path) -> Planted:
        return Planted(changed(base, path / "windows", x=lambda array, table: change(array.astype(np.float64), table, size)))

    return plant


def _by_rows(rows: Callable[[Columns, int], np.ndarray], change: Change | None = None) -> Callable[[Base, int, Path], Planted]:
    """Plant by taking some windows, once or several times, and by a change of those that are taken."""

    def plant(base: Base, size: int, path: Path) -> Planted:
        def array_of(array: np.ndarray, table: Columns) -> np.ndarray:
            taken = rows(table, size)
            part = array[taken].astype(np.float64)
            return part if change is None else change(part, {name: values[taken] for name, values in table.items()}, size)

        def table_of(table: Columns) -> Columns:
            taken = rows(table, size)
            return {name: values[taken] for name, values in table.items()}

        return Planted(changed(base, path / "windows", x=array_of, table=table_of))

    return plant


def _random(size: int) -> np.random.Generator:
    return np.random.default_rng(100 + size)


def _some(table: Columns, share: float, size: int) -> np.ndarray:
    """Mask of the windows of a share of the subjects, at least one."""
    subjects = np.unique(table["subject"].astype(str))
    chosen = _random(size).permutation(subjects)[: max(1, round(share * len(subjects)))]
    return np.isin(table["subject"].astype(str), chosen)


def _spread(x: np.ndarray) -> float:
    return float(np.median(x.std(axis=2)))


def unit(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Millivolts, volts, and nanovolts under the name of microvolts."""
    return x * (1e-3, 1e-6, 1e3)[size]


def unit_of_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Some subjects in millivolts, in volts, or in nanovolts."""
    x[_some(table, (0.05, 0.25, 0.5)[size], size)] *= (1e3, 1e-6, 1e-3)[size]
    return x


def unit_of_channels(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """One channel, three, or eight in another unit."""
    x[:, 2 : 2 + (1, 3, 8)[size]] *= (1e3, 1e-3, 1e3)[size]
    return x


def gain_of_channels_of_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Two channels of a fifth, a third or half of the subjects with 100 times the gain."""
    some = _some(table, (0.2, 0.33, 0.5)[size], size)
    x[np.ix_(some, [3, 7])] *= 100.0
    return x


def constant(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """DC of electrodes: up to 0.5, 5 and 50 mV, one value for each channel of a subject."""
    random = _random(size)
    offsets = {who: random.uniform(-1, 1, x.shape[1]) for who in np.unique(table["subject"].astype(str))}
    return x + (500.0, 5e3, 5e4)[size] * np.array([offsets[who] for who in table["subject"].astype(str)])[:, :, None]


def constant_of_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """DC of one amplifier: 5 mV in a fifth, 20 mV in a third, 50 mV in half of the subjects."""
    some = _some(table, (0.2, 0.34, 0.5)[size], size)
    x[some] += (5e3, 2e4, 5e4)[size]
    return x


def drift(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Slow drift: over a window 10, 30 and 100 standard deviations."""
    slope = _random(size).uniform(0.5, 1, (*x.shape[:2], 1)) * _random(size + 9).choice([-1, 1], (*x.shape[:2], 1))
    return x + (10, 30, 100)[size] * _spread(x) * slope * np.linspace(-0.5, 0.5, x.shape[2])


def clipped(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Cut off at 1.5, 1 and 0.5 standard deviations."""
    limit = (1.5, 1.0, 0.5)[size] * _spread(x)
    return x.clip(-limit, limit)


def clipped_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Cut off in a fifth, a third or half of the subjects."""
    some, limit = _some(table, (0.2, 0.34, 0.5)[size], size), 0.6 * _spread(x)
    x[some] = x[some].clip(-limit, limit)
    return x


def rounded(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Stored as whole numbers of a unit of 0.5, 1.5 and 3 standard deviations."""
    step = (0.5, 1.5, 3.0)[size] * _spread(x)
    return np.rint(x / step) * step


def rounded_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Stored as whole numbers in a third or half of the subjects."""
    some, step = _some(table, (0.25, 0.34, 0.5)[size], size), 1.5 * _spread(x)
    x[some] = np.rint(x[some] / step) * step
    return x


def not_a_number(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """One NaN; infinity in 2 % of the windows; a channel that one in ten subjects lack."""
    if size == 0:
        x[len(x) // 3, 2, 5] = np.nan
    elif size == 1:
        x[_random(1).permutation(len(x))[: len(x) // 50], 3, 7] = np.inf
    else:
        x[np.ix_(_some(table, 0.1, 2), [4])] = np.nan
    return x


def flat(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """The reference left in; with a rest of noise; six channels that were never connected."""
    if size == 2:
        x[:, 1:7] = 0.0
    else:
        x[:, -1] = 0.0 if size == 0 else 0.005 * _spread(x) * _random(1).standard_normal((len(x), x.shape[2]))
    return x


def flat_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Electrodes that were off: two, five or ten in a fifth, a third or half of the subjects."""
    x[np.ix_(_some(table, (0.2, 0.34, 0.5)[size], size), np.arange(3, 3 + (2, 5, 10)[size]))] = 0.0
    return x


def copied(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A channel twice; four as copies of others; one channel on all, with a little noise."""
    if size == 2:
        return x[:, :1] + 0.01 * _spread(x) * _random(2).standard_normal(x.shape)
    n = (1, 4)[size]
    x[:, -n:] = x[:, :n]
    return x


def mirrored(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """One, four, or half of the channels as others' mirror images."""
    n = (1, 4, x.shape[1] // 2)[size]
    x[:, -n:] = -x[:, :n]
    return x


def copied_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Bridged electrodes: a pair, three pairs, or a row of eight, in a part of the subjects."""
    some = _some(table, (0.25, 0.34, 0.5)[size], size)
    n = (1, 3, 7)[size]
    x[np.ix_(some, np.arange(5, 5 + n))] = x[some][:, 4:5]
    return x


def negated(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """One, three or six channels negated, in a fifth, a third or half of the subjects."""
    x[np.ix_(_some(table, (0.2, 0.34, 0.45)[size], size), np.arange(2, 2 + (1, 3, 6)[size]))] *= -1
    return x


def permuted(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Other orders of channels: two front and two back ones exchanged in a third, all by name in a fifth, all in half of the subjects."""
    some = _some(table, (0.34, 0.2, 0.45)[size], size)
    order = np.arange(x.shape[1])
    if size == 0:
        order[[0, 1, -2, -3]] = order[[-2, -3, 0, 1]]
    else:
        order = _random(size).permutation(order)
    x[some] = x[some][:, order]
    return x


def permuted_each(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Channels in an order of its own in a tenth, a quarter or half of the subjects."""
    random = _random(size)
    some = _some(table, (0.1, 0.25, 0.5)[size], size)
    for who in np.unique(table["subject"][some].astype(str)):
        rows = table["subject"].astype(str) == who
        x[rows] = x[rows][:, random.permutation(x.shape[1])]
    return x


def trigger(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Codes in the place of a channel: 0 and 1, up to 255, and rare ones of 32768."""
    random, n = _random(size), x.shape[0] * x.shape[2]
    codes = np.zeros(n)
    period = (64, 100, 1500)[size]
    for start in range(0, n - 8, period):
        at = start + int(random.integers(0, period // 2))
        codes[at : at + (20, 8, 4)[size]] = (1, random.integers(1, 256), 32768)[size]
    x[:, 5] = codes.reshape(len(x), x.shape[2])
    return x


def heart(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """ECG in the place of a channel: 0.1, 0.3 and 1 mV."""
    random, n_times = _random(size), x.shape[2]
    time = np.arange(n_times) / 128.0
    for row in range(len(x)):
        first, interval = random.uniform(0, 0.8), random.uniform(0.7, 1.0)
        beats = first + interval * np.arange(-1, 5)
        r = sum(np.exp(-0.5 * ((time - beat) / 0.02) ** 2) for beat in beats)
        t = sum(0.25 * np.exp(-0.5 * ((time - beat - 0.25) / 0.05) ** 2) for beat in beats)
        x[row, 4] = (100.0, 300.0, 1000.0)[size] * (r + t) + 5 * random.standard_normal(n_times)
    return x


def muscle(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """EMG in the place of a channel: as loud as EEG, 3 and 10 times as loud."""
    noise = np.diff(_random(size).standard_normal((len(x), x.shape[2] + 1)), axis=1) / np.sqrt(2)
    x[:, 6] = (1, 3, 10)[size] * _spread(x) * noise
    return x


def eyes(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Horizontal EOG in the place of a channel: looks of 50, 100 and 300 µV to and fro."""
    random, (n, _, n_times) = _random(size), x.shape
    change = (random.random((n, n_times)) < 2.0 / 128.0) * random.uniform(-1, 1, (n, n_times))
    looks = np.cumsum(change, axis=1)
    x[:, 3] = (100.0, 200.0, 600.0)[size] * (looks - looks.mean(axis=1, keepdims=True)) + 2 * random.standard_normal((n, n_times))
    return x


def counter(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A sample counter, a clock or a charge in the place of a channel."""
    ramp = np.arange(x.shape[0] * x.shape[2], dtype=float).reshape(x.shape[0], x.shape[2])
    x[:, 0] = ramp % (1 << 16) if size == 0 else ramp / 128.0 if size == 1 else -0.1 * ramp
    return x


def dead(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Zeros in 2, 10 and 40 % of the windows."""
    x[_random(size).permutation(len(x))[: round((0.02, 0.1, 0.4)[size] * len(x))]] = 0.0
    return x


def dead_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """An amplifier that was off for half of a recording, of a tenth, a third or half of the subjects."""
    some = np.flatnonzero(_some(table, (0.1, 0.34, 0.5)[size], size))
    x[some[len(some) // 2 :]] = 12.5
    return x


def padded(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Zeros in the last fifth, the last value in a random second half, zeros in the middle half."""
    n_times = x.shape[2]
    if size == 0:
        x[:, :, -n_times // 5 :] = 0.0
    elif size == 1:
        for row, start in enumerate(_random(1).integers(n_times // 2, n_times - 1, len(x))):
            x[row, :, start:] = x[row, :, start : start + 1]
    else:
        x[:, :, n_times // 4 : -n_times // 4] = 0.0
    return x


def padded_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Half of the window empty, in a fifth, a third or half of the subjects."""
    x[_some(table, (0.2, 0.34, 0.5)[size], size), :, x.shape[2] // 2 :] = 0.0
    return x


def _hum(x: np.ndarray, amplitude: float, seed: int, mains: float = 50.0, sfreq: float = 128.0) -> np.ndarray:
    random = _random(seed)
    time = np.arange(x.shape[2]) / sfreq
    wave = np.sin(2 * np.pi * mains * time + random.uniform(0, 2 * np.pi, (len(x), 1, 1)))
    return amplitude * _spread(x) * random.uniform(0.5, 1.5, (1, x.shape[1], 1)) * wave


def mains(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A hum of 1.5, 4 and 15 times the amplitude of the EEG, at 50 or 60 Hz."""
    return x + _hum(x, (1.5, 4.0, 15.0)[size], size, (50.0, 60.0, 50.0)[size])


def mains_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A hum in a quarter, a third or half of the subjects."""
    some = _some(table, (0.25, 0.34, 0.5)[size], size)
    x[some] += _hum(x, 5.0, size)[some]
    return x


def axes(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Samples and channels swapped, reshaped in place of transposed, and channels x windows reshaped."""
    n, n_channels, n_times = x.shape
    swapped = x.transpose(0, 2, 1)
    return (swapped, swapped.reshape(x.shape), x.transpose(1, 0, 2).reshape(n, n_channels, n_times))[size]


def loud(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Movements: 2, 8 and 20 % of the windows 50 times as loud."""
    x[_random(size).permutation(len(x))[: round((0.02, 0.08, 0.2)[size] * len(x))]] *= 50.0
    return x


def summed(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A third and two thirds of the channels as sums of the others; all as sums of three."""
    n_channels = x.shape[1]
    n = (n_channels // 3 + 1, 2 * n_channels // 3, n_channels - 3)[size]
    weights = _random(size).dirichlet(np.ones(n_channels - n), n)
    x[:, -n:] = np.einsum("kc,ict->ikt", weights, x[:, :-n])
    return x


def in_no_order(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Samples shuffled: in one order for all windows, in one for each, in one for each channel."""
    random = _random(size)
    if size == 0:
        return x[:, :, random.permutation(x.shape[2])]
    if size == 1:
        return np.stack([one[:, random.permutation(x.shape[2])] for one in x])
    return random.permuted(x, axis=2)


def missing(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A code for missing samples: -9999 in 0.1 % of them, 32767 in a tenth of the windows, 999 in all channels of some subjects."""
    random = _random(size)
    if size == 0:
        x[random.random(x.shape) < 0.001] = -9999.0
    elif size == 1:
        x[random.permutation(len(x))[: len(x) // 10], :, 100:112] = 32767.0
    else:
        some = np.flatnonzero(_some(table, 0.2, size))
        x[some[:, None], :, random.integers(0, x.shape[2], (len(some), 5))] = 9999.0
    return x


def trigger_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Codes in the place of a channel in a tenth, a third or half of the subjects."""
    some = _some(table, (0.1, 0.34, 0.5)[size], size)
    x[some] = trigger(x[some], table, size)
    return x


def stretched(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Another rate in a tenth, a third or 45 % of the subjects: their signals are twice as slow as stated, or twice as fast."""
    some, n_times = np.flatnonzero(_some(table, (0.1, 0.34, 0.45)[size], size)), x.shape[2]
    if size == 1:
        pairs = np.concatenate([x[some], x[np.roll(some, -1)]], axis=2)
        kernel = np.sinc(np.arange(-16, 17) / 2) / 2 * np.hamming(33)
        x[some] = np.apply_along_axis(np.convolve, 2, pairs, kernel, "same")[:, :, ::2]
        return x
    spectrum = np.fft.rfft(x[some], axis=2)
    x[some] = 2 * np.fft.irfft(spectrum, 2 * n_times, axis=2)[:, :, :n_times]
    return x


def other_reference(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """All about their average, but in a tenth, a third or 45 % of the subjects about an electrode that is not among them."""
    some = _some(table, (0.1, 0.34, 0.45)[size], size)
    x -= x.mean(axis=1, keepdims=True)
    x[some] -= (
        x[some][:, 3:6].mean(axis=1, keepdims=True)
        + 0.3 * _spread(x) * np.cumsum(_random(size).standard_normal((some.sum(), 1, x.shape[2])), axis=2) / 8
    )
    return x


def held(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A rate that was raised by repeating each sample twice, four and eight times."""
    times = (2, 4, 8)[size]
    return np.repeat(x[:, :, ::times], times, axis=2)[:, :, : x.shape[2]]


def filtered_away(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Nothing left above 1.5 Hz, above 1 Hz, and below 32 Hz (with the noise of an amplifier)."""
    noise = 0.02 * _spread(x) * _random(size).standard_normal(x.shape)
    spectrum, frequencies = np.fft.rfft(x + noise, axis=2), np.fft.rfftfreq(x.shape[2], 1 / 128.0)
    spectrum[:, :, frequencies < 32 if size == 2 else frequencies > (1.5, 1.0)[size]] = 0
    kept = np.fft.irfft(spectrum, x.shape[2], axis=2)
    return kept * _spread(x) / _spread(kept)


def _copies(table: Columns, size: int) -> np.ndarray:
    """Rows: a third of them twice, each five times, or one of each recording in place of all."""
    n = len(table["subject"])
    if size == 0:
        return np.sort(np.concatenate([np.arange(n), np.arange(0, n, 3)]))
    if size == 1:
        return np.sort(np.tile(np.arange(0, n, 5), 5))
    return np.unique(table["recording"].astype(str), return_index=True)[1][
        np.unique(table["recording"].astype(str), return_inverse=True)[1]
    ]


def _with_noise(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    return x + 0.02 * _spread(x) * _random(size).standard_normal(x.shape) if size == 2 else x


def _few(table: Columns, size: int) -> np.ndarray:
    """Rows: evenly 24, 60 and 120."""
    n = len(table["subject"])
    return np.unique(np.linspace(0, n - 1, (120, 60, 24)[size]).astype(int))


def overlapping(base: Base, size: int, path: Path) -> Planted:
    """Windows that share 60, 80 and 95 % of their samples with the next."""
    share = (0.6, 0.8, 0.95)[size]

    def cut(array: np.ndarray, table: Columns) -> np.ndarray:
        found = array.copy()
        step = max(1, round((1 - share) * array.shape[2]))
        recording = table["recording"].astype(str)
        for name in np.unique(recording):
            rows = np.flatnonzero(recording == name)
            whole = np.concatenate(list(array[rows]), axis=1)
            for place, row in enumerate(rows):
                found[row] = whole[:, place * step : place * step + array.shape[2]]
        return found

    return Planted(changed(base, path / "windows", x=cut))


def short(base: Base, size: int, path: Path) -> Planted:
    """Windows of 0.25, 0.125 and 0.07 s."""
    n_times = (32, 15, 9)[size]
    return Planted(changed(base, path / "windows", x=lambda array, table: array[:, :, :n_times]), ("--fit-window",))


def wrong_rate(base: Base, size: int, path: Path) -> Planted:
    """A rate of half, twice, and twice the true one (of a recording with mains in it)."""
    windows = open_windows(base.windows)
    array: Any = np.array(windows.x)
    if size == 2:
        array = array + _hum(array, 1.0, size)
    sfreq = windows.sfreq * (0.5, 2.0, 2.0)[size]
    artifact = folder.open_folder(path / "windows", "windows", EpochSettings(recordings=Path("none")), inputs={"fault": "rate"}, version=1)
    with create_windows(path / "windows", array.shape[1:], ch_names=windows.ch_names, sfreq=sfreq) as writer:
        writer.append(array, {name: np.array(values) for name, values in windows.table.items() if name not in ("content_hash", "window")})
    artifact.finish()
    return Planted(path / "windows")


def changed_since(base: Base, size: int, path: Path) -> Planted:
    """An array that was written to after it was cut: one window, one in ten, and all in another order."""
    planted = changed(base, path / "windows")
    windows = open_windows(planted)
    array = np.memmap(planted / ARRAY, dtype="<f4", mode="r+", offset=int(windows.x.offset), shape=windows.x.shape)
    if size == 2:
        array[:] = np.array(array)[_random(2).permutation(len(array))]
    else:
        array[:: (len(array), 10)[size]] *= np.float32(1.01)
    array.flush()
    return Planted(planted)


def _fault(name: str, expected: str | tuple[str, ...], plant: Callable[[Base, int, Path], Planted]) -> Fault:
    return Fault(name, DATA, (expected,) if isinstance(expected, str) else expected, plant)


FAULTS: list[Fault] = [
    _fault("unit", "scale", _by_values(unit)),
    _fault("unit of some subjects", "scale-of-recordings", _by_values(unit_of_some)),
    _fault("unit of some channels", "scale-of-channels", _by_values(unit_of_channels)),
    _fault("gain of channels of some subjects", "scale-of-channels", _by_values(gain_of_channels_of_some)),
    _fault("DC left in", "offset", _by_values(constant)),
    _fault("DC left in for some subjects", "offset", _by_values(constant_of_some)),
    _fault("drift left in", "offset", _by_values(drift)),
    _fault("clipping", "clipping", _by_values(clipped)),
    _fault("clipping in some subjects", "clipping", _by_values(clipped_in_some)),
    _fault("whole numbers", "quantisation", _by_values(rounded)),
    _fault("whole numbers in some subjects", "quantisation", _by_values(rounded_in_some)),
    _fault("not finite", "finite-values", _by_values(not_a_number)),
    _fault("flat channels, reference left in", "flat-channels", _by_values(flat)),
    _fault("flat channels of some subjects", "flat-channels", _by_values(flat_in_some)),
    _fault("copied channels", "copied-channels", _by_values(copied)),
    _fault("mirrored channels", "copied-channels", _by_values(mirrored)),
    _fault("bridged channels of some subjects", "copied-channels", _by_values(copied_in_some)),
    _fault("negated channels of some subjects", "polarity", _by_values(negated)),
    _fault("another order of channels", "channel-order", _by_values(permuted)),
    _fault("an order of its own", "channel-order", _by_values(permuted_each)),
    _fault("code for missing samples", "missing-codes", _by_values(missing)),
    _fault("another reference in some subjects", "reference", _by_values(other_reference)),
    _fault("another rate in some subjects", "sampling-rate", _by_values(stretched)),
    _fault("repeated samples", "sampling-rate", _by_values(held)),
    _fault("rhythms filtered away", "band", _by_values(filtered_away)),
    _fault("trigger", "not-eeg", _by_values(trigger)),
    _fault("trigger in some subjects", "not-eeg", _by_values(trigger_in_some)),
    _fault("ECG", "not-eeg", _by_values(heart)),
    _fault("EMG", "not-eeg", _by_values(muscle)),
    _fault("EOG", "not-eeg", _by_values(eyes)),
    _fault("counter", "not-eeg", _by_values(counter)),
    _fault("dead windows", "dead-windows", _by_values(dead)),
    _fault("dead windows of some subjects", "dead-windows", _by_values(dead_in_some)),
    _fault("padding", "padding", _by_values(padded)),
    _fault("padding in some subjects", "padding", _by_values(padded_in_some)),
    _fault("line noise", "line-noise", _by_values(mains)),
    _fault("line noise in some subjects", "line-noise", _by_values(mains_in_some)),
    _fault("axes", "axes", _by_values(axes)),
    _fault("samples in no order", "axes", _by_values(in_no_order)),
    _fault("movements", "outliers", _by_values(loud)),
    _fault("sums of channels", "rank", _by_values(summed)),
    _fault("copied windows", "repeated-windows", _by_rows(_copies, _with_noise)),
    _fault("few windows", "few-windows", _by_rows(_few)),
    _fault("overlap", "overlap", overlapping),
    _fault("short windows", "window-length", short),
    _fault("wrong sampling rate", "sampling-rate", wrong_rate),
    _fault("changed since they were cut", "changed-windows", changed_since),
]
