"""One document out of the template, the style, the scripts and the data."""

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import matplotlib as mpl
import numpy as np
import vl_convert

from jepatlas.common.reporting import packing
from jepatlas.report.page import claims

SCRIPTS = (  # in the order in which they need each other
    "unpack",
    "theme",
    "colours",
    "plane",
    "explorer",
    "charts",
    "noisy_tv",
    "digits",
    "map",
    "claims",
    "start",
)
DATA_SETS = {"mnist": "MNIST", "digits": "the digits of scikit-learn"}
SLOT = re.compile(r"\{\{(\w+)\}\}")


def document(
    data: Mapping[str, Any], found: Mapping[str, Any], sheet: packing.Sheet, params: str
) -> str:
    """The page as text.

    data: `explorer`, `tv` and `digits`, for the scripts; found: the content of metrics/claims.json;
    params: the text of params.yaml.
    """
    rows = found["claims"]
    held = sum(claim["verdict"] == "holds" for claim in rows)
    return fill(
        _asset("template.html"),
        {
            "style": _asset("style.css"),
            "sheet": sheet.png(),
            "sheet_columns": str(packing.COLUMNS),
            "sheet_rows": str(sheet.rows),
            "data_set": escape(DATA_SETS.get(found["data_set"], str(found["data_set"]))),
            "methods": str(len(data["explorer"]["methods"])),
            "claims_count": str(len(rows)),
            "claims_held": str(held),
            "claims_filters": claims.filters(rows),
            "claims_rows": claims.rows(rows),
            "params": escape(params),
            "data": packing.json_of({**data, "maps": colour_maps()}),
            "library": _library(),
            "scripts": "\n".join(_asset(f"scripts/{name}.js") for name in SCRIPTS),
        },
    )


def fill(template: str, parts: Mapping[str, str]) -> str:
    """The template with each `{{name}}` replaced, once: what a part holds is never looked into."""
    return SLOT.sub(lambda slot: parts[slot[1]], template)


def colour_maps() -> dict[str, str]:
    """256 colours of each map of an energy, as bytes red, green, blue."""
    tables = {
        name: mpl.colormaps[name](np.arange(256), bytes=True) for name in ("viridis", "magma")
    }
    return {name: packing.base64_of(table[:, :3].tobytes()) for name, table in tables.items()}


def _asset(name: str) -> str:
    return (files(__package__) / "assets" / name).read_text(encoding="utf-8")


@cache
def _library() -> str:
    """Vega, Vega-Lite and vega-embed, which come with Altair's companion vl-convert."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    assert "</script" not in bundle.lower()
    return bundle
