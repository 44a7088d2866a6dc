"""The noisy TV: short trajectories, few of them, and few noise scales."""

from typing import Any

Params = dict[str, Any]


def shrink(block: Params) -> None:
    evaluation, sweep = block["evaluation"], block["sweep"]
    block["data"] |= {"train": 300, "test": 130}
    sweep["scales"] = sorted({0, sweep["failure_scale"], evaluation["drawn_scale"]})
    block["recipes"] = {
        "as_published": {"seeds": 2, "memories": []},
        "default": {"seeds": 2, "memories": [0.99]},
    }
    block["partially_observed"]["seeds"] = 2
    evaluation["drawn_steps"] = 20
    block["control"] |= {"explored": 200, "episodes": 4, "horizon": 20}


def show(block: Params) -> None:
    for method in block["methods"].values():
        for recipe in block["recipes"]:
            method[recipe]["steps"] = 400
