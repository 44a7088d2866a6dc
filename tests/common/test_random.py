"""Every draw depends on seed, member and purpose, and on nothing else."""

import itertools
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import chisquare, kstest, norm

from jepatlas.common.base.random import generator
from jepatlas.common.learning.draws import Draws

SOURCES = Path(__file__).resolve().parents[2] / "src"
DRAWS = pytest.mark.parametrize(
    "draw",
    [
        lambda noise: noise.normal(3, 2),
        lambda noise: noise.uniform(4),
        lambda noise: noise.integers(1000, 2, 5),
    ],
    ids=["normal", "uniform", "integers"],
)


@DRAWS
def test_a_member_draws_the_same_alone_or_among_others(draw):
    together, some, alone = Draws(3, 5, "noise"), Draws(3, [4, 1], "noise"), Draws(3, [4], "noise")
    for _ in range(3):
        everyone, two, one = draw(together), draw(some), draw(alone)
        assert torch.equal(everyone[[4, 1]], two)
        assert torch.equal(everyone[4:], one)


@DRAWS
def test_shape_and_repetition(draw):
    first, again = Draws(3, 2, "noise"), Draws(3, 2, "noise")
    drawn = draw(first)
    assert drawn.shape[0] == len(first) == 2
    assert torch.equal(drawn, draw(again))
    assert not torch.equal(drawn, draw(first)), "the generators go on"


def test_seeds_members_and_purposes_all_differ():
    drawn = [
        Draws(seed, [member], purpose).normal(8)
        for seed in (0, 1, 2**32 - 1)
        for member in (0, 1, 2)
        for purpose in ("weights", "batches", "noise")
    ]
    for a, b in itertools.combinations(drawn, 2):
        assert not torch.isin(a, b).any()


def test_one_purpose_does_not_shift_another():
    undisturbed = Draws(0, 2, "batches").integers(100, 10)
    batches, noise = Draws(0, 2, "batches"), Draws(0, 2, "noise")
    noise.normal(1000)
    np.testing.assert_array_equal(batches.integers(100, 10), undisturbed)


@pytest.mark.parametrize("members", [2, [7, 3, 5]])
def test_members_are_counted_or_named(members):
    noise = Draws(0, members, "noise")
    assert noise.members == ([0, 1] if members == 2 else [7, 3, 5])
    assert noise.normal().shape == (len(noise.members),)


def test_normal_and_uniform_follow_their_distributions():
    noise = Draws(0, 3, "noise")
    normal, uniform = noise.normal(5000), noise.uniform(5000)
    assert normal.dtype == uniform.dtype == torch.float32
    for member in normal:
        assert kstest(member, "norm").pvalue > 1e-3
    for member in uniform:
        assert kstest(member, "uniform").pvalue > 1e-3
    correlation = np.corrcoef(torch.cat([normal, uniform]))
    assert np.abs(correlation - np.eye(6)).max() < 5 / np.sqrt(5000)


def test_integers_are_uniform_below_the_bound():
    drawn = Draws(0, 2, "noise").integers(7, 700, 10)
    assert drawn.dtype == torch.int64
    assert drawn.shape == (2, 700, 10)
    for member in drawn:
        counts = np.bincount(member.ravel(), minlength=7)
        assert len(counts) == 7
        assert chisquare(counts).pvalue > 1e-3


# NumPy's


def test_generators_repeat_and_differ():
    purposes = [(), (0,), (1,), ("test",), ("probe",), (0, "train"), (1, "train"), (0, "train", 1)]
    keys = [(seed, *purpose) for seed in (1, 2) for purpose in purposes[1:]]
    first, again = ([generator(*key).random(4).tolist() for key in keys] for _ in range(2))
    assert first == again
    assert len({x for row in first for x in row}) == 4 * len(keys)


@pytest.mark.parametrize(
    ("purpose", "other"),
    [(("points",), ("points", 0)), ((3, "points"), (3, "points", 0)), ((), (0,))],
)
def test_a_last_zero_makes_another_purpose(purpose, other):
    assert generator(1, *purpose).random() != generator(1, *other).random()


def test_generator_is_normal_enough():
    drawn = np.concatenate([generator(0, member, "x").standard_normal(20) for member in range(200)])
    assert kstest(drawn, norm.cdf).pvalue > 1e-3


# Nothing global


def global_states() -> list[str]:
    return [
        repr(torch.get_rng_state().tolist()),
        repr([np.asarray(part).tolist() for part in np.random.get_state()]),  # noqa: NPY002
        repr(random.getstate()),
    ]


def all_kinds_of_draws() -> list[float]:
    noise = Draws(11, 2, "a purpose")
    draws = [noise.normal(2), noise.uniform(2), noise.integers(10**6, 2)]
    return torch.cat(draws).flatten().tolist() + generator(11, 0, "a purpose").random(3).tolist()


def test_global_states_are_neither_used_nor_touched():
    before = global_states()
    drawn = all_kinds_of_draws()
    assert global_states() == before
    with torch.random.fork_rng():
        torch.manual_seed(12345)
        assert all_kinds_of_draws() == drawn


def test_another_process_draws_the_same_numbers():
    """Python's own hash of a text differs between the two; no seed may depend on it."""
    program = (
        "import json, importlib.util as u\n"
        f"spec = u.spec_from_file_location('twin', {str(Path(__file__))!r})\n"
        "twin = u.module_from_spec(spec); spec.loader.exec_module(twin)\n"
        "print(json.dumps([twin.all_kinds_of_draws(), hash('a purpose')]))"
    )
    other_hash = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": other_hash, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
    )
    drawn, hashed = json.loads(done.stdout)
    assert hashed != hash("a purpose")
    assert drawn == all_kinds_of_draws()
