"""AdamW beside torch's class of that name, to the last bit."""

import subprocess
import sys

import torch
from torch import nn

from jepatlas.common.learning.adamw import AdamW

RATES = (0.1, 0.05, 0.02, 0.01)


def network() -> nn.Module:
    """Of matrices, a kernel, a normalisation and biases."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 3, 2), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 4)]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def advance(net: nn.Module, optimiser: AdamW, step: int) -> None:
    optimiser.zero_grad()
    backward(net, step)
    optimiser.step(RATES[step])


def backward(net: nn.Module, step: int) -> None:
    x = torch.randn(8, 1, 3, 3, generator=torch.Generator().manual_seed(step))
    net(x).square().sum().backward()
    if step == 1:
        net[3].weight.grad = None  # a parameter that the loss has not used


def test_it_steps_as_torch_does():
    ours, theirs = network(), network()
    optimiser = AdamW(dict(ours.named_parameters()), weight_decay=0.3)
    matrices = [theirs[0].weight, theirs[3].weight]
    rest = [theirs[0].bias, theirs[1].weight, theirs[1].bias, theirs[3].bias]
    groups = [
        {"params": matrices, "weight_decay": 0.3},
        {"params": rest, "weight_decay": 0.0},
    ]
    reference = torch.optim.AdamW(groups, fused=True)
    for step, rate in enumerate(RATES):
        for group in reference.param_groups:
            group["lr"] = rate
        reference.zero_grad()
        backward(theirs, step)
        reference.step()
        advance(ours, optimiser, step)
        for mine, its in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(mine, its)


def test_it_goes_on_from_its_state():
    whole, parts = network(), network()
    optimiser = AdamW(dict(whole.named_parameters()), weight_decay=0.3)
    begun = AdamW(dict(parts.named_parameters()), weight_decay=0.3)
    for step in range(len(RATES)):
        if step == 2:
            state = {name: tensor.clone() for name, tensor in begun.state().items()}
            begun = AdamW(dict(parts.named_parameters()), weight_decay=0.3)
            begun.restore(state)
        advance(whole, optimiser, step)
        advance(parts, begun, step)
    for expected, found in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(expected, found)


def test_it_does_not_load_the_compiler():
    code = (
        "import sys, torch; from jepatlas.common.learning.adamw import AdamW\n"
        "x = torch.ones(2, 2, requires_grad=True); x.sum().backward()\n"
        "AdamW({'x': x}, 0.1).step(0.1); print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
