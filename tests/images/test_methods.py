"""The methods: what their losses are, what they share, and that they learn."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity

from jepatlas.common.base.parameters import InputError, value
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.methods import names
from jepatlas.common.learning.trained import Trained
from jepatlas.images import methods
from jepatlas.images.learning import perturb
from jepatlas.images.learning.fitting import concatenated, embedded, fit, initial, restored
from jepatlas.images.learning.method import Pairs, TwoViews
from jepatlas.images.learning.networks import Decoder, Encoder
from jepatlas.images.methods import (
    barlow_twins,
    contrastive,
    jepa,
    jepa_sigreg,
    lejepa,
    vicreg,
)
from jepatlas.images.truth.world import Images
from jepatlas.objectives.sigreg import sigreg
from tests.images.worlds import CPU, SHARED, stroke_world, strokes

METHODS = {
    "jepa": jepa.Method(family="prediction", averaging=0.9, predictor=(16,), **SHARED),
    "lejepa": lejepa.Method(family="sigreg", expander=(16, 8), trade_off=0.05, slices=16, **SHARED),
    "vicreg": vicreg.Method(
        family="decorrelation", expander=(), invariance=25, variance=25, covariance=1, **SHARED
    ),
    "jepa_sigreg": jepa_sigreg.Method(
        family="sigreg", predictor=(16,), trade_off=0.05, slices=16, **SHARED
    ),
    "contrastive": contrastive.Method(
        family="contrastive", expander=(16, 8), temperature=0.5, **SHARED
    ),
    "barlow_twins": barlow_twins.Method(
        family="decorrelation", expander=(16, 8), redundancy=0.1, **SHARED
    ),
}
TWO_VIEWS = [name for name, method in METHODS.items() if isinstance(method, TwoViews)]


def test_every_method_has_its_recipe_in_the_parameters():
    assert sorted(value("images.methods")) == names(methods)


def batch(n=16, members=1):
    """`[members, n, 1, 28, 28]`, other images for each member."""
    return torch.stack([CPU.images(strokes(n, seed)[0]) for seed in range(members)])


def networks_of(method, members=(0,), seed=0):
    return initial(method, stroke_world(), seed, members, CPU)


def draws(members=(0,)):
    return Draws(0, list(members), "perturbations")


def normal_after_perturbing(method, images):
    """The directions of SIGReg that are drawn after the perturbation of `images`."""
    source = draws()
    method.perturb(images, 0, source)
    return source.normal(method.dim, method.slices)


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Trains from scratch: in a folder of its own, which is where checkpoints go."""
    folders = iter(range(100))

    def train(method, images, seed=0, snapshots=2, members=(0,), report=lambda row: None):
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        monkeypatch.chdir(folder)
        return fit("method", method, images, seed, members, snapshots, CPU, report)

    return train


@pytest.mark.parametrize("channels", [(4,), (4, 8), (4, 8, 16), (2, 2, 2, 2, 2)])
@pytest.mark.parametrize("convolutions", [1, 2])
def test_encoder_halves_the_side_with_each_block(channels, convolutions):
    encoder = Encoder((28, 28), channels, convolutions, 12)
    kernels = [layer for layer in encoder.layers if isinstance(layer, torch.nn.Conv2d)]
    assert len(kernels) == 1 + convolutions * (len(channels) - 1)
    assert encoder(batch()[0]).shape == (16, 12)
    side = 28
    for _ in channels:
        side = -(-side // 2)
    affine = encoder.layers[-2]
    assert affine.in_features == channels[-1] * side**2


def test_embeddings_are_normalised():
    z = Encoder((28, 28), (4, 8), 1, 12)(batch()[0])
    torch.testing.assert_close(z.mean(1), torch.zeros(16), atol=1e-5, rtol=0)
    torch.testing.assert_close(z.var(1, correction=0), torch.ones(16), atol=1e-2, rtol=0)


@pytest.mark.parametrize("shape", [(28, 28), (8, 8), (17, 40), (64, 64)])
def test_networks_take_and_give_images_of_any_size(shape):
    images = torch.rand(3, 1, *shape)
    assert Encoder(shape, (4, 8, 8), 1, 12)(images).shape == (3, 12)
    decoded = Decoder(shape, 12)(torch.randn(5, 12))
    assert decoded.shape == (5, 1, *shape)
    assert decoded.min() >= 0
    assert decoded.max() <= 1


def test_the_decoder_of_28_x_28_is_the_published_one():
    shapes = {name: tuple(p.shape) for name, p in Decoder((28, 28), 128).named_parameters()}
    assert shapes["layers.0.weight"] == (64 * 7 * 7, 128)
    assert shapes["layers.3.weight"] == (64, 32, 4, 4)
    assert shapes["layers.5.weight"] == (32, 1, 4, 4)


def test_jepas_loss_is_one_minus_the_cosine_to_the_target_of_the_clean_partner():
    method, members = METHODS["jepa"], (0, 1)
    networks = networks_of(method, members)
    images, partners = batch(16, 2), batch(32, 2)[:, 16:]
    found = method.loss(networks, Pairs(images, partners, 0.7), draws(members))
    assert found.shape == (2,)
    for k, generator in enumerate(draws(members).generators):
        views = perturb.perturb(images[k], 0.7, generator, "thinning")
        part = {name: networks[name].members[k] for name in networks}
        prediction = part["predictor"](part["online"](views))
        expected = 1 - cosine_similarity(prediction, part["average"](partners[k])).mean()
        torch.testing.assert_close(found[k], expected)
    found.sum().backward()
    assert all(p.grad is None for p in networks["average"].parameters())
    assert all(p.grad is not None for p in networks["online"].parameters())


def test_jepa_sigregs_loss_is_of_one_encoder_that_the_gradient_reaches_both_ways():
    method = METHODS["jepa_sigreg"].model_copy(update={"trade_off": 0})
    networks = networks_of(method)
    images, partners = batch(32).chunk(2, dim=1)
    found = method.loss(networks, Pairs(images, partners, 0.7), draws())
    views = perturb.perturb(images[0], 0.7, draws().generators[0], "thinning")
    online, predictor = (networks[name].members[0] for name in ("online", "predictor"))
    z, target = online(torch.cat([views, partners[0]])).chunk(2)
    expected = (predictor(z) - target).square().mean()
    torch.testing.assert_close(found[0], expected)
    direct, by_hand = (
        torch.autograd.grad(loss, online.parameters()) for loss in (found[0], expected)
    )
    torch.testing.assert_close(direct, by_hand)


def test_jepa_sigreg_holds_both_views_to_a_gaussian():
    method = METHODS["jepa_sigreg"]
    networks = networks_of(method)
    images, partners = batch(32).chunk(2, dim=1)
    losses = [
        method.model_copy(update={"trade_off": t}).loss(
            networks, Pairs(images, partners, 0), draws()
        )
        for t in (0, 0.5, 1)
    ]
    torch.testing.assert_close(losses[1], (losses[0] + losses[2]) / 2)
    z, target = method.embed(networks, torch.cat([images, partners], 1)).chunk(2, dim=1)
    directions = normal_after_perturbing(method, images)
    expected = (sigreg(z, directions) + sigreg(target, directions)) / 2
    torch.testing.assert_close(losses[2], expected)


@pytest.mark.parametrize("name", TWO_VIEWS)
def test_two_views_are_two_draws(name):
    method, networks = METHODS[name], networks_of(METHODS[name])
    first, second = method.views(networks, Pairs(batch(), batch(), 1), draws())
    assert first.shape == second.shape
    assert first.shape[:2] == (1, 16)
    assert not torch.allclose(first, second)
    # Without perturbation both views are the image, so the disagreement vanishes.
    same, again = method.views(networks, Pairs(batch(), batch(), 0), draws())
    torch.testing.assert_close(same, again, atol=1e-3, rtol=0)


@pytest.mark.parametrize("name", TWO_VIEWS)
def test_the_second_view_is_of_the_partner(name):
    method, networks = METHODS[name], networks_of(METHODS[name])
    images, partners = batch(32).chunk(2, dim=1)
    views = method.views(networks, Pairs(images, partners, 0), draws())
    exchanged = method.views(networks, Pairs(partners, images, 0), draws())
    torch.testing.assert_close(views, exchanged[::-1], atol=1e-3, rtol=0)


@pytest.mark.parametrize("name", METHODS)
def test_members_learn_each_for_itself(name):
    method, members = METHODS[name], (0, 1)
    networks = networks_of(method, members)
    z = method.embed(networks, batch().expand(2, -1, -1, -1, -1))
    assert not torch.allclose(z[0], z[1])
    # The gradient of the first loss reaches the first member alone.
    losses = method.loss(networks, Pairs(batch(16, 2), batch(16, 2), 0.7), draws(members))
    losses[0].backward()
    for key, parameter in networks.named_parameters():
        if parameter.requires_grad:
            reached = parameter.grad is not None and bool(parameter.grad.any())
            assert reached == (".members.0." in key), key


@pytest.mark.parametrize(
    ("name", "size"), [*((name, 1) for name in METHODS), ("jepa", 2), ("lejepa", 2)]
)
def test_what_one_member_gives_alone_it_gives_among_others(name, size, trained):
    method = METHODS[name].model_copy(update={"ensemble_size": size, "neighbours": 2})
    together = trained(method, stroke_world(), members=(0, 1, 2))
    alone = trained(method, stroke_world(), members=(1,))
    for key, tensor in alone.final.items():
        part, _, rest = key.partition(".members.")
        number, _, rest = rest.partition(".")
        other = f"{part}.members.{int(number) + size}.{rest}"
        assert torch.equal(tensor, together.final[other]), key
    for curve, values in alone.curves.items():
        assert torch.equal(values, together.curves[curve][:, 1:2])


def test_an_ensemble_concatenates_its_embeddings():
    method = METHODS["jepa"].model_copy(update={"ensemble_size": 2})
    networks = networks_of(method, (0, 1)).eval()
    images = strokes(12)[0]
    z = embedded(method.embed, method, networks, images, CPU, 2)
    assert z.shape == (2, 12, 16)
    with torch.no_grad():
        for member in range(2):
            for place in range(2):
                network = networks["online"].members[2 * member + place]
                own = network(CPU.images(images)).numpy()
                found = z[member][:, 8 * place : 8 * place + 8]
                np.testing.assert_allclose(found, own, atol=1e-5)
    with pytest.raises(ValueError, match="reshape"):
        concatenated(np.zeros((3, 4, 8)), method)


def test_all_members_are_trained(trained):
    method = METHODS["jepa"].model_copy(update={"ensemble_size": 2, "neighbours": 3, "epochs": 5})
    rows = []
    result = trained(method, stroke_world(), members=(0, 1), report=rows.append)
    start = networks_of(method, (0, 1)).state_dict()
    for key, tensor in result.final.items():
        assert tensor.shape == start[key].shape
        if key.endswith("weight"):
            assert not torch.equal(tensor, start[key]), key
    assert rows[-1]["knn_accuracy"].shape == (2,)
    assert (rows[-1]["knn_accuracy"] > 0.9).all()  # chance: 0.5


def test_strength_rises_linearly_from_nothing(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    found = []

    def loss(self, networks, batch, draws):
        found.append(batch.strength)
        return networks["online"](batch.images).square().mean((1, 2))

    monkeypatch.setattr(vicreg.Method, "loss", loss)
    fit("vicreg", METHODS["vicreg"], stroke_world(), 0, (0,), 2, CPU, lambda row: None)
    steps = 2 * (220 // 32)
    np.testing.assert_allclose(found, 0.8 * np.arange(steps) / steps)


@pytest.mark.parametrize("name", METHODS)
def test_training_learns_without_labels_and_repeats_itself(name, trained):
    method = METHODS[name].model_copy(update={"epochs": 5})
    rows = []
    first = trained(method, stroke_world(), 3, 3, report=rows.append)
    assert [set(row) for row in rows] == [{"loss", "knn_accuracy"}] * 5
    assert rows[-1]["knn_accuracy"] > 0.9  # chance: 0.5
    assert set(first.snapshots) == {0, 6, 30}  # six steps an epoch
    again = trained(method, stroke_world(), 3, 3)
    for key, tensor in first.final.items():
        assert torch.equal(tensor, again.final[key]), key


@pytest.mark.parametrize("name", METHODS)
def test_neighbours_are_learned_from(name, trained):
    without, with_ = (
        trained(METHODS[name].model_copy(update={"neighbours": count}), stroke_world()).final
        for count in (0, 3)
    )
    assert any(not torch.equal(tensor, with_[key]) for key, tensor in without.items())


def test_the_neighbours_of_all_networks_are_found_in_one_pass_per_epoch(trained, monkeypatch):
    passes = []

    def counted(self, networks, images):
        if not networks.training and images.shape[1] == 220:  # those that are trained on
            passes.append(len(images))
        return networks["online"](images)

    monkeypatch.setattr(vicreg.Method, "embed", counted)
    update = {"neighbours": 3, "ensemble_size": 2, "epochs": 3}
    trained(METHODS["vicreg"].model_copy(update=update), stroke_world(), members=(0, 1))
    curves, partners = [4] * 3, [4] * 2  # no partners in the first epoch
    assert passes == curves + partners


@pytest.mark.parametrize("neighbours", [0, 3])
def test_labels_do_not_take_part_in_training(trained, neighbours):
    images = stroke_world()
    method = METHODS["jepa"].model_copy(update={"neighbours": neighbours})
    other = Images(**vars(images) | {"train_labels": images.train_labels[::-1].copy()})
    first, second = (trained(method, given).final for given in (images, other))
    for key, tensor in first.items():
        assert torch.equal(tensor, second[key]), key


@pytest.mark.parametrize("neighbours", [0, 3])
def test_held_out_and_test_images_do_not_take_part_in_training(trained, neighbours):
    images = stroke_world()
    method = METHODS["vicreg"].model_copy(update={"neighbours": neighbours})
    noise = np.random.default_rng(0).integers(256, size=images.train.shape).astype(np.uint8)
    train = np.concatenate([images.train[:220], noise[220:]])
    other = Images(**vars(images) | {"train": train, "test": noise[:60]})
    first, second = (trained(method, given).final for given in (images, other))
    for key, tensor in first.items():
        assert torch.equal(tensor, second[key]), key


def test_trained_networks_come_back_from_disk(tmp_path, trained):
    method = METHODS["jepa"]
    stored = trained(method, stroke_world(), snapshots=3)
    stored.save(tmp_path / "jepa.safetensors")
    back = Trained.load(tmp_path / "jepa.safetensors")
    assert list(back.snapshots) == sorted(stored.snapshots)
    found = restored(method, back, stroke_world(), 1, (0,), CPU)
    assert not found.training
    for key, tensor in stored.final.items():
        assert torch.equal(found.state_dict()[key], tensor), key
    assert all(key.startswith("online.") for key in back.snapshots[0])


def test_weights_of_other_networks_are_refused():
    other = networks_of(METHODS["vicreg"]).state_dict()
    trained = Trained(other, {}, torch.zeros(1), {})
    with pytest.raises(InputError, match="do not fit the networks"):
        restored(METHODS["jepa"], trained, stroke_world(), 0, (0,), CPU)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"batch": 221}, r"jepa\.batch: .*at most the 220 images .* is 221"),
        ({"neighbours": 220}, r"jepa\.neighbours: .*less than the 220 images .* is 220"),
    ],
)
def test_what_asks_for_more_images_than_there_are_is_refused(change, said):
    method = METHODS["jepa"].model_copy(update=change)
    with pytest.raises(InputError, match=said):
        fit("jepa", method, stroke_world(), 0, (0,), 2, CPU, lambda row: None)


def test_weights_depend_on_the_seed_and_leave_the_global_generator_alone():
    before = torch.random.get_rng_state()
    first, second, other = (networks_of(METHODS["jepa"], seed=k).state_dict() for k in (0, 0, 1))
    key = "online.members.0.layers.0.weight"
    assert torch.equal(first[key], second[key])
    assert not torch.equal(first[key], other[key])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_apply_in_chunks_is_apply_at_once(monkeypatch):
    encoder = Encoder((28, 28), (4, 8), 1, 12).eval()
    images = strokes(25)[0]
    monkeypatch.setattr("jepatlas.images.learning.machine.CHUNK", 7)
    with torch.no_grad():
        expected = encoder(CPU.images(images)).numpy()
    found = CPU.apply(lambda x: torch.stack([encoder(one) for one in x]), images, 2)
    np.testing.assert_allclose(found, np.stack([expected, expected]), atol=1e-5)


def test_every_method_has_a_module():
    assert names(methods) == sorted(METHODS)
