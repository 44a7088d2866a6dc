"""Reads what the page is made of."""

from pathlib import Path
from typing import Any, NamedTuple

from jepatlas.common.parameters import PARAMS, Fraction, scalar, section, value
from jepatlas.common.storage import read_arrays, read_csv, read_json
from jepatlas.mog.parameters import Landscape
from jepatlas.report.page import digits, explorer, noisy_tv, packing


class Inputs(NamedTuple):
    """What `assemble.document` takes."""

    data: dict[str, Any]
    claims: Any
    sheet: packing.Sheet
    params: str


def gather() -> Inputs:
    """Everything from the files of the project, which is the current folder."""
    sheet = packing.Sheet()
    data = {"explorer": _explorer(), "tv": _noisy_tv(), "digits": _digits(sheet)}
    return Inputs(
        data, read_json(Path("metrics/claims.json")), sheet, PARAMS.read_text(encoding="utf-8")
    )


def _explorer() -> dict[str, Any]:
    folder, plane = Path("data/mog"), section("mog.landscape", Landscape)
    points = read_arrays(folder / "points.npz")
    collapsed = scalar("mog.evaluation.collapsed", Fraction)
    methods = [
        explorer.method(
            name,
            folder / "trained" / f"{name}.safetensors",
            read_arrays(folder / "evaluated" / f"{name}.npz"),
            plane,
        )
        for name in value("mog.methods")
    ]
    return {**explorer.world(points, plane, collapsed), "methods": methods}


def _noisy_tv() -> dict[str, Any]:
    found = noisy_tv.data(
        list(value("noisy_tv.methods")),
        read_csv(Path("plots/noisy_tv/r2.csv")),
        read_arrays(Path("data/noisy_tv/drawn.npz")),
    )
    return {**found, "charts": noisy_tv.charts(found["models"])}


def _digits(sheet: packing.Sheet) -> dict[str, Any]:
    folder, metrics = Path("data/images"), Path("metrics/images")
    methods = [
        digits.Method(
            name,
            read_arrays(folder / "evaluated" / f"{name}.npz"),
            read_arrays(folder / "reconstructed" / f"{name}.npz"),
            {kind: read_json(metrics / kind / f"{name}.json") for kind in ("embedding", "reconstruction")},
        )
        for name in value("images.methods")
    ]
    return digits.data(read_arrays(folder / "images.npz"), methods, sheet)
