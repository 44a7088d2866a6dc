"""Images that stand in for one another: each one's nearest in the embedding that is being learnt.

Pairs of neighbours are positive pairs as in NNCLR (Dwibedi et al. 2021, arXiv 2104.14548), here of
all images instead of a queue of recent ones.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.neighbors import NearestNeighbors

from jepatlas.common.learning.epochs import Batch
from jepatlas.images.truth.world import CLASSES

Array = npt.NDArray[Any]

NEIGHBOURS = 5


def nearest(references: Array, z: Array | None, count: int = NEIGHBOURS) -> Array:
    """The numbers of the nearest references of each embedding, nearest first: `[n, count]`.

    z None: of each reference, among the others.
    """
    search = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(references)
    return search.kneighbors(z, return_distance=False)


def vote(labels: Array) -> Array:
    """The most frequent label of each row `[n, 5]`; of equally frequent ones, the smallest."""
    return (labels[:, :, None] == np.arange(CLASSES)).sum(1).argmax(1).astype(np.uint8)


class Neighbours:
    """embed: gives the unit embeddings `[n, dim]` of all images, which is asked for at the start of
    each epoch but the first; count: how many neighbours an image has. No labels take part."""

    def __init__(self, embed: Callable[[], Array], count: int) -> None:
        self.embed, self.count = embed, count
        self.epoch, self.found = 1, np.empty((0, count), int)

    def draw(self, batch: Batch) -> Array:
        """The numbers `[batch]` of one neighbour of each example; where there are none, and in the
        first epoch, when the encoder knows nothing yet, its own."""
        examples = batch.examples.numpy()
        if not self.count or batch.epoch == 1:
            return examples
        if batch.epoch != self.epoch:
            self.epoch, self.found = batch.epoch, nearest(self.embed(), None, self.count)
        ranks = torch.randint(self.count, examples.shape, generator=batch.generator)
        return self.found[examples, ranks.numpy()]
