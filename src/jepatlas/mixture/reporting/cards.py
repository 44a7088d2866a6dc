"""What the mixture's methods ask for, in a sentence each."""

from jepatlas.common.reporting import objectives
from jepatlas.common.reporting.cards import Card
from jepatlas.common.reporting.objectives import BYOL, Objective

CARDS = {
    "contrastive": Card(
        objectives.INFO_NCE,
        "Each point picks its own other view out of a batch; all others are pushed away.",
        "Like VICReg in what it keeps from collapsing, with other points in place of statistics.",
    ),
    "dsm": Card(
        Objective(
            "|σ <i>s</i>(<i>x</i> + σε) + ε|<sup>2</sup>, <i>s</i> = &minus;∇<i>E</i>",
            "Vincent 2011",
            "https://doi.org/10.1162/NECO_a_00142",
        ),
        "Guess the noise that moved a point, and you know the score of the smoothed density.",
        "Learns what ISM learns, without second derivatives.",
    ),
    "ism": Card(
        Objective(
            "|<i>s</i>|<sup>2</sup>/2 + div <i>s</i>, <i>s</i> = &minus;∇<i>E</i>",
            "Hyvärinen 2005",
            "https://jmlr.org/papers/v6/hyvarinen05a.html",
        ),
        "The score without knowing it: by partial integration, points and derivatives suffice.",
        "Learns what DSM learns, from the points themselves.",
    ),
    "jepa": Card(
        objectives.AGREEMENT,
        "Two views of a point agree, and nothing else: every constant map is an optimum.",
        "What is left of all joint embeddings when what forbids collapse is taken away.",
    ),
    "jepa_pairwise": Card(
        Objective(
            "mean<sub><i>i</i>, <i>j</i></sub> "
            "|<i>u</i><sub><i>i</i></sub> &minus; <i>u</i>&prime;<sub><i>j</i></sub>|<sup>2</sup>",
            *BYOL,
        ),
        "All points of a batch agree with all others, which asks for collapse outright.",
        "JEPA with every pair a positive one.",
    ),
    "jepa_masked": Card(
        Objective(
            "|<i>p</i>(<i>f</i>(<i>x</i><sub>seen</sub>)) &minus; <i>g</i>(<i>x</i>)|<sup>2</sup>, "
            "<i>g</i> a slow <i>f</i>",
            "Assran et al. 2023, I-JEPA",
            "https://arxiv.org/abs/2301.08243",
        ),
        "From one coordinate, predict the embedding of the whole point.",
        "I-JEPA with a coordinate for a patch; JEPA with an EMA target, with a mask for the noise.",
    ),
    "jepa_ema": Card(
        objectives.SLOW_TARGET,
        "Predict what a slower copy makes of the other view; no term forbids collapse.",
        "JEPA with a predictor and a target that no gradient reaches.",
    ),
    "vicreg": Card(
        objectives.VICREG,
        "Views agree, each dimension keeps its variance, no two dimensions say the same.",
        "Like Barlow Twins, term by term instead of in one matrix.",
    ),
    "barlow_twins": Card(
        objectives.BARLOW_TWINS,
        "The correlations of the two views' dimensions are those of independent ones.",
        "Like VICReg, blind to mean and scale.",
    ),
    "lejepa": Card(
        objectives.LEJEPA,
        "Views agree, and the embedding is a standard Gaussian in every direction one looks.",
        "Like VICReg, with the whole distribution fixed in place of two moments.",
    ),
    "spectral": Card(
        Objective(
            "&minus;2 <i>z</i><sup>T</sup><i>z</i>&prime; + "
            "mean<sub><i>i</i>≠<i>j</i></sub> "
            "(<i>z</i><sub><i>i</i></sub><sup>T</sup><i>z</i>&prime;<sub><i>j</i></sub>)<sup>2</sup>",
            "HaoChen et al. 2021",
            "https://arxiv.org/abs/2106.04156",
        ),
        "Inner products approximate how much likelier than chance two points are views of one.",
        "Contrastive without exponentials; its optimum is a factorisation, known in full.",
    ),
    "simsiam": Card(
        Objective(
            "&minus;cos(<i>p</i>(<i>f</i>(<i>x</i>)), <i>f</i>(<i>x</i>&prime;)), "
            "no gradient through <i>f</i>(<i>x</i>&prime;)",
            "Chen & He 2021",
            "https://arxiv.org/abs/2011.10566",
        ),
        "Predict the other view's embedding, which stands still meanwhile; no term forbids "
        "collapse.",
        "JEPA with an EMA target, whose target is the encoder as it is now.",
    ),
    "wmse": Card(
        Objective(
            "|<i>W</i>(<i>z</i>) &minus; <i>W</i>(<i>z</i>&prime;)|<sup>2</sup>, "
            "<i>W</i> whitens a batch",
            "Ermolov et al. 2021",
            "https://arxiv.org/abs/2007.06346",
        ),
        "Views agree after whitening, which leaves a constant no way to be an answer.",
        "Like VICReg, with a constraint in place of a penalty.",
    ),
    "kerjepa": Card(
        Objective(
            "(1 &minus; λ) |<i>z</i> &minus; <i>z</i>&prime;|<sup>2</sup> + "
            "λ KSD(<i>z</i>, Gaussian)",
            "KerJEPA",
            "https://arxiv.org/abs/2512.19605",
        ),
        "Views agree, and a kernel Stein discrepancy holds the embedding to a Gaussian.",
        "Like LeJEPA, with a kernel in place of directions to look along.",
    ),
    "visreg": Card(
        Objective(
            "(1 &minus; λ) |<i>z</i> &minus; <i>z</i>&prime;|<sup>2</sup> + "
            "λ (mean + variance + shape)",
            "VISReg",
            "https://arxiv.org/abs/2606.02572",
        ),
        "Views agree; mean, variance and shape of the embedding are a Gaussian's, each by itself.",
        "Between VICReg, which stops at the variance, and LeJEPA, which tells none apart.",
    ),
    "var_jepa": Card(
        Objective(
            "&minus;log <i>p</i>(<i>x</i>, <i>x</i>&prime; | <i>z</i>, <i>z</i>&prime;) + "
            "KL(<i>q</i>(<i>z</i>&prime;) | <i>p</i>(<i>z</i>&prime; | <i>z</i>)) + "
            "KL(<i>q</i>(<i>z</i>) | <i>p</i>(<i>z</i>))",
            "Var-JEPA",
            "https://arxiv.org/abs/2603.20111",
        ),
        "Encoders are posteriors, the predictor a conditional prior: one bound on the evidence.",
        "Two variational autoencoders coupled by a prediction; what must be decoded cannot "
        "collapse.",
    ),
    "ssm": Card(
        Objective(
            "<i>v</i><sup>T</sup>∇(<i>v</i><sup>T</sup><i>s</i>) + |<i>s</i>|<sup>2</sup>/2, "
            "<i>v</i> random",
            "Song et al. 2019",
            "https://arxiv.org/abs/1905.07088",
        ),
        "ISM along a random direction, which costs one derivative more instead of one for each "
        "axis.",
        "Learns what ISM and DSM learn.",
    ),
    "nce": Card(
        Objective(
            "&minus;log <i>h</i>(<i>x</i>) &minus; log(1 &minus; <i>h</i>(<i>n</i>)), "
            "<i>h</i> = 1/(1 + <i>q</i> e<sup><i>E</i></sup>)",
            "Gutmann & Hyvärinen 2010",
            "https://proceedings.mlr.press/v9/gutmann10a.html",
        ),
        "Tell the points from a known Gaussian q, and the energy is their density's.",
        "An energy as score matching has one, by classification in place of derivatives.",
    ),
    "energy": Card(
        Objective(
            "E<sub>data</sub>[<i>E</i>] + E<sub>box</sub>[e<sup>&minus;<i>E</i></sup>]",
            "Pihlaja et al. 2012",
            "https://arxiv.org/abs/1203.3506",
        ),
        "Low on the points, high on a box around them.",
        "Like NCE, with uniform negatives and exponentials.",
    ),
}
