"""How each method looks, and is called, in all pictures, charts and sweeps of all tracks."""

from collections.abc import Sequence
from itertools import product
from typing import Any

from jepatlas.common.drawing.style import CATEGORIES

Look = dict[str, Any]

COLOURS = CATEGORIES[:-1]  # the last, black, is that of what is exact
DASHES: tuple[Any, ...] = ("-", "--", "-.", (0, (1, 1)))
VEGA_DASHES = ([1, 0], [6, 3], [6, 3, 1.5, 3], [1.5, 2])  # the same for charts in a browser
FREE = list(product(range(len(DASHES)), range(len(COLOURS))))  # all dashes and colours, in order

# Relatives share a colour: a row each, with a dash for each that meets the others in one track.
# The prediction, variance, Gaussian, decorrelation, contrast and latents left over.
BLUE, RED, GREEN, MAUVE, ORANGE, SKY = range(len(COLOURS))
KNOWN = {
    **{"jepa": (0, BLUE), "jepa_ema": (1, BLUE), "jepa_masked": (2, BLUE)},
    **{"jepa_pairwise": (3, BLUE), "vicreg": (0, RED), "wmse": (1, RED), "vae": (0, RED)},
    **{"gated_ae": (1, RED), "lejepa": (0, GREEN), "kerjepa": (1, GREEN), "visreg": (2, GREEN)},
    **{"ar": (0, GREEN), "barlow_twins": (0, MAUVE), "dsm": (1, MAUVE), "ism": (2, MAUVE)},
    **{"ssm": (3, MAUVE), "vjepa": (0, MAUVE), "contrastive": (0, ORANGE), "nce": (1, ORANGE)},
    **{"contrastive_gaussian": (1, ORANGE), "energy": (2, ORANGE), "spectral": (3, ORANGE)},
    **{"bjepa": (0, ORANGE), "jepa_sigreg": (0, SKY), "whitening": (0, SKY)},
    **{"pred_vae": (0, SKY), "simsiam": (1, SKY), "var_jepa": (2, SKY)},
}

SPELLED = {  # where the name in params.yaml is not what people write
    "contrastive": "Contrastive",
    "contrastive_gaussian": "Contrastive, Gaussian kernel",
    "spectral": "Spectral contrastive",
    "dsm": "DSM",
    "ism": "ISM",
    "ssm": "Sliced SM",
    "nce": "NCE",
    "energy": "Energy, uniform negatives",
    "jepa": "JEPA",
    "jepa_pairwise": "JEPA, all pairs",
    "jepa_masked": "JEPA, masked",
    "jepa_ema": "JEPA, EMA target",
    "jepa_sigreg": "JEPA, SIGReg",
    "vjepa": "VJEPA",
    "bjepa": "BJEPA",
    "lejepa": "LeJEPA",
    "kerjepa": "KerJEPA",
    "var_jepa": "Var-JEPA",
    "vicreg": "VICReg",
    "visreg": "VISReg",
    "barlow_twins": "Barlow Twins",
    "simsiam": "SimSiam",
    "wmse": "W-MSE",
    "whitening": "Whitening",
    "vae": "VAE",
    "pred_vae": "Predictive VAE",
    "ar": "AR",
    "gated_ae": "Gated AE",
}


def label(name: str) -> str:
    """A method's name as people write it, the same in every track."""
    return SPELLED.get(name, name.replace("_", " "))


def places(names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """A dash and a colour by number: the method's own, or for one of the user's the next free."""
    taken: dict[str, tuple[int, int]] = {}
    for name in names:
        if name in KNOWN and KNOWN[name] not in taken.values():
            taken[name] = KNOWN[name]
    for number, name in enumerate(names):
        if name not in taken:
            free = (place for place in FREE if place not in taken.values())
            taken[name] = next(free, FREE[number % len(FREE)])
    return {name: taken[name] for name in names}


def looks(names: Sequence[str]) -> dict[str, Look]:
    """The colour and dash of the line of each method, however many there are."""
    return {
        name: {"color": COLOURS[colour], "linestyle": DASHES[dash]}
        for name, (dash, colour) in places(names).items()
    }
