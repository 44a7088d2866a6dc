"""The page in Firefox: what it draws, what a hand and keys do, a training, its address, exports."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jepatlas.mixture.truth.world import World
from tests.report import exports, landscapes, made

PROGRAMS = ("firefox-esr", "firefox")
LAST = -1  # moment
WHOLE = "document.documentElement.dataset.whole"
CANVAS = """((canvas) => new Set(new Uint32Array(canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size)"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    firefox = pytest.importorskip("tests.report.firefox", exc_type=ImportError).firefox
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip(f"no Firefox on PATH (any of {', '.join(PROGRAMS)})")
    with firefox(program, tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture
def page(opened: Any, page_file: Path) -> Any:
    """The page at an address without anything that was moved before."""
    opened.open("about:blank")
    opened.open(page_file.as_uri())
    opened.wait(WHOLE)
    yield opened
    opened.wait("atlas.whole")  # one more answer, before which it has said what it had to say
    assert opened.said == opened.asked == []


def pixel(page: Any, name: str, point: tuple[float, float]) -> tuple[float, float]:
    """Where in the window a point of the plane lies in the landscape of a method."""
    page.show("#landscapes")
    left, top, width, height = page.evaluate(
        f"""(({{ x, y, width, height }}) => [x, y, width, height])(document
            .querySelector('figure[data-method="{name}"] canvas').getBoundingClientRect())"""
    )
    return left + (point[0] + 10) / 20 * width, top + (15 - point[1]) / 20 * height


def compare(page: Any, world: World, reference: tuple[float, float], ring: Any) -> None:
    """Every landscape, and the number below it, against the library's."""
    energies = page.evaluate(
        "Object.fromEntries(atlas.mixture.landscapes.map((l) => [l.method.name, [...l.energies]]))"
    )
    numbers = page.evaluate(
        """Object.fromEntries([...document.querySelectorAll("#landscapes figure")].map((figure) =>
            [figure.dataset.method, parseFloat(figure.querySelector(".panel-numbers b")
                .textContent.replace("\\u2212", "-"))]))"""
    )
    landscapes.compare(energies, numbers, world, LAST, reference, ring)


def place(page: Any) -> str:
    text: str = page.evaluate("document.getElementById('place').innerText")
    return text.replace("\N{MINUS SIGN}", "-")


def test_all_is_drawn(page):
    """Every map and every chart, and each in more than a colour."""
    colours = page.evaluate(
        f"atlas.mixture.landscapes.map(({{ method, canvas }}) => [method.name, {CANVAS}(canvas)])"
    )
    assert dict(colours).keys() == set(made.MIXTURE)
    assert min(count for _, count in colours) > 20
    for panels in (
        "#wipe",
        "#linked-embedding",
        "#flow canvas",
        "#causes-grids canvas",
        "#maps canvas",
    ):
        seen = page.evaluate(f"[...document.querySelectorAll('{panels}')].map({CANVAS})")
        assert min(seen) > 1, panels
    page.click("#more > summary")
    page.wait("document.querySelectorAll('#more-charts svg').length === 7")
    assert page.evaluate("document.querySelectorAll('.chart svg path').length") > 50
    assert page.evaluate("document.querySelectorAll('.alarm').length") == 0


def test_what_is_moved_is_what_python_computes_and_is_in_the_address(page, root, world):
    page.drag(*(pixel(page, "contrastive", point) for point in ((0, 0), (2, 4), (-5.25, 5.5))))
    page.evaluate("document.getElementById('landscapes').focus()")
    keys = ("\ue008", "\ue012")  # Shift, the arrow to the left
    down, up = ([{"type": f"key{way}", "value": key} for key in keys] for way in ("Down", "Up"))
    page.act("key", [*down, *up])
    page.wait("location.hash.includes('star=')")
    assert place(page) == "★ (-5.25, 5.50) ○ (4.75, 5.00)"
    compare(page, world, (-5.25, 5.5), (4.75, 5))
    page.reload()
    page.wait(WHOLE)
    assert place(page) == "★ (-5.25, 5.50) ○ (4.75, 5.00)"
    compare(page, world, (-5.25, 5.5), (4.75, 5))


def test_it_trains(page):
    page.evaluate(
        """(() => { // the loss of each objective, as often as it is told
          const { live } = atlas.mixture;
          window.told = {};
          const receive = live.receive.bind(live);
          live.receive = (states) => {
            for (const { name, loss } of states) (told[name] ??= []).push(loss);
            receive(states);
          };
        })()"""
    )
    page.click("#live-run")
    page.wait("atlas.mixture.live.panels.get('jepa').state?.step > 150")
    page.click("#live-run")
    losses = page.evaluate("told")
    assert losses.keys() == {"contrastive", "jepa", "vicreg", "dsm"}
    for name in ("jepa", "vicreg"):
        assert np.median(losses[name][-3:]) < losses[name][0], name
    assert page.evaluate(f"{CANVAS}(atlas.mixture.live.panels.get('contrastive').canvas)") > 20


def test_points_that_are_drawn_are_learned_from(page, page_file):
    page.open("about:blank")
    page.open(f"{page_file.as_uri()}#mixture?drawn=1,2&live-star=3.5,-4")
    page.wait(WHOLE)
    page.click("#live-add")
    assert page.evaluate("atlas.mixture.live.added") == [[1, 2], [3.5, -4]]
    page.click("#live-run")
    page.wait("atlas.mixture.live.panels.get('jepa').state?.step > 20")
    page.click("#live-run")
    page.click("#live-clear")
    assert page.evaluate("atlas.mixture.live.added") == []


def test_nothing_lacks_its_exports(page):
    exports.check(page.evaluate(f"({exports.EXPORTS})()"))
