"""Conditional means against sampling and the mixture's own, and regrets of predictors that are the
best by another way, or not."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from jepatlas.common.base.random import generator
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.fitting import fit
from jepatlas.mixture.measuring import prediction_regret
from jepatlas.mixture.measuring.conditional_laws import Laws, nodes
from jepatlas.mixture.measuring.prediction_regret import evaluate_prediction_regret
from jepatlas.mixture.methods import jepa, jepa_ema, jepa_masked, simsiam
from jepatlas.mixture.truth.views import Views
from jepatlas.objectives.prediction import paired_distance
from tests.mixture.worlds import MIXTURE, settings, world

MEMBERS, NOISE = 2, 0.8
WORLD = world(MEMBERS)
SETTINGS = settings(MEMBERS)
FIELDS: dict[str, Any] = {
    "steps": 100, "batch": 64, "learning_rate": 1e-3, "schedule": "constant", "noise": NOISE,
    "widths": (16, 6), "predictor": (16,),
}  # fmt: skip
SLOW = FIELDS | {"averaging": 0.9}
METHODS = {
    "jepa_ema": jepa_ema.Method(**SLOW),
    "jepa_masked": jepa_masked.Method(**SLOW),
    "simsiam": simsiam.Method(**FIELDS),
}
TRAIN = torch.tensor(WORLD.train, dtype=torch.float32)


def wave(x: np.ndarray) -> Tensor:
    """A known target: unit vectors that turn along the plane, and tell the components apart."""
    x = torch.as_tensor(x)
    z = torch.stack([x[..., 0].sin(), 1.5 + x[..., 1].cos(), x[..., 0].tanh()], dim=-1)
    return normalize(z, dim=-1)[None]


class Wave(nn.Module):
    """The same for networks, which have members."""

    def forward(self, x: Tensor) -> Tensor:
        return 3 * wave(x.numpy())[0]


class Best(nn.Module):
    """A predictor that is told the point: the conditional mean, by a fine grid of the plane and not
    by the laws that are under test."""

    def __init__(self, predicted: str) -> None:
        super().__init__()
        self.predicted = predicted
        line = np.linspace(-8, 8, 65)
        self.plane = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
        self.density = np.exp(MIXTURE.log_density(self.plane))

    def forward(self, told: Tensor) -> Tensor:
        seen = told[0].double().numpy()
        residuals = seen[:, None, :2] - self.plane
        if self.predicted == "moved":
            log_weights, density = -(residuals**2).sum(-1), 1.0
        else:  # the last two columns say what is masked
            visible = 1 - seen[:, None, 2:]
            log_weights, density = -(visible * residuals**2).sum(-1), self.density
        weights = np.exp(log_weights / NOISE**2 / 2) * density
        mean = torch.as_tensor(weights) @ wave(self.plane)[0]
        return mean.float().expand(len(told), -1, -1)


@pytest.fixture
def fewer(monkeypatch):
    """Pairs, as a grid of the plane for each takes its time."""
    monkeypatch.setattr(prediction_regret, "PAIRS", 1000)


# Conditional laws


@pytest.mark.parametrize("coordinates", [[0], [1], [0, 1]])
def test_what_is_behind_a_view_against_sampling(coordinates):
    """Of many pairs, those whose view is near to a place."""
    draws = np.random.default_rng(0)
    x, _ = MIXTURE.sample(2_000_000, draws)
    seen = (x + NOISE * draws.standard_normal(x.shape))[:, coordinates]
    places = np.array([[-1.5, 0.5], [0.0, 0.4], [1.0, -0.5]])[:, coordinates]
    found = Laws.behind(MIXTURE, places, NOISE, coordinates).mean(wave)[0].numpy()
    for place, mean in zip(places, found, strict=True):
        near = x[(np.abs(seen - place) < 0.06).all(-1)]
        sampled = wave(near)[0].numpy()
        error = sampled.std(axis=0) / np.sqrt(len(near))
        assert (np.abs(mean - sampled.mean(axis=0)) < 4 * error + 0.003).all()


def test_what_is_around_a_point_against_sampling():
    x = np.array([[-1.5, 0.5], [0.3, 0.0]])
    found = Laws.around(x, NOISE).mean(wave)[0].numpy()
    noise = NOISE * np.random.default_rng(0).standard_normal((200_000, 1, 2))
    sampled = wave(x + noise)[0].numpy()
    np.testing.assert_allclose(found, sampled.mean(axis=0), atol=0.006)


def test_shares_and_moments_are_the_mixtures_own():
    """Without noise: responsibilities, mean and variance of a masked coordinate."""
    seen = WORLD.test[0, :50]
    laws = Laws.behind(MIXTURE, seen[:, [1]], 0, [1])
    np.testing.assert_allclose(laws.shares.sum(-1), 1)
    mean, variance = MIXTURE.conditional_moments(seen, 0)
    found = laws.mean(lambda x: torch.as_tensor(np.stack([x[:, 0], x[:, 0] ** 2], -1))[None])
    first, second = found[0].numpy().T
    np.testing.assert_allclose(first, mean, atol=1e-3)
    np.testing.assert_allclose(second - first**2, variance, atol=5e-3)
    np.testing.assert_allclose(laws.means[..., 1], np.broadcast_to(seen[:, [1]], (50, 2)))


@pytest.mark.parametrize("spread", [0.05, 1.0, 3.0])
def test_nodes_have_the_moments_of_their_gaussian(spread):
    covariance = spread**2 * np.array([[1, 0.6], [0.6, 0.5]])
    places, weights = nodes(covariance)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights @ places, 0, atol=1e-12)
    np.testing.assert_allclose(np.einsum("n,ni,nj->ij", weights, places, places), covariance)


# Regret


@pytest.mark.parametrize("name", ["jepa_ema", "jepa_masked"])
def test_the_best_predictor_has_no_regret(name, fewer):
    """By the method's own loss, of networks that show the predictor the point itself."""
    predicted = "moved" if name == "jepa_ema" else "masked"
    networks = nn.ModuleDict(
        {"online": nn.Identity(), "average": Wave(), "predictor": Best(predicted)}
    )
    found = evaluate_prediction_regret(METHODS[name], networks, WORLD, SETTINGS)
    assert found["regret"]["mean"] == pytest.approx(0, abs=1e-4)
    assert 0.05 < found["exact_loss"]["mean"] < found["constant_loss"]["mean"] - 0.1


def test_the_best_predictor_of_both_views_is_the_best_of_each(fewer):
    """On the same pairs, with the conditional means by a grid."""
    networks = nn.ModuleDict({"online": Wave(), "predictor": nn.Identity()})
    found = evaluate_prediction_regret(METHODS["simsiam"], networks, WORLD, SETTINGS)
    of_members = []
    for member in range(MEMBERS):
        pairs = generator(0, member, "prediction regret")
        x, x_prime = Views(MIXTURE, NOISE).sample(1000, pairs)
        forth = Best("moved")(torch.as_tensor(x)[None])
        open_ = torch.cat([torch.as_tensor(x_prime), torch.zeros(len(x), 2)], dim=-1)
        back = Best("masked")(open_[None])
        both = paired_distance(forth, wave(x_prime)), paired_distance(back, wave(x))
        of_members.append(sum(both).item() / 2)
    assert found["exact_loss"]["members"] == pytest.approx(of_members, abs=1e-4)
    assert len(set(of_members)) == MEMBERS
    assert found["regret"]["mean"] > 0.01


@pytest.mark.parametrize("name", METHODS)
def test_no_trained_predictor_does_better(name):
    method = METHODS[name]
    networks = method.networks(TRAIN, Draws(0, MEMBERS, "weights"))
    trained = fit("test", method, TRAIN, seed=0, snapshots=2)
    found = []
    for state in (networks.state_dict(), trained.final):
        networks.load_state_dict(state)
        with torch.no_grad():
            found.append(evaluate_prediction_regret(method, networks, WORLD, SETTINGS))
    for one in found:
        assert one["regret"]["min"] > -1e-3 * one["exact_loss"]["max"]
        assert one["constant_loss"]["min"] > one["exact_loss"]["min"]
        difference = one["loss"]["mean"] - one["exact_loss"]["mean"]
        assert one["regret"]["mean"] == pytest.approx(difference)
    before, after = (one["regret"]["mean"] for one in found)
    assert after < before


def test_a_constant_target_is_predicted_without_regret():
    class Constant(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.ones(*x.shape[:2], 6)

    networks = nn.ModuleDict({"online": Constant(), "predictor": nn.Identity()})
    found = evaluate_prediction_regret(METHODS["simsiam"], networks, WORLD, SETTINGS)
    assert found["regret"]["mean"] == pytest.approx(0, abs=1e-6)
    assert found["constant_loss"]["mean"] == pytest.approx(0, abs=1e-6)


# Methods without


class Own(jepa_ema.Method):
    """Its prediction is of another kind."""

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        x, x_prime = self.views(batch, draws)
        prediction = networks["predictor"](self.embed(networks, x))
        return (prediction - self.embed_reference(networks, x_prime)).square().sum(-1).mean(-1)


class Told(jepa_ema.Method):
    """Its predictor is told how far the view was moved, beside the embedding."""

    def told(self, dimension: int) -> int:
        return dimension

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        x, x_prime = self.views(batch, draws)
        told = torch.cat([self.embed(networks, x), x_prime - x], dim=-1)
        return paired_distance(networks["predictor"](told), self.embed_reference(networks, x_prime))


def test_what_is_not_known_has_no_entry():
    plain = jepa.Method(**{k: v for k, v in FIELDS.items() if k != "predictor"})
    for method in (plain, Own(**SLOW), Told(**SLOW), jepa_ema.Method(**SLOW | {"noise": 0})):
        networks = method.networks(TRAIN, Draws(0, MEMBERS, "weights"))
        with torch.no_grad():
            assert evaluate_prediction_regret(method, networks, WORLD, SETTINGS) == {}
