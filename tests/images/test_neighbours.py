"""Neighbours as partners: which they are, and when they are looked for."""

import numpy as np
import pytest
import torch

from jepatlas.common.learning.epochs import Batch
from jepatlas.images.learning.neighbours import Neighbours

COUNT = 3


def embeddings(shift=0):
    z = np.random.default_rng(shift).normal(size=(40, 5))
    return (z / np.linalg.norm(z, axis=1, keepdims=True)).astype(np.float32)


def batch(epoch, examples, seed=0):
    return Batch(epoch, torch.tensor(examples), 0.5, torch.Generator().manual_seed(seed))


def brute_force(z):
    """Those of the largest cosine, without the image itself, as a set for each image."""
    found = []
    for i, row in enumerate(z):
        cosines = [row @ other for other in z]
        cosines[i] = -2
        found.append(set(np.argsort(cosines)[-COUNT:].tolist()))
    return found


def test_partners_are_any_of_the_nearest_others_by_the_cosine():
    neighbours = Neighbours(embeddings, COUNT)
    expected = brute_force(embeddings())
    for example in range(40):
        drawn = neighbours.draw(batch(2, [example] * 60))
        assert set(drawn.tolist()) == expected[example]


@pytest.mark.parametrize(("count", "epoch"), [(COUNT, 1), (0, 1), (0, 2)])
def test_in_the_first_epoch_and_without_neighbours_everyone_is_their_own_partner(count, epoch):
    def embed():
        raise AssertionError("nothing is to be embedded")

    drawn = Neighbours(embed, count).draw(batch(epoch, [4, 0, 7]))
    np.testing.assert_array_equal(drawn, [4, 0, 7])


def test_neighbours_are_found_anew_at_each_epoch_and_once():
    calls = []

    def embed():
        calls.append(len(calls))
        return embeddings(calls[-1])

    neighbours = Neighbours(embed, COUNT)
    for epoch in (2, 2, 2, 3, 3):
        drawn = neighbours.draw(batch(epoch, [11] * 60))
        assert set(drawn.tolist()) == brute_force(embeddings(epoch - 2))[11]
    assert calls == [0, 1]


def test_draws_come_from_the_batches_generator():
    examples = list(range(40))
    first, again, other = (
        Neighbours(embeddings, COUNT).draw(batch(2, examples, seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
