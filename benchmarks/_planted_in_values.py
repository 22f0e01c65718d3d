"""Changes of values that are faults: `change(array, table, size)`, in three sizes, as people have made them."""

from __future__ import annotations

import numpy as np

Columns = dict[str, np.ndarray]


def random_of(size: int) -> np.random.Generator:
    return np.random.default_rng(100 + size)


def some_of(table: Columns, share: float, size: int) -> np.ndarray:
    """Mask of the windows of a share of the subjects, at least one."""
    subjects = np.unique(table["subject"].astype(str))
    chosen = random_of(size).permutation(subjects)[: max(1, round(share * len(subjects)))]
    return np.isin(table["subject"].astype(str), chosen)


def spread_of(x: np.ndarray) -> float:
    return float(np.median(x.std(axis=2)))


def unit(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Millivolts, volts, and nanovolts under the name of microvolts."""
    return x * (1e-3, 1e-6, 1e3)[size]


def unit_of_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Some subjects in millivolts, in volts, or in nanovolts."""
    x[some_of(table, (0.05, 0.25, 0.5)[size], size)] *= (1e3, 1e-6, 1e-3)[size]
    return x


def constant(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """DC of electrodes: up to 0.5, 5 and 50 mV, one value for each channel of a subject."""
    random = random_of(size)
    offsets = {who: random.uniform(-1, 1, x.shape[1]) for who in np.unique(table["subject"].astype(str))}
    return x + (500.0, 5e3, 5e4)[size] * np.array([offsets[who] for who in table["subject"].astype(str)])[:, :, None]


def constant_of_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """DC of one amplifier: 5 mV in a fifth, 20 mV in a third, 50 mV in half of the subjects."""
    some = some_of(table, (0.2, 0.34, 0.5)[size], size)
    x[some] += (5e3, 2e4, 5e4)[size]
    return x


def drift(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Slow drift: over a window 10, 30 and 100 standard deviations."""
    slope = random_of(size).uniform(0.5, 1, (*x.shape[:2], 1)) * random_of(size + 9).choice([-1, 1], (*x.shape[:2], 1))
    return x + (10, 30, 100)[size] * spread_of(x) * slope * np.linspace(-0.5, 0.5, x.shape[2])


def clipped(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Cut off at 1.5, 1 and 0.5 standard deviations."""
    limit = (1.5, 1.0, 0.5)[size] * spread_of(x)
    return x.clip(-limit, limit)


def clipped_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Cut off in a fifth, a third or half of the subjects."""
    some, limit = some_of(table, (0.2, 0.34, 0.5)[size], size), 0.6 * spread_of(x)
    x[some] = x[some].clip(-limit, limit)
    return x


def rounded(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Stored as whole numbers of a unit of 0.5, 1.5 and 3 standard deviations."""
    step = (0.5, 1.5, 3.0)[size] * spread_of(x)
    return np.rint(x / step) * step


def rounded_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Stored as whole numbers in a third or half of the subjects."""
    some, step = some_of(table, (0.25, 0.34, 0.5)[size], size), 1.5 * spread_of(x)
    x[some] = np.rint(x[some] / step) * step
    return x


def not_a_number(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """One NaN; infinity in 2 % of the windows; a channel that one in ten subjects lack."""
    if size == 0:
        x[len(x) // 3, 2, 5] = np.nan
    elif size == 1:
        x[random_of(1).permutation(len(x))[: len(x) // 50], 3, 7] = np.inf
    else:
        x[np.ix_(some_of(table, 0.1, 2), [4])] = np.nan
    return x


def dead(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Zeros in 2, 10 and 40 % of the windows."""
    x[random_of(size).permutation(len(x))[: round((0.02, 0.1, 0.4)[size] * len(x))]] = 0.0
    return x


def dead_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """An amplifier that was off for half of a recording, of a tenth, a third or half of the subjects."""
    some = np.flatnonzero(some_of(table, (0.1, 0.34, 0.5)[size], size))
    x[some[len(some) // 2 :]] = 12.5
    return x


def padded(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Zeros in the last fifth, the last value in a random second half, zeros in the middle half."""
    n_times = x.shape[2]
    if size == 0:
        x[:, :, -n_times // 5 :] = 0.0
    elif size == 1:
        for row, start in enumerate(random_of(1).integers(n_times // 2, n_times - 1, len(x))):
            x[row, :, start:] = x[row, :, start : start + 1]
    else:
        x[:, :, n_times // 4 : -n_times // 4] = 0.0
    return x


def padded_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Half of the window empty, in a fifth, a third or half of the subjects."""
    x[some_of(table, (0.2, 0.34, 0.5)[size], size), :, x.shape[2] // 2 :] = 0.0
    return x


def hum(x: np.ndarray, amplitude: float, seed: int, mains: float = 50.0, sfreq: float = 128.0) -> np.ndarray:
    random = random_of(seed)
    time = np.arange(x.shape[2]) / sfreq
    wave = np.sin(2 * np.pi * mains * time + random.uniform(0, 2 * np.pi, (len(x), 1, 1)))
    return amplitude * spread_of(x) * random.uniform(0.5, 1.5, (1, x.shape[1], 1)) * wave


def mains(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A hum of 1.5, 4 and 15 times the amplitude of the EEG, at 50 or 60 Hz."""
    return x + hum(x, (1.5, 4.0, 15.0)[size], size, (50.0, 60.0, 50.0)[size])


def mains_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A hum in a quarter, a third or half of the subjects."""
    some = some_of(table, (0.25, 0.34, 0.5)[size], size)
    x[some] += hum(x, 5.0, size)[some]
    return x


def axes(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Samples and channels swapped, reshaped in place of transposed, and channels x windows reshaped."""
    n, n_channels, n_times = x.shape
    swapped = x.transpose(0, 2, 1)
    return (swapped, swapped.reshape(x.shape), x.transpose(1, 0, 2).reshape(n, n_channels, n_times))[size]


def loud(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Movements: 2, 8 and 20 % of the windows 50 times as loud."""
    x[random_of(size).permutation(len(x))[: round((0.02, 0.08, 0.2)[size] * len(x))]] *= 50.0
    return x


def in_no_order(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Samples shuffled: in one order for all windows, in one for each, in one for each channel."""
    random = random_of(size)
    if size == 0:
        return x[:, :, random.permutation(x.shape[2])]
    if size == 1:
        return np.stack([one[:, random.permutation(x.shape[2])] for one in x])
    return random.permuted(x, axis=2)


def missing(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A code for missing samples: -9999 in 0.1 % of them, 32767 in a tenth of the windows, 999 in all channels of some subjects."""
    random = random_of(size)
    if size == 0:
        x[random.random(x.shape) < 0.001] = -9999.0
    elif size == 1:
        x[random.permutation(len(x))[: len(x) // 10], :, 100:112] = 32767.0
    else:
        some = np.flatnonzero(some_of(table, 0.2, size))
        x[some[:, None], :, random.integers(0, x.shape[2], (len(some), 5))] = 9999.0
    return x


def stretched(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Another rate in a tenth, a third or 45 % of the subjects: their signals are twice as slow as stated, or twice as fast."""
    some, n_times = np.flatnonzero(some_of(table, (0.1, 0.34, 0.45)[size], size)), x.shape[2]
    if size == 1:
        pairs = np.concatenate([x[some], x[np.roll(some, -1)]], axis=2)
        kernel = np.sinc(np.arange(-16, 17) / 2) / 2 * np.hamming(33)
        x[some] = np.apply_along_axis(np.convolve, 2, pairs, kernel, "same")[:, :, ::2]
        return x
    spectrum = np.fft.rfft(x[some], axis=2)
    x[some] = 2 * np.fft.irfft(spectrum, 2 * n_times, axis=2)[:, :, :n_times]
    return x


def held(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A rate that was raised by repeating each sample twice, four and eight times."""
    times = (2, 4, 8)[size]
    return np.repeat(x[:, :, ::times], times, axis=2)[:, :, : x.shape[2]]


def filtered_away(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Nothing left above 1.5 Hz, above 1 Hz, and below 32 Hz (with the noise of an amplifier)."""
    noise = 0.02 * spread_of(x) * random_of(size).standard_normal(x.shape)
    spectrum, frequencies = np.fft.rfft(x + noise, axis=2), np.fft.rfftfreq(x.shape[2], 1 / 128.0)
    spectrum[:, :, frequencies < 32 if size == 2 else frequencies > (1.5, 1.0)[size]] = 0
    kept = np.fft.irfft(spectrum, x.shape[2], axis=2)
    return kept * spread_of(x) / spread_of(kept)
