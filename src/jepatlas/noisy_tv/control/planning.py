"""Plans in closed form for linear models and quadratic costs: LQR, and a product with goal experts.

The model is z[t+1] = F z[t] + G u[t] + offset + N(0, S), the goal g is a point. With the deviation
y = z - g, what keeps it from standing still, b = (F - 1) g + offset, is a constant part of the
state,

    (y, b)[t+1] = [[F, 1], [0, 1]] (y, b)[t] + [[G], [0]] u[t],

and the input of least sum_{t=1}^T y[t]' Q y[t] + sum_{t=0}^{T-1} u[t]' R u[t] is -K[t] (y, b)[t]
by the Riccati recursion. Where z is not seen, its expectation takes its place (certainty
equivalence: Joseph & Tou 1961, AIEE Trans. 80), which with the true model is the optimum, LQG.
"""

from dataclasses import dataclass

import numpy as np

from jepatlas.noisy_tv.truth.system import Array


@dataclass(frozen=True)
class Model:
    """F `[members, n, n]`, G `[members, n, inputs]`, offset `[members, n]`."""

    F: Array
    G: Array
    offset: Array


@dataclass(frozen=True)
class Plan:
    """What is done in state z, step by step: gains `[horizon, members, inputs, 2 n]`, goals and
    drive (b above) `[members, episodes, n]`."""

    gains: Array
    goals: Array
    drive: Array

    @classmethod
    def of(cls, model: Model, gains: Array, goals: Array) -> "Plan":
        return cls(gains, goals, goals @ model.F.mT - goals + model.offset[:, None])

    def __call__(self, step: int, z: Array) -> Array:
        """z: `[members, episodes, n]`. Returns u, `[members, episodes, inputs]`."""
        state = np.concatenate([z - self.goals, self.drive], axis=-1)
        return -state @ self.gains[step].mT


def regulator(model: Model, Q: Array, R: Array, horizon: int) -> Array:
    """The gains K of the linear-quadratic regulator, `[horizon, members, inputs, 2 n]`.

    Q: `[members, n, n]`; R: `[members, inputs, inputs]`.
    """
    members, n, inputs = model.G.shape
    stay, nothing = np.broadcast_to(np.eye(n), (members, n, n)), np.zeros((members, n, n))
    F = np.block([[model.F, stay], [nothing, stay]])
    G = np.concatenate([model.G, np.zeros((members, n, inputs))], axis=1)
    cost = np.block([[Q, nothing], [nothing, nothing]])
    P, gains = cost, np.empty((horizon, members, inputs, 2 * n))
    for step in reversed(range(horizon)):
        gains[step] = np.linalg.solve(R + G.mT @ P @ G, G.mT @ P @ F)
        P = cost + F.mT @ P @ (F - G @ gains[step])
        P = (P + P.mT) / 2
    return gains


def with_goal_experts(
    model: Model, precision: Array, Q: Array, R: Array, width: float, horizon: int
) -> Array:
    """The gains where u[t] is its mean under a product of experts,

        prod_t N(z[t+1]; F z[t] + G u[t] + offset, S) N(z[t+1]; g, (Q / width^2)^-1)
               N(u[t]; 0, (R / width^2)^-1),

    the dynamics' own, a goal expert for each next latent, and a prior of the inputs (planning as
    inference: Toussaint 2009, ICML). precision: S^-1 `[members, n, n]`.

    The exponent is a quadratic cost in which the noise is one more input, at the price S^-1: the
    product believes that chance will help. It is the regulator where the experts are wide, and the
    more optimistic the narrower they are (Levine 2018, arXiv 1805.00909, section 4).
    """
    members, n, inputs = model.G.shape
    chance = np.broadcast_to(np.eye(n), (members, n, n))
    free = np.zeros((members, inputs, n))
    price = np.block([[R, free], [free.mT, width**2 * precision]])
    helped = Model(model.F, np.concatenate([model.G, chance], axis=2), model.offset)
    return regulator(helped, Q, price, horizon)[:, :, :inputs]
