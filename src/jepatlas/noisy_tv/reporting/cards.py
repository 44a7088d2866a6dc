"""What the noisy TV's models ask for, in a sentence each."""

from jepatlas.common.reporting.cards import Card
from jepatlas.common.reporting.objectives import PENALTIES, Objective

VAE = ("Kingma & Welling 2014", "https://arxiv.org/abs/1312.6114")
VJEPA = ("VJEPA", "https://arxiv.org/abs/2601.14354")
DIVERGENCE = "β KL(<i>q</i>(<i>z</i> | <i>x</i>) | <i>N</i>(0, <i>I</i>))"
BOTTLENECK = (
    "&minus;log <i>p</i>(<i>z</i>&prime; | <i>z</i>) &minus; H(<i>z</i>&prime;) + "
    "β KL(<i>q</i>(<i>z</i>&prime; | <i>x</i>&prime;) | <i>N</i>(0, <i>I</i>))"
)

CARDS = {
    "vae": Card(
        Objective(f"|<i>x</i> &minus; <i>Dz</i>|<sup>2</sup> + {DIVERGENCE}", *VAE),
        "Decode the frame from few noisy numbers: what is loud is kept first.",
        "Principal components where everything is linear; it never looks ahead.",
    ),
    "ar": Card(
        Objective(
            "|<i>x</i>&prime; &minus; <i>D f</i>(<i>x</i>)|<sup>2</sup>",
            "Izenman 1975, reduced-rank regression",
            "https://doi.org/10.1016/0047-259X(75)90042-1",
        ),
        "Decode the next frame through a bottleneck.",
        "Reduced-rank regression where everything is linear; on whitened frames, CCA.",
    ),
    "jepa": Card(
        Objective(
            "λ |<i>p</i>(<i>z</i>) &minus; <i>z</i>&prime;|<sup>2</sup> + " + PENALTIES,
            "LeCun 2022, JEPA; Bardes et al. 2022, VICReg",
            "https://openreview.net/forum?id=BZ5a1r-kVsf",
        ),
        "Predict the embedding of the next frame; VICReg's penalties forbid collapse.",
        "AR with the error counted in the latent in place of the frame.",
    ),
    "vjepa": Card(
        Objective(BOTTLENECK, *VJEPA),
        "Predict a distribution of the next latent, whose own entropy keeps it from collapsing.",
        "JEPA with beliefs: a past-future information bottleneck.",
    ),
    "bjepa": Card(
        Objective(
            BOTTLENECK + ", <i>p</i>(<i>z</i>&prime; | <i>z</i>) ∝ "
            "<i>p</i><sub>dynamics</sub>(<i>z</i>&prime; | <i>z</i>) "
            "<i>p</i><sub>prior</sub>(<i>z</i>&prime;)",
            *VJEPA,
        ),
        "The next latent is believed by two experts, multiplied; the static one can be exchanged "
        "for what is known about a task.",
        "VJEPA with a product of experts.",
    ),
    "pred_vae": Card(
        Objective(f"|<i>x</i>&prime; &minus; <i>Dz</i>|<sup>2</sup> + {DIVERGENCE}", *VAE),
        "Decode the next frame from few noisy numbers.",
        "The VAE with the future as its target; AR with a noisy latent. As published it decodes "
        "this frame too, and the next one from a linear prediction of the latent.",
    ),
    "gated_ae": Card(
        Objective(
            "E<sub><i>b</i></sub> |<i>x</i>&prime; &minus; Σ<sub><i>j</i></sub> "
            "<i>b<sub>j</sub> z<sub>j</sub> d<sub>j</sub></i>|<sup>2</sup> + "
            "λ (Σ<sub><i>j</i></sub> <i>p<sub>j</sub></i> &minus; <i>k</i>)<sup>2</sup>, "
            "<i>b<sub>j</sub></i> open with <i>p<sub>j</sub></i>",
            "Gated autoencoders",
            "https://arxiv.org/abs/2603.14131",
        ),
        "Decode the next frame from more components than are kept; learned gates choose among "
        "them.",
        "AR that chooses its latent out of a larger one.",
    ),
}
