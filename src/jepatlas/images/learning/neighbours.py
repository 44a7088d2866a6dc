"""Nearest neighbours in an embedding: what the accuracy is a vote of, and partners to learn from.

Pairs of neighbours are positive pairs as in NNCLR (Dwibedi et al. 2021, arXiv 2104.14548), here of
all images instead of a queue of recent ones.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.neighbors import NearestNeighbors
from torch import Generator, Tensor

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
    counts = np.zeros((len(labels), int(labels.max()) + 1), np.int64)
    for column in labels.T:
        counts[np.arange(len(labels)), column] += 1
    return counts.argmax(1).astype(labels.dtype)


class Partners:
    """Which image each image is paired with: one of its nearest in one network's embedding.

    embed: gives the unit embeddings `[n, dim]` of all images, which is asked for at the start of
    each epoch but the first; count: how many neighbours an image has. No labels take part.
    """

    def __init__(self, embed: Callable[[], Array], count: int) -> None:
        self.embed, self.count = embed, count
        self.epoch, self.found = 0, np.empty((0, count), int)

    def draw(self, examples: Tensor, epoch: int, generator: Generator) -> Tensor:
        """The numbers `[batch]` of one neighbour of each example; where there are none, and in the
        first epoch, when the encoder knows nothing yet, its own."""
        if not self.count or epoch == 0:
            return examples
        if epoch != self.epoch:
            self.epoch, self.found = epoch, nearest(self.embed(), None, self.count)
        ranks = torch.randint(self.count, examples.shape, generator=generator)
        return torch.from_numpy(self.found)[examples, ranks]
