"""The hidden causes, as an ensemble, against the published settings as a plain loop.

The loop is one model by the settings of the paper: 20,000 steps of 256 pairs, 4 x 256 units.
It takes minutes, so that `TIMED` of its steps are timed, and their time is taken for all. The
ensemble trains all seeds in all mixings at once, in full.
"""

import time

import pandas as pd
import torch

from jepatlas.common.base.parameters import section, value
from jepatlas.common.learning import device
from jepatlas.common.learning.draws import Draws
from jepatlas.hidden_causes.learning.fitting import Pairs, fit
from jepatlas.hidden_causes.learning.method import Base, load
from jepatlas.hidden_causes.measuring.evaluation import evaluate
from jepatlas.hidden_causes.truth.parameters import Evaluation, Worlds
from jepatlas.hidden_causes.truth.worlds import Setting, plane

SEED = 0
METHODS = ("lejepa", "whitening")
PUBLISHED, BATCH, WIDTH, DEPTH, RATE = 20_000, 256, 256, 4, 3e-3
TIMED = 50  # steps of the loop
CPU = torch.device("cpu")


def main() -> None:
    device.choose("cpu")
    worlds, seeds = section("hidden_causes.worlds", Worlds), value("hidden_causes.seeds")
    evaluation = section("hidden_causes.evaluation", Evaluation)
    setting = Setting("plane", plane(worlds, ("mixings",)), seeds)
    models = len(setting.members)
    rows = []
    for name in METHODS:
        method = load(name)
        start = time.perf_counter()
        _loop(method, setting)
        middle = time.perf_counter()
        trained = fit(name, method, setting, SEED, 2, CPU)
        end = time.perf_counter()
        loop, ensemble = (middle - start) / TIMED * PUBLISHED, (end - middle) / models
        found = evaluate(method, setting, trained, evaluation, SEED, CPU).rows
        least = {f"lowest R^2, {w}": min(row["r2"] for row in found[w]) for w in found}
        rows.append(
            {
                "method": name,
                "loop [s per model]": loop,
                "ensemble [s per model]": ensemble,
                "speed-up": loop / ensemble,
                **least,
            }
        )
    print(f"Training of the hidden causes: {models} members, {TIMED} steps of the loop.\n")
    print(pd.DataFrame(rows).set_index("method").T.to_string(float_format="{:.4g}".format))


def _loop(method: Base, setting: Setting) -> None:
    """Some steps of one model by the published settings."""
    one = Setting("one", dict(list(setting.worlds.items())[:1]), 1)
    wide = method.model_copy(update={"widths": (WIDTH,) * DEPTH, "detail": 1.0})
    networks = wide.networks(one, Draws(SEED, 1, "weights"))
    pairs, noise = Pairs(one, BATCH, Draws(SEED, 1, "pairs")), Draws(SEED, 1, "noise")
    optimiser = torch.optim.AdamW(networks.parameters(), lr=RATE)
    for _ in range(TIMED):
        optimiser.zero_grad()
        wide.loss(networks, pairs.next(), noise).sum().backward()
        optimiser.step()


if __name__ == "__main__":
    main()
