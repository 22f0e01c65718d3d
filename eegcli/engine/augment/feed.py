"""Feed of augmented windows: that of the windows themselves, each batch of it changed at random."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from eegcli.engine.augment.draws import draws_of
from eegcli.engine.augment.step import Step, read
from eegcli.engine.feed import Batch, Feed


@dataclass(frozen=True)
class AugmentedFeed:
    """Feed that changes the batches of another one, on their device.

    Attributes
    ----------
    feed : Feed
        Gives whole batches: the draws are a batch's, whoever learns from which part of it.
    steps : sequence of Step
        In the order in which they are done.
    sfreq : float
        Hz.
    seed : int
        Of the network.
    """

    feed: Feed
    steps: Sequence[Step]
    sfreq: float
    seed: int

    def batches(self, epoch: int, start: int = 0) -> Generator[Batch]:
        """Batches of an epoch, counted from 0, from batch `start` on."""
        with closing(self.feed.batches(epoch, start)) as read:
            for number, batch in enumerate(read, start):
                for place, step in enumerate(self.steps):
                    batch = step(batch, draws_of(self.seed, epoch, number, place), self.sfreq)
                yield batch


def augmented(feed: Feed, texts: Sequence[str], *, sfreq: float, seed: int) -> Feed:
    """Lay augmentations, as ``--augment`` names them, over a feed; without any it is the feed itself."""
    return AugmentedFeed(feed, read(texts), sfreq, seed) if texts else feed
