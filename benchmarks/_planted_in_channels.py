"""Changes of channels that are faults: `change(array, table, size)`, in three sizes, as people have made them."""

from __future__ import annotations

import numpy as np
from _planted_in_values import Columns, random_of, some_of, spread_of


def unit_of_channels(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """One channel, three, or eight in another unit."""
    x[:, 2 : 2 + (1, 3, 8)[size]] *= (1e3, 1e-3, 1e3)[size]
    return x


def gain_of_channels_of_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Two channels of a fifth, a third or half of the subjects with 100 times the gain."""
    some = some_of(table, (0.2, 0.33, 0.5)[size], size)
    x[np.ix_(some, [3, 7])] *= 100.0
    return x


def flat(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """The reference left in; with a rest of noise; six channels that were never connected."""
    if size == 2:
        x[:, 1:7] = 0.0
    else:
        x[:, -1] = 0.0 if size == 0 else 0.005 * spread_of(x) * random_of(1).standard_normal((len(x), x.shape[2]))
    return x


def flat_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Electrodes that were off: two, five or ten in a fifth, a third or half of the subjects."""
    x[np.ix_(some_of(table, (0.2, 0.34, 0.5)[size], size), np.arange(3, 3 + (2, 5, 10)[size]))] = 0.0
    return x


def copied(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A channel twice; four as copies of others; one channel on all, with a little noise."""
    if size == 2:
        return x[:, :1] + 0.01 * spread_of(x) * random_of(2).standard_normal(x.shape)
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
    some = some_of(table, (0.25, 0.34, 0.5)[size], size)
    n = (1, 3, 7)[size]
    x[np.ix_(some, np.arange(5, 5 + n))] = x[some][:, 4:5]
    return x


def negated(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """One, three or six channels negated, in a fifth, a third or half of the subjects."""
    x[np.ix_(some_of(table, (0.2, 0.34, 0.45)[size], size), np.arange(2, 2 + (1, 3, 6)[size]))] *= -1
    return x


def permuted(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Other orders of channels: two front and two back ones exchanged in a third, all by name in a fifth, all in half of the subjects."""
    some = some_of(table, (0.34, 0.2, 0.45)[size], size)
    order = np.arange(x.shape[1])
    if size == 0:
        order[[0, 1, -2, -3]] = order[[-2, -3, 0, 1]]
    else:
        order = random_of(size).permutation(order)
    x[some] = x[some][:, order]
    return x


def permuted_each(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Channels in an order of its own in a tenth, a quarter or half of the subjects."""
    random = random_of(size)
    some = some_of(table, (0.1, 0.25, 0.5)[size], size)
    for who in np.unique(table["subject"][some].astype(str)):
        rows = table["subject"].astype(str) == who
        x[rows] = x[rows][:, random.permutation(x.shape[1])]
    return x


def trigger(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Codes in the place of a channel: 0 and 1, up to 255, and rare ones of 32768."""
    random, n = random_of(size), x.shape[0] * x.shape[2]
    codes = np.zeros(n)
    period = (64, 100, 1500)[size]
    for start in range(0, n - 8, period):
        at = start + int(random.integers(0, period // 2))
        codes[at : at + (20, 8, 4)[size]] = (1, random.integers(1, 256), 32768)[size]
    x[:, 5] = codes.reshape(len(x), x.shape[2])
    return x


def heart(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """ECG in the place of a channel: 0.1, 0.3 and 1 mV."""
    random, n_times = random_of(size), x.shape[2]
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
    noise = np.diff(random_of(size).standard_normal((len(x), x.shape[2] + 1)), axis=1) / np.sqrt(2)
    x[:, 6] = (1, 3, 10)[size] * spread_of(x) * noise
    return x


def eyes(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Horizontal EOG in the place of a channel: looks of 50, 100 and 300 µV to and fro."""
    random, (n, _, n_times) = random_of(size), x.shape
    change = (random.random((n, n_times)) < 2.0 / 128.0) * random.uniform(-1, 1, (n, n_times))
    looks = np.cumsum(change, axis=1)
    x[:, 3] = (100.0, 200.0, 600.0)[size] * (looks - looks.mean(axis=1, keepdims=True)) + 2 * random.standard_normal((n, n_times))
    return x


def counter(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A sample counter, a clock or a charge in the place of a channel."""
    ramp = np.arange(x.shape[0] * x.shape[2], dtype=float).reshape(x.shape[0], x.shape[2])
    x[:, 0] = ramp % (1 << 16) if size == 0 else ramp / 128.0 if size == 1 else -0.1 * ramp
    return x


def summed(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """A third and two thirds of the channels as sums of the others; all as sums of three."""
    n_channels = x.shape[1]
    n = (n_channels // 3 + 1, 2 * n_channels // 3, n_channels - 3)[size]
    weights = random_of(size).dirichlet(np.ones(n_channels - n), n)
    x[:, -n:] = np.einsum("kc,ict->ikt", weights, x[:, :-n])
    return x


def trigger_in_some(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """Codes in the place of a channel in a tenth, a third or half of the subjects."""
    some = some_of(table, (0.1, 0.34, 0.5)[size], size)
    x[some] = trigger(x[some], table, size)
    return x


def other_reference(x: np.ndarray, table: Columns, size: int) -> np.ndarray:
    """All about their average, but in a tenth, a third or 45 % of the subjects about an electrode that is not among them."""
    some = some_of(table, (0.1, 0.34, 0.45)[size], size)
    x -= x.mean(axis=1, keepdims=True)
    x[some] -= (
        x[some][:, 3:6].mean(axis=1, keepdims=True)
        + 0.3 * spread_of(x) * np.cumsum(random_of(size).standard_normal((some.sum(), 1, x.shape[2])), axis=2) / 8
    )
    return x
