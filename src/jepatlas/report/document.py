"""The document whose claims are held against the measurements."""

TITLE = "Recap: Self-Supervised Learning on 2D Mixture of Gaussians (MoG)"
IS = (
    "the public recap that the project set out from, with its experiments on MNIST and on the "
    "noisy TV of arXiv 2601.14354"
)
