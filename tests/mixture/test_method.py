"""Every method of the mixture track: its parameters, its networks, and its loss by hand."""

import copy
import importlib
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor, nn

from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning.batches import Batch, Resampled
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP
from jepatlas.common.learning.methods import names
from jepatlas.common.learning.training import train
from jepatlas.mixture import methods
from jepatlas.mixture.learning.fitting import fit
from jepatlas.mixture.learning.method import (
    Base,
    Embedding,
    Masked,
    ScoreMatching,
    TargetEncoder,
    load,
    load_all,
)
from jepatlas.objectives.contrastive import info_nce, spectral
from jepatlas.objectives.coupled_vae import negative_elbo
from jepatlas.objectives.decorrelation import barlow_twins, vicreg
from jepatlas.objectives.kernel_discrepancy import kerjepa
from jepatlas.objectives.noise_contrastive import exponential, logistic
from jepatlas.objectives.prediction import paired_distance, pairwise_distance
from jepatlas.objectives.sigreg import lejepa
from jepatlas.objectives.visreg import visreg
from jepatlas.objectives.whitening_mse import whitened_distance

REPOSITORY = Path(__file__).resolve().parents[2]
METHODS = sorted(
    file.stem
    for file in (REPOSITORY / "src/jepatlas/mixture/methods").glob("*.py")
    if file.stem != "__init__"
)
PARAMETERS = yaml.safe_load((REPOSITORY / "params.yaml").read_text(encoding="utf-8"))
EVERY = pytest.mark.parametrize("name", METHODS)


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)


def small(name: str, recipe: str = "default", **changes: Any) -> Any:
    """The method with its parameters, but with small networks and few steps."""
    sizes = {
        "steps": 50,
        "batch": 32,
        "widths": (12, 10, 8),
        "predictor": (9,),
        "decoder": (7,),
        "hidden": (12, 10),
        "slices": 6,
    }
    method = load(name, recipe)
    known = [key for key in type(method).model_fields if getattr(method, key) is not None]
    return method.model_copy(update={k: v for k, v in (sizes | changes).items() if k in known})


class Noise64(Draws):
    """The same draws in float64, so that comparisons can be sharp."""

    def normal(self, *shape: int) -> Tensor:
        return super().normal(*shape).double()


def points(members: int | list[int], n: int = 32, d: int = 2, seed: int = 0) -> Tensor:
    """Two clusters, moved and stretched; each member its own points, in any ensemble."""
    noise = Noise64(seed, members, "points")
    x = noise.normal(n, d) + 4 * noise.integers(2, n, 1)
    return 2 + x * torch.linspace(1, 3, d)


def new_networks(method: Base, members: int | list[int], d: int = 2) -> nn.ModuleDict:
    """In float64, with training points of the members' own."""
    networks = method.networks(points(members, 100, d, seed=1), Draws(0, members, "weights"))
    if "average" in networks:  # as it is after some training: not the same as online
        shift = Draws(1, members, "average")
        for parameter in networks["average"].parameters():
            parameter.data += 0.1 * shift.normal(*parameter.shape[1:])
    return networks.double()


def loss_of(
    method: Base, networks: nn.ModuleDict, members: int | list[int], batch: Tensor
) -> Tensor:
    return method.loss(networks, batch, Noise64(0, members, "noise"))


# Parameters


def test_every_module_is_a_method_with_a_block_of_parameters():
    assert names(methods) == METHODS
    assert sorted(PARAMETERS["mixture"]["methods"]) == METHODS


@EVERY
def test_every_method_loads(name):
    blocks = dict(PARAMETERS["mixture"]["methods"][name])
    del blocks["family"]
    loaded = load_all(name)
    assert set(loaded) == set(blocks)
    assert load(name) == loaded["default"]
    for recipe, method in loaded.items():
        assert type(method).__module__ == f"jepatlas.mixture.methods.{name}"
        assert isinstance(method, Embedding) != isinstance(method, ScoreMatching)
        found = method.model_dump()
        for key, expected in blocks[recipe].items():
            if isinstance(expected, list):
                expected = tuple(expected)
            assert found.pop(key) == expected
        # What params.yaml need not show: there is none of it unless it is asked for.
        unasked = {
            "averaging": None, "mixture": None, "warm_up": 0.0, "weight_decay": 0.0,
            "inputs": "standardised", "noisy_views": "one", "predictor": None,
            "masks": "in_turn", "pairs": "own",
            "network": "confining", "moves": "both_ways", "reach": None, "box": None,
        }  # fmt: skip
        assert found.items() <= unasked.items()


def test_what_is_masked_is_a_coordinate_of_the_asymmetric_mixture():
    """As published: in the other one, hardly anything can be said of x1."""
    for method in load_all("jepa_masked").values():
        assert method.mixture == "asymmetric"


@EVERY
def test_the_family_is_the_module_of_the_objective(name):
    """dvc.yaml makes the stage depend on that file."""
    module = importlib.import_module(f"jepatlas.mixture.methods.{name}")
    used = {
        thing.__module__.removeprefix("jepatlas.objectives.")
        for thing in vars(module).values()
        if getattr(thing, "__module__", "").startswith("jepatlas.objectives.")
    }
    assert used == {PARAMETERS["mixture"]["methods"][name]["family"]}


def write_block(folder: Path, name: str, **changes: Any) -> None:
    """A params.yaml with one method's family or default recipe changed; None takes a key away."""
    content = copy.deepcopy(PARAMETERS)
    blocks = content["mixture"]["methods"][name]
    for key, value in changes.items():
        block = blocks if key == "family" else blocks["default"]
        block[key] = value
        if value is None:
            del block[key]
    (folder / "params.yaml").write_text(yaml.safe_dump(content))


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("jepa", {"family": "predictive"}, "family: should be one of "),
        ("jepa", {"family": "predictive"}, ", is 'predictive'"),
        ("jepa", {"family": "checks"}, "family: should be one of contrastive, coupled_vae, "),
        ("jepa", {"family": None}, "family: missing"),
        ("jepa", {"noise": -0.1}, "noise: should be greater than or equal to 0, is -0.1"),
        ("jepa", {"widths": []}, "widths: tuple should have at least 1 item"),
        ("jepa", {"widths": [8, 0]}, "widths.1: should be greater than or equal to 1, is 0"),
        (
            "jepa",
            {"temperature": 1},
            "temperature: unknown key; mixture.methods.jepa.default takes: ",
        ),
        ("jepa", {"learning_rate": 0}, "learning_rate: should be greater than 0, is 0"),
        ("jepa", {"schedule": "step"}, "schedule: should be 'constant' or 'cosine', is 'step'"),
        ("jepa_ema", {"averaging": None}, "averaging: missing"),
        ("jepa_ema", {"averaging": 1}, "averaging: should be less than 1, is 1"),
        ("jepa_masked", {"predictor": None}, "predictor: missing"),
        ("contrastive", {"temperature": 0}, "temperature: should be greater than 0, is 0"),
        ("dsm", {"sigma": 0}, "sigma: should be greater than 0, is 0"),
        ("ism", {"sigma": -1}, "sigma: should be greater than or equal to 0, is -1"),
        ("dsm", {"network": "flat"}, "network: should be 'confining' or 'plain', is 'flat'"),
        ("ism", {"network": "plain"}, "network: unknown key"),
        ("jepa", {"inputs": "white"}, "inputs: should be 'standardised' or 'raw', is 'white'"),
        ("jepa", {"noisy_views": 2}, "noisy_views: should be 'one' or 'both', is 2"),
        ("lejepa", {"trade_off": 2}, "trade_off: should be less than 1, is 2"),
        ("lejepa", {"slices": 0}, "slices: should be greater than or equal to 1, is 0"),
        ("vicreg", {"variance": True}, "variance: should be a number or a name, not true or false"),
        ("barlow_twins", {"redundancy": "low"}, "redundancy: should be a valid number"),
    ],
)
def test_a_wrong_parameter_is_one_line(tmp_path, monkeypatch, name, changes, message):
    monkeypatch.chdir(tmp_path)
    write_block(tmp_path, name, **changes)
    with pytest.raises(InputError) as caught:
        load(name)
    found = str(caught.value)
    assert "\n" not in found
    key = next(iter(changes))
    place = key if key == "family" else f"default.{key}"
    assert found.startswith(f"params.yaml: mixture.methods.{name}.{place}")
    assert message in found


def test_a_batch_too_small_to_whiten_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_block(tmp_path, "wmse", batch=8)
    said = (
        r"^params\.yaml: mixture\.methods\.wmse\.default: batch should be more .* widths, 8, is 8$"
    )
    with pytest.raises(InputError, match=said):
        load("wmse")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reach": None}, "should have one of reach and box"),
        ({"box": [-1, 1]}, "should have one of reach and box"),
        ({"reach": None, "box": [1, 1]}, "box should go from low to high, not 1.0 to 1.0"),
    ],
)
def test_negatives_come_from_one_box(tmp_path, monkeypatch, changes, said):
    monkeypatch.chdir(tmp_path)
    write_block(tmp_path, "energy", **changes)
    with pytest.raises(
        InputError, match=rf"^params\.yaml: mixture\.methods\.energy\.default: {said}$"
    ):
        load("energy")


def test_hyvarinens_own_method_may_have_no_noise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_block(tmp_path, "ism", sigma=0)
    assert load("ism").sigma == 0


@pytest.mark.parametrize("name", ["byol", "", "__init__", "jepa.x"])
def test_an_unknown_method_is_told_the_known_ones(name):
    with pytest.raises(InputError) as caught:
        load(name)
    assert str(caught.value) == (
        f"params.yaml: mixture.methods.{name}: unknown method; there are: {', '.join(METHODS)}"
    )


def test_a_method_without_its_block_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("mixture: {methods: {dsm: {}}}\n")
    with pytest.raises(InputError, match=r"^params\.yaml: mixture\.methods\.jepa is missing$"):
        load("jepa")


# Losses by hand, from separate passes of the networks


def by_double_backward(networks: nn.ModuleDict, x: Tensor) -> tuple[Tensor, Tensor]:
    """dE/dx and the Laplacian of E by autograd, `[members, batch, d]` and `[members, batch]`."""
    x = x.requires_grad_()
    (gradient,) = torch.autograd.grad(networks["online"](x).sum(), x, create_graph=True)
    second = [
        torch.autograd.grad(gradient[..., i].sum(), x, retain_graph=True)[0][..., i]
        for i in range(x.shape[-1])
    ]
    return gradient, sum(second)


def masked_by_hand(m: Any, networks: nn.ModuleDict, x: Tensor, y: Tensor, draws: Draws) -> Tensor:
    """Point i of the noisy view lacks coordinate i mod d, and the predictor is told which."""
    total = 0
    for i, masked in zip(range(x.shape[1]), itertools.cycle(range(x.shape[2]))):
        seen, told = y[:, i : i + 1].clone(), torch.zeros_like(y[:, i : i + 1])
        seen[..., masked], told[..., masked] = 0, 1
        embedding = networks["online"](seen)
        prediction = networks["predictor"](torch.cat([embedding, told], dim=-1))
        cosine = nn.functional.cosine_similarity(
            prediction, networks["average"](x[:, i : i + 1]), dim=-1
        )
        total = total + (2 - 2 * cosine[:, 0]) / x.shape[1]
    return total


def denoising_by_hand(m: Any, networks: nn.ModuleDict, x: Tensor, draws: Draws) -> Tensor:
    epsilon = draws.normal(*x.shape[1:])
    mirrored = []
    for e in (epsilon, -epsilon):
        gradient, _ = by_double_backward(networks, x + m.sigma * e)
        mirrored.append(m.sigma**2 * ((e / m.sigma - gradient) ** 2).sum(-1).mean(-1))
    return (mirrored[0] + mirrored[1]) / 2


def implicit_by_hand(m: Any, networks: nn.ModuleDict, x: Tensor, draws: Draws) -> Tensor:
    at = x + m.sigma * draws.normal(*x.shape[1:])
    gradient, laplacian = by_double_backward(networks, at)
    return (0.5 * (gradient**2).sum(-1) - laplacian).mean(-1)


def sliced_by_hand(m: Any, networks: nn.ModuleDict, x: Tensor, draws: Draws) -> Tensor:
    """v.(ds/dx v) as the derivative of v.s along v, all by autograd."""
    at = (x + m.sigma * draws.normal(*x.shape[1:])).requires_grad_()
    v = draws.normal(*x.shape[1:])
    (gradient,) = torch.autograd.grad(networks["online"](at).sum(), at, create_graph=True)
    slope = (v * gradient).sum(-1)
    curvature = (v * torch.autograd.grad(slope.sum(), at, create_graph=True)[0]).sum(-1)
    return (0.5 * slope**2 - curvature).mean(-1)


def against_noise_by_hand(
    m: Any, networks: nn.ModuleDict, x: Tensor, draws: Draws, loss: Any, noise: Tensor, q: Any
) -> Tensor:
    """Members one by one; noise: standard draws; q: their distribution, as made by torch."""
    points = x + m.sigma * draws.normal(*x.shape[1:])
    standardize = networks["online"].standardize
    q = q(standardize.mean, m.reach * standardize.scale)
    other = q.icdf(noise)
    energies = [networks["online"](at) for at in (points, other)]
    logs = [q.log_prob(at).sum(-1) for at in (points, other)]
    return loss(energies[0], logs[0], energies[1], logs[1])


def nce_by_hand(m: Any, networks: nn.ModuleDict, x: Tensor, draws: Draws) -> Tensor:
    draws_of_points = Noise64(0, 3, "noise")
    draws.normal(*x.shape[1:])
    noise = torch.special.ndtr(draws.normal(*x.shape[1:]))
    return against_noise_by_hand(
        m, networks, x, draws_of_points, logistic, noise, torch.distributions.Normal
    )


def energy_by_hand(m: Any, networks: nn.ModuleDict, x: Tensor, draws: Draws) -> Tensor:
    draws_of_points = Noise64(0, 3, "noise")
    draws.normal(*x.shape[1:])
    noise = draws.uniform(*x.shape[1:]).double()
    return against_noise_by_hand(
        m,
        networks,
        x,
        draws_of_points,
        exponential,
        noise,
        lambda mean, half: torch.distributions.Uniform(
            mean - half, mean + half, validate_args=False
        ),
    )


def simsiam_by_hand(m: Any, networks: nn.ModuleDict, x: Tensor, y: Tensor, _: Draws) -> Tensor:
    total = 0
    for a, b in ((x, y), (y, x)):
        prediction = networks["predictor"](networks["online"](a))
        with torch.no_grad():
            target = networks["online"](b)
        total = total - nn.functional.cosine_similarity(prediction, target, dim=-1).mean(-1) / 2
    return 2 + 2 * total


def var_jepa_by_hand(m: Any, networks: nn.ModuleDict, x: Tensor, y: Tensor, draws: Draws) -> Tensor:
    dim, n = m.widths[-1], x.shape[1]
    noise = draws.normal(2 * n, dim)
    views = []
    for view, own in ((x, noise[:, :n]), (y, noise[:, n:])):
        out = networks["online"](view)
        mean, log_variance = out[..., :dim], out[..., dim:]
        z = mean + log_variance.exp().sqrt() * own
        views.append((networks["scaled"](view), networks["decoder"](z), (mean, log_variance), z))
    out = networks["predictor"](views[0][3])
    predicted = out[..., :dim], out[..., dim:]
    return negative_elbo(*views[0][:3], *views[1][:3], predicted, m.std)


# (method, networks, x, x', noise) -> losses
EMBEDDINGS = {
    "contrastive": lambda m, f, x, y, _: info_nce(f["online"](x), f["online"](y), m.temperature),
    "jepa": lambda m, f, x, y, _: paired_distance(f["online"](x), f["online"](y)),
    "jepa_pairwise": lambda m, f, x, y, _: pairwise_distance(f["online"](x), f["online"](y)),
    "jepa_ema": lambda m, f, x, y, _: paired_distance(
        f["predictor"](f["online"](x)), f["average"](y)
    ),
    "jepa_masked": masked_by_hand,
    "vicreg": lambda m, f, x, y, _: vicreg(
        f["online"](x),
        f["online"](y),
        invariance=m.invariance,
        variance=m.variance,
        covariance=m.covariance,
    ),
    "barlow_twins": lambda m, f, x, y, _: barlow_twins(
        f["online"](x), f["online"](y), redundancy=m.redundancy
    ),
    "lejepa": lambda m, f, x, y, noise: lejepa(
        f["online"](x),
        f["online"](y),
        noise.normal(m.widths[-1], m.slices),
        m.trade_off,
    ),
    "spectral": lambda m, f, x, y, _: spectral(f["online"](x), f["online"](y)),
    "simsiam": simsiam_by_hand,
    "wmse": lambda m, f, x, y, _: whitened_distance(f["online"](x), f["online"](y)),
    "kerjepa": lambda m, f, x, y, _: kerjepa(f["online"](x), f["online"](y), m.trade_off),
    "visreg": lambda m, f, x, y, noise: visreg(
        f["online"](x), f["online"](y), noise.normal(m.widths[-1], m.slices), m.trade_off
    ),
    "var_jepa": var_jepa_by_hand,
}
SCORES = {
    "dsm": denoising_by_hand,
    "ism": implicit_by_hand,
    "ssm": sliced_by_hand,
    "nce": nce_by_hand,
    "energy": energy_by_hand,
}


def test_every_method_has_its_loss_written_by_hand():
    assert sorted(EMBEDDINGS | SCORES) == METHODS


@EVERY
def test_the_loss_is_the_one_by_hand(name):
    # Weights that are neither 1, nor equal, nor a default: each has to be in its place.
    weights = {
        "invariance": 2.0,
        "variance": 3.0,
        "covariance": 5.0,
        "redundancy": 0.7,
        "trade_off": 0.3,
        "temperature": 0.4,
        "sigma": 0.6,
        "noise": 0.8,
        "reach": 1.3,
        "std": 0.6,
    }
    method, x = small(name, **weights), points(3)
    networks, noise = new_networks(method, 3), Noise64(0, 3, "noise")
    if name in EMBEDDINGS:
        x_prime = x + method.noise * noise.normal(*x.shape[1:])
        expected = EMBEDDINGS[name](method, networks, x, x_prime, noise)
    else:
        expected = SCORES[name](method, networks, x, noise)
    losses = loss_of(method, networks, 3, x)
    assert losses.shape == (3,)
    np.testing.assert_allclose(losses.detach(), expected.detach(), rtol=1e-9)


# As published: the losses of the document's code, pair by pair and member by member


def squared(a: Tensor, b: Tensor) -> Tensor:
    """|u - v|^2 of all pairs, `[n, dim]` both to `[n, n]`; no gradient through the target."""
    u, v = a / a.norm(dim=1, keepdim=True), (b / b.norm(dim=1, keepdim=True)).detach()
    return ((u[:, None] - v[None]) ** 2).sum(2)


def moved(x: Tensor, noise: Draws, std: float) -> Tensor:
    return x + std * noise.normal(*x.shape[1:])


def pairwise_as_published(f: Any, x: Tensor, noise: Draws) -> list[Tensor]:
    targets, seen = f["average"](moved(x, noise, 0.1)), f["online"](moved(x, noise, 0.1))
    return [squared(*pair).mean() for pair in zip(seen, targets, strict=True)]


def ema_as_published(f: Any, x: Tensor, noise: Draws) -> list[Tensor]:
    targets, seen = f["average"](moved(x, noise, 0.01)), f["online"](x)
    return [squared(*pair).diagonal().mean() for pair in zip(seen, targets, strict=True)]


def masked_as_published(f: Any, x: Tensor, noise: Draws) -> list[Tensor]:
    """One coordinate for the whole batch, and every prediction beside every target."""
    noise.normal(*x.shape[1:])  # of views that have none
    context = x.clone()
    for member, coordinate in enumerate(noise.integers(2, 1)[:, 0].tolist()):
        context[member, :, coordinate] = 0
    predictions, targets = f["predictor"](f["online"](context)), f["average"](x)
    return [squared(*pair).mean() for pair in zip(predictions, targets, strict=True)]


def vicreg_as_published(f: Any, x: Tensor, noise: Draws) -> list[Tensor]:
    """The paper's eq. 6, which has the variance of either view whole."""
    views = f["online"](moved(x, noise, 0.05)), f["online"](moved(x, noise, 0.05))
    found = []
    for pair in zip(*views, strict=True):
        total = 25 * (pair[0] - pair[1]).square().mean()
        for z in pair:
            covariance = torch.cov(z.T)
            hinge = torch.relu(1 - (covariance.diagonal() + 1e-4).sqrt()).mean()
            off = covariance - covariance.diagonal().diag()
            total = total + 25 * hinge + off.square().sum() / z.shape[1]
        found.append(total)
    return found


def dsm_as_published(f: Any, x: Tensor, noise: Draws) -> list[Tensor]:
    """Points are moved one way. Its energy is minus ours, and its mean is over coordinates too."""
    epsilon = noise.normal(*x.shape[1:])
    at = (x + epsilon).requires_grad_()
    (gradient,) = torch.autograd.grad(-f["online"](at).sum(), at, create_graph=True)
    return list(2 * (gradient - -epsilon).square().mean((1, 2)))


def energy_as_published(f: Any, x: Tensor, noise: Draws) -> list[Tensor]:
    """Its energy is less than ours by the log of the area of the box."""
    noise.normal(*x.shape[1:])  # of points that are not smoothed
    negatives = 20 * noise.uniform(*x.shape[1:]).double() - 10
    real, other = (f["online"](at) - np.log(400) for at in (x, negatives))
    return list(real.mean(-1) + (-other).exp().mean(-1) + np.log(400))


AS_PUBLISHED = {
    "jepa_pairwise": pairwise_as_published,
    "jepa_ema": ema_as_published,
    "jepa_masked": masked_as_published,
    "vicreg": vicreg_as_published,
    "dsm": dsm_as_published,
    "energy": energy_as_published,
}


@pytest.mark.parametrize("name", AS_PUBLISHED)
def test_the_loss_as_published_is_that_of_the_documents_code(name):
    method, x = small(name, "as_published"), points(3)
    networks = new_networks(method, 3)
    expected = torch.stack(AS_PUBLISHED[name](networks, x, Noise64(0, 3, "noise")))
    losses = loss_of(method, networks, 3, x)
    np.testing.assert_allclose(losses.detach(), expected.detach(), rtol=1e-9)
    trained = [part for part in networks.parameters() if part.requires_grad]
    grads = [
        torch.autograd.grad(one.sum(), trained, allow_unused=True, materialize_grads=True)
        for one in (losses, expected)
    ]
    for ours, theirs in zip(*grads, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-10)


def test_the_energy_as_published_starts_from_that_of_the_document():
    """Whose network is a torch.nn.Sequential with its usual weights."""
    method, x = small("energy", "as_published"), points(3)
    networks = method.networks(points(3, 100, seed=1).float(), Draws(0, 3, "weights"))
    drawn = MLP([2, 12, 10, 1], Draws(0, 3, "weights"))(x.float())[..., 0]
    found = method.energy(networks, x.float())
    np.testing.assert_allclose(found.detach(), drawn.detach() + np.log(400), rtol=1e-5)


@EVERY
def test_members_do_not_mix(name):
    method = small(name)
    together, alone = new_networks(method, 4), new_networks(method, [2])
    losses = loss_of(method, together, 4, points(4))
    loss = loss_of(method, alone, [2], points([2]))
    np.testing.assert_allclose(losses[2].item(), loss.item(), rtol=1e-10)
    losses[2].backward()
    loss.sum().backward()
    own = dict(alone.named_parameters())
    for key, parameter in together.named_parameters():
        if parameter.grad is None:
            assert own[key].grad is None
            continue
        np.testing.assert_allclose(parameter.grad[2:3], own[key].grad, rtol=1e-7, atol=1e-10)
        assert not parameter.grad[[0, 1, 3]].any()


@EVERY
def test_gradients_reach_all_that_is_trained(name):
    """But for the last bias where the loss does not depend on it: slopes, centred embeddings."""
    method = small(name)
    networks = new_networks(method, 3)
    loss_of(method, networks, 3, points(3)).sum().backward()
    last = max(key for key, _ in networks["online"].named_parameters() if key.endswith("bias"))
    for key, parameter in networks.named_parameters():
        if not parameter.requires_grad:
            assert key.startswith("average.")
        elif key != f"online.{last}":
            assert parameter.grad.flatten(1).any(dim=1).all(), key
        elif name not in ("dsm", "ism", "ssm", "vicreg", "barlow_twins", "wmse"):
            assert parameter.grad.abs().max() > 1e-6


@EVERY
def test_fifty_steps_lower_the_loss(name):
    """On held-out points; with a target, the target hardly moves, so that the task stays one."""
    decay = {"averaging": 0.9999} if isinstance(load(name), TargetEncoder) else {}
    method = small(name, learning_rate=0.005, **decay)
    networks, held_out = new_networks(method, 3), points(3, n=200, seed=5)
    noise, batches = Noise64(2, 3, "noise"), Draws(2, 3, "batches")
    train_points = points(3, n=100, seed=1)
    stream = Resampled(method.steps, method.batch, 100, batches)
    rows = torch.arange(3)[:, None]
    before = loss_of(method, networks, 3, held_out).detach()

    def loss(batch: Batch) -> Tensor:
        return method.loss(networks, train_points[rows, batch.examples], noise)

    train(networks, loss, stream, method, name)
    after = loss_of(method, networks, 3, held_out).detach()
    assert (after < before).all()
    assert after.mean() < before.mean() - 0.02 * before.abs().mean()


# Networks and views


@EVERY
def test_networks_are_drawn_from_the_generators_given(name):
    method, x = small(name), points(3, n=50).float()
    first, again = (method.networks(x, Draws(4, 3, "weights")).state_dict() for _ in range(2))
    other = method.networks(x, Draws(5, 3, "weights")).state_dict()
    for key, tensor in first.items():
        assert torch.equal(tensor, again[key])
        assert key.endswith(("mean", "scale")) or not torch.equal(tensor, other[key])


@pytest.mark.parametrize("name", sorted(EMBEDDINGS))
def test_an_embedding_is_of_the_last_width(name):
    method, x = small(name), points(3, n=7)
    networks = new_networks(method, 3)
    assert method.embed(networks, x).shape == (3, 7, 8)
    assert torch.equal(method.embed(networks, x), networks["online"](x)[..., :8])
    part = "average" if isinstance(method, TargetEncoder) else "online"
    assert torch.equal(method.embed_reference(networks, x), networks[part](x)[..., :8])


def test_views_differ_by_gaussian_noise():
    method, batch = small("jepa", noise=0.7), points(3, n=4000)
    x, x_prime = method.views(batch, Draws(0, 3, "noise"))
    assert torch.equal(x, batch)
    difference = (x_prime - x).numpy().ravel()
    assert difference.mean() == pytest.approx(0, abs=5 * 0.7 / np.sqrt(24_000))
    assert difference.std() == pytest.approx(0.7, rel=5 / np.sqrt(48_000))


def test_both_views_may_have_noise_of_their_own():
    method, batch = small("jepa", noise=0.7, noisy_views="both"), points(3, n=4000)
    x, x_prime = method.views(batch, Draws(0, 3, "noise"))
    first, second = ((view - batch).numpy().ravel() for view in (x, x_prime))
    for noise in (first, second):
        assert noise.mean() == pytest.approx(0, abs=5 * 0.7 / np.sqrt(24_000))
        assert noise.std() == pytest.approx(0.7, rel=5 / np.sqrt(48_000))
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0, abs=5 / np.sqrt(24_000))


def test_both_views_in_one_pass_are_each_in_its_place():
    method = small("jepa")
    networks, x, y = new_networks(method, 2), points(2, n=5), points(2, n=5, seed=3)
    z, z_prime = method.embed_views(networks, x, y)
    np.testing.assert_allclose(z.detach(), networks["online"](x).detach(), rtol=1e-12)
    np.testing.assert_allclose(z_prime.detach(), networks["online"](y).detach(), rtol=1e-12)


# Targets and masks

TARGETS = pytest.mark.parametrize("name", ["jepa_ema", "jepa_masked"])


@TARGETS
def test_the_target_starts_as_the_encoder_and_is_never_trained(name):
    method = small(name)
    networks = method.networks(points(3, n=50).float(), Draws(0, 3, "weights"))
    online, average = networks["online"].state_dict(), networks["average"].state_dict()
    assert all(torch.equal(average[key], online[key]) for key in online)
    assert not any(parameter.requires_grad for parameter in networks["average"].parameters())
    method.loss(networks, points(3).float(), Draws(0, 3, "noise")).sum().backward()
    assert all(parameter.grad is None for parameter in networks["average"].parameters())


@TARGETS
def test_the_loss_depends_on_the_target_but_sends_it_no_gradient(name):
    method = small(name)
    networks = new_networks(method, 3)
    losses = loss_of(method, networks, 3, points(3))
    losses.sum().backward()
    assert all(parameter.grad is None for parameter in networks["average"].parameters())
    with torch.no_grad():
        for parameter in networks["average"].parameters():
            parameter.mul_(1.5)
    assert (loss_of(method, networks, 3, points(3)) != losses).all()


@pytest.mark.parametrize("d", [2, 3])
def test_a_masked_prediction_ignores_what_is_masked(d):
    method = small("jepa_masked")
    assert isinstance(method, Masked)
    networks = new_networks(method, 2, d)
    x = points(2, n=6, d=d)
    for masked in range(d):
        visible = torch.ones(d, dtype=torch.float64)
        visible[masked] = 0
        expected = method.predict(networks, x, visible)
        assert expected.shape == (2, 6, 8)
        for value in (-1e300, 0.0, 3.5):
            changed = x.clone()
            changed[..., masked] = value
            assert torch.equal(method.predict(networks, changed, visible), expected)
        for seen in set(range(d)) - {masked}:
            changed = x.clone()
            changed[..., seen] += 1
            assert not torch.isclose(method.predict(networks, changed, visible), expected).any()


def test_the_predictor_knows_which_coordinate_is_masked():
    """A point at 0 looks the same whatever is masked; the prediction should not be the same."""
    method = small("jepa_masked")
    networks, zero = new_networks(method, 2), torch.zeros(2, 1, 2, dtype=torch.float64)
    first, second, neither = (
        method.predict(networks, zero, torch.tensor(visible, dtype=torch.float64))
        for visible in ([0, 1], [1, 0], [1, 1])
    )
    for a, b in itertools.combinations((first, second, neither), 2):
        assert not torch.isclose(a, b).any()


@pytest.mark.parametrize("d", [2, 3])
def test_masks_may_differ_from_point_to_point(d):
    method = small("jepa_masked")
    networks, x = new_networks(method, 2, d), points(2, n=6, d=d)
    visible = 1 - torch.eye(d, dtype=torch.float64)[torch.arange(6) % d]  # [n, d]
    together = method.predict(networks, x, visible)
    for i in range(6):
        alone = method.predict(networks, x[:, i : i + 1], visible[i])
        np.testing.assert_allclose(together[:, i : i + 1].detach(), alone.detach(), rtol=1e-9)


# Scores


@pytest.mark.parametrize("name", sorted(SCORES))
def test_a_score_is_minus_the_slope_of_the_energy(name):
    method, x = small(name), points(3, n=7)
    networks = new_networks(method, 3)
    expected, expected_laplacian = by_double_backward(networks, x.clone())
    assert method.energy(networks, x).shape == (3, 7)
    assert torch.equal(method.energy(networks, x), networks["online"](x))
    gradient, laplacian = method.gradient_and_laplacian(networks, x)
    for found in (gradient, method.gradient(networks, x)):
        np.testing.assert_allclose(found.detach(), expected.detach(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(laplacian.detach(), expected_laplacian, rtol=1e-9, atol=1e-12)


def test_what_one_member_gives_alone_it_gives_among_others(tmp_path, monkeypatch):
    """The whole training of a method: weights, batches, noise."""
    method = small("vicreg").model_copy(update={"learning_rate": 1e-3})  # rounding grows with it
    train_points = points(4, n=100, seed=1).float()
    monkeypatch.chdir(tmp_path)
    together = fit("vicreg", method, train_points, 0, 3)
    alone = fit("vicreg", method, train_points[2:3], 0, 3, members=[2])
    for name, tensor in alone.final.items():
        torch.testing.assert_close(together.final[name][2:3], tensor, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        together.curves["loss"][:, 2:3], alone.curves["loss"], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    ("family", "said"),
    [
        ("sigreg", "should be 'decorrelation'"),
        ("energies", "one of contrastive"),
        (None, "missing"),
    ],
)
def test_a_family_that_is_not_the_file_of_the_loss_is_refused(tmp_path, monkeypatch, family, said):
    block = {**PARAMETERS["mixture"]["methods"]["vicreg"], "family": family}
    if family is None:
        del block["family"]
    content = {"mixture": {"methods": {"vicreg": block}}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"mixture\.methods\.vicreg\.family: .*" + said):
        load("vicreg")
