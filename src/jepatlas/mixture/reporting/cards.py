"""A card for each objective: its formula, its paper, one sentence, and what it resembles."""

from html import escape
from typing import NamedTuple


class Card(NamedTuple):
    """formula: HTML; kin: what it is like, and in what it differs."""

    formula: str
    sentence: str
    kin: str
    paper: str
    address: str


BYOL = ("Grill et al. 2020, BYOL", "https://arxiv.org/abs/2006.07733")
CARDS = {
    "contrastive": Card(
        "&minus;log e<sup>cos(<i>z</i>, <i>z</i>&prime;)/<i>T</i></sup> / "
        "Σ<sub><i>j</i></sub> "
        "e<sup>cos(<i>z</i>, <i>z</i>&prime;<sub><i>j</i></sub>)/<i>T</i></sup>",
        "Each point picks its own other view out of a batch; all others are pushed away.",
        "Like VICReg in what it keeps from collapsing, with other points in place of statistics.",
        "van den Oord et al. 2018, CPC",
        "https://arxiv.org/abs/1807.03748",
    ),
    "dsm": Card(
        "|σ <i>s</i>(<i>x</i> + σε) + ε|<sup>2</sup>, <i>s</i> = &minus;∇<i>E</i>",
        "Guess the noise that moved a point, and you know the score of the smoothed density.",
        "Learns what ISM learns, without second derivatives.",
        "Vincent 2011",
        "https://doi.org/10.1162/NECO_a_00142",
    ),
    "ism": Card(
        "|<i>s</i>|<sup>2</sup>/2 + div <i>s</i>, <i>s</i> = &minus;∇<i>E</i>",
        "The score without knowing it: by partial integration, points and derivatives suffice.",
        "Learns what DSM learns, from the points themselves.",
        "Hyvärinen 2005",
        "https://jmlr.org/papers/v6/hyvarinen05a.html",
    ),
    "jepa": Card(
        "|<i>u</i> &minus; <i>u</i>&prime;|<sup>2</sup>, <i>u</i> = <i>z</i>/|<i>z</i>|",
        "Two views of a point agree, and nothing else: every constant map is an optimum.",
        "What is left of all joint embeddings when what forbids collapse is taken away.",
        *BYOL,
    ),
    "jepa_pairwise": Card(
        "mean<sub><i>i</i>, <i>j</i></sub> "
        "|<i>u</i><sub><i>i</i></sub> &minus; <i>u</i>&prime;<sub><i>j</i></sub>|<sup>2</sup>",
        "All points of a batch agree with all others, which asks for collapse outright.",
        "JEPA with every pair a positive one.",
        *BYOL,
    ),
    "jepa_masked": Card(
        "|<i>p</i>(<i>f</i>(<i>x</i><sub>seen</sub>)) &minus; <i>g</i>(<i>x</i>)|<sup>2</sup>, "
        "<i>g</i> a slow <i>f</i>",
        "From one coordinate, predict the embedding of the whole point.",
        "I-JEPA with a coordinate for a patch; JEPA with an EMA target, with a mask for the noise.",
        "Assran et al. 2023, I-JEPA",
        "https://arxiv.org/abs/2301.08243",
    ),
    "jepa_ema": Card(
        "|<i>p</i>(<i>f</i>(<i>x</i>)) &minus; <i>g</i>(<i>x</i>&prime;)|<sup>2</sup>, "
        "<i>g</i> a slow <i>f</i>",
        "Predict what a slower copy makes of the other view; no term forbids collapse.",
        "JEPA with a predictor and a target that no gradient reaches.",
        *BYOL,
    ),
    "vicreg": Card(
        "λ |<i>z</i> &minus; <i>z</i>&prime;|<sup>2</sup> + μ (1 &minus; std)<sub>+</sub> + "
        "κ Σ<sub><i>d</i>≠<i>e</i></sub> Cov<sup>2</sup>",
        "Views agree, each dimension keeps its variance, no two dimensions say the same.",
        "Like Barlow Twins, term by term instead of in one matrix.",
        "Bardes et al. 2022",
        "https://arxiv.org/abs/2105.04906",
    ),
    "barlow_twins": Card(
        "Σ<sub><i>d</i></sub> (1 &minus; <i>C<sub>dd</sub></i>)<sup>2</sup> + "
        "λ Σ<sub><i>d</i>≠<i>e</i></sub> <i>C<sub>de</sub></i><sup>2</sup>",
        "The correlations of the two views' dimensions are those of independent ones.",
        "Like VICReg, blind to mean and scale.",
        "Zbontar et al. 2021",
        "https://arxiv.org/abs/2103.03230",
    ),
    "lejepa": Card(
        "(1 &minus; λ) |<i>z</i> &minus; <i>z</i>&prime;|<sup>2</sup>/4 + λ SIGReg(<i>z</i>)",
        "Views agree, and the embedding is a standard Gaussian in every direction one looks.",
        "Like VICReg, with the whole distribution fixed in place of two moments.",
        "Balestriero & LeCun 2025",
        "https://arxiv.org/abs/2511.08544",
    ),
    "spectral": Card(
        "&minus;2 <i>z</i><sup>T</sup><i>z</i>&prime; + "
        "mean<sub><i>i</i>≠<i>j</i></sub> "
        "(<i>z</i><sub><i>i</i></sub><sup>T</sup><i>z</i>&prime;<sub><i>j</i></sub>)<sup>2</sup>",
        "Inner products approximate how much likelier than chance two points are views of one.",
        "Contrastive without exponentials; its optimum is a factorisation, known in full.",
        "HaoChen et al. 2021",
        "https://arxiv.org/abs/2106.04156",
    ),
    "simsiam": Card(
        "&minus;cos(<i>p</i>(<i>f</i>(<i>x</i>)), <i>f</i>(<i>x</i>&prime;)), "
        "no gradient through <i>f</i>(<i>x</i>&prime;)",
        "Predict the other view's embedding, which stands still meanwhile; no term forbids "
        "collapse.",
        "JEPA with an EMA target, whose target is the encoder as it is now.",
        "Chen & He 2021",
        "https://arxiv.org/abs/2011.10566",
    ),
    "wmse": Card(
        "|<i>W</i>(<i>z</i>) &minus; <i>W</i>(<i>z</i>&prime;)|<sup>2</sup>, "
        "<i>W</i> whitens a batch",
        "Views agree after whitening, which leaves a constant no way to be an answer.",
        "Like VICReg, with a constraint in place of a penalty.",
        "Ermolov et al. 2021",
        "https://arxiv.org/abs/2007.06346",
    ),
    "kerjepa": Card(
        "(1 &minus; λ) |<i>z</i> &minus; <i>z</i>&prime;|<sup>2</sup> + λ KSD(<i>z</i>, Gaussian)",
        "Views agree, and a kernel Stein discrepancy holds the embedding to a Gaussian.",
        "Like LeJEPA, with a kernel in place of directions to look along.",
        "KerJEPA",
        "https://arxiv.org/abs/2512.19605",
    ),
    "visreg": Card(
        "(1 &minus; λ) |<i>z</i> &minus; <i>z</i>&prime;|<sup>2</sup> + "
        "λ (mean + variance + shape)",
        "Views agree; mean, variance and shape of the embedding are a Gaussian's, each by itself.",
        "Between VICReg, which stops at the variance, and LeJEPA, which tells none apart.",
        "VISReg",
        "https://arxiv.org/abs/2606.02572",
    ),
    "var_jepa": Card(
        "&minus;log <i>p</i>(<i>x</i>, <i>x</i>&prime; | <i>z</i>, <i>z</i>&prime;) + "
        "KL(<i>q</i>(<i>z</i>&prime;) | <i>p</i>(<i>z</i>&prime; | <i>z</i>)) + "
        "KL(<i>q</i>(<i>z</i>) | <i>p</i>(<i>z</i>))",
        "Encoders are posteriors, the predictor a conditional prior: one bound on the evidence.",
        "Two variational autoencoders coupled by a prediction; what must be decoded cannot "
        "collapse.",
        "Var-JEPA",
        "https://arxiv.org/abs/2603.20111",
    ),
    "ssm": Card(
        "<i>v</i><sup>T</sup>∇(<i>v</i><sup>T</sup><i>s</i>) + |<i>s</i>|<sup>2</sup>/2, "
        "<i>v</i> random",
        "ISM along a random direction, which costs one derivative more instead of one for each "
        "axis.",
        "Learns what ISM and DSM learn.",
        "Song et al. 2019",
        "https://arxiv.org/abs/1905.07088",
    ),
    "nce": Card(
        "&minus;log <i>h</i>(<i>x</i>) &minus; log(1 &minus; <i>h</i>(<i>n</i>)), "
        "<i>h</i> = 1/(1 + <i>q</i> e<sup><i>E</i></sup>)",
        "Tell the points from a known Gaussian q, and the energy is their density's.",
        "An energy as score matching has one, by classification in place of derivatives.",
        "Gutmann & Hyvärinen 2010",
        "https://proceedings.mlr.press/v9/gutmann10a.html",
    ),
    "energy": Card(
        "E<sub>data</sub>[<i>E</i>] + E<sub>box</sub>[e<sup>&minus;<i>E</i></sup>]",
        "Low on the points, high on a box around them.",
        "Like NCE, with uniform negatives and exponentials.",
        "Pihlaja et al. 2012",
        "https://arxiv.org/abs/1203.3506",
    ),
}


def cards(names: dict[str, str]) -> str:
    """The cards of the methods that have one; names: what these are called, by name."""
    found = [_card(label, CARDS[name]) for name, label in names.items() if name in CARDS]
    return (
        '  <details class="cards"><summary>The objectives, in a formula and a sentence each'
        f"</summary>\n  <div>\n{''.join(found)}  </div></details>\n"
    )


def _card(label: str, card: Card) -> str:
    return (
        f"    <article><h3>{escape(label)}</h3>\n"
        f'    <p class="formula">{card.formula}</p>\n'
        f"    <p>{escape(card.sentence)} {escape(card.kin)}</p>\n"
        f'    <p class="hint"><a href="{escape(card.address)}" rel="noreferrer">'
        f"{escape(card.paper)}</a></p></article>\n"
    )
