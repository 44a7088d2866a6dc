"""Every method: its parameters, its training, what its default recipe reaches on fresh seeds."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.methods import names
from jepatlas.common.learning.trained import restore
from jepatlas.noisy_tv import methods
from jepatlas.noisy_tv.learning.fitting import fit, initial, scaled, with_frames
from jepatlas.noisy_tv.learning.inputs import neighbours, sigma_points
from jepatlas.noisy_tv.learning.method import Sampling, Variational, parse
from jepatlas.noisy_tv.measuring.forecast import forecast
from jepatlas.noisy_tv.measuring.latents import Forecast
from jepatlas.noisy_tv.measuring.measure import (
    StateBelief,
    Truth,
    calibration,
    limit_rollout,
    rollout,
    scores,
)
from jepatlas.noisy_tv.truth.parameters import Recipe, Sweep
from jepatlas.noisy_tv.truth.world import Member, World
from tests.noisy_tv.worlds import SYSTEM, truth_of, world

BLOCKS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "params.yaml").read_text(encoding="utf-8")
)["noisy_tv"]["methods"]
EVERY = pytest.mark.parametrize("name", sorted(BLOCKS))
PREDICTING = pytest.mark.parametrize("name", sorted(set(BLOCKS) - {"vae"}))
HORIZONS = (1, 2, 5, 10, 20)
CPU = torch.device("cpu")
FRESH = 90_210  # seeds from here on are used by nothing but these tests


@pytest.fixture(autouse=True)
def _nothing_is_written_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@cache
def fresh() -> World:
    return world(FRESH, 3)


@cache
def truth() -> Truth:
    """Three fresh seeds at the ends and in the middle of the noise scales."""
    sweep = Sweep(scales=(0, 5, 10), failure_scale=4)
    return truth_of(fresh(), fresh().members(Recipe(seeds=3, memories=()), sweep))


@cache
def default(name: str) -> Forecast:
    known = truth()
    method = with_frames(parse(name, "default", BLOCKS[name], SYSTEM), fresh(), known.members)
    networks = initial(name, method, fresh(), known.members, 0, CPU)
    trained = fit(name, "default", method, fresh(), known.members, 0, CPU)
    restore(networks, trained.final)
    x = np.stack([scaled(method, fresh(), member) for member in known.members])
    inputs = torch.as_tensor(x, dtype=torch.float32)
    return forecast(method, networks, inputs, known.train, HORIZONS)


def test_every_module_has_a_block():
    assert names(methods) == sorted(BLOCKS)


@PREDICTING
def test_the_default_recipe_reaches_the_limit_on_fresh_seeds(name):
    share = scores(truth(), default(name))["r2_of_limit"]
    assert share.min() > 0.99, dict(zip(truth().members, share, strict=True))


@pytest.mark.parametrize("name", ["vjepa", "bjepa"])
def test_beliefs_are_calibrated_on_fresh_seeds(name):
    forecasts = default(name)
    assert forecasts.belief is not None
    mine = calibration(truth(), StateBelief.read(truth(), forecasts, forecasts.belief))
    limit = calibration(truth(), truth().limit)
    ninety = mine["coverage"][8].reshape(3, 3).mean(1)  # by scale
    assert ((ninety > 0.87) & (ninety < 0.93)).all(), ninety
    assert (mine["nll"] - limit["nll"]).max() < 0.1


@PREDICTING
def test_iterated_predictors_follow_the_filter(name):
    """To 0.005: in the table of docs/noisy_tv.md the worst is 0.004 off, at 20 steps. What every
    prediction is too small by adds up: 4 % a step left 0.25 of 0.65 there."""
    mine, limit = rollout(truth(), default(name)), limit_rollout(truth(), HORIZONS)
    for horizon, expected in limit.items():
        assert mine[horizon].mean() > expected.mean() - 0.005, horizon


@EVERY
@pytest.mark.parametrize("recipe", ["as_published", "default"])
def test_a_member_is_the_same_alone_or_among_others(name, recipe):
    method = parse(name, recipe, BLOCKS[name], SYSTEM).model_copy(update={"steps": 30, "frames": 2})
    small = world(3, 2, train=300, test=100)
    sweep = Sweep(scales=(0, 4), failure_scale=4)
    members = small.members(Recipe(seeds=2, memories=(0.5,)), sweep)
    together = fit(name, recipe, method, small, members, 0, CPU).final
    alone = fit(name, recipe, method, small, members[3:4], 0, CPU).final
    for key, tensor in alone.items():
        torch.testing.assert_close(tensor[0], together[key][3], rtol=1e-4, atol=1e-5)


@EVERY
def test_an_encoder_with_depth_learns_from_mini_batches(name):
    changes = {
        "frames": 1,
        "depth": 1,
        "width": 16,
        "batch": 64,
        "steps": 200,
        "learning_rate": 0.01,
    }
    blocks = {**BLOCKS[name], "default": {**BLOCKS[name]["default"], **changes}}
    small = world(3, 1, train=500, test=150)
    members = small.members(Recipe(seeds=1, memories=()), Sweep(scales=(1,), failure_scale=4))
    method = parse(name, "default", blocks, SYSTEM)
    losses = fit(name, "default", method, small, members, 0, CPU).curves["loss"]
    assert losses[-1].item() < losses[0].item()


@pytest.mark.parametrize("name", ["vjepa", "bjepa"])
def test_the_posterior_is_learned_and_its_kl_has_a_gradient(name):
    method = parse(name, "default", BLOCKS[name], SYSTEM).model_copy(update={"frames": 1})
    assert isinstance(method, Variational)
    networks = method.networks(20, Draws(0, 1, "weights"))
    networks["posterior"].log.data.fill_(-1.0)  # at 0 the KL has its minimum
    pairs = Draws(0, 1, "pairs").normal(64, 40)
    gradients = []
    for beta in (0.0, 1.0):
        networks.zero_grad()
        method.model_copy(update={"beta": beta}).loss(
            networks, pairs, Draws(0, 1, "noise")
        ).sum().backward()
        gradients.append([p.grad.clone() for p in networks["posterior"].parameters()])
        gradients[-1] += [p.grad.clone() for p in networks["online"].parameters()]
    for without, with_kl in zip(*gradients, strict=True):
        assert (without - with_kl).abs().max() > 1e-3


@pytest.mark.parametrize("name", ["vae", "pred_vae", "vjepa"])
def test_a_few_points_have_the_luck_of_one_draw_for_each_pair(name):
    """The gradient of the few points varies from step to step as that of all pairs does."""
    method = parse(name, "as_published", BLOCKS[name], SYSTEM)
    assert isinstance(method, Sampling)
    whole = torch.as_tensor(world(3, 1, train=2001, test=100).observe(Member(3, 1.0, 0.9))[:2001])
    pairs = neighbours(whole.numpy(), 1)
    few = torch.as_tensor(sigma_points(pairs)).float()[None]
    networks = method.networks(20, Draws(0, 1, "weights"))
    with torch.no_grad():  # about as it is once it is trained: log variances are small
        for part, tensor in networks.named_parameters():
            if part.startswith(("posterior", "predictor.log")):
                tensor.mul_(0.1)
    spreads = []
    for seen, samples in ((torch.as_tensor(pairs).float()[None], 2000), (few, 2000)):
        sampling, noise = method.model_copy(update={"samples": samples}), Draws(0, 1, "noise")
        gradients = []
        for _ in range(200):
            networks.zero_grad()
            sampling.loss(networks, seen, noise).sum().backward()
            parts = [p.grad.flatten() for p in networks.parameters() if p.grad is not None]
            gradients.append(torch.cat(parts).numpy().copy())
        spreads.append(np.std(gradients, axis=0))
    varying = spreads[0] > 0.01 * spreads[0].max()
    ratio = spreads[1][varying] / spreads[0][varying]
    assert np.median(ratio) == pytest.approx(1, abs=0.07)
    assert (np.abs(np.log(np.quantile(ratio, [0.1, 0.9]))) < 0.3).all()


def test_the_predicted_future_is_iterated_in_the_latent():
    method = parse("pred_vae", "as_published", BLOCKS["pred_vae"], SYSTEM)
    networks = method.networks(20, Draws(0, 1, "weights"))
    context = Draws(0, 1, "x").normal(5, 20)
    step = networks["predictor"].weight
    z = networks["online"](context) @ step
    for found, expected in zip(method.forecasts(networks, context), (z, z @ step), strict=False):
        torch.testing.assert_close(found, expected)


def test_the_prior_expert_of_bjepa_can_be_exchanged():
    """With a sharp expert in its place the belief is that expert; with a flat one, the dynamics."""
    method = parse("bjepa", "default", BLOCKS["bjepa"], SYSTEM).model_copy(update={"frames": 1})
    assert isinstance(method, Variational)
    networks = method.networks(20, Draws(0, 1, "weights"))
    z = Draws(0, 1, "z").normal(10, 16)
    with torch.no_grad():
        networks["prior"].mean.fill_(0.7)
        networks["prior"].log_variance.fill_(-20.0)
        torch.testing.assert_close(method.predict(networks, z)[0], torch.full((1, 10, 16), 0.7))
        networks["prior"].log_variance.fill_(30.0)
        for mine, dynamics in zip(
            method.predict(networks, z), method.dynamics(networks, z), strict=True
        ):
            torch.testing.assert_close(mine, dynamics)


def test_gates_choose():
    name = "gated_ae"
    method = parse(name, "default", BLOCKS[name], SYSTEM).model_copy(update={"frames": 1})
    small = world(3, 1)
    members = small.members(Recipe(seeds=1, memories=()), Sweep(scales=(8,), failure_scale=4))
    trained = fit(name, "default", method, small, members, 0, CPU)
    gates = trained.final["gates.logits"].sigmoid().flatten().sort().values
    assert (gates[:4] < 0.2).all()
    assert (gates[4:] > 0.8).all()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"latent": 21}, "jepa.default.latent: should be at most noisy_tv.system.observation, 20"),
        ({"depth": 2}, "batch should be given"),
        ({"spread": "both"}, "jepa.default.spread"),
        ({"learning_rate": -1}, "jepa.default.learning_rate"),
        ({"famly": "x"}, "jepa.default.famly: unknown key"),
        ({"family": "decorrelation"}, "jepa.default.family: unknown key"),
    ],
)
def test_bad_parameters_are_named(change, problem):
    blocks = {**BLOCKS["jepa"], "default": {**BLOCKS["jepa"]["default"], **change}}
    with pytest.raises(InputError, match=re.escape(problem)):
        parse("jepa", "default", blocks, SYSTEM)


def test_unknown_methods_and_missing_recipes_are_named():
    with pytest.raises(
        InputError, match=r"noisy_tv\.methods\.jeap: unknown method; there are: ar, "
    ):
        parse("jeap", "default", BLOCKS["jepa"], SYSTEM)
    recipe = {"family": "decorrelation", "default": {}}
    with pytest.raises(InputError, match=r"noisy_tv\.methods\.jepa\.as_published: missing"):
        parse("jepa", "default", recipe, SYSTEM)


@pytest.mark.parametrize(
    ("family", "problem"),
    [
        ("variational", "jepa.family: should be 'decorrelation', the file of objectives/ that"),
        ("energies", "jepa.family: should be one of contrastive"),
        (None, "jepa.family: missing"),
    ],
)
def test_a_family_that_is_not_the_file_of_the_loss_is_refused(family, problem):
    blocks = {key: item for key, item in BLOCKS["jepa"].items() if key != "family"}
    if family:
        blocks["family"] = family
    with pytest.raises(InputError, match=re.escape(problem)):
        parse("jepa", "default", blocks, SYSTEM)
