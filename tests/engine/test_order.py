"""The order of the batches: a function of seed and epoch; of streamed windows by blocks, through a shuffle buffer."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.engine.order import Order, StreamedOrder

ROWS = np.sort(np.random.default_rng(0).permutation(900)[:600])  # of 900 windows, 600 belong to the set


def streamed(buffer: int, *, batch_size: int = 7, seed: int = 3) -> StreamedOrder:
    return StreamedOrder(ROWS, block=40, buffer=buffer, batch_size=batch_size, seed=seed)


def flat(order: StreamedOrder | Order, epoch: int = 0) -> list[int]:
    return np.concatenate(order.batches(epoch)).tolist()


@pytest.mark.parametrize("order", [Order(600, 7, 3), *map(streamed, (1, 50, 599, 600, 10_000))])
def test_every_window_comes_once_an_epoch_in_batches_of_equal_size(order):
    assert sorted(flat(order)) == list(range(600))
    sizes = [len(batch) for batch in order.batches(0)]
    assert len(sizes) == order.n_batches == 86 and set(sizes[:-1]) == {7} and sizes[-1] == 600 - 85 * 7
    assert all((np.diff(batch) > 0).all() for batch in order.batches(0))


@pytest.mark.parametrize("buffer", [1, 50, 10_000])
def test_the_order_is_that_of_seed_and_epoch_whoever_asks_first(buffer):
    one, two, other = streamed(buffer), streamed(buffer), streamed(buffer, seed=4)
    later = flat(one, 5)
    assert flat(one, 0) == flat(two, 0) and flat(two, 5) == later
    assert len({tuple(order) for order in (flat(one, 0), later, flat(other, 0))}) == 3


def test_without_a_buffer_blocks_come_whole_one_after_another_by_chance():
    blocks = ROWS[flat(streamed(1, batch_size=1))] // 40
    changes = np.flatnonzero(np.diff(blocks)) + 1
    assert len(changes) + 1 == len(np.unique(blocks)) == 23
    assert list(blocks[[0, *changes]]) != sorted(blocks[[0, *changes]])


def test_the_buffer_is_the_textbook_one():
    """Each draw takes a place of the buffer, which the next window of the stream fills; written once more, with the same draws."""
    order = streamed(50, batch_size=1)
    random = np.random.default_rng([3, 0])
    blocks = [[place for place, row in enumerate(ROWS) if row // 40 == block] for block in np.unique(ROWS // 40)]
    coming = [place for number in random.permutation(len(blocks)) for place in blocks[number]]
    buffer, coming = coming[:50], coming[50:]
    expected = []
    draws = random.integers(0, 50, size=len(coming))
    for draw, window in zip(draws, coming, strict=True):
        expected.append(buffer[draw])
        buffer[draw] = window
    expected += [buffer[place] for place in random.permutation(50)]
    assert flat(order) == expected


def test_a_buffer_for_all_windows_draws_from_all_of_them():
    """Over many epochs each place of the epoch has windows of every part of the set: their mean place is the middle, within five standard errors."""
    order = streamed(10_000, batch_size=1)
    first = np.array([np.concatenate(order.batches(epoch))[:20] for epoch in range(100)])
    error = 600 / np.sqrt(12) / np.sqrt(100)
    assert np.abs(first.mean(axis=0) - 299.5).max() < 5 * error
