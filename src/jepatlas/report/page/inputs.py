"""Reads what the page is made of."""

from pathlib import Path
from typing import Any, NamedTuple

from jepatlas.common.base.parameters import PARAMS, InputError, validate, value
from jepatlas.common.base.storage import read_arrays, read_csv, read_json
from jepatlas.common.reporting import packing
from jepatlas.images.reporting import page as digits
from jepatlas.mixture.reporting import page as explorer
from jepatlas.mixture.track import Parameters as Mog
from jepatlas.noisy_tv.reporting import page as noisy_tv
from jepatlas.noisy_tv.track import Parameters as NoisyTv


class Inputs(NamedTuple):
    """What `assemble.document` takes."""

    data: dict[str, Any]
    claims: Any
    sheet: packing.Sheet
    params: str


def gather() -> Inputs:
    """Everything from the files of the project, which is the current folder."""
    # All parameters are shown, so the page depends on all, not only on those that it is made by.
    params = {key: value(key) for key in ("seed", "device", "images", "mixture", "noisy_tv")}
    sheet = packing.Sheet()
    data = {
        "explorer": _explorer(validate(params["mixture"], Mog, "mixture")),
        "tv": _noisy_tv(validate(params["noisy_tv"], NoisyTv, "noisy_tv")),
        "digits": _digits(list(params["images"]["methods"]), sheet),
    }
    claims = read_json(Path("metrics/claims.json"))
    return Inputs(data, claims, sheet, PARAMS.read_text(encoding="utf-8"))


def arrays(path: Path, *names: str) -> packing.Arrays:
    """The arrays of a file, which must have these among them."""
    found = read_arrays(path)
    for name in names:
        if name not in found:
            raise InputError(f"{path}: lacks {name}; `dvc repro` makes it anew")
    return found


def _explorer(mixture: Mog) -> dict[str, Any]:
    folder = Path("data/mixture")
    points = arrays(folder / "points.npz", "weights", "means", "covariances", "test")
    methods = [
        explorer.method(
            name,
            folder / "trained" / f"{name}.safetensors",
            arrays(folder / "evaluated" / f"{name}.npz"),
            mixture.landscape,
        )
        for name in mixture.methods
    ]
    world = explorer.world(points, mixture.landscape, mixture.evaluation.collapsed)
    return {**world, "methods": methods}


def _noisy_tv(tv: NoisyTv) -> dict[str, Any]:
    scales = tv.sweep.scales
    found = noisy_tv.data(
        list(tv.methods),
        read_csv(Path("plots/noisy_tv/r2.csv")),
        arrays(Path("data/noisy_tv/drawn.npz")),
    )
    return {**found, "charts": noisy_tv.charts(found["models"], scales)}


def _digits(names: list[str], sheet: packing.Sheet) -> dict[str, Any]:
    folder, metrics = Path("data/images"), Path("metrics/images")
    images = arrays(folder / "images.npz", "train_images", "train_labels")
    methods = [
        digits.Method(
            name,
            arrays(folder / "evaluated" / f"{name}.npz", *digits.EVALUATED),
            arrays(folder / "reconstructed" / f"{name}.npz", *digits.RECONSTRUCTED),
            read_json(metrics / "embedding" / f"{name}.json"),
            read_json(metrics / "reconstruction" / f"{name}.json"),
        )
        for name in names
    ]
    return digits.data(images, methods, sheet)
