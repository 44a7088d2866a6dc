"""Ensembles against torch's own layers, one network per member, with the same weights."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from scipy.stats import kstest
from torch import nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP, Linear, Separate, owner

ACTIVATIONS = [(torch.relu, nn.ReLU), (torch.tanh, nn.Tanh)]


def points(*shape: int) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(0).normal(size=shape))


def torchs_layer(linear: Linear, member: int) -> nn.Linear:
    """A torch.nn.Linear, float64, with one member's weights; torch keeps them transposed."""
    _, inputs, outputs = linear.weight.shape
    layer = nn.Linear(inputs, outputs, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(linear.weight[member].T)
        layer.bias.copy_(linear.bias[member, 0])
    return layer


def assert_same_layer(linear: Linear, member: int, layer: nn.Linear) -> None:
    """The gradients that a backward pass has left on both."""
    np.testing.assert_allclose(linear.weight.grad[member], layer.weight.grad.T, rtol=1e-10)
    np.testing.assert_allclose(linear.bias.grad[member, 0], layer.bias.grad, rtol=1e-10)


@pytest.mark.parametrize(("members", "inputs", "outputs"), [(3, 4, 5), (1, 1, 1), (2, 7, 1)])
def test_linear_is_torchs(members, inputs, outputs):
    linear = Linear(inputs, outputs, Draws(0, members, "weights")).double()
    x = points(members, 6, inputs).requires_grad_()
    y = linear(x)
    assert y.shape == (members, 6, outputs)
    y.square().sum().backward()
    for member in range(members):
        layer = torchs_layer(linear, member)
        own = x.detach()[member].requires_grad_()
        expected = layer(own)
        expected.square().sum().backward()
        np.testing.assert_allclose(y[member].detach(), expected.detach(), rtol=1e-12)
        np.testing.assert_allclose(x.grad[member], own.grad, rtol=1e-10)
        assert_same_layer(linear, member, layer)


@pytest.mark.parametrize(("activation", "module"), ACTIVATIONS)
@pytest.mark.parametrize("widths", [(3, 2), (2, 8, 1), (2, 6, 5, 4)])
def test_mlp_is_torchs(widths: Sequence[int], activation, module):
    members = 3
    mlp = MLP(widths, Draws(0, members, "weights"), activation).double()
    x = points(members, 9, widths[0])
    y = mlp(x)
    y.square().sum().backward()
    for member in range(members):
        layers = [torchs_layer(layer, member) for layer in mlp.layers]
        chain = [part for layer in layers for part in (layer, module())][:-1]  # none at the end
        expected = nn.Sequential(*chain)(x[member])
        expected.square().sum().backward()
        np.testing.assert_allclose(y[member].detach(), expected.detach(), rtol=1e-11)
        for layer, single in zip(mlp.layers, layers, strict=True):
            assert_same_layer(layer, member, single)


def test_relu_is_the_default():
    widths, x = (2, 8, 1), points(2, 5, 2).float()
    default, relu, tanh = (
        MLP(widths, Draws(0, 2, "weights"), *activation)(x)
        for activation in ((), (torch.relu,), (torch.tanh,))
    )
    assert torch.equal(default, relu)
    assert not torch.allclose(default, tanh)


@pytest.mark.parametrize("inputs", [1, 16, 100])
def test_weights_start_uniform_as_torchs_do(inputs):
    linear = Linear(inputs, 400, Draws(0, 4, "weights"))
    bound = 1 / math.sqrt(inputs)
    for tensor in (linear.weight, linear.bias):
        for member in tensor.detach():
            assert kstest(member.ravel(), "uniform", args=(-bound, 2 * bound)).pvalue > 1e-3
    weight, bias = linear.weight.detach(), linear.bias.detach()
    assert abs(np.corrcoef(weight[:, 0].ravel(), bias.ravel())[0, 1]) < 0.15, "separate draws"
    theirs = nn.Linear(inputs, 400)
    for ours, other in ((weight, theirs.weight), (bias, theirs.bias)):
        assert ours.abs().max().item() <= bound
        assert other.abs().max().item() <= bound + 1e-7


def test_members_start_apart_and_the_same_alone_as_among_others():
    together = MLP([2, 8, 3], Draws(5, 4, "weights")).state_dict()
    alone = MLP([2, 8, 3], Draws(5, [2], "weights")).state_dict()
    for name, tensor in together.items():
        assert torch.equal(tensor[2:3], alone[name])
        assert len(torch.unique(tensor.flatten(1), dim=0)) == 4


def test_members_do_not_mix():
    mlp = MLP([2, 8, 3], Draws(0, 3, "weights"))
    mlp(torch.ones(3, 5, 2))[1].sum().backward()
    for parameter in mlp.parameters():
        assert parameter.grad[1].any()
        assert not parameter.grad[[0, 2]].any()


@pytest.mark.parametrize("value", [-7.0, math.inf, math.nan])
@pytest.mark.parametrize("place", range(6))
def test_the_owner_of_a_value_is_found_in_either_form(value, place):
    """Two networks for each of three members, one after the other."""
    draws = Draws(0, 6, "weights")
    separate = Separate(lambda: nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)), draws)
    networks = nn.ModuleDict({"stacked": MLP([2, 3, 1], draws), "separate": separate})
    for name in ("stacked.layers.1.bias", f"separate.members.{place}.2.bias"):
        parameter = networks.get_parameter(name)
        parameter.data[place if name.startswith("stacked") else 0] = value
        assert owner(networks, name, members=3) == place // 2
