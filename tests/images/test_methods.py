"""The methods: what their losses are, what they share, and that they learn."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity

from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning.methods import names
from jepatlas.images import methods
from jepatlas.images.learning import members, perturb
from jepatlas.images.learning.fitting import Machine, Trained, fit, initial, restored
from jepatlas.images.learning.method import Pairs
from jepatlas.images.learning.networks import Decoder, Encoder
from jepatlas.images.methods import jepa, lejepa, vicreg
from jepatlas.images.truth.world import Images

CPU = Machine(torch.device("cpu"), bfloat16=False)
SHARED = {
    "epochs": 2,
    "batch": 32,
    "learning_rate": 0.01,
    "weight_decay": 0.01,
    "members": 1,
    "channels": (4, 8),
    "convolutions": 1,
    "dim": 8,
    "strength": 0.8,
    "photometric": 1,
    "erosion": "thinning",
    "neighbours": 0,
}
METHODS = {
    "jepa": jepa.Method(family="prediction", averaging=0.9, predictor=(16,), **SHARED),
    "lejepa": lejepa.Method(family="sigreg", expander=(16, 8), trade_off=0.05, slices=16, **SHARED),
    "vicreg": vicreg.Method(
        family="decorrelation", expander=(), invariance=25, variance=25, covariance=1, **SHARED
    ),
}


def strokes(n, seed=0):
    """Vertical and horizontal bars, and which they are: uint8 `[n, 28, 28]`, `[n]`."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=n).astype(np.uint8)
    images = np.zeros((n, 28, 28), np.uint8)
    for image, label, start in zip(images, labels, rng.integers(10, 16, n), strict=True):
        image[4:24, start : start + 3] = 255
        if label:
            image[:] = image.T
    return images, labels


def world(n=240):
    return Images("digits", *strokes(n), *strokes(60, seed=1))


def batch(n=16):
    return CPU.images(strokes(n)[0])


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Trains from the start: in a folder of its own, which is where checkpoints go."""
    folders = iter(range(100))

    def train(method, images, seed=0, snapshots=2, report=lambda row: None):
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        monkeypatch.chdir(folder)
        return fit(method, images, seed, snapshots, CPU, "method", report)

    return train


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("channels", [(4,), (4, 8), (4, 8, 16), (2, 2, 2, 2, 2)])
@pytest.mark.parametrize("convolutions", [1, 2])
def test_encoder_halves_the_side_with_each_stage(channels, convolutions):
    encoder = Encoder(channels, convolutions, 12)
    kernels = [layer for layer in encoder.layers if isinstance(layer, torch.nn.Conv2d)]
    assert len(kernels) == 1 + convolutions * (len(channels) - 1)
    assert encoder(batch()).shape == (16, 12)
    side = 28
    for _ in channels:
        side = -(-side // 2)
    affine = encoder.layers[-2]
    assert affine.in_features == channels[-1] * side**2


def test_embeddings_are_normalised():
    z = Encoder((4, 8), 1, 12)(batch())
    torch.testing.assert_close(z.mean(1), torch.zeros(16), atol=1e-5, rtol=0)
    torch.testing.assert_close(z.var(1, correction=0), torch.ones(16), atol=1e-2, rtol=0)


def test_decoder_gives_images():
    images = Decoder(12)(torch.randn(5, 12))
    assert images.shape == (5, 1, 28, 28)
    assert images.min() >= 0
    assert images.max() <= 1


def test_jepas_loss_is_one_minus_the_cosine_to_the_target_of_the_clean_partner():
    method = METHODS["jepa"]
    (networks,) = members.each(initial(method, 0, CPU))
    partners = batch(32)[16:]
    found = method.loss(networks, Pairs(batch(), partners, 0.7, generator()))
    views = perturb.perturb(batch(), 0.7, generator(), "thinning")
    prediction = networks["predictor"](networks["online"](views))
    expected = 1 - cosine_similarity(prediction, networks["average"](partners)).mean()
    torch.testing.assert_close(found, expected)
    found.backward()
    assert all(p.grad is None for p in networks["average"].parameters())
    assert all(p.grad is not None for p in networks["online"].parameters())


@pytest.mark.parametrize("name", ["lejepa", "vicreg"])
def test_two_views_are_two_draws(name):
    method = METHODS[name]
    (networks,) = members.each(initial(method, 0, CPU))
    first, second = method.views(networks, Pairs(batch(), batch(), 1, generator()))
    assert first.shape == second.shape
    assert first.shape[:2] == (1, 16)
    assert not torch.allclose(first, second)
    # Without perturbation both views are the image, so the disagreement vanishes.
    same, again = method.views(networks, Pairs(batch(), batch(), 0, generator()))
    torch.testing.assert_close(same, again, atol=1e-3, rtol=0)


@pytest.mark.parametrize("name", ["lejepa", "vicreg"])
def test_the_second_view_is_of_the_partner(name):
    method = METHODS[name]
    (networks,) = members.each(initial(method, 0, CPU))
    images, partners = batch(32).chunk(2)
    views = method.views(networks, Pairs(images, partners, 0, generator()))
    exchanged = method.views(networks, Pairs(partners, images, 0, generator()))
    torch.testing.assert_close(views, exchanged[::-1], atol=1e-3, rtol=0)


@pytest.mark.parametrize("name", METHODS)
def test_members_learn_each_for_itself(name):
    method = METHODS[name].model_copy(update={"members": 2})
    networks = initial(method, 0, CPU)
    first, second = members.each(networks)
    z, z_second = method.embed(first, batch()), method.embed(second, batch())
    assert not torch.allclose(z, z_second)
    joint = members.row(method.embed, networks)
    torch.testing.assert_close(joint(batch()), torch.cat([z, z_second], 1))
    # The gradient of the sum is each member's own, for draws in their order.
    draws = generator()
    losses = [
        method.loss(member, Pairs(batch(), batch(), 0.7, draws)) for member in (first, second)
    ]
    sum(losses).backward()
    found = [p.grad.clone() for p in first.parameters() if p.requires_grad]
    networks.zero_grad()
    method.loss(first, Pairs(batch(), batch(), 0.7, generator())).backward()
    torch.testing.assert_close(found, [p.grad for p in first.parameters() if p.requires_grad])
    assert all(p.grad is None for p in second.parameters())


def test_all_members_are_trained(trained):
    method = METHODS["jepa"].model_copy(update={"members": 2, "neighbours": 3, "epochs": 5})
    rows = []
    result = trained(method, world(), 0, 2, rows.append)
    start = initial(method, 0, CPU).state_dict()
    for key, tensor in result.final.items():
        assert tensor.shape == start[key].shape
        if key.endswith("weight"):
            assert not torch.equal(tensor, start[key]), key
    assert rows[-1]["knn_accuracy"] > 0.9  # chance: 0.5


def test_strength_rises_linearly_from_nothing(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    found = []

    def loss(self, networks, pairs):
        found.append(pairs.strength)
        return networks["online"](pairs.images).square().mean()

    monkeypatch.setattr(vicreg.Method, "loss", loss)
    fit(METHODS["vicreg"], world(), 0, 2, CPU, "vicreg", lambda row: None)
    steps = 2 * (220 // 32)
    np.testing.assert_allclose(found, 0.8 * np.arange(steps) / steps)


@pytest.mark.parametrize("name", METHODS)
def test_training_learns_without_labels_and_repeats_itself(name, trained):
    method = METHODS[name].model_copy(update={"epochs": 5})
    rows = []
    first = trained(method, world(), 3, 3, rows.append)
    assert [set(row) for row in rows] == [{"loss", "knn_accuracy"}] * 5
    assert rows[-1]["knn_accuracy"] > 0.9  # chance: 0.5
    assert set(first.snapshots) == {0, 1, 5}
    again = trained(method, world(), 3, 3)
    for key, tensor in first.final.items():
        assert torch.equal(tensor, again.final[key]), key


@pytest.mark.parametrize("neighbours", [0, 3])
def test_labels_do_not_take_part_in_training(trained, neighbours):
    images = world()
    method = METHODS["jepa"].model_copy(update={"neighbours": neighbours})
    other = Images(**vars(images) | {"train_labels": images.train_labels[::-1].copy()})
    first, second = (trained(method, given).final for given in (images, other))
    for key, tensor in first.items():
        assert torch.equal(tensor, second[key]), key


@pytest.mark.parametrize("neighbours", [0, 3])
def test_held_out_and_test_images_do_not_take_part_in_training(trained, neighbours):
    images = world()
    method = METHODS["vicreg"].model_copy(update={"neighbours": neighbours})
    noise = np.random.default_rng(0).integers(256, size=images.train.shape).astype(np.uint8)
    train = np.concatenate([images.train[:220], noise[220:]])
    other = Images(**vars(images) | {"train": train, "test": noise[:60]})
    first, second = (trained(method, given).final for given in (images, other))
    for key, tensor in first.items():
        assert torch.equal(tensor, second[key]), key


def test_trained_networks_come_back_from_disk(tmp_path):
    method = METHODS["jepa"]
    networks = initial(method, 0, CPU)
    snapshots = {
        epoch: {k: v + epoch for k, v in networks["online"].state_dict().items()}
        for epoch in (0, 12, 3)
    }
    stored = Trained(networks.state_dict(), snapshots)
    stored.save(tmp_path / "jepa.safetensors")
    back = Trained.load(tmp_path / "jepa.safetensors")
    assert list(back.snapshots) == [0, 3, 12]
    assert torch.equal(back.snapshots[12]["0.layers.0.weight"], snapshots[12]["0.layers.0.weight"])
    found = restored(method, back, 1, CPU)
    assert not found.training
    for key, tensor in networks.state_dict().items():
        assert torch.equal(found.state_dict()[key], tensor), key


def test_weights_of_other_networks_are_refused():
    trained = Trained(initial(METHODS["vicreg"], 0, CPU).state_dict(), {})
    with pytest.raises(InputError, match="do not fit the networks"):
        restored(METHODS["jepa"], trained, 0, CPU)


def test_a_batch_larger_than_the_data_is_refused():
    method = METHODS["jepa"].model_copy(update={"batch": 221})
    with pytest.raises(InputError, match=r"jepa\.batch: .*at most the 220 images .* is 221"):
        fit(method, world(), 0, 2, CPU, "jepa", lambda row: None)


def test_weights_depend_on_the_seed_and_leave_the_global_generator_alone():
    before = torch.random.get_rng_state()
    first, second, other = (initial(METHODS["jepa"], seed, CPU).state_dict() for seed in (0, 0, 1))
    key = "online.0.layers.0.weight"
    assert torch.equal(first[key], second[key])
    assert not torch.equal(first[key], other[key])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_apply_in_chunks_is_apply_at_once(monkeypatch):
    encoder = Encoder((4, 8), 1, 12).eval()
    images = strokes(25)[0]
    monkeypatch.setattr("jepatlas.images.learning.fitting.CHUNK", 7)
    with torch.no_grad():
        expected = encoder(CPU.images(images)).numpy()
    np.testing.assert_allclose(CPU.apply(encoder, images), expected, atol=1e-5)


def test_every_method_has_a_module():
    assert names(methods) == sorted(METHODS)
