"""The exact energy against derivatives by torch, and regrets against the theorems about them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import ScoreMatching
from jepatlas.mixture.learning.networks import Standardize
from jepatlas.mixture.measuring import score_regret
from jepatlas.mixture.measuring.exact_energy import ExactEnergy
from jepatlas.mixture.measuring.score_regret import evaluate_score_regret, losses_of
from jepatlas.mixture.methods import dsm, energy, ism, nce, ssm
from jepatlas.mixture.truth.mixture import Mixture
from tests.mixture.worlds import MIXTURE, settings, world

MEMBERS, SIGMA = 3, 0.7
OTHER = Mixture([0.5, 0.5], [[-1.8, 0], [2, 1.3]], [1.2 * np.eye(2), [[1, 0.3], [0.3, 1]]])
WORLD = world(MEMBERS)
SETTINGS = settings(MEMBERS)
FIELDS: dict[str, Any] = {
    "steps": 1, "batch": 64, "learning_rate": 1, "schedule": "constant", "hidden": (8, 8),
}  # fmt: skip
TRAIN = torch.tensor(WORLD.train, dtype=torch.float32)
STANDARDIZE = Standardize(TRAIN)
METHODS = {
    "dsm": dsm.Method(**FIELDS, sigma=SIGMA),
    "ism": ism.Method(**FIELDS, sigma=SIGMA),
    "ssm": ssm.Method(**FIELDS, sigma=SIGMA),
    "nce": nce.Method(**FIELDS, sigma=0, reach=1.5),
    "energy": energy.Method(**FIELDS, sigma=0, reach=3.0),
}


class Wrong(nn.Module):
    """The exact energy and a wave on it; without a direction, another constant."""

    def __init__(self, exact: ExactEnergy, height: float, direction: list[float]) -> None:
        super().__init__()
        self.exact, self.height = exact, height
        self.standardize = exact.standardize
        self.direction = torch.tensor(direction)

    def forward(self, x: Tensor) -> Tensor:
        return self.exact(x) + self.height * (1 + torch.cos(x @ self.direction))


def networks_of(mixture: Mixture) -> nn.ModuleDict:
    return nn.ModuleDict({"online": ExactEnergy(mixture, STANDARDIZE)})


# The exact energy


def test_the_exact_energy_is_minus_log_p_and_its_gradient_minus_the_score():
    exact = ExactEnergy(MIXTURE, STANDARDIZE)
    x = TRAIN[:, :50]
    points = x.double().numpy()
    np.testing.assert_allclose(exact(x), -MIXTURE.log_density(points), rtol=1e-12)
    np.testing.assert_allclose(exact.gradient(x), -MIXTURE.score(points), atol=1e-12)


def test_its_second_derivatives_are_those_that_torch_takes():
    exact = ExactEnergy(MIXTURE, STANDARDIZE)
    x, v = 3 * torch.randn(2, MEMBERS, 7, 2, generator=torch.Generator().manual_seed(0))
    gradient, laplacian = exact.gradient_and_laplacian(x)
    slope, curvature = exact.along(x, v)
    torch.testing.assert_close(gradient, exact.gradient(x))
    for member in range(MEMBERS):
        for i in range(7):
            point, along = x[member, i].double(), v[member, i].double()
            hessian = torch.autograd.functional.hessian(lambda p: exact(p[None, None])[0, 0], point)
            torch.testing.assert_close(laplacian[member, i], hessian.trace())
            torch.testing.assert_close(slope[member, i], gradient[member, i] @ along)
            torch.testing.assert_close(curvature[member, i], along @ hessian @ along)


# Regret


@pytest.mark.parametrize("name", METHODS)
def test_the_exact_energy_has_no_regret(name, monkeypatch):
    """By the whole way of a learned one."""
    monkeypatch.setattr(score_regret, "Energy", ExactEnergy)
    method = METHODS[name]
    found = evaluate_score_regret(
        method, networks_of(MIXTURE.smoothed(method.sigma)), WORLD, SETTINGS
    )
    assert found["regret"]["members"] == [0] * MEMBERS
    assert len(set(found["loss"]["members"])) == MEMBERS, "each has points of its own"


@pytest.mark.parametrize(("name", "factor"), [("dsm", SIGMA**2), ("ism", 0.5), ("ssm", 0.5)])
def test_regret_is_the_error_of_the_score(name, factor):
    """Vincent 2011, Hyvarinen 2005, Song et al. 2019: of the energy of another mixture."""
    exact, wrong = MIXTURE.smoothed(SIGMA), OTHER.smoothed(SIGMA)
    candidates = [networks_of(wrong), networks_of(exact)]
    settings = replace(SETTINGS, members=12)  # so that they tell how far their mean may be off
    losses, least = losses_of(METHODS[name], candidates, MIXTURE, settings)
    regret = losses - least
    x, _ = exact.sample(200_000, np.random.default_rng(0))
    expected = factor * ((wrong.score(x) - exact.score(x)) ** 2).sum(-1).mean()
    error = regret.std(ddof=1) / np.sqrt(len(regret))
    assert abs(regret.mean() - expected) < 4 * error
    assert expected > 20 * error


@pytest.mark.parametrize("name", ["nce", "energy"])
def test_no_energy_beside_the_exact_one_does_better(name):
    """Another constant, scale and shape."""
    method = METHODS[name]
    exact = ExactEnergy(MIXTURE, STANDARDIZE)
    others = [
        Wrong(exact, height, direction)
        for height in (-0.1, 0.1)
        for direction in ([0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [0.7, -0.7])
    ]
    candidates = [nn.ModuleDict({"online": one}) for one in [exact, *others]]
    least, *losses = losses_of(method, candidates, MIXTURE, SETTINGS)
    for found in losses:
        assert found.mean() > least.mean() + 1e-4


def test_regret_of_noise_contrastive_estimation_is_a_divergence():
    """The loss's mean, integrated over the plane instead of sampled."""
    method = METHODS["nce"]
    candidates = [networks_of(OTHER), networks_of(MIXTURE)]
    losses, least = losses_of(method, candidates, MIXTURE, SETTINGS)
    line = np.linspace(-12, 12, 401)
    plane = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1)
    cell = (line[1] - line[0]) ** 2
    p = np.exp(MIXTURE.log_density(plane))
    expected = []
    for mean, scale in zip(STANDARDIZE.mean[:, 0], STANDARDIZE.scale[:, 0], strict=True):
        spread = np.diag((1.5 * scale.double().numpy()) ** 2)
        log_q = Mixture([1], [mean.double().numpy()], [spread]).log_density(plane)

        def loss(mixture, log_q=log_q):
            ratio = mixture.log_density(plane) - log_q
            data, noise = np.logaddexp(0, -ratio), np.logaddexp(0, ratio)
            return ((p * data + np.exp(log_q) * noise) * cell).sum()

        expected.append(loss(OTHER) - loss(MIXTURE))
    np.testing.assert_allclose((losses - least).mean(), np.mean(expected), rtol=0.1)


def test_a_learned_energy_has_regret():
    method = METHODS["dsm"]
    draws = Draws(0, MEMBERS, "weights")
    networks = method.networks(TRAIN, draws)
    with torch.no_grad():
        found = evaluate_score_regret(method, networks, WORLD, SETTINGS)
    assert found["regret"]["min"] > 0.01
    difference = found["loss"]["mean"] - found["exact_loss"]["mean"]
    assert found["regret"]["mean"] == pytest.approx(difference)


class Own(ScoreMatching):
    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        return self.energy(networks, batch).mean(-1)


def test_what_is_not_known_has_no_entry():
    """Objectives from elsewhere, and energies of another kind."""
    own = Own(**FIELDS, sigma=SIGMA)
    networks = own.networks(TRAIN, Draws(0, MEMBERS, "weights"))
    assert evaluate_score_regret(own, networks, WORLD, SETTINGS) == {}
    assert evaluate_score_regret(METHODS["dsm"], networks_of(MIXTURE), WORLD, SETTINGS) == {}
