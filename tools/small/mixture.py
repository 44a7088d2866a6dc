"""The mixture: few points, and a coarse plane."""

from typing import Any

Params = dict[str, Any]


def shrink(block: Params) -> None:
    block["data"] = {"train": 200, "probe": 100, "test": 100}
    block["evaluation"] |= {"references": 10, "slices": 8, "neighbourhoods": 100, "pairs": 100}
    block["langevin"] |= {"chains": 100, "steps": 20}
    block["landscape"] |= {"resolution": 20, "frames": 3}


def show(block: Params) -> None:
    block["data"] = {"train": 1000, "probe": 300, "test": 300}
    block["snapshots"] = 8
    block["landscape"] |= {"resolution": 60, "frames": 6}
    for recipe in recipes(block):
        recipe |= {"steps": 300, "batch": 64}
        if "widths" in recipe:
            recipe["widths"] = [32, 32, 16]


def recipes(block: Params) -> list[Params]:
    """Every recipe of every method."""
    methods = block["methods"].values()
    return [part for method in methods for key, part in method.items() if key != "family"]
