"""The document whose claims are held against the measurements, and the papers that it recaps."""

TITLE = "Recap: Self-Supervised Learning on 2D Mixture of Gaussians (MoG)"
IS = (
    "the public recap that the project set out from, with its experiments on MNIST and on the "
    "noisy TV"
)
SOURCES = {  # what it refers to, in its order: where that is
    "contrastive predictive coding": "https://arxiv.org/abs/1807.03748",
    "score matching": "https://jmlr.org/papers/v6/hyvarinen05a.html",
    "JEPA": "https://openreview.net/forum?id=BZ5a1r-kVsf",
    "I-JEPA": "https://arxiv.org/abs/2301.08243",
    "BYOL": "https://arxiv.org/abs/2006.07733",
    "VJEPA": "https://arxiv.org/abs/2601.14354",
}
PAPERS = {  # of the objectives, as they are implemented
    "InfoNCE": "https://arxiv.org/abs/1807.03748",
    "denoising score matching": "https://doi.org/10.1162/NECO_a_00142",
    "implicit score matching": "https://jmlr.org/papers/v6/hyvarinen05a.html",
    "BYOL": "https://arxiv.org/abs/2006.07733",
    "VICReg": "https://arxiv.org/abs/2105.04906",
    "Barlow Twins": "https://arxiv.org/abs/2103.03230",
    "LeJEPA": "https://arxiv.org/abs/2511.08544",
    "VJEPA": "https://arxiv.org/abs/2601.14354",
    "gated autoencoders": "https://arxiv.org/abs/2603.14131",
}


def in_markdown() -> str:
    """What the document is and goes back to, in a paragraph."""
    papers = ", ".join(f"[{name}]({address})" for name, address in SOURCES.items())
    return f"The document, *{TITLE}*, is {IS}. Its papers: {papers}."
