"""Pictures of the page for the documents: `python tools/screenshots.py`, after `dvc repro report`.

Needs a Chromium on PATH. Each picture goes to `docs/`, in fewer colours where it would be large.
"""

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import sync_playwright

PAGE = Path("plots/report/index.html")
FOLDER = Path("docs")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# The head of the page would lie over a section that is taller than the window.
STILL = "header, .controls { position: static !important; } section { border: 0 !important; }"


class Shot(NamedTuple):
    """A section of the page as it looks after something was done to it."""

    section: str
    theme: str
    width: int
    height: int  # of the picture at most
    act: Callable[[Any], Any]


def seen_from_a_cluster(tab: Any) -> None:
    tab.check("#density")
    tab.locator("#clusters button").nth(2).click()
    tab.mouse.move(0, 0)


def half_way(tab: Any) -> None:
    tab.focus("#moment")
    for _ in range(7):
        tab.keyboard.press("ArrowLeft")
    tab.locator("#moment").blur()


def one_image(tab: Any) -> None:
    tab.locator("#picker .tile").nth(52).click()


def failed_claims(tab: Any) -> None:
    tab.click('[data-filter="verdict"][data-value="does not hold"]')


def nothing(tab: Any) -> None:
    pass


SHOTS = {
    "report-mixture": Shot("mixture", "light", 1120, 1000, seen_from_a_cluster),
    "report-training": Shot("mixture", "dark", 1120, 1000, half_way),
    "report-noisy-tv": Shot("noisy_tv", "light", 1280, 1200, nothing),
    "report-images": Shot("images", "dark", 1280, 1000, one_image),
    "report-claims": Shot("claims", "light", 1280, 900, failed_claims),
}


def take(browser: Any, shot: Shot) -> bytes:
    """A picture as PNG."""
    viewport = {"width": shot.width, "height": 900}
    tab = browser.new_page(viewport=viewport, color_scheme=shot.theme, reduced_motion="reduce")
    tab.goto(PAGE.resolve().as_uri())
    tab.wait_for_selector("html[data-whole]")
    tab.add_style_tag(content=STILL)
    shot.act(tab)
    tab.wait_for_timeout(500)  # until all is drawn
    box = tab.locator(f"#{shot.section}").bounding_box()
    top = box["y"] + tab.evaluate("scrollY")
    clip = {"x": 0, "y": top, "width": shot.width, "height": min(box["height"], shot.height)}
    image = Image.open(io.BytesIO(tab.screenshot(full_page=True, clip=clip))).convert("RGB")
    tab.close()
    return packed(image)


def packed(image: Image.Image) -> bytes:
    """As PNG, in the 256 colours that tell most: a third of the bytes, the same to the eye."""
    buffer = io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def main() -> None:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None or not PAGE.exists():
        sys.exit(f"Needs a browser on PATH (any of {', '.join(BROWSERS)}) and {PAGE}.")
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, shot in SHOTS.items():
            (FOLDER / f"{name}.png").write_bytes(take(browser, shot))
        browser.close()


if __name__ == "__main__":
    main()
