"""Encoders and energies against torch's differentiation and finite differences."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP, average_of
from jepatlas.mixture.learning.networks import Energy, PlainEnergy, Standardize, encoder

SHAPES = pytest.mark.parametrize("d", [1, 2, 3])
DEPTHS = pytest.mark.parametrize("hidden", [(), (7,), (6, 5), (4, 4, 4)], ids=str)


def training_points(members: int, d: int) -> Tensor:
    """With a mean and a scale of its own in every coordinate of every member."""
    rng = np.random.default_rng(10 * members + d)
    scale = rng.uniform(0.5, 3, size=(members, 1, d))
    return torch.tensor(
        scale * rng.normal(size=(members, 50, d)) + rng.normal(size=(members, 1, d))
    )


def new_energy(members: int, d: int, hidden: tuple[int, ...]) -> Energy:
    return Energy(training_points(members, d), hidden, Draws(0, members, "weights")).double()


def some_points(members: int, d: int, batch: int = 4) -> Tensor:
    return torch.tensor(np.random.default_rng(1).normal(scale=2, size=(members, batch, d)))


def autograd_derivatives(energy: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Gradient and Laplacian by differentiating backwards twice, kept for a third time."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(energy(x).sum(), x, create_graph=True)
    second = [
        torch.autograd.grad(gradient[..., i].sum(), x, create_graph=True)[0][..., i]
        for i in range(x.shape[-1])
    ]
    return gradient, torch.stack(second).sum(0)


# Standardising


@pytest.mark.parametrize(("members", "d"), [(1, 1), (3, 2), (2, 4)])
def test_standardised_training_points_have_mean_0_and_variance_1(members, d):
    points = training_points(members, d)
    u = Standardize(points)(points)
    for member in range(members):
        for coordinate in range(d):
            x = points[member, :, coordinate].numpy()
            expected = (x - x.mean()) / x.std(ddof=1)
            np.testing.assert_allclose(u[member, :, coordinate], expected, rtol=1e-12, atol=1e-12)


def test_standardisation_is_stored_and_not_trained():
    module = Standardize(training_points(2, 3))
    assert list(module.state_dict()) == ["mean", "scale"]
    assert list(module.parameters()) == []


def test_an_encoder_is_an_mlp_of_relus_on_standardised_points():
    points, widths = training_points(3, 2), (8, 5)
    network = encoder(points, widths, Draws(4, 3, "weights")).double()
    x = some_points(3, 2)
    u = (x - points.mean(1, keepdim=True)) / points.std(1, keepdim=True)
    mlp = MLP([2, 8, 5], Draws(4, 3, "weights")).double()
    np.testing.assert_allclose(network(x).detach(), mlp(u).detach(), rtol=1e-12)
    assert {"mean", "scale"} <= {name.split(".")[-1] for name in network.state_dict()}


def test_an_encoder_of_raw_points_is_the_mlp_alone():
    network = encoder(training_points(3, 2), (8, 5), Draws(4, 3, "weights"), "raw").double()
    mlp = MLP([2, 8, 5], Draws(4, 3, "weights")).double()
    x = some_points(3, 2)
    assert torch.equal(network(x), mlp(x))


# Averages


def test_an_average_is_an_equal_copy_that_is_not_trained():
    network = encoder(training_points(2, 2), (4, 3), Draws(0, 2, "weights")).double()
    average = average_of(network)
    x = some_points(2, 2)
    assert torch.equal(average(x), network(x))
    assert not any(parameter.requires_grad for parameter in average.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert not average(x).requires_grad


def test_an_average_shares_no_memory():
    network = encoder(training_points(2, 2), (4, 3), Draws(0, 2, "weights")).double()
    average = average_of(network)
    before = {name: tensor.clone() for name, tensor in average.state_dict().items()}
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.add_(1)
    for name, tensor in average.state_dict().items():
        assert torch.equal(tensor, before[name])


# Energies


@SHAPES
@DEPTHS
def test_energy_is_the_quadratic_and_a_tanh_network(d, hidden):
    points, x = training_points(3, d), some_points(3, d)
    energy = new_energy(3, d, hidden)(x)
    assert energy.shape == (3, 4)
    mlp = MLP([d, *hidden, 1], Draws(0, 3, "weights"), torch.tanh).double()
    u = (x - points.mean(1, keepdim=True)) / points.std(1, keepdim=True)
    expected = 0.5 * (u**2).sum(-1) + mlp(u)[..., 0]
    np.testing.assert_allclose(energy.detach(), expected.detach(), rtol=1e-12)


@SHAPES
@DEPTHS
@pytest.mark.parametrize("members", [1, 3])
def test_derivatives_are_autograds(members, d, hidden):
    energy, x = new_energy(members, d, hidden), some_points(members, d)
    expected, expected_laplacian = autograd_derivatives(energy, x)
    gradient, laplacian = energy.gradient_and_laplacian(x)
    assert laplacian.shape == x.shape[:2]
    np.testing.assert_allclose(gradient.detach(), expected.detach(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(energy.gradient(x).detach(), gradient.detach(), rtol=1e-12)
    np.testing.assert_allclose(
        laplacian.detach(), expected_laplacian.detach(), rtol=1e-10, atol=1e-12
    )


@SHAPES
@DEPTHS
@torch.no_grad()
def test_derivatives_are_finite_differences(d, hidden):
    energy, x = new_energy(2, d, hidden), some_points(2, d)
    step = 1e-3
    slopes, bends = [], []
    for e in step * torch.eye(d, dtype=torch.float64):
        up, down = energy(x + e), energy(x - e)
        slopes.append((up - down) / (2 * step))
        bends.append((up + down - 2 * energy(x)) / step**2)
    gradient, laplacian = energy.gradient_and_laplacian(x)
    np.testing.assert_allclose(gradient, torch.stack(slopes, dim=-1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(laplacian, sum(bends), rtol=1e-5, atol=1e-6)


@SHAPES
@DEPTHS
def test_a_loss_of_the_derivatives_trains_as_by_double_backward(d, hidden):
    """Score matching differentiates them once more, by the weights."""
    x = some_points(2, d)

    def weights_gradient(derivatives) -> dict[str, Tensor]:
        energy = new_energy(2, d, hidden)
        gradient, laplacian = derivatives(energy)
        (gradient.square().sum() + laplacian.sin().sum()).backward()
        return {name: parameter.grad for name, parameter in energy.named_parameters()}

    forward = weights_gradient(lambda energy: energy.gradient_and_laplacian(x))
    backward = weights_gradient(lambda energy: autograd_derivatives(energy, x))
    for name, expected in backward.items():
        if expected is None:  # the last bias, which no derivative depends on
            assert name == f"mlp.layers.{len(hidden)}.bias"
            assert forward[name] is None or not forward[name].any()
        else:
            np.testing.assert_allclose(forward[name], expected, rtol=1e-8, atol=1e-11)


def test_derivatives_at_given_points_can_be_differentiated_by_them():
    """Hutchinson-style checks and samplers may ask for it: d(dE/dx)/dx is the Hessian."""
    energy, x = new_energy(1, 2, (6,)), some_points(1, 2, batch=1)
    hessian = torch.autograd.functional.jacobian(energy.gradient, x).reshape(2, 2)
    expected = torch.autograd.functional.hessian(lambda y: energy(y).sum(), x).reshape(2, 2)
    np.testing.assert_allclose(hessian, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        hessian.trace(), energy.gradient_and_laplacian(x)[1].item(), rtol=1e-10
    )


def test_energy_confines_far_away():
    """tanh is bounded: far from the data the quadratic rules, in every direction."""
    energy = new_energy(2, 2, (6, 5))
    angle = torch.linspace(0, 6, 12, dtype=torch.float64)
    circle = torch.stack([angle.cos(), angle.sin()], dim=-1).expand(2, 12, 2)
    gradient = energy.gradient(1e4 * circle)
    assert ((gradient * circle).sum(-1) > 0).all()


def test_members_do_not_mix():
    energy, x = new_energy(3, 2, (6, 5)), some_points(3, 2)
    alone = Energy(training_points(3, 2)[1:2], (6, 5), Draws(0, [1], "weights")).double()
    for ours, theirs in zip(
        energy.gradient_and_laplacian(x), alone.gradient_and_laplacian(x[1:2]), strict=True
    ):
        np.testing.assert_allclose(ours[1:2].detach(), theirs.detach(), rtol=1e-11, atol=1e-13)


# Plain energies


def sequential(energy: PlainEnergy, member: int) -> nn.Sequential:
    """A member's network of torch's own layers."""
    parts: list[nn.Module] = []
    for layer in energy.mlp.layers:
        linear = nn.Linear(*layer.weight.shape[1:]).double()
        linear.weight = nn.Parameter(layer.weight[member].T.clone())
        linear.bias = nn.Parameter(layer.bias[member, 0].clone())
        parts += [linear, nn.ReLU()]
    return nn.Sequential(*parts[:-1])


@SHAPES
@DEPTHS
def test_a_plain_energy_is_torchs_network_of_relus_with_its_derivatives(d, hidden):
    """The gradient in x, and those of a loss of it by the weights."""
    energy = PlainEnergy(training_points(3, d), hidden, Draws(0, 3, "weights")).double()
    x = some_points(3, d)
    gradient = energy.gradient(x)
    (gradient.sin().sum()).backward()
    for member in range(3):
        network = sequential(energy, member)
        at = x[member].clone().requires_grad_()
        values = network(at)[:, 0]
        (slope,) = torch.autograd.grad(values.sum(), at, create_graph=True)
        slope.sin().sum().backward()
        np.testing.assert_allclose(energy(x)[member].detach(), values.detach(), rtol=1e-12)
        np.testing.assert_allclose(gradient[member].detach(), slope.detach(), rtol=1e-12)
        linears = [part for part in network if isinstance(part, nn.Linear)]
        for ours, theirs in zip(energy.mlp.layers, linears, strict=True):
            np.testing.assert_allclose(
                ours.weight.grad[member].T, theirs.weight.grad, rtol=1e-10, atol=1e-12
            )


def test_a_plain_energy_is_raised_by_a_constant_of_each_member():
    energy = PlainEnergy(training_points(3, 2), (6, 5), Draws(0, 3, "weights")).double()
    x = some_points(3, 2)
    before, constant = energy(x), torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    energy.raise_by(constant[:, None, None])
    np.testing.assert_allclose(energy(x).detach(), (before + constant[:, None]).detach())
