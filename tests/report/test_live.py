"""What the page trains with in the browser, against Python: losses and gradients to rounding."""

import json
import shutil
import subprocess
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP
from jepatlas.mixture.learning.networks import Energy
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.objectives.contrastive import info_nce
from jepatlas.objectives.decorrelation import barlow_twins, vicreg
from jepatlas.objectives.prediction import paired_distance
from jepatlas.objectives.score_matching import denoising
from jepatlas.objectives.sigreg import lejepa
from tests import project

ASSETS = project.ROOT / "src/jepatlas/mixture/reporting/assets"
LIBRARY = "".join(
    (ASSETS / f"live_{name}.js").read_text(encoding="utf-8")
    for name in ("objectives", "network", "worker")
)
N, DIM = 12, 5
RNG = np.random.default_rng(0)
Z = RNG.normal(size=(N, DIM))
OTHER = Z + 0.5 * RNG.normal(size=(N, DIM))
DIRECTIONS = RNG.normal(size=(DIM, 4))
X, NOISE = 3 * RNG.normal(size=(2, N, 2))
SIGMA = 0.7
OBJECTIVES = {  # name in JavaScript: its settings, the loss in Python
    "contrastive": ({"temperature": 0.5}, lambda z, o: info_nce(z, o, 0.5)),
    "paired": ({}, paired_distance),
    "vicreg": (
        {"invariance": 25, "variance": 50, "covariance": 2},
        lambda z, o: vicreg(z, o, 25, 50, 2),
    ),
    "barlowTwins": ({"redundancy": 0.3}, lambda z, o: barlow_twins(z, o, 0.3)),
    "lejepa": (
        {"tradeOff": 0.2, "directions": DIRECTIONS.ravel().tolist()},
        lambda z, o: lejepa(z, o, torch.tensor(DIRECTIONS)[None], 0.2),
    ),
}
CODE = """
const { n, dim, settings, sigma, widths, encoder, energy, scale, mean, mixture } = INPUT;
const read = (key) => Float64Array.from(INPUT[key]);
const [z, other, x, noise] = ["z", "other", "x", "noise"].map(read);
const objectives = { contrastive, paired, vicreg, barlowTwins, lejepa };
const found = {};
for (const [name, own] of Object.entries(settings)) {
  if (own.directions) own.directions = Float64Array.from(own.directions);
  const { loss, gradients } = objectives[name](z, other, n, dim, own);
  found[name] = [loss, ...gradients.map((one) => Array.from(one))];
}
const mlp = new Mlp(widths, Math.random);
mlp.parameters.set(encoder);
const out = mlp.forward(x, n);
mlp.backward(out.map((value) => 2 * value), n);
found.encoder = [Array.from(out), Array.from(mlp.gradient)];
const learned = new Energy([6, 7], mean, scale, Math.random);
learned.mlp.parameters.set(energy);
const slope = learned.slope(x, n);
const { loss, gradients } = denoising(slope, noise, n, 2, { sigma });
learned.backward(gradients[0], n);
found.energy = [Array.from(slope), loss, Array.from(learned.mlp.gradient)];
found.score = Array.from(exactScore(mixture, x, n, sigma));
const learner = Object.assign(new Learner("jepa_ema", mixture), { mean: [0, 0], scale: [1, 1] });
const parts = ["online", "predictor", "target"];
for (const part of parts) learner[part].parameters.set(INPUT.step[part]);
const views = ["x", "other"].map((view) => Float64Array.from(INPUT.step[view]));
found.step = [1, 2].map(() => (learner.predict(...views, { averaging: 0.9 }), learner.loss));
for (const part of parts) found[part] = Array.from(learner[part].parameters);
"""


def flat(mlp: MLP, what: str) -> list[float]:
    """The parameters of the first member, or their gradients, in the order of the page."""
    parts = [getattr(layer, kind) for layer in mlp.layers for kind in ("weight", "bias")]
    taken = [part if what == "values" else part.grad for part in parts]
    return torch.cat([part[0].flatten() for part in taken]).tolist()


def network(inputs: Tensor) -> tuple[MLP, Energy]:
    draws = Draws(0, 1, "live")
    return MLP([2, 8, 6, DIM], draws).double(), Energy(inputs, [6, 7], draws).double()


@pytest.fixture(scope="module")
def networks() -> tuple[MLP, Energy]:
    return network(torch.tensor(X)[None])


class Step(NamedTuple):
    """Networks of the page's sizes that predict a slow target, and two views of a batch."""

    online: MLP
    predictor: MLP
    target: MLP
    x: Tensor
    other: Tensor


def step() -> Step:
    """The same each time."""
    sizes = ([2, 32, 32, 16], [16, 32, 16], [2, 32, 32, 16])
    networks = [MLP(widths, Draws(k, 1, "live")).double() for k, widths in enumerate(sizes)]
    return Step(*networks, *torch.tensor(np.random.default_rng(1).normal(size=(2, 1, 64, 2))))


@pytest.fixture(scope="module")
def found(networks: tuple[MLP, Energy], request: pytest.FixtureRequest) -> Any:
    """What the page's code makes of the same numbers, by node or else by the browser."""
    encoder, energy = networks
    given = {
        "z": Z.ravel().tolist(),
        "other": OTHER.ravel().tolist(),
        "n": N,
        "dim": DIM,
        "settings": {name: own for name, (own, _) in OBJECTIVES.items()},
        "x": X.ravel().tolist(),
        "noise": NOISE.ravel().tolist(),
        "sigma": SIGMA,
        "widths": [2, 8, 6, DIM],
        "encoder": flat(encoder, "values"),
        "energy": flat(energy.mlp, "values"),
        "mean": energy.standardize.mean.flatten().tolist(),
        "scale": energy.standardize.scale.flatten().tolist(),
        "mixture": MIXTURE,
        "step": {
            name: flat(part, "values") if isinstance(part, MLP) else part.flatten().tolist()
            for name, part in step()._asdict().items()
        },
    }
    code = f"const INPUT = {json.dumps(given)};{LIBRARY}{CODE}"
    if shutil.which("node"):
        text = f"var self = {{}};{code}console.log(JSON.stringify(found));"
        done = subprocess.run(["node", "-"], input=text, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)
    tab = request.getfixturevalue("browser").new_page()
    return tab.evaluate(f"() => {{{code} return found; }}")


MIXTURE = {
    "weights": [0.6, 0.4],
    "means": [[0, 0], [3, 1]],
    "covariances": [[[1, 0.8], [0.8, 1]], [[0.5, 0], [0, 0.5]]],
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_is_pythons(found, name):
    z, other = (torch.tensor(one)[None].requires_grad_() for one in (Z, OTHER))
    loss = OBJECTIVES[name][1](z, other)
    loss.sum().backward()
    value, *gradients = found[name]
    assert value == pytest.approx(loss.item(), rel=1e-12)
    for gradient, exact in zip(gradients, (z.grad, other.grad), strict=True):
        np.testing.assert_allclose(gradient, exact.flatten(), rtol=1e-9, atol=1e-13)


def test_an_encoder_is_pythons(found, networks):
    encoder, _ = networks
    out = encoder(torch.tensor(X)[None])
    out.square().sum().backward()
    np.testing.assert_allclose(found["encoder"][0], out.detach().flatten(), rtol=1e-10)
    np.testing.assert_allclose(found["encoder"][1], flat(encoder, "gradients"), atol=1e-10)


def test_steps_towards_a_slow_target_are_pythons(found):
    online, predictor, target, x, other = step()
    adam = torch.optim.Adam([*online.parameters(), *predictor.parameters()], lr=0.003)
    losses = []
    for _ in range(2):
        loss = paired_distance(predictor(online(x)), target(other).detach())
        adam.zero_grad()
        loss.sum().backward()
        adam.step()
        with torch.no_grad():
            for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
                slow.lerp_(fast, 0.1)
        losses.append(loss.item())
    np.testing.assert_allclose(found["step"], losses, rtol=1e-9)
    for name, network in {"online": online, "predictor": predictor, "target": target}.items():
        np.testing.assert_allclose(found[name], flat(network, "values"), rtol=1e-7, atol=1e-10)


def test_score_matching_is_pythons(found, networks):
    _, energy = networks
    gradient = energy.gradient(torch.tensor(X)[None])
    loss = denoising(-gradient, torch.tensor(NOISE)[None], SIGMA)
    loss.sum().backward()
    slope, value, gradients = found["energy"]
    np.testing.assert_allclose(slope, gradient.detach().flatten(), rtol=1e-10)
    assert value == pytest.approx(loss.item(), rel=1e-12)
    last = energy.mlp.layers[-1].bias
    last.grad = (
        torch.zeros_like(last) if last.grad is None else last.grad
    )  # dE/dx knows no constant
    np.testing.assert_allclose(gradients, flat(energy.mlp, "gradients"), atol=1e-10)


def test_the_exact_score_is_pythons(found):
    mixture = Mixture(*MIXTURE.values())
    smooth = Mixture(
        MIXTURE["weights"],
        MIXTURE["means"],
        np.array(MIXTURE["covariances"]) + SIGMA**2 * np.eye(2),
    )
    assert mixture.dimension == 2
    np.testing.assert_allclose(found["score"], smooth.score(X).ravel(), rtol=1e-10)
