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


def in_markdown() -> str:
    """What the document is and goes back to, in a paragraph."""
    papers = ", ".join(f"[{name}]({address})" for name, address in SOURCES.items())
    return f"The document, *{TITLE}*, is {IS}. Its papers: {papers}."
