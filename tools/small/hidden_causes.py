"""The hidden causes: one or two worlds of each kind."""

from typing import Any

Params = dict[str, Any]


def shrink(block: Params) -> None:
    worlds = block["worlds"]
    worlds["mixings"]["names"] = ["spiral", "banana"]
    worlds["shapes"]["alphas"] = [0.5, 2]
    worlds["anisotropic"]["rhos"] = [[0.9, 0.6]]
    worlds["grid"] |= {"rhos": [0.8], "trade_offs": [0.1], "seeds": 2}
    worlds["dimensions"] |= {"sizes": [2, 4], "seeds": 2, "changes": {"steps": 20}}
    worlds["dimensions"]["spare"] |= {"up_to": 2, "changes": {"steps": 20}}
    worlds["arm"] |= {"seeds": 2, "changes": {"steps": 10}}
    block["evaluation"] = {"fit": 200, "test": 200, "paths": 5, "side": 7}
