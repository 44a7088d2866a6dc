"""Nearest neighbours in an embedding: what the accuracy is a vote of, and partners to learn from.

Pairs of neighbours are positive pairs as in NNCLR (Dwibedi et al. 2021, arXiv 2104.14548), here of
all images instead of a queue of recent ones.
"""

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

    count: how many neighbours an image has; 0: it is paired with itself, as every image is in the
    first epoch, when the encoder knows nothing yet. No labels take part.
    """

    def __init__(self, count: int) -> None:
        self.count, self.epoch = count, 0
        self.found: Array | None = None

    def stale(self, epoch: int) -> bool:
        """Whether the neighbours are to be looked for before a batch of this epoch, from 0."""
        return self.count > 0 and epoch != self.epoch

    def look(self, z: Array, epoch: int) -> None:
        """Find the neighbours of all images by their unit embeddings `[n, dim]` at the start of an
        epoch."""
        self.epoch, self.found = epoch, nearest(z, None, self.count)

    def draw(self, examples: Tensor, generator: Generator) -> Tensor:
        """The numbers `[batch]` of one neighbour of each example; its own where there are none."""
        if self.found is None:
            return examples
        ranks = torch.randint(self.count, examples.shape, generator=generator)
        return torch.from_numpy(self.found)[examples, ranks]
