"""A small mixture, and little that is asked of what is trained on it."""

import numpy as np
import torch

from jepatlas.mixture.measuring.parameters import Evaluation, Langevin
from jepatlas.mixture.measuring.points import Settings
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Data, Landscape
from jepatlas.mixture.truth.world import World

MIXTURE = Mixture([0.6, 0.4], [[-2, 0], [2, 1]], [np.eye(2), [[1, 0.5], [0.5, 1]]])


def world(members: int) -> World:
    return World.draw(MIXTURE, Data(train=500, probe=200, test=200), members, seed=0)


def settings(members: int) -> Settings:
    return Settings(
        seed=0,
        members=members,
        evaluation=Evaluation(
            references=10, collapsed=0.01, neighbourhoods=100, pairs=100, slices=4
        ),
        langevin=Langevin(chains=10, steps=2, unadjusted_step=0.1, adjusted_step=0.1),
        landscape=Landscape(x=(-6, 6), y=(-6, 6), resolution=5, frames=2),
        device=torch.device("cpu"),
    )
