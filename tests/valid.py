"""Random parameters that are valid and small, over the whole schema."""

from collections.abc import Callable
from typing import Any

import numpy as np
import yaml

from tests.project import ROOT
from tools import small
from tools.small import mixture

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
    _hidden_causes(params["hidden_causes"], rng)
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
        "neighbourhoods": int(rng.integers(100, 300)),
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
    for recipe in mixture.recipes(block):
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
        "signal_noise": float(rng.uniform(0.01, 1)),
        "memory": float(rng.uniform(0, 0.95)),
        "distractor_noise": float(rng.uniform(0.01, 1)),
        "observation_noise": float(rng.uniform(0.001, 0.5)),
    }
    block["data"] = {
        "train": int(rng.integers(250, 350)),
        "test": int(rng.integers(130, 180)),
        "first_seed": int(rng.integers(2**31)),
    }
    block["sweep"] = {
        "scales": sorted(float(scale) for scale in rng.uniform(0, 10, rng.integers(1, 4))),
        "failure_scale": float(rng.uniform(0, 10)),
    }
    block["recipes"] = {
        "as_published": {"seeds": int(rng.integers(1, 4)), "memories": []},
        "default": {"seeds": int(rng.integers(1, 4)), "memories": [float(rng.uniform(0, 0.99))]},
    }
    systems = block["partially_observed"]["systems"]
    chosen = rng.permutation(list(systems))[: rng.integers(0, 3)].tolist()
    block["partially_observed"] = {
        "seeds": int(rng.integers(1, 4)),
        "systems": {name: systems[name] for name in systems if name in chosen},
    }
    block["evaluation"] = {
        "horizons": sorted({1, *rng.integers(2, 20, 2).tolist()}),
        "drawn_scale": float(rng.choice(block["sweep"]["scales"])),
        "drawn_steps": int(rng.integers(20, 60)),
    }
    block["transfer"] = {key: float(rng.uniform(0.01, 1)) for key in block["transfer"]}
    block["control"] = {
        "inputs": int(rng.integers(1, 4)),
        "exploration": float(rng.uniform(0.01, 1)),
        "explored": int(rng.integers(100, 250)),
        "episodes": int(rng.integers(1, 6)),
        "horizon": int(rng.integers(1, 25)),
        "goal": float(rng.uniform(0.1, 3)),
        "goal_width": float(rng.uniform(0.1, 3)),
        "effort": float(rng.uniform(0.01, 3)),
    }
    for method in block["methods"].values():
        for recipe in ("as_published", "default"):
            _training(method[recipe], rng)
            method[recipe]["steps"] = int(rng.integers(1, 60))
            method[recipe]["inputs"] = str(rng.choice(["raw", "whitened"]))


def _hidden_causes(block: Params, rng: np.random.Generator) -> None:
    block |= {"seeds": int(rng.integers(1, 4)), "snapshots": int(rng.integers(2, 5))}
    worlds = block["worlds"]
    planes = rng.permutation(["spiral", "banana", "shear", "coupling"]).tolist()
    worlds |= {"rho": float(rng.uniform(0.05, 0.99)), "layers": int(rng.integers(1, 10))}
    worlds["mixings"]["names"] = planes[: rng.integers(1, 4)]
    worlds["shapes"] = {"mixing": planes[0], "alphas": _spread(rng, 0.4, 30)}
    worlds["anisotropic"] = {
        "mixing": planes[1],
        "rhos": rng.uniform(0.05, 0.99, (rng.integers(1, 3), 2)).tolist(),
    }
    worlds["grid"] = {
        "mixing": planes[2],
        "rhos": rng.uniform(0.05, 0.99, rng.integers(1, 3)).tolist(),
        "trade_offs": _spread(rng, 0.0001, 0.5),
        "seeds": int(rng.integers(1, 3)),
    }
    worlds["dimensions"] |= {
        "sizes": sorted({2 * int(n) for n in rng.integers(1, 5, 2)}),
        "layers": int(rng.integers(1, 5)),
        "seeds": int(rng.integers(1, 3)),
        "changes": {"steps": 20, "batch": int(rng.integers(16, 64))},
    }
    worlds["dimensions"]["spare"] |= {
        "up_to": int(rng.integers(1, 9)),
        "layers": int(rng.integers(1, 5)),
        "units": int(rng.integers(2, 16)),
    }
    worlds["arm"]["seeds"] = int(rng.integers(1, 3))
    block["evaluation"] = {
        "fit": int(rng.integers(100, 300)),
        "test": int(rng.integers(100, 300)),
        "paths": int(rng.integers(1, 6)),
        "side": int(rng.integers(5, 10)),
    }
    for method in block["methods"].values():
        _training(method, rng)
        method |= {
            "steps": int(rng.integers(1, 40)),
            "batch": int(rng.integers(16, 64)),
            "detail": float(rng.uniform(0.5, 4)),
        }


def _spread(rng: np.random.Generator, low: float, high: float) -> list[float]:
    """One to three numbers of any size in between, in order."""
    drawn = rng.uniform(np.log(low), np.log(high), rng.integers(1, 4))
    return sorted(float(number) for number in np.exp(drawn))


def _images(block: Params, rng: np.random.Generator) -> None:
    block["members"] = int(rng.integers(1, 3))
    block["snapshots"] = int(rng.integers(2, 4))
    block["precision"] = str(rng.choice(["auto", "float32"]))
    block["data"]["fallback"] = ["digits", None][rng.integers(2)]
    for method in block["methods"].values():
        _training(method, rng)
        method |= {
            "epochs": 1,
            "batch": int(rng.integers(32, 128)),
            "ensemble_size": int(rng.integers(1, 3)),
            "channels": [int(n) for n in rng.integers(2, 8, rng.integers(1, 4))],
            "convolutions": int(rng.integers(1, 3)),
            "dim": int(rng.integers(2, 20)),
            "strength": float(rng.uniform(0, 1)),
            "photometric": float(rng.uniform(0, 1)),
            "erosion": str(rng.choice(["thinning", "grey"])),
            "neighbours": int(rng.integers(0, 4)),
        }
    _training(block["decoder"], rng)
    block["decoder"]["batch"] = int(rng.integers(32, 128))


def _training(method: Params, rng: np.random.Generator) -> None:
    """What every method has: rates, schedule, widths, weights of the terms."""

    def widths() -> list[int]:
        return [int(n) for n in rng.integers(2, 12, rng.integers(1, 4))]

    draw: dict[str, Callable[[], Any]] = {
        "learning_rate": lambda: float(10 ** rng.uniform(-5, -2)),
        "schedule": lambda: str(rng.choice(["constant", "cosine"])),
        "warm_up": lambda: float(rng.uniform(0, 0.5)),
        "weight_decay": lambda: float(rng.uniform(0, 0.1)),
        "averaging": lambda: float(rng.uniform(0, 0.999)),
        **dict.fromkeys(small.WIDTHS, widths),
        "noise": lambda: float(rng.uniform(0.01, 3)),
        "temperature": lambda: float(rng.uniform(0.05, 2)),
        "trade_off": lambda: float(rng.uniform(0, 0.5)),
        "slices": lambda: int(rng.integers(1, 32)),
        "samples": lambda: int(rng.integers(1, 1000)),
    }
    method |= {key: value() for key, value in draw.items() if key in method}
