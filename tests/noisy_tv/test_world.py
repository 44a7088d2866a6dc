"""Members, and what they share; the trajectories as files; the scales of the environment."""

import numpy as np
import pytest

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import read_arrays, write_arrays
from jepatlas.noisy_tv.measuring.references import filtered, forecast_state
from jepatlas.noisy_tv.truth.parameters import Recipe, Sweep
from jepatlas.noisy_tv.truth.world import FIELDS, Member, World
from tests.noisy_tv.worlds import SYSTEM, observed, world

SMALL = world(11, 3, train=200, test=120)
SWEEP = Sweep(scales=(0, 4), failure_scale=4)


def test_members_are_settings_times_seeds_and_none_comes_twice():
    members = SMALL.members(Recipe(seeds=2, memories=(0.5, 0.9)), SWEEP)
    settings = [(0, 0.9), (4, 0.9), (4, 0.5)]  # 0.9 at scale 4 is in the sweep of scales already
    assert members == [Member(seed, *setting) for setting in settings for seed in (11, 12)]


def test_the_trajectory_belongs_to_the_seed():
    """What two noise scales differ by is the distractor through D, and nothing else."""
    run = SMALL.trajectories[12]
    low, high = (SMALL.observe(Member(12, scale, 0.9)) for scale in (1.0, 3.0))
    d = SMALL.distractor([Member(12, 1.0, 0.9)])[0]
    np.testing.assert_allclose(high - low, 2 * d @ run.D.T, atol=1e-12)
    np.testing.assert_allclose(low - d @ run.D.T - run.e, run.s @ run.C.T, atol=1e-12)


def test_a_seed_has_the_same_trajectory_in_every_ensemble_and_no_other_seed_has_it():
    alone = world(12, 1, train=200, test=120).trajectories[12]
    for name in FIELDS:
        mine = getattr(alone, name)
        np.testing.assert_array_equal(mine, getattr(SMALL.trajectories[12], name))
        assert np.abs(mine - getattr(SMALL.trajectories[11], name)).max() > 0.01


def test_trajectories_survive_a_file(tmp_path):
    path = tmp_path / "trajectories.npz"
    write_arrays(path, SMALL.arrays())
    again = World.from_arrays(SYSTEM, read_arrays(path))
    assert (again.train, again.test, list(again.trajectories)) == (200, 120, [11, 12, 13])
    member = Member(13, 4.0, 0.5)
    np.testing.assert_array_equal(again.observe(member), SMALL.observe(member))
    np.testing.assert_array_equal(again.signal([member]), SMALL.signal([member]))


@pytest.mark.parametrize("name", ["seeds", "train", *FIELDS])
def test_a_missing_array_is_named(name):
    arrays = SMALL.arrays()
    del arrays[name]
    with pytest.raises(InputError, match=rf"lack the array '{name}'"):
        World.from_arrays(SYSTEM, arrays)


def test_a_truncated_file_is_named(tmp_path):
    path = tmp_path / "trajectories.npz"
    write_arrays(path, SMALL.arrays())
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"trajectories\.npz: damaged"):
        read_arrays(path)


@pytest.mark.parametrize(("scale", "decibel"), [(0, 30), (4, -12), (8, -18)])
def test_the_signal_to_noise_ratio_is_that_of_the_experiments(scale, decibel):
    """Decibels as facts.md gives them, which puts signal and distractor at their stationary
    variances: 10 log10 of |C s|^2 over |sigma D d + e|^2, a mean over seeds."""
    noise, found = world(500, 10), []
    for seed, run in noise.trajectories.items():
        clean = run.s @ run.C.T
        rest = noise.observe(Member(seed, scale, 0.9)) - clean
        found.append(10 * np.log10(np.mean(clean**2) / np.mean(rest**2)))
    assert np.mean(found) == pytest.approx(decibel, abs=2)


@pytest.mark.parametrize("horizon", [1, 5, 20])
def test_the_limit_speaks_of_the_test_part_and_of_the_past_only(horizon):
    members = [Member(11, 2.0, 0.9)]

    def limit(x):
        return forecast_state(filtered(SMALL, members, x), SMALL.train, horizon).mean

    x = observed(SMALL, members)
    mean = limit(x)
    assert mean.shape == (1, SMALL.test - horizon, 4)
    later = x.copy()
    later[:, SMALL.train + 50 :] += 100.0  # what comes later than step 49 of the test part
    np.testing.assert_array_equal(limit(later)[:, :50], mean[:, :50])
    assert np.abs(limit(later)[:, 50] - mean[:, 50]).max() > 0.1


@pytest.mark.parametrize(
    "damage",
    [
        {"s": SMALL.arrays()["s"][:-1]},
        {"e": SMALL.arrays()["e"][:, :-1]},
        {"train": np.array(SMALL.train + SMALL.test)},
    ],
    ids=["a seed too few", "a step too few", "no test part"],
)
def test_arrays_that_do_not_fit_together_are_refused(damage):
    with pytest.raises(InputError, match="do not fit together"):
        World.from_arrays(SYSTEM, SMALL.arrays() | damage)
