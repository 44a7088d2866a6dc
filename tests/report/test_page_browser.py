"""The page in a browser: asks for nothing, follows the hand, shows what Python computes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import torch

from jepatlas.common.learning.trained import Trained, restore
from jepatlas.mixture.learning import method as methods
from jepatlas.mixture.learning.fitting import initial
from jepatlas.mixture.measuring import fields
from jepatlas.mixture.truth.world import World
from tests.report import made

SIDE = fields.SIDE
COSINE_ERROR, NATS_ERROR = 0.01, 0.02  # what packing may cost
LAST = -1  # moment
FRAME = 1000 / 30  # milliseconds
WIDTHS = (375, 1440)


class Opened:
    """The page in a tab, with what it said and asked for."""

    def __init__(self, browser: Any, file: Path, **options: Any) -> None:
        self.context = browser.new_context(
            **{"viewport": {"width": 1440, "height": 1000}} | options
        )
        self.tab = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.tab.on("console", lambda message: self.said.append(message.text))
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.goto(file.as_uri())
        self.tab.wait_for_selector("html[data-ready]", timeout=30_000)

    def frame(self) -> None:
        """Wait until what was asked for has been drawn."""
        self.tab.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def moment(self, k: int) -> None:
        """Wait until the landscapes are at the k-th of the kept steps."""
        self.tab.wait_for_function(f"atlas.mixture.moment === {k}")

    def canvas(self, name: str) -> Any:
        return self.tab.locator(f'figure[data-method="{name}"] canvas')

    def pixel(self, name: str, point: tuple[float, float]) -> tuple[float, float]:
        """Where on the screen a point of the plane lies in the landscape of a method."""
        box = self.canvas(name).bounding_box()
        return (
            box["x"] + (point[0] + 10) / 20 * box["width"],
            box["y"] + (15 - point[1]) / 20 * box["height"],
        )

    def energies(self) -> dict[str, Any]:
        """Every landscape `[SIDE, SIDE]` as the page has it."""
        found = self.tab.evaluate(
            "() => atlas.mixture.landscapes.map((l) => [l.method.name, Array.from(l.energies)])"
        )
        return {name: np.reshape(values, (SIDE, SIDE)) for name, values in found}

    def number(self, name: str) -> float:
        """The energy at the ring, as it can be read below a landscape."""
        text = self.tab.locator(f'figure[data-method="{name}"] .panel-numbers b').inner_text()
        return float(text.replace("\N{MINUS SIGN}", "-").removesuffix(" nats"))

    def place(self) -> str:
        text: str = self.tab.locator("#place").inner_text()
        return text.replace("\N{MINUS SIGN}", "-")

    def close(self) -> None:
        self.context.close()


@pytest.fixture(scope="module")
def shared(browser: Any, page_file: Path) -> Iterator[Opened]:
    opened = Opened(browser, page_file)
    yield opened
    opened.close()


@pytest.fixture
def page(shared: Opened) -> Opened:
    """The page as it is after opening it."""
    shared.tab.reload()
    shared.tab.wait_for_selector("html[data-ready]", timeout=30_000)
    return shared


MEAN_IS_OPEN = {"vicreg", "barlow_twins"}  # whose landscapes are drawn less it


def landscape(name: str, moment: int, reference: tuple[float, float], world: World) -> Any:
    """E over the grid `[SIDE, SIDE]` by the library's networks; of a score, above its lowest."""
    method = methods.load(name)
    networks = initial(method, torch.as_tensor(world.train, dtype=torch.float32), made.SEED)
    snapshots = Trained.load(Path(f"data/mixture/trained/{name}.safetensors")).snapshots
    restore(networks, snapshots[fields.moments(sorted(snapshots))[moment]])
    x, y = np.linspace(-10, 10, SIDE), np.linspace(-5, 15, SIDE)
    grid = torch.tensor(np.stack(np.meshgrid(x, y), -1).reshape(-1, 2), dtype=torch.float32)
    points = grid.expand(made.MEMBERS, -1, -1)
    at = torch.tensor([reference]).expand(made.MEMBERS, 1, 2)
    with torch.no_grad():
        if isinstance(method, methods.ScoreMatching):
            energy = method.energy(networks, points)[0]
            energy = energy - energy.min()
        else:
            assert isinstance(method, methods.Embedding)
            z, g = method.embed(networks, points)[0], method.embed_reference(networks, at)[0]
            if name in MEAN_IS_OPEN:
                test = torch.as_tensor(world.test, dtype=torch.float32)
                mean = method.embed(networks, test.expand(made.MEMBERS, -1, -1))[0].mean(0)
                z, g = z - mean, g - mean
            energy = -torch.nn.functional.cosine_similarity(z, g)
    return energy.double().numpy().reshape(SIDE, SIDE)


def compare(page: Opened, world: World, moment: int, reference: Any, probe: Any) -> None:
    """Every landscape, and the number below it, against the library's."""
    column, row = round((probe[0] + 10) / 0.25), round((probe[1] + 5) / 0.25)
    shown = page.energies()
    assert len(shown) == 10
    for name, energies in shown.items():
        expected = landscape(name, moment, reference, world)
        score = name in ("dsm", "ism")
        error = NATS_ERROR if score else COSINE_ERROR
        np.testing.assert_allclose(energies, expected.clip(max=fields.CEILING), atol=error)
        assert page.number(name) == pytest.approx(expected[row, column], abs=error + 0.005), name


# It opens


def test_it_asks_for_nothing_and_says_nothing(browser, page_file):
    opened = Opened(browser, page_file, offline=True)
    opened.tab.evaluate("scrollTo(0, document.body.scrollHeight)")
    opened.tab.click("#theme")  # draws everything anew
    opened.tab.wait_for_timeout(500)
    assert opened.said == []
    asked = [url for url in opened.asked if not url.startswith(("data:", "blob:"))]
    assert asked == [page_file.as_uri()]
    assert opened.tab.evaluate("window.evil") is None
    opened.close()


def test_the_network_is_closed_to_it(page):
    refused = page.tab.evaluate(
        "() => fetch('http://localhost:9/').then(() => 'sent', () => 'refused')"
    )
    assert refused == "refused"
    assert any("Content Security Policy" in line for line in page.said)
    page.said.clear()


# The landscapes


def test_dragging_shows_what_python_computes(page, world):
    before = page.canvas("contrastive").screenshot()
    page.tab.locator("#landscapes").scroll_into_view_if_needed()
    page.tab.mouse.move(*page.pixel("contrastive", (0, 0)))  # on the star
    page.tab.mouse.down()
    page.tab.mouse.move(*page.pixel("contrastive", (2, 4)))
    page.frame()
    assert page.place() == "★ (2.00, 4.00) ○ (5.00, 5.00)"
    page.tab.mouse.move(*page.pixel("contrastive", (-5.25, 5.5)), steps=5)
    page.tab.mouse.up()
    page.frame()
    assert page.place() == "★ (-5.25, 5.50) ○ (5.00, 5.00)"
    compare(page, world, LAST, (-5.25, 5.5), (5, 5))
    page.tab.mouse.move(*page.pixel("contrastive", (8, 8)))  # let go: nothing follows
    page.frame()
    assert page.place() == "★ (-5.25, 5.50) ○ (5.00, 5.00)"
    assert page.canvas("contrastive").screenshot() != before


def test_the_ring_can_be_dragged_too(page, world):
    page.tab.locator("#landscapes").scroll_into_view_if_needed()
    page.tab.mouse.move(*page.pixel("vicreg", (5, 5)))
    page.tab.mouse.down()
    page.tab.mouse.move(*page.pixel("vicreg", (-3, 2)), steps=3)
    page.tab.mouse.up()
    page.frame()
    assert page.place() == "★ (0.00, 0.00) ○ (-3.00, 2.00)"
    compare(page, world, LAST, (0, 0), (-3, 2))


def test_colours_are_those_of_the_energies(page, world):
    page.tab.uncheck("#points")
    page.frame()
    expected = landscape("lejepa", LAST, (0, 0), world)
    for column, row in [(8, 8), (72, 40), (20, 70), (48, 60)]:
        colour = page.tab.evaluate(
            """([column, row, side]) => {
              const { landscapes } = atlas.mixture;
              const { canvas, context } = landscapes.find((l) => l.method.name === "lejepa");
              const at = (share, size) => Math.min(size - 1, Math.round(share * size));
              const x = at(column / (side - 1), canvas.width);
              const y = at(1 - row / (side - 1), canvas.height);
              return Array.from(context.getImageData(x, y, 1, 1).data);
            }""",
            [column, row, SIDE],
        )
        wanted = mpl.colormaps["viridis"]((expected[row, column] + 1) / 2, bytes=True)
        np.testing.assert_allclose(colour, wanted, atol=10)


def test_keys_move_star_and_ring(page, world):
    page.tab.focus("#landscapes")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowLeft", "Shift+ArrowDown"):
        page.tab.keyboard.press(key)
    page.frame()
    assert page.place() == "★ (0.50, 0.25) ○ (4.75, 4.75)"
    compare(page, world, LAST, (0.5, 0.25), (4.75, 4.75))
    for _ in range(SIDE):
        page.tab.keyboard.press("ArrowDown")
    page.frame()
    assert page.place().startswith("★ (0.50, -5.00)")  # the edge holds


def test_the_slider_goes_through_training_by_keys(page, world):
    page.tab.focus("#moment")
    page.tab.keyboard.press("Home")
    page.moment(0)
    assert page.tab.locator("#moment-value").inner_text() == "untrained"
    assert page.tab.locator('figure[data-method="jepa"] .panel-title span').inner_text() == "step 0"
    compare(page, world, 0, (0, 0), (5, 5))
    page.tab.keyboard.press("ArrowRight")
    page.moment(1)
    compare(page, world, 1, (0, 0), (5, 5))


def test_training_plays(page):
    page.tab.click("#train")
    page.moment(1)
    page.tab.click("#train")
    assert page.tab.get_attribute("#train", "aria-pressed") == "false"


def test_what_collapsed_looks_collapsed(page):
    """One colour all over, as the scale is fixed, and the word."""
    spread = page.tab.evaluate(
        """() => {
          const { landscapes } = atlas.mixture;
          const jepa = landscapes.find((l) => l.method.name === "jepa");
          jepa.online.fill(0);
          jepa.target.fill(0);
          jepa.online.fill(jepa.method.unit, 0, jepa.plane.size); // every point at one unit vector
          jepa.target.fill(jepa.method.unit, 0, jepa.plane.size);
          jepa.show({ ...jepa, state: { ...jepa.state, spread: 0.0001 } });
          atlas.mixture.draw();
          return new Set(jepa.pixels).size;
        }"""
    )
    assert spread == 1
    assert page.number("jepa") == -1
    assert page.tab.locator('figure[data-method="jepa"] .collapsed').inner_text() == "collapsed"


def test_a_cluster_is_a_click_away(page):
    page.tab.locator("#clusters button").nth(2).click()
    page.frame()
    assert page.place().startswith("★ (-5.00, 5.00)")


def test_overlays_are_drawn_when_wanted(page):
    plain = page.canvas("ism").screenshot()
    page.tab.check("#density")
    page.frame()
    with_density = page.canvas("ism").screenshot()
    page.tab.uncheck("#points")
    page.frame()
    assert len({plain, with_density, page.canvas("ism").screenshot()}) == 3


def test_a_finger_drags_the_star_and_scrolls_elsewhere(browser, page_file):
    opened = Opened(
        browser, page_file, viewport={"width": 375, "height": 700}, has_touch=True, is_mobile=True
    )
    opened.canvas("contrastive").scroll_into_view_if_needed()
    touch = opened.context.new_cdp_session(opened.tab)

    def swipe(start: tuple[float, float], end: tuple[float, float]) -> None:
        path = np.linspace(start, end, 8)
        send = "Input.dispatchTouchEvent"
        for kind, (x, y) in [("touchStart", path[0]), *(("touchMove", p) for p in path[1:])]:
            touch.send(send, {"type": kind, "touchPoints": [{"x": float(x), "y": float(y)}]})
        touch.send(send, {"type": "touchEnd", "touchPoints": []})
        opened.frame()

    before = opened.tab.evaluate("scrollY")
    swipe(opened.pixel("contrastive", (0, 0)), opened.pixel("contrastive", (4, 4)))
    x, y = (float(part) for part in opened.place()[3:].split(")")[0].split(","))
    assert (x, y) == pytest.approx((4, 4), abs=0.5)
    assert opened.tab.evaluate("scrollY") == before
    swipe(opened.pixel("contrastive", (-8, 0)), opened.pixel("contrastive", (-8, 12)))
    opened.tab.wait_for_timeout(300)
    assert opened.tab.evaluate("scrollY") > before  # the page moved, not the star
    x_after, _ = (float(part) for part in opened.place()[3:].split(")")[0].split(","))
    assert x_after == x
    opened.tab.touchscreen.tap(*opened.pixel("contrastive", (-5, 9)))
    opened.frame()
    tapped = [float(part) for part in opened.place()[3:].split(")")[0].split(",")]
    assert tapped == pytest.approx([-5, 9], abs=0.5)
    assert opened.said == []
    opened.close()


def test_ten_landscapes_are_drawn_in_a_frame(page):
    """Median over a hundred places of the star, with both overlays; what is drawn is read back."""
    page.tab.check("#density")
    times = page.tab.evaluate(
        """() => {
          const { mixture } = atlas;
          const times = [];
          for (let k = 0; k < 100; k++) {
            mixture.reference = [(13 * k) % 81, (29 * k) % 81];
            const start = performance.now();
            mixture.draw();
            for (const { context } of mixture.landscapes) context.getImageData(0, 0, 1, 1);
            times.push(performance.now() - start);
          }
          return times;
        }"""
    )
    assert np.median(times) < FRAME


# The noisy TV


def test_the_noise_slider_works_by_keys(page):
    page.tab.focus("#sigma")
    page.tab.keyboard.press("Home")
    assert page.tab.locator("#sigma-value").inner_text() == "σ = 0"
    first = page.tab.locator("#recipes .r2").first.inner_text()
    page.tab.keyboard.press("End")
    assert page.tab.locator("#sigma-value").inner_text() == f"σ = {made.SCALES[-1]}"
    assert page.tab.locator("#recipes .r2").first.inner_text() != first
    at = page.tab.evaluate(
        "() => Object.values(atlas.noisy_tv.recipes).map(({ scores }) => scores.rows.here[0].scale)"
    )
    assert at == [made.SCALES[-1]] * 2


def test_series_are_those_of_the_files(page, root):
    with np.load(root / "data/noisy_tv/evaluated/vjepa.npz") as drawn:
        expected = drawn["default/vjepa"][2, :, :1]
    page.tab.focus("#sigma")
    page.tab.keyboard.press("End")
    rows = page.tab.evaluate(
        "() => atlas.noisy_tv.recipes.default.over.view.data('series')"
        ".filter((r) => r.model === 'vjepa')"
    )
    found = [[row["value"]] for row in sorted(rows, key=lambda row: row["step"])]
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_models_come_and_go(page):
    marks = page.tab.locator("#recipes .chart .mark-line path")
    chip = page.tab.locator('[data-model="gated_ae"]')
    panels = page.tab.locator("#recipes .phases figure")
    before, lines = panels.count(), marks.count()
    chip.click()
    assert chip.get_attribute("aria-pressed") == "true"
    assert panels.count() == before + 2
    page.tab.wait_for_function(
        f"document.querySelectorAll('#recipes .chart .mark-line path').length > {lines}"
    )


def test_the_phase_plane_moves(page):
    page.tab.locator("#run").scroll_into_view_if_needed()
    page.tab.wait_for_function("atlas.noisy_tv.time > 26")  # starts when it is seen
    page.tab.click("#run")
    page.frame()
    stopped = page.tab.evaluate("atlas.noisy_tv.time")
    page.tab.wait_for_timeout(200)
    assert page.tab.evaluate("atlas.noisy_tv.time") == stopped
    page.tab.focus("#time")
    page.tab.keyboard.press("Home")
    assert page.tab.evaluate("Math.floor(atlas.noisy_tv.time)") == 0  # a whole step of the slider


def test_it_stands_still_where_motion_is_not_wanted(browser, page_file):
    opened = Opened(browser, page_file, reduced_motion="reduce")
    opened.tab.locator("#run").scroll_into_view_if_needed()
    opened.tab.wait_for_timeout(300)
    assert opened.tab.get_attribute("#run", "aria-pressed") == "false"
    opened.close()


# The images


def test_a_digit_is_picked_by_click_and_by_key(page):
    page.tab.locator("#picker .tile").nth(42).click()
    heading = page.tab.locator("#image h3")
    image = page.tab.evaluate("atlas.images.images.shown[42]")
    assert heading.inner_text().startswith(f"Test image {image}, 4,")
    page.tab.focus("#picker")
    page.tab.keyboard.press("ArrowDown")
    page.tab.keyboard.press("ArrowLeft")
    assert page.tab.get_attribute("#picker", "aria-activedescendant") == "image-51"
    assert ", 5, and its" in heading.inner_text()
    assert page.tab.locator("#image .strip").first.locator("figure").count() == 8
    assert page.tab.locator("#image .rows > div").count() == 3
    assert page.tab.locator("#image .rows .strip").first.locator("figure").count() == 5


def test_an_image_is_the_one_of_the_file(page):
    pictures, labels = made.digits()
    test = pictures[1400:]
    image = page.tab.evaluate("atlas.images.images.shown[30]")
    assert labels[1400:][image] == 3
    style = (
        page.tab.locator("#picker .tile")
        .nth(30)
        .evaluate(
            "({ style }) => ['--column', '--row'].map((key) => Number(style.getPropertyValue(key)))"
        )
    )
    found = page.tab.evaluate(
        """async ([column, row]) => {
          const tile = document.querySelector(".tile");
          const sheet = new Image();
          sheet.src = getComputedStyle(tile).backgroundImage.slice(5, -2);
          await sheet.decode();
          const context = new OffscreenCanvas(28, 28).getContext("2d");
          context.drawImage(sheet, -28 * column, -28 * row);
          return Array.from(context.getImageData(0, 0, 28, 28).data).filter((_, k) => k % 4 === 0);
        }""",
        style,
    )
    np.testing.assert_allclose(np.reshape(found, (28, 28)), test[image] // 16 * 17, atol=1)


def test_the_map_tells_what_is_under_the_pointer(page):
    canvas = page.tab.locator("#maps canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    image, left, top = page.tab.evaluate(
        """() => {
          const { images, maps } = atlas.images;
          return [images.shown[7], ...maps[0].pixel(images.shown[7])];
        }"""
    )
    page.tab.mouse.move(box["x"] + left, box["y"] + top)
    tip = page.tab.locator("#maps .tip").first
    said = tip.inner_text()
    assert "neighbours say" in said
    assert "a 0" in said  # of its class, even if another lies closer
    page.tab.mouse.move(0, 0)
    assert tip.is_hidden()
    page.tab.mouse.click(box["x"] + left, box["y"] + top)
    assert image in page.tab.evaluate("atlas.images.images.shown")


def test_digits_can_be_hidden_in_the_maps(page):
    canvas = page.tab.locator("#maps canvas").nth(1)
    before = canvas.screenshot()
    page.tab.locator("#legend button").nth(3).click()
    page.frame()
    assert canvas.screenshot() != before


# The claims


def visible(page: Opened) -> int:
    return page.tab.locator("#claims-table tbody tr:visible").count()


def test_claims_are_filtered_by_verdict_and_by_track(page):
    assert visible(page) == 15
    page.tab.click('[data-filter="verdict"][data-value="holds"]')
    assert visible(page) == 12
    page.tab.click('[data-filter="track"][data-value="images"]')
    assert visible(page) == 8
    assert page.tab.locator("#claims-shown").inner_text() == "8 of 15 shown"
    page.tab.focus('[data-filter="verdict"][data-value="holds"]')
    page.tab.keyboard.press("Enter")
    assert visible(page) == 10


# How it looks


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_overflows(browser, page_file, width, theme):
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": theme}
    opened = Opened(browser, page_file, **options)
    assert opened.tab.get_attribute("html", "data-theme") == theme
    opened.tab.locator("summary").click()
    assert opened.tab.evaluate("document.documentElement.scrollWidth") == width
    beyond = opened.tab.evaluate(
        """() => [...document.querySelectorAll("main *")]
          .filter((e) => !e.closest("svg, pre, .tip, .tile"))
          .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5)
          .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert beyond == []
    assert opened.said == []
    opened.close()


def test_it_follows_a_window_that_changes(browser, page_file):
    opened = Opened(browser, page_file)
    opened.tab.set_viewport_size({"width": 375, "height": 700})  # as a phone that is turned
    opened.tab.wait_for_function("document.documentElement.scrollWidth === 375")
    opened.tab.wait_for_function(
        "() => atlas.mixture.landscapes.every(({ canvas: c }) => c.width === c.clientWidth)"
    )
    assert opened.said == []
    opened.close()


def test_the_theme_can_be_changed(page):
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.tab.evaluate(ground)
    page.tab.click("#theme")
    assert page.tab.evaluate(ground) != light
    page.tab.wait_for_function(
        "atlas.noisy_tv.recipes.default.scores.view.signal('ink') === '#e9ebf0'"
    )
    page.tab.click("#theme")
    assert page.tab.evaluate(ground) == light
