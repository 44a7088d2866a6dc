"""The images: those that come with scikit-learn, and narrow networks."""

from typing import Any

Params = dict[str, Any]


def shrink(block: Params) -> None:
    block["data"] |= {"set": "digits", "path": "data/supplied"}  # a path of one's own is elsewhere
    for method in block["methods"].values():
        method |= {"batch": 64, "channels": [4, 8], "dim": 16}
    block["decoder"] |= {"epochs": 1, "batch": 64}
