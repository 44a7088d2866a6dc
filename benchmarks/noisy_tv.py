"""The default recipe of the noisy TV, as an ensemble, against the published one as a plain loop.

The loop is the published recipe as it is described: one model after the other, every window of the
training part at each of 10,000 steps. The ensemble trains all members of the default recipe at
once, on the sigma points of their windows.
"""

import time

import numpy as np
import pandas as pd
import torch

from jepatlas.common.base.parameters import section
from jepatlas.common.learning.batches import FullBatch
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.trained import Trained, restore
from jepatlas.common.learning.training import train
from jepatlas.noisy_tv.learning.fitting import fit, initial, scaled
from jepatlas.noisy_tv.learning.inputs import neighbours
from jepatlas.noisy_tv.learning.method import Base, load
from jepatlas.noisy_tv.measuring.forecast import forecast
from jepatlas.noisy_tv.measuring.measure import Truth, scores
from jepatlas.noisy_tv.measuring.references import filtered, limits
from jepatlas.noisy_tv.truth.parameters import Data, Recipes, Sweep
from jepatlas.noisy_tv.truth.system import Array, System
from jepatlas.noisy_tv.truth.world import Member, World

SEED = 0
METHODS = ("jepa", "vjepa", "bjepa")
LOOPED = 8.0  # the noise scale of the models that the loop trains
MODELS = 2  # that the loop trains, by method
CPU = torch.device("cpu")


def main() -> None:
    system, recipes = section("noisy_tv.system", System), section("noisy_tv.recipes", Recipes)
    data, sweep = section("noisy_tv.data", Data), section("noisy_tv.sweep", Sweep)
    world = World.draw(system, data, recipes.default.seeds)
    members = world.members(recipes.default, sweep)
    looped = [m for m in members if m.scale == LOOPED and m.memory == system.memory][:MODELS]
    rows = []
    for name in METHODS:
        published = load(name, "as_published", system)
        default = load(name, "default", system)
        start = time.perf_counter()
        alone = [_loop(name, published, world, member) for member in looped]
        middle = time.perf_counter()
        together = fit(name, "default", default, world, members, SEED, CPU)
        end = time.perf_counter()
        loop, ensemble = (middle - start) / len(looped), (end - middle) / len(members)
        loop_r2 = np.concatenate(
            [_r2(name, published, world, [m], t) for m, t in zip(looped, alone, strict=True)]
        )
        share = _r2(name, default, world, members, together)
        at_looped = share[[members.index(member) for member in looped]]
        rows.append(
            {
                "method": name,
                "loop [s per model]": loop,
                "ensemble [s per model]": ensemble,
                "speed-up": loop / ensemble,
                "R^2 of the loop": loop_r2.mean(),
                "R^2 of the ensemble, same data": at_looped.mean(),
            }
        )
    print(f"Training of the noisy TV: {len(members)} members, {len(looped)} in the loop.\n")
    print(pd.DataFrame(rows).set_index("method").T.to_string(float_format="{:.3g}".format))


def _loop(name: str, method: Base, world: World, member: Member) -> Trained:
    """One model by the published recipe."""
    x = neighbours(scaled(method, world, member)[: world.train], method.length)
    batch = torch.as_tensor(x[None], dtype=torch.float32)
    networks = method.networks(world.system.observation, Draws(SEED, [member.seed], "weights"))
    draws = Draws(SEED, [member.seed], "noise")
    stream = FullBatch(method.steps)
    return train(networks, lambda _: method.loss(networks, batch, draws), stream, method, name)


def _r2(name: str, method: Base, world: World, members: list[Member], trained: Trained) -> Array:
    networks = initial(name, method, world, members, SEED, CPU)
    restore(networks, trained.final)
    x = np.stack([scaled(method, world, member) for member in members])
    inputs = torch.as_tensor(x, dtype=torch.float32)
    found = forecast(method, networks, inputs, world.train, [1])
    seen = np.stack([world.observe(member) for member in members])
    known = limits(filtered(world, members, seen), world.train)
    return scores(Truth.of(world, members, known), found)["r2"]


if __name__ == "__main__":
    main()
