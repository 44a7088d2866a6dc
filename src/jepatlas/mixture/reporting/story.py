"""The mixture's steps of the guided story: wells, collapse, what prevents it, the score."""

from typing import Any

from jepatlas.common.reporting.page import Step

MOST = 5  # objectives side by side


def story(methods: list[dict[str, Any]], collapsed: float) -> list[Step]:
    """Steps about whatever methods there are: which of them have collapsed is what was measured.

    methods: as the page has them; a step that none of them shows is left out.
    """
    spreads = {m["name"]: m["states"][-1]["spread"] for m in methods if m["kind"] == "embedding"}
    fallen = [name for name, spread in spreads.items() if spread < collapsed]
    standing = sorted(set(spreads) - set(fallen), key=lambda name: (-spreads[name], name))
    scores = [m["name"] for m in methods if m["kind"] == "score"]
    found = [
        (
            standing[:1],
            "Wells",
            "An encoder has been trained to call two views of a point alike. From the star, all "
            "points of its cluster are near (dark), the others far: each cluster is a well of the "
            "energy. Drag the star, and another well opens.",
            "points=1&density=1",
        ),
        (
            fallen[:MOST],
            "Collapse",
            "Ask for agreement and nothing else, and the encoder may answer with the same for "
            "every point: all is near, whatever the star. Move the slider back to see it happen. "
            "On its own scale such a landscape still has an order: collapse is one of scale.",
            "points=1",
        ),
        (
            [*fallen[:1], *standing[: MOST - 1]],
            "What prevents it",
            "Beside one that collapsed: objectives that push other points away, keep the variance "
            "of each dimension, or ask for a Gaussian. Each forbids the constant answer in a way "
            "of its own, and wells are there to stay.",
            "points=1",
        ),
        (
            scores[:MOST],
            "The score",
            "Score matching learns one energy, seen from nowhere: low where points are likely. "
            "White lines are the true density. What it learns is known exactly, so it can be held "
            "against the truth; further down, particles follow it.",
            "points=0&density=1",
        ),
    ]
    return [
        Step(title, text, "landscapes", f"objectives={'.'.join(names)}&{query}")
        for names, title, text, query in found
        if names
    ]
