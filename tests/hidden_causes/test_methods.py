"""Every method of the hidden causes: its loss by hand, its members, and what it recovers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.methods import names
from jepatlas.common.learning.trained import restore
from jepatlas.hidden_causes import methods
from jepatlas.hidden_causes.learning.fitting import Pairs, fit, initial
from jepatlas.hidden_causes.learning.method import TargetEncoder, load
from jepatlas.hidden_causes.learning.networks import matched, spare
from jepatlas.hidden_causes.measuring.evaluation import evaluate
from jepatlas.hidden_causes.truth.mixings import coupling, coupling_weights
from jepatlas.hidden_causes.truth.parameters import Evaluation, Spare
from jepatlas.hidden_causes.truth.worlds import Setting, World
from jepatlas.objectives.contrastive import gaussian_info_nce, info_nce
from jepatlas.objectives.decorrelation import barlow_twins, vicreg
from jepatlas.objectives.prediction import paired_distance
from jepatlas.objectives.sigreg import lejepa
from jepatlas.objectives.whitening import whitening

CPU = torch.device("cpu")
WORLDS = {
    "mixings.banana": World("banana", (0.8, 0.8)),
    "shapes.0_5": World("spiral", (0.8, 0.8), 0.5),
    "shapes.2": World("banana", (0.8, 0.8)),  # the first once more
}
SETTING = Setting("plane", WORLDS, seeds=2)
SIZES = Evaluation(fit=200, test=200, paths=4, side=5)
SPARE = Spare(up_to=4, layers=3, units=5)
EVERY = pytest.mark.parametrize("name", names(methods))


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parents[2])


def small(name: str, **changes: Any) -> Any:
    method = load(name)
    sizes = {"steps": 20, "batch": 32, "widths": (8, 6), "predictor": (5,), "slices": 4} | changes
    known = {key: value for key, value in sizes.items() if key in type(method).model_fields}
    return method.model_copy(update=known)


def draw(setting: Setting, batch: int) -> torch.Tensor:
    return Pairs(setting, batch, Draws(0, setting.seeds, "pairs")).next()


@EVERY
def test_a_loss_is_that_of_the_objective(name):
    method = small(name)
    networks = initial(method, SETTING, 0, CPU)
    pairs = draw(SETTING, 16)
    found = method.loss(networks, pairs, Draws(0, SETTING.members, "noise"))
    h, h_prime = (method.embed(networks, view) for view in pairs.unbind(1))
    assert h.shape == (4, 16, 2)
    p = method.model_dump()
    if isinstance(method, TargetEncoder):
        h = networks["predictor"](h)
    expected = {
        "contrastive": lambda: info_nce(h, h_prime, p["temperature"]),
        "contrastive_gaussian": lambda: gaussian_info_nce(h, h_prime),
        "jepa": lambda: paired_distance(h, h_prime),
        "jepa_ema": lambda: paired_distance(h, h_prime),
        "vicreg": lambda: vicreg(h, h_prime, p["invariance"], p["variance"], p["covariance"]),
        "barlow_twins": lambda: barlow_twins(h, h_prime, p["redundancy"]),
        "lejepa": lambda: lejepa(
            h, h_prime, Draws(0, SETTING.members, "noise").normal(2, 4), p["trade_off"]
        ),
        "whitening": lambda: whitening(h, h_prime, p["trade_off"]),
    }[name]()
    torch.testing.assert_close(found, expected)


def test_a_member_gives_alone_what_it_gives_among_others():
    method = small("lejepa")
    alone = Setting("plane", {"banana": WORLDS["mixings.banana"]}, seeds=1)
    whole, single = (fit("lejepa", method, s, 0, 2, CPU) for s in (SETTING, alone))
    for key, tensor in single.final.items():
        torch.testing.assert_close(tensor[0], whole.final[key][0])


def test_seeds_share_their_draws_between_worlds_and_nothing_else():
    setting = Setting("plane", {"a": WORLDS["shapes.2"], "b": World("shear", (0.5, 0.5))}, 2)
    pairs = draw(setting, 8).double().numpy()  # [members, view, batch, 2]
    first = [setting.distinct[0].unobserve(x) for x in pairs[:2]]
    second = [setting.distinct[1].unobserve(x) for x in pairs[2:]]
    np.testing.assert_allclose(first[0][0], second[0][0], atol=1e-5)
    assert np.abs(first[0][0] - first[1][0]).min() > 0


def test_a_matched_encoder_with_the_weights_of_the_mixing_is_its_inverse():
    weights = coupling_weights(4, 3)
    network = matched(4, 3, 1, Draws(0, 1, "weights"))
    with torch.no_grad():
        for layer, weight in zip(network.layers, weights[::-1], strict=True):
            layer[0].weight.copy_(torch.from_numpy(weight.copy()))
    z = torch.randn(1, 20, 4)
    x = torch.from_numpy(coupling(4, 3).mix(z.numpy()))
    torch.testing.assert_close(network(x), z, atol=1e-5, rtol=1e-5)


def test_an_encoder_with_room_to_spare_begins_as_all_but_linear():
    network = spare(4, layers=3, units=8, detail=1, draws=Draws(0, 1, "weights"))
    x = torch.randn(1, 20, 4)
    bent = network(2 * x) - 2 * network(x)
    assert 0 < bent.std() < 0.1 * network(x).std()


@EVERY
def test_everything_is_measured_of_every_method(name):
    method = small(name, steps=3)
    trained = fit(name, method, SETTING, 0, 2, CPU)
    found = evaluate(method, SETTING, trained, SIZES, 0, CPU)
    assert list(found.rows) == list(WORLDS)
    assert found.rows["mixings.banana"] == found.rows["shapes.2"]
    gaussian, other = found.rows["shapes.2"][0], found.rows["shapes.0_5"][0]
    assert {"r2", "planning.arrived"} <= set(other) < set(gaussian)
    assert all(row["slack"] > -1e-6 for row in found.rows["shapes.2"])
    shares = [gaussian[f"degree.{degree}"] for degree in ("1", "2", "3", "more")]
    assert sum(shares) == pytest.approx(1)
    assert found.drawn["shapes.0_5/grid"].shape == (2, 5, 5, 2)
    assert found.drawn["shapes.0_5/paths"].shape == (4, 41, 2)
    assert found.drawn["plane/loss"].shape == (1, 4)


def test_gaussian_latents_behind_a_banana_are_recovered():
    method = small("whitening", steps=250, batch=64, widths=(24, 24))
    setting = Setting("plane", {"banana": WORLDS["mixings.banana"]}, seeds=2)
    trained = fit("whitening", method, setting, 5, 2, CPU)
    sizes = SIZES.model_copy(update={"fit": 1000, "test": 2000})
    rows = evaluate(method, setting, trained, sizes, 5, CPU).rows["banana"]
    for row in rows:
        assert row["r2"] > 0.95  # by least squares from x it is 0.69
        assert row["bound"] > row["error"]
        assert row["planning.ratio"] < 1.1


def test_pictures_and_many_latents_have_networks_that_fit():
    for setting in (
        Setting("arm", {"arm": World("arm", (0.8, 0.8))}, 2),
        Setting("many", {"many": World("coupling", (0.8,) * 6, layers=2)}, 2, "matched"),
        Setting("few", {"few": World("coupling", (0.8,) * 4, layers=2)}, 2, SPARE),
    ):
        method = small("whitening", steps=2)
        trained = fit("whitening", method, setting, 0, 2, CPU)
        networks = initial(method, setting, 0, CPU)
        restore(networks, trained.final)
        pairs = draw(setting, 3)
        assert pairs.shape == (2, 2, 3, setting.observed)
        assert method.embed(networks, pairs[:, 0]).shape == (2, 3, setting.dim)
