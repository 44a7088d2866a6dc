"""The page for everybody: axe finds nothing in it, at each width, in light and dark."""

import re
from typing import Any

import pytest

WIDTHS = (1440, 768, 375)
PARTS = """
#story, #landscapes figure:not([hidden]) canvas, .cards article, #wipe, #linked-embedding,
#flow canvas, #curves canvas, #members canvas, #live-sigma, .live-world .handle,
#live figure[data-live] canvas, #live .collapsed, #recipes svg, #more-charts svg,
#causes-grids canvas, #causes-charts svg,
#masked-charts svg, #images-more-charts svg, .headlines table, #images .cards article,
#picker .tile, #image .rows, #maps canvas, #claims-table tbody tr, .measures table,
#parameters pre, .take button, #objectives button
"""


@pytest.fixture(scope="module")
def everything(browser: Any, page_file: Any) -> Any:
    """The page with all that can be unfolded, the tour under way, and some steps of training."""
    pytest.importorskip("axe_playwright_python")
    context = browser.new_context(reduced_motion="reduce", color_scheme="light")
    tab = context.new_page()
    tab.goto(page_file.as_uri())
    tab.wait_for_selector("html[data-whole]", timeout=120_000)
    tab.click("#story-start")
    tab.evaluate(
        """() => { // of the menus that save a panel, one: they lie over what is below
          for (const one of document.querySelectorAll("details:not(.take)")) one.open = true;
          document.querySelector(".take").open = true;
        }"""
    )
    tab.wait_for_function("document.querySelectorAll('#more-charts svg').length === 7")
    for name, count in (("masked", 3), ("images-more", 5)):
        tab.wait_for_function(f"document.querySelectorAll('#{name}-charts svg').length === {count}")
    tab.locator("#live-title").scroll_into_view_if_needed()
    tab.click("#live-run")
    tab.wait_for_selector("#live .collapsed")
    tab.click("#live-run")
    yield tab
    context.close()


def test_all_of_it_is_there(everything):
    """What axe is to look at: it passes over what cannot be seen."""
    hidden = [
        one
        for one in re.split(r",\s+", PARTS.strip())
        if not everything.locator(one).first.is_visible()
    ]
    assert hidden == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(everything, theme, width):
    """In the dark it looks at contrast only, as all else is the same; and the lines of a chart,
    which are most of the page, are those of the widest page."""
    from axe_playwright_python.sync_playwright import Axe

    everything.set_viewport_size({"width": width, "height": 900})
    if everything.get_attribute("html", "data-theme") != theme:
        everything.evaluate("document.getElementById('theme').click()")
    everything.wait_for_function(
        "atlas.noisy_tv.recipes.default.scores.view.signal('ink')"
        " === getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()"
    )
    options = {"resultTypes": ["violations"]} | (
        {"runOnly": ["color-contrast"]} if theme == "dark" else {}
    )
    where = None if width == max(WIDTHS) else {"exclude": [".chart svg"]}
    found = Axe().run(everything, context=where, options=options).response
    assert found["passes"]
    wrong = {
        (rule["id"], *node["target"]) for rule in found["violations"] for node in rule["nodes"]
    }
    assert wrong == set()
