"""Optima against the losses themselves, and what is measured beside them."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.linalg import eigh
from scipy.stats import multivariate_normal, norm
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from jepatlas.mixture.measuring import metrics, optima
from jepatlas.mixture.measuring.centring import encoders
from jepatlas.mixture.measuring.optima import Critic, Eigenfunctions, Factors
from jepatlas.mixture.measuring.points import of_members
from jepatlas.mixture.methods import barlow_twins, contrastive, jepa, spectral, vicreg
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Data
from jepatlas.mixture.truth.spectrum import Spectrum
from jepatlas.mixture.truth.views import Views
from jepatlas.mixture.truth.world import World
from tests.mixture.worlds import settings

MEMBERS, NOISE, DIM = 2, 1.5, 6
WORLD = World.draw(
    Mixture([0.5, 0.5], [[-2, 0], [3, 1]], [np.eye(2), [[1, 0.5], [0.5, 1]]]),
    Data(train=100, probe=200, test=200),
    MEMBERS,
    seed=0,
)
SETTINGS = settings(MEMBERS)
VIEWS = Views(WORLD.mixture, NOISE)
FIELDS: dict[str, Any] = {
    "steps": 1, "batch": 64, "learning_rate": 1, "schedule": "constant", "noise": NOISE,
    "widths": (DIM,),
}  # fmt: skip
VICREG = {"invariance": 25, "variance": 25, "covariance": 1}
BARLOW = {"redundancy": 0.005}


class Given(nn.Module):
    """An encoder that is any map of points in NumPy, the same for every member."""

    def __init__(self, embed: Any) -> None:
        super().__init__()
        self.embed = embed

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([torch.as_tensor(self.embed(one.double().numpy())) for one in x])


def measured(method: Any, embed: Any) -> dict[str, Any]:
    """Of an encoder that nothing has been learned by."""
    networks = nn.ModuleDict({"online": Given(embed)})
    with torch.no_grad():
        pair = encoders(method, networks, of_members(WORLD.probe, SETTINGS))
        return optima.evaluate_optimum(method, pair, networks, {0: {}}, WORLD, SETTINGS)[0]


@pytest.fixture
def rng():
    """Each test's own, so that no test's draws depend on those before it."""
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def spectrum():
    return Spectrum.of(VIEWS, optima.FUNCTIONS)


@pytest.fixture(scope="module", params=["vicreg", "barlow_twins"])
def moments(request, spectrum):
    """A method of moments, and its optimum."""
    modules = {"vicreg": (vicreg, VICREG), "barlow_twins": (barlow_twins, BARLOW)}
    module, fields = modules[request.param]
    method = module.Method(**FIELDS, **fields)
    return method, Eigenfunctions(method, spectrum)


# InfoNCE


def test_the_critics_loss_is_the_cross_entropy_of_its_partners(rng):
    method = contrastive.Method(**FIELDS, temperature=0.5)
    x, x_prime = VIEWS.sample(128, rng)
    losses = []
    for rows in (slice(64), slice(64, None)):
        logits = VIEWS.information(x[rows, None], x_prime[rows])
        losses.append(cross_entropy(torch.as_tensor(logits), torch.arange(64)))
    assert Critic(VIEWS).loss(method, x, x_prime) == pytest.approx(np.mean(losses), rel=1e-12)


def test_no_other_critic_does_better_and_none_beats_the_mutual_information(rng):
    """Others: the exact one at another scale, and that of another noise."""
    method = contrastive.Method(**FIELDS, temperature=0.5)
    x, x_prime = VIEWS.sample(3200, rng)
    exact = Critic(VIEWS).loss(method, x, x_prime)
    for noise in (1.2, 2.0):
        assert Critic(Views(WORLD.mixture, noise)).loss(method, x, x_prime) > exact
    found = measured(method, lambda points: points)["optimum"]
    bound, exact = found["bound"], found["bound_exact"]
    assert bound["mean"] < exact["mean"] < found["information"] + exact["ci95"]
    losses, least = (np.array(found[key]["members"]) for key in ("loss", "exact_loss"))
    np.testing.assert_allclose(found["regret"]["members"], losses - least)


def test_the_exact_loss_is_within_its_interval_of_that_over_many_pairs():
    method = contrastive.Method(**FIELDS, temperature=0.5)
    found = measured(method, lambda points: points)["optimum"]["exact_loss"]
    many = VIEWS.sample(40_000, np.random.default_rng(5))
    truth, own = Critic(VIEWS).loss(method, *many), np.array(found["members"])
    # As far off as a mean over a tenth of the pairs is, by the batches' own losses.
    batches = zip(*(np.split(points, 625) for points in many), strict=True)
    deviation = np.std([Critic(VIEWS).loss(method, *pairs) for pairs in batches])
    assert np.abs(own - truth).max() < 4 * deviation / np.sqrt(optima.PAIRS / 64)
    assert own.std() > 0


# Moments


def test_sigma_points_have_the_moments_of_the_pairs(spectrum):
    both = np.hstack(optima.sigma_points(spectrum))
    mean, covariance = spectrum.moments()
    count = len(spectrum.values)
    keep = [k for k in range(2 * count) if k % count]
    np.testing.assert_allclose(both.mean(axis=0), mean[keep], atol=1e-9)
    np.testing.assert_allclose(np.cov(both.T), covariance[np.ix_(keep, keep)], atol=1e-6)


def regret(method: Any, optimum: Any, embed: Any) -> float:
    """Over the optimum, on a thousand pairs."""
    x, x_prime = VIEWS.sample(1000, np.random.default_rng(1))
    networks = nn.ModuleDict({"online": Given(embed)})
    same = (np.stack([points] * MEMBERS) for points in (x, x_prime))
    found = optima.trained_loss(method, optimum, networks, *same, SETTINGS)
    return float(found.mean()) - optimum.loss(method, x, x_prime)


def test_an_embedding_that_is_the_optimum_has_no_regret(moments):
    assert regret(*moments, moments[1]) == pytest.approx(0, abs=1e-6)


def test_others_have_regret(moments, rng):
    """Of maps that are linear in the eigenfunctions or not, at some scales."""
    method, optimum = moments
    mixed = optimum.weights + 0.3 * rng.standard_normal(optimum.weights.shape)
    turn = rng.standard_normal((2, DIM))
    others = [
        lambda x: optimum.spectrum(x)[:, 1:] @ mixed,
        lambda x: optimum.spectrum(x)[:, 1 : DIM + 1],
        lambda x: np.tanh(x @ turn),
    ]
    for other in others:
        for scale in (0.5, 1, 2):
            assert regret(method, optimum, lambda x, s=scale, f=other: s * f(x)) > 0


def test_the_optimum_is_centred_over_all_points(moments):
    _, optimum = moments
    x, _ = WORLD.mixture.sample(200_000, np.random.default_rng(3))
    z = optimum(x)
    assert (np.abs(z.mean(axis=0) - optimum.mean) < 4 * z.std(axis=0) / np.sqrt(len(x))).all()


def test_what_is_measured_of_the_optimum(moments):
    method, optimum = moments
    found = measured(method, optimum)
    landscape = found["optimum"]["landscape"]
    assert landscape["trained"]["mean"] == pytest.approx(1, abs=1e-4)
    assert landscape["trained"] == landscape["untrained"]
    assert -1 <= landscape["distance"]["mean"] < 0.99
    assert found["optimum"]["regret"]["mean"] == pytest.approx(0, abs=1e-6)
    values = optimum.spectrum.values[1 : optima.LEADING + 1]
    assert list(found["spectrum"]["exact"].values()) == values.tolist()
    assert 0.5 < found["spectrum"]["trained"]["captured"]["mean"] < 1.03


# The spectral loss


def test_factors_have_the_least_spectral_loss(spectrum, rng):
    """Against descent from it over the population's loss, written out; and as a factor of the
    density ratio where eigenfunctions reach."""
    mean, covariance = spectrum.moments()
    moments = torch.as_tensor(covariance + np.outer(mean, mean))
    count = len(mean) // 2
    first, second, joint = moments[:count, :count], moments[count:, count:], moments[:count, count:]

    def loss(w: Tensor) -> Tensor:
        a = w @ w.T
        return -2 * (a @ joint).trace() + (a @ first @ a @ second).trace()

    weights = torch.as_tensor(optima.factors(spectrum).copy()).requires_grad_()
    (slope,) = torch.autograd.grad(loss(weights), weights)
    assert slope.abs().max() < 1e-9
    for scale in (0.01, 0.1, 1):
        other = weights + scale * torch.as_tensor(rng.standard_normal(weights.shape))
        assert loss(other) > loss(weights)
    # At the optimum the loss is -tr(A S): minus the mean square of the ratio that is found.
    weights = weights.detach()
    explained = (weights @ weights.T @ joint).trace()
    assert loss(weights).item() == pytest.approx(-explained.item(), rel=1e-9)


def test_factors_multiply_to_the_density_ratio(rng):
    x, x_prime = VIEWS.sample(300, rng)
    method = spectral.Method(**FIELDS | {"widths": (64,)})
    optimum = optima.optimum_of(method, Spectrum.of(VIEWS, optima.FUNCTIONS), WORLD)
    assert isinstance(optimum, Factors)
    # Over independent points, as the loss weighs them; of a symmetric function, the best is near
    # the mean of the ratio in both orders.
    x, x_prime = np.repeat(x, 300, axis=0), np.tile(x_prime, (300, 1))
    products = (optimum(x) * optimum(x_prime)).sum(-1)
    ratio = np.exp(VIEWS.information(x, x_prime)) + np.exp(VIEWS.information(x_prime, x))
    assert np.corrcoef(products, ratio)[0, 1] > 0.92
    found = measured(method, optimum)["optimum"]
    assert found["landscape"]["trained"]["mean"] == pytest.approx(1, abs=1e-6)
    assert found["regret"]["mean"] == pytest.approx(0, abs=1e-4)
    for scale in (0.8, 1.2):
        worse = measured(method, lambda points, s=scale: s * optimum(points))["optimum"]
        assert worse["regret"]["mean"] > 0


def test_the_drawn_floor_shows_a_well_however_alike_the_views():
    x = np.array([[0.0, 0.0]])
    near, far = np.array([[0.3, 0.0]]), np.array([[1.0, 0.0]])
    lone = Critic(Views(WORLD.mixture, 0.05))
    assert lone.landscape(x, near) == lone.landscape(x, far)
    assert lone.drawn(x, near) < lone.drawn(x, far)
    assert Critic(VIEWS).lowest == optima.FLOOR


# The spectrum


def test_rayleigh_quotients_are_generalised_eigenvalues(rng):
    z = rng.normal(size=(300, 3)) @ rng.normal(size=(3, 3))
    z_prime = z + rng.normal(size=z.shape)
    a, b = (view - (z.mean(0) + z_prime.mean(0)) / 2 for view in (z, z_prime))
    expected = eigh(a.T @ b + b.T @ a, a.T @ a + b.T @ b, eigvals_only=True)[::-1]
    np.testing.assert_allclose(metrics.rayleigh_quotients(z, z_prime, 3), expected, rtol=1e-9)
    assert metrics.rayleigh_quotients(z, z_prime, 5)[3:].tolist() == [0, 0]
    assert metrics.rayleigh_quotients(np.ones((9, 3)), np.ones((9, 3)), 2).tolist() == [0, 0]


def test_quotients_of_eigenfunctions_are_their_eigenvalues(spectrum, rng):
    z, z_prime = np.split(spectrum(np.concatenate(VIEWS.sample(4000, rng)))[:, 1:6], 2)
    found = metrics.rayleigh_quotients(z, z_prime, 5)
    np.testing.assert_allclose(found, spectrum.values[1:6], atol=0.06)
    apart = rng.normal(size=(2, 4000, 3))
    assert np.abs(metrics.rayleigh_quotients(*apart, 3)).max() < 0.1


# The score, and volumes


def test_infonces_exact_critic_explains_the_score(rng):
    x, x_prime = VIEWS.sample(500, rng)
    exact, noise = VIEWS.smoothed.score(x_prime), x_prime - x
    slope = -0.3 * VIEWS.slope(x, x_prime)  # of a landscape at some temperature
    assert metrics.score_explained(slope, noise, exact) == pytest.approx(1, abs=1e-12)
    alone = metrics.score_explained(0 * slope, noise, exact)
    expected = np.sum(noise * exact) ** 2 / np.sum(noise**2) / np.sum(exact**2)
    assert alone == pytest.approx(expected)
    other = metrics.score_explained(rng.normal(size=exact.shape), noise, exact)
    assert other == pytest.approx(alone, abs=0.02)


def test_the_volume_of_a_linear_map_is_that_of_its_matrix(rng):
    matrix = rng.normal(size=(2, 5))
    jacobian = np.repeat(matrix[:, None], 3, axis=1)  # [d, n, dim]
    expected = np.linalg.slogdet(matrix @ matrix.T)[1] / 2
    np.testing.assert_allclose(metrics.log_volume(jacobian), expected)
    np.testing.assert_allclose(metrics.log_volume(0 * jacobian), 2 * np.log(1e-6))


def test_a_map_to_the_uniform_has_the_density_as_its_volume(rng):
    """z = (F(x1), F(x2)) with F the distribution function of each: the volume is p."""
    x, step = rng.normal(size=(50, 2)), 1e-5
    jacobian = np.stack(
        [(norm.cdf(x + e) - norm.cdf(x - e)) / (2 * step) for e in step * np.eye(2)]
    )
    volume, log_density = metrics.log_volume(jacobian), norm.logpdf(x).sum(-1)
    np.testing.assert_allclose(volume, log_density, rtol=1e-4)
    assert metrics.rank_correlation(volume, log_density) == pytest.approx(1)
    assert np.isnan(metrics.rank_correlation(volume, np.ones(50)))


# Methods without


def test_other_families_and_views_without_noise_have_no_optimum(spectrum):
    lone = contrastive.Method(**FIELDS | {"noise": 0}, temperature=0.5)
    assert optima.spectrum_of(lone, WORLD) is None
    assert optima.optimum_of(lone, None, WORLD) is None
    other = jepa.Method(**FIELDS)
    assert optima.optimum_of(other, spectrum, WORLD) is None


def test_without_an_optimum_a_landscape_is_held_beside_the_mutual_information(rng):
    turn = rng.standard_normal((2, DIM))
    found = measured(jepa.Method(**FIELDS), lambda x: np.tanh(x @ turn))
    assert "optimum" not in found
    trained, distance = [], []
    for points in WORLD.test:
        for reference in points[: SETTINGS.evaluation.references]:
            kernel = multivariate_normal(reference, NOISE**2 * np.eye(2)).logpdf(points)
            critic = (kernel - VIEWS.smoothed.log_density(points)).clip(-4)
            u, v = np.tanh(points @ turn), np.tanh(reference @ turn)
            cosine = u @ v / np.linalg.norm(u, axis=1) / np.linalg.norm(v)
            trained.append(np.corrcoef(cosine, critic)[0, 1])
            away = np.linalg.norm(points - reference, axis=1)
            distance.append(np.corrcoef(-away, critic)[0, 1])
    beside = found["information"]
    assert beside["trained"]["mean"] == pytest.approx(np.mean(trained), abs=1e-5)
    assert beside["distance"]["mean"] == pytest.approx(np.mean(distance), abs=1e-9)
