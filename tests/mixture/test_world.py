"""The points of the mixture track: whose they are, and what comes back from a file."""

import numpy as np
import pytest

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import read_arrays, write_arrays
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Data
from jepatlas.mixture.truth.world import World

# Far apart and narrow, so that a point tells its component.
CORNERS = np.array([[-50.0, 0.0], [50.0, 0.0], [0.0, 50.0]])
MIXTURE = Mixture([0.5, 0.3, 0.2], CORNERS, [np.eye(2)] * 3)
DATA = Data(train=300, probe=200, test=100)


def world(members: int = 3, seed: int = 0, data: Data = DATA) -> World:
    return World.draw(MIXTURE, data, members, seed)


def test_shapes():
    drawn = world()
    assert drawn.train.shape == (3, 300, 2)
    assert drawn.probe.shape == (3, 200, 2)
    assert drawn.test.shape == (3, 100, 2)
    assert drawn.probe_components.shape == (3, 200)
    assert drawn.test_components.shape == (3, 100)


@pytest.mark.parametrize("part", ["probe", "test"])
def test_components_are_those_of_the_points(part):
    points, components = getattr(world(), part), getattr(world(), f"{part}_components")
    nearest = ((points[:, :, None] - CORNERS) ** 2).sum(axis=-1).argmin(axis=-1)
    np.testing.assert_array_equal(components, nearest)
    assert all(set(member) == {0, 1, 2} for member in components)


def test_points_follow_the_mixture():
    """Of each member, with its own luck."""
    drawn = world(members=8)
    for points in [*drawn.train, *drawn.probe, *drawn.test]:
        nearest = ((points[:, None] - CORNERS) ** 2).sum(axis=-1).argmin(axis=1)
        share = np.bincount(nearest, minlength=3) / len(points)
        errors = np.sqrt(MIXTURE.weights * (1 - MIXTURE.weights) / len(points))
        assert np.all(np.abs(share - MIXTURE.weights) < 4 * errors)
        white = points - CORNERS[nearest]
        assert np.all(np.abs(white.mean(axis=0)) < 4 / np.sqrt(len(points)))


def test_no_point_is_shared():
    drawn = world(members=4)
    points = np.concatenate([*drawn.train, *drawn.probe, *drawn.test])
    assert len(np.unique(points)) == points.size


def test_the_seed_decides():
    first, again, other = world(seed=1), world(seed=1), world(seed=2)
    for name, array in first.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])
    for part in ("train", "probe", "test"):
        assert not np.isin(getattr(first, part), getattr(other, part)).any()


def test_a_member_has_the_same_points_alone_or_among_others():
    few, many = world(members=2), world(members=5)
    for part in ("train", "probe", "probe_components", "test", "test_components"):
        np.testing.assert_array_equal(getattr(few, part), getattr(many, part)[:2])


@pytest.mark.parametrize("part", ["train", "probe", "test"])
def test_the_size_of_one_part_does_not_change_the_others(part):
    changed = world(data=DATA.model_copy(update={part: 150}))
    for other in {"train", "probe", "test"} - {part}:
        np.testing.assert_array_equal(getattr(changed, other), getattr(world(), other))


def test_round_trip(tmp_path):
    drawn = world()
    write_arrays(tmp_path / "points.npz", drawn.arrays())
    loaded = World.from_arrays(read_arrays(tmp_path / "points.npz"))
    for name, array in drawn.arrays().items():
        np.testing.assert_array_equal(loaded.arrays()[name], array)
    x = drawn.test[0, :5]
    np.testing.assert_array_equal(loaded.mixture.log_density(x), MIXTURE.log_density(x))


@pytest.mark.parametrize("name", sorted(world(members=1).arrays()))
def test_a_missing_array_is_named(name):
    arrays = world().arrays()
    del arrays[name]
    with pytest.raises(InputError, match=rf"lack the array '{name}'$"):
        World.from_arrays(arrays)
