"""Our losses beside those of lightly, another library, by its own names for the weights: what was
published for it, and for the code released with the papers, carries over."""

import importlib
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from jepatlas.objectives.decorrelation import barlow_twins, vicreg
from jepatlas.objectives.sigreg import lejepa, sigreg
from jepatlas.objectives.visreg import visreg
from jepatlas.objectives.whitening_mse import SHRINKAGE, whitened_distance

SCALES = pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])  # of the embeddings
ROUNDING = 2e-6  # lightly's knots and quantiles are in single precision


@pytest.fixture(scope="module")
def lightly():
    """Gives a name of one of the modules of `lightly.loss`, by the module's name.

    An empty package stands in for `lightly.loss`, which imports all losses, one of them torchvision
    with it.
    """
    package = ModuleType("lightly.loss")
    package.__path__ = [str(Path(find_spec("lightly").origin).parent / "loss")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, package.__name__, package)
        yield lambda module, name: getattr(importlib.import_module(f"lightly.loss.{module}"), name)
        for name in [name for name in sys.modules if name.startswith("lightly.loss.")]:
            patch.delitem(sys.modules, name)


def pair(scale: float, members: int = 3, batch: int = 24, dim: int = 5) -> tuple[Tensor, Tensor]:
    """Correlated views with correlated dimensions, not centred, float64."""
    rng = np.random.default_rng(0)
    mixing = np.eye(dim) + 0.4 * rng.normal(size=(dim, dim))
    z = rng.normal(size=(members, batch, dim)) @ mixing + 0.3
    views = z + 0.3 * rng.normal(size=(2, members, batch, dim))
    first, second = torch.tensor(scale * views)
    return first, second


def of_each_member(loss: Callable[..., Tensor], *views: Tensor) -> list[float]:
    return [loss(*member).item() for member in zip(*views, strict=True)]


def with_its_directions(
    loss: Callable[..., Tensor], *views: Tensor, slices: int
) -> tuple[list[float], Tensor]:
    """The losses of a loss that draws directions, and what it drew, `[members, dim, slices]`."""
    losses, directions = [], []
    with torch.random.fork_rng():
        for seed, member in enumerate(zip(*views, strict=True)):
            torch.manual_seed(seed)
            losses.append(loss(*member).item())
            torch.manual_seed(seed)
            directions.append(torch.randn(member[0].shape[-1], slices, dtype=torch.float64))
    return losses, torch.stack(directions)


@SCALES
@pytest.mark.parametrize("weights", [None, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (2.0, 7.0, 0.3)])
def test_vicreg(lightly, scale, weights):
    z, z_prime = pair(scale)
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    if weights:  # else the published ones, 25, 25 and 1, which are the defaults of both
        ours = dict(zip(("invariance", "variance", "covariance"), weights, strict=True))
        theirs = dict(zip(("lambda_param", "mu_param", "nu_param"), weights, strict=True))
    expected = of_each_member(lightly("vicreg_loss", "VICRegLoss")(**theirs), z, z_prime)
    np.testing.assert_allclose(vicreg(z, z_prime, **ours), expected, rtol=1e-12)


@SCALES
@pytest.mark.parametrize("redundancy", [0.005, 1.0])
def test_barlow_twins(lightly, scale, redundancy):
    z, z_prime = pair(scale)
    theirs = lightly("barlow_twins_loss", "BarlowTwinsLoss")(lambda_param=redundancy)
    expected = of_each_member(theirs, z, z_prime)
    np.testing.assert_allclose(barlow_twins(z, z_prime, redundancy), expected, rtol=1e-12)


@SCALES
def test_sigreg(lightly, scale):
    z, _ = pair(scale)
    theirs = lightly("lejepa_loss", "SIGReg")(num_vectors=7)
    expected, directions = with_its_directions(theirs, z, slices=7)
    np.testing.assert_allclose(sigreg(z, directions), expected, rtol=ROUNDING)


@SCALES
@pytest.mark.parametrize("trade_off", [0.0, 0.05, 0.5])
@pytest.mark.parametrize(
    ("loss", "module", "name", "settings"),
    [
        (lejepa, "lejepa_loss", "LeJEPALoss", {"sigreg_num_vectors": 7}),
        (visreg, "visreg_loss", "VISRegLoss", {"num_slices": 7}),
    ],
    ids=["lejepa", "visreg"],
)
def test_two_views_with_a_regulariser(lightly, scale, trade_off, loss, module, name, settings):
    """Two views, both global. At least one has to be local; both once more leave all means."""
    z, z_prime = pair(scale)
    theirs = lightly(module, name)(lambda_param=trade_off, **settings)

    def of_two(a: Tensor, b: Tensor) -> Tensor:
        both = torch.stack([a, b])
        return theirs(local_proj=both, global_proj=both)

    expected, directions = with_its_directions(of_two, z, z_prime, slices=7)
    np.testing.assert_allclose(loss(z, z_prime, directions, trade_off), expected, rtol=ROUNDING)


@SCALES
def test_wmse(lightly, scale):
    z, z_prime = pair(scale)
    batch, dim = z.shape[1:]
    theirs = lightly("wmse_loss", "WMSELoss")(
        embedding_dim=dim, eps=SHRINKAGE, track_running_stats=False, w_size=batch
    )
    expected = of_each_member(lambda a, b: theirs(torch.cat([a, b])), z, z_prime)
    np.testing.assert_allclose(whitened_distance(z, z_prime), expected, rtol=1e-9)
