"""A project with small made-up inputs of the page, its mixture's networks being real ones."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from PIL import Image
from sklearn.datasets import load_digits

from jepatlas.common.base.parameters import PARAMS
from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.trained import Trained, restore
from jepatlas.common.measuring.statistics import summary
from jepatlas.common.reporting.rules import COLUMNS
from jepatlas.images.truth.world import Images
from jepatlas.mixture.learning import method as methods
from jepatlas.mixture.learning.fitting import fit, initial
from jepatlas.mixture.measuring import fields
from jepatlas.mixture.measuring.metrics import spread
from jepatlas.mixture.measuring.points import Settings
from jepatlas.mixture.track import Parameters as Mixture
from jepatlas.mixture.truth.parameters import Data
from jepatlas.mixture.truth.recipes import mixture_of
from jepatlas.mixture.truth.world import World
from jepatlas.noisy_tv.drawing.looks import RECIPES
from tests import project
from tests.noisy_tv.worlds import METHODS
from tests.report import metrics
from tools import small

SEED, MEMBERS, STEPS, KEPT = 0, 2, 40, 5
CPU = torch.device("cpu")
SCALES = (0, 4, 8)
# Methods of each kind, not all that there are, so that another one costs the tests nothing.
MIXTURE = ("contrastive", "dsm", "ism", "jepa", "jepa_masked", "vicreg", "barlow_twins", "lejepa")
IMAGES = ("jepa", "lejepa", "vicreg")
KINDS = ["affine", "erosion", "dilation", "inversion", "salt_and_pepper", "gaussian", "all"]
CAUSES = ("lejepa", "whitening")
STILLS = {
    "mixture": "sheet",
    "noisy_tv": "r2",
    "hidden_causes": "sheet",
    "images": "reconstructions",
}
VERDICTS = ("holds", "holds in part", "undecided", "does not hold", "not tested")
EVIL = "</script><script>window.evil = 1</script><img src=x onerror='window.evil = 2'>&amp;\"'"


def make(root: Path) -> None:
    """Everything that the stage reads, in the folder `root`, which must be the current one."""
    params = yaml.safe_load((project.ROOT / PARAMS).read_text(encoding="utf-8"))
    small.keep(params, {"mixture": MIXTURE, "hidden_causes": CAUSES})
    params["images"] = {"methods": {name: {} for name in IMAGES}}
    params["mixture"]["snapshots"] = KEPT
    text = yaml.safe_dump(params, sort_keys=False) + f"# {EVIL}\n"
    (root / PARAMS).write_text(text, encoding="utf-8")
    mixture(root / "data/mixture", Mixture.model_validate(params["mixture"]))
    noisy_tv(root)
    hidden_causes(root)
    images(root)
    for track, name in STILLS.items():
        file = root / "plots" / track / "pictures" / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 40), "#0072B2").save(file)
    some: dict[str, Any] = {"collapse": {"spread": metrics.number(0.5, 0.1)}}
    measured = {name: some | headlined(name) for name in params["mixture"]["methods"]}
    metrics.write(root, "mixture", measured)
    metrics.write(root, "noisy_tv", {"jepa": some, "kalman": some})
    pd.DataFrame(claims(), columns=list(COLUMNS)).to_csv(root / "plots/claims.csv", index=False)


def mixture(folder: Path, mixture: Mixture) -> None:
    """Default recipes of params.yaml in full size, trained for a few steps."""
    worlds = {}
    for name, choice in mixture.mixtures.items():
        data = Data(train=200, probe=100, test=400)
        worlds[name] = World.draw(choice.mixture(), data, MEMBERS, SEED)
        write_arrays(folder / "points" / f"{name}.npz", worlds[name].arrays())
    for name in mixture.methods:
        world = worlds[mixture_of(name)]
        points = torch.as_tensor(world.train, dtype=torch.float32)
        test = torch.as_tensor(world.test, dtype=torch.float32)
        method = methods.load(name).model_copy(update={"steps": STEPS, "learning_rate": 0.01})
        networks = initial(method, points, SEED)
        trained = fit(name, method, points, SEED, KEPT)
        (folder / "trained" / name).mkdir(parents=True)
        trained.save(folder / "trained" / name / "default.safetensors")
        steps = trained.steps.numpy()
        evaluated = {"steps": steps, "losses": np.tile(1.0 / (1 + steps)[:, None], MEMBERS)}
        settings = Settings(
            SEED, MEMBERS, mixture.evaluation, mixture.langevin, mixture.landscape, CPU
        )
        with torch.no_grad():
            restore(networks, trained.final)
            reference = world.mixture.means[:1]
            evaluated |= fields.every_member(method, networks, test, reference, settings)
            if isinstance(method, methods.Embedding):
                evaluated |= through_training(method, networks, trained, test)
                evaluated |= fields.embedding_fields(
                    method, networks, trained.snapshots, test, settings
                )
            else:
                evaluated |= fields.energy_fields(method, networks, trained.snapshots, settings)
                evaluated |= followed()
        if name == "contrastive":
            evaluated |= best(len(world.mixture.means))
        arrays = {f"default/{key}": array for key, array in evaluated.items()}
        write_arrays(folder / "evaluated" / f"{name}.npz", arrays)


def headlined(name: str) -> dict[str, Any]:
    """What an embedding and a score begin with, and what a masked one predicts, by both recipes."""
    if name in ("dsm", "ism"):
        return {"default": {"score": {"fisher_error": metrics.number(0.25, 0.125)}}}
    default: dict[str, Any] = {"collapse": {"spread": metrics.number(0.625, 0.03)}}
    if name != "jepa_masked":
        return {"default": default}
    r2 = {"x0": {**metrics.number(0.85), "members": (0.8, 0.9)}, "x1": metrics.number(0.7)}
    told = {"r2": r2, "exact_r2": {"x0": 0.95, "x1": 0.75}, "of_exact": metrics.number(0.9)}
    return {"default": default | {"masked": told}, "as_published": {"masked": told}}


def followed() -> dict[str, Any]:
    """A score that points to the origin, and particles that go there."""
    arrows = np.stack(np.meshgrid([-5.0, 0.0, 5.0], [0.0, 5.0, 10.0]), axis=-1)
    start = np.random.default_rng(SEED).uniform(-9, 9, (200, 2))
    path = np.stack([start * share for share in (1.0, 0.5, 0.0)])
    scores = {"arrows": arrows, "score": -arrows, "exact_score": -arrows}
    return scores | {"unadjusted_path": path, "adjusted_path": path + 1}


def best(means: int) -> dict[str, Any]:
    """An optimum that is lowest everywhere seen from the first mean, and highest from others."""
    landscapes = np.ones((means, fields.SIDE, fields.SIDE))
    landscapes[0] = -1
    return {"optimum_landscapes": landscapes, "optimum_title": np.array(f"best {EVIL}")}


def through_training(
    method: methods.Embedding, networks: torch.nn.ModuleDict, trained: Trained, x: torch.Tensor
) -> dict[str, Any]:
    spreads = []
    for step in sorted(trained.snapshots):
        networks.load_state_dict(trained.snapshots[step])
        with torch.no_grad():
            z = method.embed(networks, x).double().numpy()
        spreads.append([spread(member) for member in unit(z)])
    return {"snapshot_steps": np.array(sorted(trained.snapshots)), "spread": np.array(spreads)}


def noisy_tv(root: Path) -> None:
    rng = np.random.default_rng(SEED)
    time = np.arange(30)
    drawn, rows = {}, []
    for recipe in RECIPES:
        drawn[f"{recipe}/scales"] = np.array(SCALES, dtype=float)
        for k, name in enumerate(("true", "kalman", *METHODS)):
            swing = np.stack([np.cos(0.3 * time + k), np.sin(0.3 * time + k)] * 2, axis=-1)
            drawn[f"{recipe}/{name}"] = np.stack([swing * (1 + scale) for scale in SCALES])
            if name == "true":
                continue
            for scale in SCALES:
                found = summary(rng.uniform(0, 1, 3))
                low, high = found["mean"] - found["ci95"], found["mean"] + found["ci95"]
                row = {"recipe": recipe, "model": name, "measure": "r2", "scale": scale}
                rows.append({**row, **found, "low": low, "high": high})
    known = ("true", "kalman", "scales")
    shared = {key: a for key, a in drawn.items() if key.split("/")[1] in known}
    write_arrays(root / "data/noisy_tv/oracle/drawn.npz", shared)
    for name in METHODS:
        own = {key: a for key, a in drawn.items() if key.split("/")[1] == name}
        write_arrays(root / f"data/noisy_tv/evaluated/{name}.npz", own)
    (root / "plots/noisy_tv/tables").mkdir(parents=True, exist_ok=True)
    tables = {"r2": rows, **beside()}
    for name, table in tables.items():
        pd.DataFrame(table).to_csv(root / f"plots/noisy_tv/tables/{name}.csv", index=False)


def beside() -> dict[str, list[dict[str, Any]]]:
    """Two points of each line in the charts beside the scores; of BJEPA alone, what it is told."""
    number = {"mean": 0.5, "ci95": 0.1, "min": 0.4, "max": 0.6}
    lines = [
        {"recipe": recipe, "model": name, "measure": "r2", **number}
        for recipe in RECIPES
        for name in ("kalman", "jepa", "bjepa")
    ]
    found = {
        table: [
            {**line, x: at, "scale": scale} for line in lines for at in ends for scale in SCALES
        ]
        for table, x, ends in (("rollout", "horizon", (1, 20)), ("coverage", "level", (0.1, 0.9)))
    }
    found["failure"] = [{**line, "memory": memory} for line in lines for memory in (0.9, 0.99)]
    found["transfer"] = [
        {"recipe": "default", "model": "bjepa", "measure": measure, "scale": scale, **number}
        | {"expert": expert}
        for expert in ("sensor", "goal")
        for measure in ("error_before", "error", "error_exact", "nll")
        for scale in SCALES
    ]
    return found


def hidden_causes(root: Path) -> None:
    """Grids that unfold while whoever recovers them is trained, and tables of three charts."""
    line = np.linspace(-2.5, 2.5, 41)
    grid = np.stack(np.meshgrid(line, line), axis=-1)
    banana = grid + np.stack([np.zeros_like(grid[..., 0]), grid[..., 0] ** 2], axis=-1)
    seen = {f"{world}/grid": banana for world in ("mixings.banana", "shapes.0_5", "shapes.2")}
    write_arrays(root / "data/hidden_causes/exact/drawn.npz", {"grid": grid} | seen)
    frames = np.stack([banana + part * (grid - banana) for part in (0.0, 0.5, 1.0)])
    for name in CAUSES:
        own = dict.fromkeys(seen, frames) | {f"{key}_steps": np.array([0, 5, 50]) for key in seen}
        write_arrays(root / f"data/hidden_causes/evaluated/{name}.npz", own)
    path = metrics.hidden_causes(root)
    number = {"mean": 0.9, "ci95": 0.01, "min": 0.8, "max": 0.95}
    shown = [*CAUSES, "observation"]
    points = {"world": "mixings.banana", "seed": 0, "error": 0.1, "bound": 0.2}
    tables = {
        "shapes": [
            {"method": name, "alpha": alpha, **number} for name in shown for alpha in (1, 2)
        ],
        "dimensions": [{"method": "whitening", "n": n, **number} for n in (2, 4)],
        "bounds": [{"method": name, **points} for name in CAUSES],
    }
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(path.with_name(f"{name}.csv"), index=False)


@cache
def digits() -> tuple[Any, Any]:
    """The digits of scikit-learn, 28 pixels wide: each pixel three times, two around."""
    data = load_digits()
    large = np.kron(data.images * 15.9, np.ones((1, 3, 3))).astype(np.uint8)
    return np.pad(large, ((0, 0), (2, 2), (2, 2))), data.target.astype(np.uint16)


def images(root: Path) -> None:
    """Files by the contract of the images track."""
    pictures, labels = digits()
    train, test = pictures[:1400], pictures[1400:]
    truth = labels[1400:]
    folder = root / "data/images"
    title, classes = "the digits of scikit-learn", tuple("0123456789")
    world = Images("digits", title, classes, train, labels[:1400], test, truth)
    write_arrays(folder / "images.npz", world.arrays())
    shown = np.concatenate([np.flatnonzero(truth == digit)[:10] for digit in range(10)])
    rng = np.random.default_rng(SEED)
    noisy = (test[shown] // 2 + rng.integers(0, 100, (7, 100, 28, 28))).astype(np.uint8)
    taken = []
    for k, name in enumerate(IMAGES):
        angle = 2 * np.pi * truth / 10
        place = np.stack([np.cos(angle), np.sin(angle)], -1) + rng.normal(0, 0.1, (len(truth), 2))
        predicted = truth.copy()
        predicted[k::50] = (predicted[k::50] + 1) % 10
        pairs = pd.DataFrame({"actual": truth, "predicted": predicted})
        taken.append(pairs.value_counts().rename("count"))
        evaluated = {
            "curve_loss": np.zeros((3, 1)),
            "map": place.astype(np.float32),
            "map_share": np.array([0.25, 0.125]),
            "predicted": predicted,
            "shown": shown,
            "neighbours": rng.integers(0, 1400, (100, 5)),
            "kinds": np.array(KINDS),
            "perturbed": noisy,
        }
        evaluated |= {"from_clean": test[shown], "from_perturbed": test[shown] // 2}
        write_arrays(folder / "evaluated" / f"{name}.npz", evaluated)
    some = metrics.number(0.9876, 0.0123)
    scores = {"accuracy": some}
    error = {"psnr": metrics.number(20.25, 0.5)}
    measured = {
        "knn": scores,
        "linear_probe": scores,
        "knn_perturbed": {"all": some},
        "reconstruction": {"perturbed": error, "clean": error},
    }
    path = metrics.write(root, "images", dict.fromkeys(IMAGES, measured))
    training = [
        {"method": name, "epoch": epoch, "loss": (k + 1) / epoch, "knn_accuracy": 1 - 0.5 / epoch}
        for k, name in enumerate(IMAGES)
        for epoch in (1, 2, 3)
    ]
    pd.DataFrame(training).to_csv(path.with_name("training.csv"), index=False)
    found = pd.concat(taken, keys=IMAGES, names=["method"]).reset_index()
    found.to_csv(path.with_name("confusion.csv"), index=False)


def claims() -> list[dict[str, str]]:
    """Three of each verdict, one of each track but the last; the first one is malicious."""
    rows = []
    for k in range(15):
        rows.append(
            {
                "id": f"claim_{k}",
                "track": ("mixture", "images", "noisy_tv")[k % 3],
                "section": "1. JEPA, outcome",
                "claim": f"Claim number {k}",
                "test": "spread of jepa_masked > 0.05 (little; and less); spread of jepa > 1",
                "measured": "spread of jepa_masked",
                "key": "collapse.spread",
                "value": "0.5 ± 0.1",
                "verdict": VERDICTS[k // 3],
                "reason": "Because." if k > 2 else "",
            }
        )
    rows[0] |= dict.fromkeys(("id", "section", "claim", "test", "key", "value", "reason"), EVIL)
    return rows


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
