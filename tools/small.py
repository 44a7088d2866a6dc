"""Parameters so small that the whole pipeline takes seconds: for the demo, and for the tests."""

from collections.abc import Mapping
from typing import Any

Params = dict[str, Any]
WIDTHS = ("widths", "hidden", "predictor", "expander")


def shrink(params: Params) -> None:
    """Few members, points and steps for every method that there is."""
    _mixture(params["mixture"])
    _noisy_tv(params["noisy_tv"])
    _hidden_causes(params["hidden_causes"])
    _images(params["images"])


def keep(params: Params, methods: Mapping[str, tuple[str, ...]]) -> None:
    """Of each track, only the methods that are named."""
    for track, names in methods.items():
        block = params[track]
        block["methods"] = {name: block["methods"][name] for name in names}


def _mixture(block: Params) -> None:
    block |= {"members": 2, "snapshots": 4, "data": {"train": 200, "probe": 100, "test": 100}}
    for recipe in recipes(block):
        recipe |= {"steps": 40, "batch": 32}
        _narrow(recipe, [8, 8])
    block["evaluation"] |= {"references": 10, "slices": 8, "pairs": 100}
    block["langevin"] |= {"chains": 100, "steps": 20}
    block["landscape"] |= {"resolution": 20, "frames": 3}


def recipes(block: Params) -> list[Params]:
    """Every recipe of every method of the mixture."""
    methods = block["methods"].values()
    return [part for method in methods for key, part in method.items() if key != "family"]


def _noisy_tv(block: Params) -> None:
    block["data"] |= {"train": 300, "test": 130}
    block["sweep"]["scales"] = [0, 4, 8]
    block["recipes"] = {
        "as_published": {"seeds": 2, "memories": []},
        "default": {"seeds": 2, "memories": [0.99]},
    }
    block["partially_observed"]["seeds"] = 2
    block["evaluation"]["drawn_steps"] = 20
    block["control"] |= {"explored": 200, "episodes": 4, "horizon": 20}
    for method in block["methods"].values():
        for recipe in block["recipes"]:
            method[recipe]["steps"] = 40


def _hidden_causes(block: Params) -> None:
    block |= {"seeds": 2, "snapshots": 3}
    worlds = block["worlds"]
    worlds["mixings"]["names"] = ["spiral", "banana"]
    worlds["shapes"]["alphas"] = [0.5, 2]
    worlds["anisotropic"]["rhos"] = [[0.9, 0.6]]
    worlds["grid"] |= {"rhos": [0.8], "trade_offs": [0.1], "seeds": 2}
    worlds["dimensions"] |= {"sizes": [2, 4], "seeds": 2, "changes": {"steps": 20}}
    worlds["dimensions"]["spare"] |= {"up_to": 2, "changes": {"steps": 20}}
    worlds["arm"] |= {"seeds": 2, "changes": {"steps": 10}}
    block["evaluation"] = {"fit": 200, "test": 200, "paths": 5, "side": 7}
    for method in block["methods"].values():
        method |= {"steps": 40, "batch": 32}
        _narrow(method, [8, 8])


def _images(block: Params) -> None:
    block["data"]["set"] = "digits"
    block["snapshots"] = 3
    for method in block["methods"].values():
        method |= {"epochs": 2, "batch": 64, "channels": [4, 8], "dim": 16}
        _narrow(method, [16, 16])
    block["decoder"] |= {"epochs": 1, "batch": 64}


def _narrow(method: Params, widths: list[int]) -> None:
    for key in WIDTHS:
        if key in method:
            method[key] = [*widths]  # one list in two places would be an anchor in YAML
