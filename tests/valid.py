"""Random parameters that are valid and small, over the whole schema."""

from collections.abc import Callable
from typing import Any

import numpy as np
import yaml

from tests.project import ROOT
from tools import small

Params = dict[str, Any]


def parameters(rng: np.random.Generator) -> Params:
    """Those of the project, made small, with a few of the methods and with other numbers."""
    params: Params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    small.shrink(params)
    params["seed"] = int(rng.integers(2**32))
    params["note"] = str(rng.choice(["A note", "<b>&\"'", "ü"])) if rng.random() < 0.5 else None
    for track in ("mixture", "noisy_tv", "hidden_causes", "images"):
        methods = params[track]["methods"]
        chosen = rng.permutation(list(methods))[: rng.integers(1, 4)].tolist()
        params[track]["methods"] = {name: methods[name] for name in methods if name in chosen}
    params["arithmetic"] = str(rng.choice(["fast", "portable"]))
    _mixture(params["mixture"], rng)
    _noisy_tv(params["noisy_tv"], rng)
    _images(params["images"], rng)
    return params


def _mixture(block: Params, rng: np.random.Generator) -> None:
    block["members"] = int(rng.integers(1, 4))
    block["snapshots"] = int(rng.integers(2, 6))
    block["data"] = {part: int(rng.integers(100, 250)) for part in ("train", "probe", "test")}
    block["mixtures"]["random"] = _random_mixture(rng)
    block["mixture"] = str(rng.choice(list(block["mixtures"])))
    block["evaluation"] |= {
        "references": int(rng.integers(1, 20)),
        "collapsed": float(rng.uniform(0.001, 0.5)),
        "pairs": int(rng.integers(100, 300)),
        "slices": int(rng.integers(1, 20)),
    }
    block["langevin"] |= {"chains": int(rng.integers(1, 100)), "steps": int(rng.integers(1, 30))}
    low = rng.uniform(-20, -5, 2)
    block["landscape"] = {
        "x": [float(low[0]), float(low[0] + rng.uniform(5, 40))],
        "y": [float(low[1]), float(low[1] + rng.uniform(5, 40))],
        "resolution": int(rng.integers(2, 30)),
        "frames": int(rng.integers(2, 5)),
    }
    for recipe in small.recipes(block):
        _training(recipe, rng)
        recipe |= {"steps": int(rng.integers(1, 60)), "batch": int(rng.integers(16, 64))}
        if rng.random() < 0.5:
            recipe["mixture"] = str(rng.choice(list(block["mixtures"])))


def _random_mixture(rng: np.random.Generator) -> Params:
    components = int(rng.integers(2, 6))
    factors = rng.normal(size=(components, 2, 2))
    covariances = factors @ factors.transpose(0, 2, 1) + 0.2 * np.eye(2)
    return {
        "weights": rng.dirichlet(np.full(components, 3.0)).tolist(),
        "means": rng.uniform(-8, 8, (components, 2)).tolist(),
        "covariances": covariances.tolist(),
    }


def _noisy_tv(block: Params, rng: np.random.Generator) -> None:
    block["system"] |= {
        "signal": 2 * int(rng.integers(1, 4)),
        "distractor": int(rng.integers(1, 6)),
        "observation": int(rng.integers(8, 25)),
        "rotation": float(rng.uniform(-3, 3)),
        "contraction": float(rng.uniform(0.5, 0.995)),
        "memory": float(rng.uniform(0, 0.95)),
    }
    block["data"]["first_seed"] = int(rng.integers(2**31))
    block["recipes"]["default"]["memories"] = [float(rng.uniform(0, 0.99))]
    block["transfer"] = {key: float(rng.uniform(0.01, 1)) for key in block["transfer"]}
    for method in block["methods"].values():
        for recipe in ("as_published", "default"):
            _training(method[recipe], rng)
            method[recipe]["steps"] = int(rng.integers(1, 60))
            method[recipe]["inputs"] = str(rng.choice(["raw", "whitened"]))


def _images(block: Params, rng: np.random.Generator) -> None:
    block["members"] = int(rng.integers(1, 3))
    block["snapshots"] = int(rng.integers(2, 4))
    for method in block["methods"].values():
        _training(method, rng)
        method |= {
            "epochs": 1,
            "batch": int(rng.integers(32, 128)),
            "dim": int(rng.integers(2, 20)),
            "strength": float(rng.uniform(0, 1)),
            "photometric": float(rng.uniform(0, 1)),
            "erosion": str(rng.choice(["thinning", "grey"])),
            "neighbours": int(rng.integers(0, 4)),
        }


def _training(method: Params, rng: np.random.Generator) -> None:
    """What every method has: rates, schedule, widths, weights of the terms."""
    draw: dict[str, Callable[[], Any]] = {
        "learning_rate": lambda: float(10 ** rng.uniform(-5, -2)),
        "schedule": lambda: str(rng.choice(["constant", "cosine"])),
        "averaging": lambda: float(rng.uniform(0, 0.999)),
        "widths": lambda: [int(n) for n in rng.integers(2, 12, rng.integers(1, 4))],
        "hidden": lambda: [int(n) for n in rng.integers(2, 12, rng.integers(1, 4))],
        "noise": lambda: float(rng.uniform(0.01, 3)),
        "temperature": lambda: float(rng.uniform(0.05, 2)),
        "trade_off": lambda: float(rng.uniform(0, 0.5)),
        "slices": lambda: int(rng.integers(1, 32)),
    }
    method |= {key: value() for key, value in draw.items() if key in method}
