"""Streams of batches: what each member sees, alone and among others."""

import numpy as np
import pytest
import torch

from jepatlas.common.learning.batches import ROUND, Epochs, FullBatch, Resampled
from jepatlas.common.learning.draws import Draws

COUNT, SIZE, EPOCHS = 70, 16, 3


def drawn(members, make):
    batches = make(Draws(0, members, "batches"))
    return batches, [batches.batch(step) for step in range(batches.steps)]


def epochs(draws):
    return Epochs(EPOCHS, SIZE, COUNT, draws)


def resampled(draws):
    return Resampled(40, SIZE, COUNT, draws)


def test_an_epoch_has_each_example_once_in_an_order_of_its_own():
    batches, found = drawn(2, epochs)
    assert (batches.steps, batches.round) == (12, 4)
    orders = set()
    for member in range(2):
        for start in range(0, 12, 4):
            chosen = [batch.examples[member] for batch in found[start : start + 4]]
            order = torch.cat(chosen)
            assert len(order.unique()) == len(order) == 64
            assert order.min() >= 0
            assert order.max() < COUNT
            orders.add(tuple(order.tolist()))
    assert len(orders) == 6
    assert [batch.epoch for batch in found] == [0] * 4 + [1] * 4 + [2] * 4
    np.testing.assert_allclose([batch.progress for batch in found], np.arange(12) / 12)


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(ValueError, match="batch of 71 takes more than the 70 examples"):
        Epochs(1, 71, 70, Draws(0, 1, "batches"))


def test_resampling_repeats_and_leaves_out():
    batches, found = drawn(3, resampled)
    assert (batches.steps, batches.round) == (40, ROUND)
    everything = torch.stack([batch.examples for batch in found])  # [steps, members, batch]
    assert everything.shape == (40, 3, SIZE)
    counts = torch.bincount(everything.flatten(), minlength=COUNT)
    expected = everything.numel() / COUNT
    assert ((counts - expected).abs() < 6 * expected**0.5).all()
    assert any(len(batch.examples[0].unique()) < SIZE for batch in found)


@pytest.mark.parametrize("make", [epochs, resampled])
def test_a_member_sees_the_same_alone_or_among_others(make):
    _, together = drawn(4, make)
    _, alone = drawn([2], make)
    for one, other in zip(together, alone, strict=True):
        assert torch.equal(one.examples[2:3], other.examples)


@pytest.mark.parametrize("make", [epochs, resampled])
def test_a_stream_goes_on_from_a_rounds_end(make):
    batches, whole = drawn(2, make)
    first, second = Draws(0, 2, "batches"), Draws(0, 2, "batches")
    begun = make(first)
    for step in range(batches.round):
        begun.batch(step)
    second.restore(first.state())
    rest = make(second)
    for step in range(batches.round, batches.steps):
        assert torch.equal(rest.batch(step).examples, whole[step].examples)


def test_a_full_batch_names_no_examples():
    batches = FullBatch(5)
    assert [batches.batch(step).examples for step in range(5)] == [None] * 5
    assert batches.batch(4).progress == pytest.approx(0.8)
