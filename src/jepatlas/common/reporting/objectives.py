"""Formulas and papers of the objectives that methods of several tracks have, each once."""

from typing import NamedTuple


class Objective(NamedTuple):
    """formula: HTML, which stands on the page as it is; paper, address: where it is from."""

    formula: str
    paper: str
    address: str


BYOL = ("Grill et al. 2020, BYOL", "https://arxiv.org/abs/2006.07733")
PENALTIES = (  # of VICReg, on the statistics of a batch
    "μ (1 &minus; std)<sub>+</sub> + κ Σ<sub><i>d</i>≠<i>e</i></sub> Cov<sup>2</sup>"
)

INFO_NCE = Objective(
    "&minus;log e<sup>cos(<i>z</i>, <i>z</i>&prime;)/<i>T</i></sup> / "
    "Σ<sub><i>j</i></sub> "
    "e<sup>cos(<i>z</i>, <i>z</i>&prime;<sub><i>j</i></sub>)/<i>T</i></sup>",
    "van den Oord et al. 2018, CPC",
    "https://arxiv.org/abs/1807.03748",
)
AGREEMENT = Objective(
    "|<i>u</i> &minus; <i>u</i>&prime;|<sup>2</sup>, <i>u</i> = <i>z</i>/|<i>z</i>|", *BYOL
)
SLOW_TARGET = Objective(
    "|<i>p</i>(<i>f</i>(<i>x</i>)) &minus; <i>g</i>(<i>x</i>&prime;)|<sup>2</sup>, "
    "<i>g</i> a slow <i>f</i>",
    *BYOL,
)
VICREG = Objective(
    f"λ |<i>z</i> &minus; <i>z</i>&prime;|<sup>2</sup> + {PENALTIES}",
    "Bardes et al. 2022",
    "https://arxiv.org/abs/2105.04906",
)
BARLOW_TWINS = Objective(
    "Σ<sub><i>d</i></sub> (1 &minus; <i>C<sub>dd</sub></i>)<sup>2</sup> + "
    "λ Σ<sub><i>d</i>≠<i>e</i></sub> <i>C<sub>de</sub></i><sup>2</sup>",
    "Zbontar et al. 2021",
    "https://arxiv.org/abs/2103.03230",
)
LEJEPA = Objective(
    "(1 &minus; λ) |<i>z</i> &minus; <i>z</i>&prime;|<sup>2</sup>/4 + λ SIGReg(<i>z</i>)",
    "Balestriero & LeCun 2025",
    "https://arxiv.org/abs/2511.08544",
)
