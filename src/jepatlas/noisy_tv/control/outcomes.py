"""What acting comes to, beside exact LQG, in the form of the track's other measures."""

from collections.abc import Mapping

import numpy as np

from jepatlas.noisy_tv.control.exact import at_random, exact, idle, regret
from jepatlas.noisy_tv.control.learned import Agent
from jepatlas.noisy_tv.control.task import Policy, Run, Task
from jepatlas.noisy_tv.measuring.measure import Truth
from jepatlas.noisy_tv.measuring.parameters import Evaluation
from jepatlas.noisy_tv.measuring.results import Results
from jepatlas.noisy_tv.truth.system import Array

LQG, IDLE, RANDOM = "lqg", "no_input", "random_input"
COSTS = (LQG, IDLE)  # whose costs regret is made of
TABLE = "control"


def references(
    setting: str, truth: Truth, task: Task, evaluation: Evaluation, seed: int
) -> tuple[dict[str, Array], Results]:
    """Costs of LQG and of no input, `[members]` each, by name; and what is measured of them."""
    results = Results(setting, truth, evaluation)
    policies = {LQG: exact(task, truth.now), IDLE: idle(task), RANDOM: at_random(task, seed)}
    runs = {name: task.steer(policy) for name, policy in policies.items()}
    costs = {name: task.cost(run) for name, run in runs.items()}
    for name, run in runs.items():
        results.note(name, "control_cost", costs[name], TABLE)
        values = regret(costs[name], costs[LQG], costs[IDLE])
        results.note(name, "regret", values, TABLE)
        _draw(results, name, task, run)
    results.drawn["goals"] = task.goals[results.shown, 0]
    return {name: costs[name] for name in COSTS}, results


def outcomes(
    name: str,
    setting: str,
    truth: Truth,
    agent: Agent,
    costs: Mapping[str, Array],
    evaluation: Evaluation,
) -> Results:
    """Everything that is measured of the method `name` when it acts; costs: of `references`."""
    results, task = Results(setting, truth, evaluation), agent.task
    best, without = (costs[name] for name in COSTS)
    for measure, policy in _policies(agent).items():
        run = task.steer(policy)
        results.note(name, measure, regret(task.cost(run), best, without), TABLE)
        if measure == "regret":
            _draw(results, name, task, run)
    return results


def _policies(agent: Agent) -> dict[str, Policy]:
    """By the name of what is measured of it."""
    policies = {
        "regret": agent.by_read_out(),
        "regret_latent": agent.by_latent(),
    }
    if agent.has_goal_expert:
        policies["regret_goal"] = agent.by_goal_experts(agent.task.control.horizon)
        policies["regret_goal_next"] = agent.by_goal_experts(1)
    return policies


def headlines(name: str, recipes: Mapping[str, Results]) -> dict[str, dict[str, float]]:
    """By recipe: the greatest regret over all noise scales, a mean over seeds."""
    found = {}
    for recipe, results in recipes.items():
        by_scale = results.measures[name]["regret"].values()
        found[recipe] = {"regret": max(one["mean"] for one in by_scale)}
    return found


def _draw(results: Results, name: str, task: Task, run: Run) -> None:
    """Of the first seed at every noise scale: the root of the mean squared distance to the goal by
    step, and the first episode."""
    results.drawn[f"{name}_distance"] = np.sqrt(task.distances(run)[results.shown])
    results.drawn[f"{name}_path"] = run.s[results.shown, 0]
