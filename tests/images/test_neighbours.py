"""Neighbours as partners: which they are, and when they are looked for."""

import numpy as np
import pytest
import torch

from jepatlas.images.learning.neighbours import Partners

COUNT = 3


def embeddings(shift=0):
    z = np.random.default_rng(shift).normal(size=(40, 5))
    return (z / np.linalg.norm(z, axis=1, keepdims=True)).astype(np.float32)


def draw(partners, examples, seed=0):
    return partners.draw(torch.tensor(examples), torch.Generator().manual_seed(seed))


def looked(z=None, epoch=2):
    partners = Partners(COUNT)
    partners.look(embeddings() if z is None else z, epoch)
    return partners


def brute_force(z):
    """Those of the largest cosine, without the image itself, as a set for each image."""
    found = []
    for i, row in enumerate(z):
        cosines = [row @ other for other in z]
        cosines[i] = -2
        found.append(set(np.argsort(cosines)[-COUNT:].tolist()))
    return found


def test_partners_are_any_of_the_nearest_others_by_the_cosine():
    neighbours = looked()
    expected = brute_force(embeddings())
    for example in range(40):
        drawn = draw(neighbours, [example] * 60)
        assert set(drawn.tolist()) == expected[example]


@pytest.mark.parametrize(("count", "epoch"), [(COUNT, 0), (0, 0), (0, 2)])
def test_in_the_first_epoch_and_without_neighbours_everyone_is_their_own_partner(count, epoch):
    neighbours = Partners(count)
    assert not neighbours.stale(epoch)
    np.testing.assert_array_equal(draw(neighbours, [4, 0, 7]), [4, 0, 7])


def test_neighbours_are_to_be_found_anew_at_each_epoch_and_once():
    neighbours = Partners(COUNT)
    for epoch in (1, 2):
        assert neighbours.stale(epoch)
        neighbours.look(embeddings(epoch), epoch)
        assert not neighbours.stale(epoch)
        drawn = draw(neighbours, [11] * 60)
        assert set(drawn.tolist()) == brute_force(embeddings(epoch))[11]


def test_draws_come_from_the_batches_generator():
    examples = list(range(40))
    first, again, other = (draw(looked(), examples, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
