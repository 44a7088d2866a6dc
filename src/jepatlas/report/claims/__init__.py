"""The claims of the document, each with the rule that decides it: the one place where both stand.

The document is the recap that the project set out from, "Self-Supervised Learning on 2D Mixture of
Gaussians", with its experiments on MNIST and on the noisy TV. One module for each of the three. The
words are shortened, the order is kept, and what is said twice is one claim. Bounds stand in capital
letters with their reasons; "learned" is everywhere 95 % of what can be known. `rules.py` evaluates.
"""

from jepatlas.common.reporting.rules import Claim
from jepatlas.images.reporting import claims as digits
from jepatlas.mixture.reporting import claims as mixture
from jepatlas.noisy_tv.reporting import claims as noisy_tv
from jepatlas.report.claims.settings import Settings


def document(settings: Settings) -> list[Claim]:
    """All claims, in the document's order."""
    return [*mixture.claims(settings), *digits.claims(), *noisy_tv.claims(settings)]
