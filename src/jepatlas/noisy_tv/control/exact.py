"""What can be done: exact LQG with the true system; and what takes no knowledge."""

import numpy as np

from jepatlas.common.base.random import generator
from jepatlas.noisy_tv.control.planning import Model, Plan, regulator
from jepatlas.noisy_tv.control.task import Policy, Task, episodes, identities
from jepatlas.noisy_tv.truth.system import Array


def exact(task: Task, now: Array) -> Policy:
    """LQG: the plan with the true A and B for the mean of s[t] given all that was seen and done.

    now: the filter's mean in the test part without inputs, `[members, test, k]`; as the filter
    knows the inputs, its mean with them is that plus the response.
    """
    members, k, inputs = task.B.shape
    model = Model(np.broadcast_to(task.A, (members, k, k)), task.B, np.zeros((members, k)))
    Q, R = identities(members, k) / task.variance, task.control.effort * identities(members, inputs)
    gains = regulator(model, Q, R, task.control.horizon)
    plan, believed = Plan.of(model, gains, task.goals), episodes(now, task.control)
    return lambda step, r, u: plan(step, believed[:, :, step] + r[:, :, -1])


def idle(task: Task) -> Policy:
    """No input at all."""
    return lambda step, r, u: np.zeros((*task.goals.shape[:2], task.control.inputs))


def at_random(task: Task, seed: int) -> Policy:
    """White inputs, as in exploration."""
    shape = (*task.goals.shape[:2], task.control.inputs)
    rng = generator(seed, "random inputs")
    return lambda step, r, u: task.control.exploration * rng.standard_normal(shape)


def regret(cost: Array, best: Array, without: Array) -> Array:
    """What a policy costs more than exact LQG, as a share of what that saves; 1: it saves nothing.

    The costs of the policy, of LQG and of no input, `[members]` each.
    """
    return (cost - best) / (without - best)
