"""Perturbations against SciPy, scikit-image, and what their definitions say."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage import morphology

from jepatlas.images.learning import perturb
from jepatlas.images.learning.perturb import alone


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def blobs(count, height=28, width=28, seed=0):
    """Smooth images `[count, 1, height, width]` in [0, 1], with strokes a few pixels wide."""
    noise = np.random.default_rng(seed).normal(size=(count, height, width))
    smooth = ndimage.gaussian_filter(noise, (0, 1.6, 1.6))
    smooth /= np.abs(smooth).max((1, 2), keepdims=True)
    return torch.tensor(np.clip(1.5 * smooth, 0, 1), dtype=torch.float32)[:, None]


@pytest.mark.parametrize("shape", [(28, 28), (20, 31)])
def test_warp_is_scipys_affine_transform(shape):
    images = blobs(6, *shape)
    rng = np.random.default_rng(1)
    forward = np.eye(2) + 0.3 * rng.normal(size=(6, 2, 2))
    shift = rng.uniform(-4, 4, (6, 2))
    found = perturb.warp(
        images, torch.tensor(forward, dtype=torch.float32), torch.tensor(shift).float()
    )
    centre = (np.array(shape) - 1) / 2
    for image, ours, matrix, moved in zip(images[:, 0], found[:, 0], forward, shift, strict=True):
        # SciPy maps (row, column) of the result to (row, column) of the input.
        backward = np.linalg.inv(matrix)[::-1, ::-1]
        offset = centre - backward @ (centre + moved[::-1])
        expected = ndimage.affine_transform(
            image.numpy(), backward, offset, order=1, mode="grid-constant"
        )
        np.testing.assert_allclose(ours, expected, atol=2e-5)


def test_linear_map_is_scale_rotation_shear():
    angle, shear, scale = 0.4, -0.2, 0.9
    expected = (
        scale
        * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        @ np.array([[1, math.tan(shear)], [0, 1]])
    )
    found = perturb.linear_map(*(torch.tensor([x]) for x in (angle, shear, scale)))
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)


def test_affine_keeps_within_its_amplitudes(monkeypatch):
    seen = {}

    def linear_map(rotation, shear, scale):
        seen.update(rotation=rotation, shear=shear, scale=scale)
        return torch.eye(2).expand(len(scale), 2, 2)

    def warp(images, forward, shift):
        seen.update(x=shift[:, 0], y=shift[:, 1])
        return images

    monkeypatch.setattr(perturb, "linear_map", linear_map)
    monkeypatch.setattr(perturb, "warp", warp)
    strength = 0.5
    perturb.affine(torch.zeros(4000, 1, 20, 40), strength, draws())
    ranges = {
        "rotation": (-math.radians(15), math.radians(15)),
        "shear": (-math.radians(7.5), math.radians(7.5)),
        "scale": (0.875, 1.05),
        "x": (-3, 3),  # 0.15 * strength of 40 pixels
        "y": (-1.5, 1.5),
    }
    for name, (low, high) in ranges.items():
        assert low <= seen[name].min() < low + 0.02 * (high - low), name
        assert high >= seen[name].max() > high - 0.02 * (high - low), name


@pytest.mark.parametrize("seed", range(3))
def test_dilation_and_grey_erosion_are_scikit_images(seed):
    images = blobs(5, seed=seed)
    square = np.ones((3, 3))
    for image, dilated, eroded in zip(
        images[:, 0].numpy(),
        perturb.dilation(images)[:, 0].numpy(),
        perturb.erosion(images)[:, 0].numpy(),
        strict=True,
    ):
        np.testing.assert_array_equal(dilated, morphology.dilation(image, square))
        np.testing.assert_array_equal(eroded, morphology.erosion(image, square))


@pytest.mark.parametrize("shape", [(28, 28), (9, 40), (64, 62), (12, 64)])
def test_thinning_is_scikit_images(shape):
    images = blobs(40, *shape, seed=3)
    found = perturb.erosion(images, "thinning")[:, 0].numpy()
    for image, ours in zip(images[:, 0].numpy(), found, strict=True):
        expected = morphology.thin(image > 0.5)
        np.testing.assert_array_equal(ours, expected)
    assert 0 < found.sum() < (images > 0.5).sum() / 2


def test_thinning_of_nothing_and_of_a_skeleton_change_nothing():
    empty = torch.zeros(2, 1, 28, 28)
    assert torch.equal(perturb.thinning(empty), empty)
    once = perturb.thinning(blobs(5))
    assert torch.equal(perturb.thinning(once), once)


def test_inversion():
    images = blobs(2)
    torch.testing.assert_close(perturb.inversion(images) + images, torch.ones_like(images))


def test_salt_and_pepper_change_their_share_of_the_pixels():
    grey = torch.full((200, 1, 28, 28), 0.5)
    found = perturb.salt_and_pepper(grey, 1, draws())
    deviation = math.sqrt(0.025 * 0.975 / grey.numel())
    for value in (0.0, 1.0):
        assert (found == value).float().mean() == pytest.approx(0.025, abs=4 * deviation)
    assert ((found == 0.5) | (found == 0) | (found == 1)).all()


def test_gaussian_noise_has_its_deviation_and_is_cut_off():
    grey = torch.full((200, 1, 28, 28), 0.5)
    small = perturb.gaussian(grey, 0.1, draws())
    assert small.std().item() == pytest.approx(0.03, rel=0.02)
    large = perturb.gaussian(grey, 1, draws())
    # P(|0.3 z| > 0.5) = 2 Phi(-5/3)
    cut = ((large == 0) | (large == 1)).float().mean().item()
    assert cut == pytest.approx(math.erfc(5 / 3 / math.sqrt(2)), abs=0.005)
    assert large.min() == 0
    assert large.max() == 1


@pytest.mark.parametrize("kind", ["grey", "thinning"])
def test_at_strength_zero_nothing_changes(kind):
    images = blobs(8)
    torch.testing.assert_close(perturb.perturb(images, 0, draws(), kind), images, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["grey", "thinning"])
def test_every_image_has_its_own_draw(kind):
    same = blobs(1).expand(64, 1, 28, 28)
    for name in ("affine", "salt_and_pepper", "gaussian", "all"):
        found = alone(kind)[name](same, draws()).flatten(1)
        assert len(found.unique(dim=0)) == 64, name


def test_perturb_chooses_morphology_by_thirds_and_inversion_by_halves(monkeypatch):
    for name in ("affine", "salt_and_pepper", "gaussian"):
        monkeypatch.setattr(perturb, name, lambda images, strength, generator: images)
    # A square of 9 pixels: one after erosion, 25 after dilation, and the rest of 49 when inverted.
    image = torch.zeros(1, 1, 7, 7)
    image[..., 2:5, 2:5] = 1
    found = perturb.perturb(image.repeat(6000, 1, 1, 1), 1, draws())
    sums, counts = found.sum((1, 2, 3)).round().unique(return_counts=True)
    assert sums.tolist() == [1, 9, 25, 24, 40, 48] or sums.tolist() == [1, 9, 24, 25, 40, 48]
    np.testing.assert_allclose(counts / 6000, 1 / 6, atol=4 * math.sqrt(5 / 36 / 6000))


def test_without_photometric_perturbations_only_shapes_change(monkeypatch):
    monkeypatch.setattr(perturb, "affine", lambda images, strength, generator: images)
    image = torch.zeros(1, 1, 7, 7)
    image[..., 2:5, 2:5] = 1
    found = perturb.perturb(image.repeat(600, 1, 1, 1), 1, draws(), photometric=0)
    sums, counts = found.sum((1, 2, 3)).unique(return_counts=True)
    assert sums.tolist() == [1, 9, 25]
    np.testing.assert_allclose(counts / 600, 1 / 3, atol=4 * math.sqrt(2 / 9 / 600))


def test_a_share_of_the_photometric_perturbations_is_that_strength_of_them(monkeypatch):
    given = []
    monkeypatch.setattr(perturb, "affine", lambda images, strength, generator: images)
    for name in ("salt_and_pepper", "gaussian"):
        monkeypatch.setattr(perturb, name, lambda images, s, generator: given.append(s) or images)
    found = perturb.perturb(torch.zeros(6000, 1, 3, 3), 0.8, draws(), photometric=0.5)
    assert given == [0.4, 0.4]
    inverted = found.mean().item()  # of images that are 0 without
    np.testing.assert_allclose(inverted, 0.2, atol=4 * math.sqrt(0.16 / 6000))


def test_the_same_generator_gives_the_same_images_and_the_global_one_is_left_alone():
    before = torch.random.get_rng_state()
    first, second, other = (perturb.perturb(blobs(4), 1, draws(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_values_stay_in_range_and_inputs_untouched():
    images = blobs(16)
    kept = images.clone()
    for name, change in alone("grey").items():
        found = change(images, draws())
        assert found.min() >= 0, name
        assert found.max() <= 1, name
    assert torch.equal(images, kept)
