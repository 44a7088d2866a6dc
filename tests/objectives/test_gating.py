"""The expectation over gates against their enumeration."""

import itertools

import torch

from jepatlas.objectives.gating import gated_error
from jepatlas.objectives.reconstruction import squared_error


def test_the_error_is_the_mean_over_all_gates():
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(2, 20, 3, dtype=torch.float64, generator=generator)
    decoder = torch.randn(2, 3, 5, dtype=torch.float64, generator=generator)
    target = torch.randn(2, 20, 5, dtype=torch.float64, generator=generator)
    p = torch.rand(2, 1, 3, dtype=torch.float64, generator=generator)
    expected = torch.zeros(2, dtype=torch.float64)
    for states in itertools.product((0.0, 1.0), repeat=3):
        b = torch.tensor(states, dtype=torch.float64)
        probability = (b * p + (1 - b) * (1 - p)).prod(-1)[:, 0]
        expected += probability * 5 * squared_error(target, (b * z) @ decoder)
    expected += 0.3 * (p.sum((1, 2)) - 2).square()
    torch.testing.assert_close(gated_error(target, z, decoder, p, 2, 0.3), expected)
