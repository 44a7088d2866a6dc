"""Neighbours as partners: which they are, and when they are looked for."""

import numpy as np
import pytest
import torch

from jepatlas.images.learning.neighbours import Partners

COUNT = 3


def embeddings(shift=0):
    z = np.random.default_rng(shift).normal(size=(40, 5))
    return (z / np.linalg.norm(z, axis=1, keepdims=True)).astype(np.float32)


def draw(partners, epoch, examples, seed=0):
    """Epochs count from 0."""
    generator = torch.Generator().manual_seed(seed)
    return partners.draw(torch.tensor(examples), epoch, generator)


def brute_force(z):
    """Those of the largest cosine, without the image itself, as a set for each image."""
    found = []
    for i, row in enumerate(z):
        cosines = [row @ other for other in z]
        cosines[i] = -2
        found.append(set(np.argsort(cosines)[-COUNT:].tolist()))
    return found


def test_partners_are_any_of_the_nearest_others_by_the_cosine():
    neighbours = Partners(embeddings, COUNT)
    expected = brute_force(embeddings())
    for example in range(40):
        drawn = draw(neighbours, 2, [example] * 60)
        assert set(drawn.tolist()) == expected[example]


@pytest.mark.parametrize(("count", "epoch"), [(COUNT, 0), (0, 0), (0, 2)])
def test_in_the_first_epoch_and_without_neighbours_everyone_is_their_own_partner(count, epoch):
    def embed():
        raise AssertionError("nothing is to be embedded")

    drawn = draw(Partners(embed, count), epoch, [4, 0, 7])
    np.testing.assert_array_equal(drawn, [4, 0, 7])


def test_neighbours_are_found_anew_at_each_epoch_and_once():
    calls = []

    def embed():
        calls.append(len(calls))
        return embeddings(calls[-1])

    neighbours = Partners(embed, COUNT)
    for epoch in (2, 2, 2, 3, 3):
        drawn = draw(neighbours, epoch, [11] * 60)
        assert set(drawn.tolist()) == brute_force(embeddings(epoch - 2))[11]
    assert calls == [0, 1]


def test_draws_come_from_the_batches_generator():
    examples = list(range(40))
    first, again, other = (
        draw(Partners(embeddings, COUNT), 2, examples, seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
