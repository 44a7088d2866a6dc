"""Which losses leave the mean of the embedding open, and what is measured where they do."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding, load
from jepatlas.mixture.measuring.centring import Shifted, encoders, mean_is_open
from jepatlas.mixture.measuring.fields import LOST, SIDE, embedding_fields
from jepatlas.mixture.measuring.points import Settings, array, grid, stacked
from jepatlas.mixture.truth.parameters import Landscape

REPOSITORY = Path(__file__).resolve().parents[2]
PARAMS = yaml.safe_load((REPOSITORY / "params.yaml").read_text(encoding="utf-8"))["mixture"]
POINTS = 3 * torch.randn(2, 300, 2, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.chdir(REPOSITORY)


def embedding(name):
    method = load(name)
    return method if isinstance(method, Embedding) else None


OPEN = {"vicreg", "barlow_twins", "wmse"}


@pytest.mark.parametrize("name", sorted(PARAMS["methods"]))
def test_what_centres_its_batch_alone_leaves_the_mean_open(name):
    method = embedding(name)
    if method is not None:
        networks = method.networks(POINTS, Draws(0, 2, "weights"))
        assert mean_is_open(method, networks, POINTS) == (name in OPEN)


@pytest.mark.parametrize("name", ["vicreg", "contrastive"])
def test_what_is_measured_is_blind_to_the_mean_where_the_loss_is(name):
    method = embedding(name)
    networks = method.networks(POINTS, Draws(0, 2, "weights"))
    before = [one(POINTS[:, :50]) for one in encoders(method, networks, POINTS)]
    networks["online"] = Shifted(networks["online"])
    after = [one(POINTS[:, :50]) for one in encoders(method, networks, POINTS)]
    for old, new in zip(before, after, strict=True):
        same = np.allclose(old.detach(), new.detach(), atol=1e-5)
        assert same == (name == "vicreg")
        if name == "vicreg":
            centre = method.embed(networks, POINTS).mean(1, keepdim=True)
            expected = method.embed(networks, POINTS[:, :50]) - centre
            torch.testing.assert_close(new, expected, rtol=1e-4, atol=1e-5)


def test_the_page_draws_what_is_measured():
    """The fields of the page are those of the encoders that everything is measured with."""
    method = embedding("vicreg")
    networks = method.networks(POINTS, Draws(0, 2, "weights"))
    networks["online"] = Shifted(networks["online"])
    landscape = Landscape(x=(-3, 3), y=(-3, 3), resolution=5, frames=2)
    settings = Settings(0, 2, None, None, landscape, torch.device("cpu"))
    weights = {name: tensor.clone() for name, tensor in networks.state_dict().items()}
    with torch.no_grad():
        found = embedding_fields(method, networks, {0: weights, 10: weights}, POINTS, settings)
        x = stacked(grid(landscape, SIDE).reshape(-1, 2), settings)
        u = unit(array(encoders(method, networks, POINTS)[0](x)[0]))
    drawn = found["field_0"].reshape(len(found["field_0"]), -1).T * found["step_0"]
    apart = ((drawn[:50, None] - drawn) ** 2).sum(-1) / 2  # E + 1 = 1 - cos
    np.testing.assert_allclose(apart, 1 - u[:50] @ u.T, atol=4 * LOST)
