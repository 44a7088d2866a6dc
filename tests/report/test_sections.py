"""Sections on one page do not meet: what is wrong with one leaves the others be."""

from pathlib import Path
from typing import Any

import pytest

from jepatlas.common.reporting.page import Section
from jepatlas.report.page import assemble
from tests.report.made import EVIL

START = """
const PLACE = document.getElementById("{name}-place");
class Panel {{ text(data) {{ return data.text; }} }}
sections.{name} = async (data) => {{
  PLACE.textContent = new Panel().text(data);
  return PLACE.textContent;
}};
"""


def section(name: str, script: str = START, text: str = "shown") -> Section:
    """A section that puts a text into its place, with names that others have too."""
    html = f'<p id="{name}-place"></p>\n'
    return Section(name.title(), html, [script.format(name=name)], {"text": text})


FOUND = {
    "first": section("first"),
    "misspelt": section("misspelt", "sections.{name} = async (data) => {{ return ("),
    "stops": section("stops", 'throw new Error("at once");'),
    "fails": section("fails", 'sections.{name} = async () => {{ throw new Error("later"); }};'),
    "silent": section("silent", "const nothing = 0;"),
    "still": Section("Still", "<p>has no script</p>\n"),
    "last": section("last", text=EVIL),
}
BROKEN = {
    "misspelt": "its script has not been read to the end",
    "stops": "its script has not been read to the end",
    "fails": "later",
    "silent": "its script has not been read to the end",
}


@pytest.fixture
def tab(browser: Any, tmp_path: Path) -> Any:
    file = tmp_path / "index.html"
    text = assemble.assembled(FOUND, [], f"A demo {EVIL}", "seed: 0")
    file.write_text(text, encoding="utf-8")
    opened = browser.new_page()
    opened.goto(file.as_uri())
    opened.wait_for_selector("html[data-whole]", timeout=120_000)
    yield opened
    opened.close()


def test_each_starts_by_itself(tab):
    assert tab.locator("#first-place").inner_text() == "shown"
    assert tab.locator("#last-place").inner_text() == EVIL
    assert tab.evaluate("atlas.first") == "shown"
    assert tab.locator("#still").inner_text().endswith("has no script")
    assert tab.locator("#still .alarm").count() == 0


def test_what_cannot_be_shown_says_so_in_its_place(tab):
    for name, reason in BROKEN.items():
        said = tab.locator(f"#{name} .alarm").all_inner_texts()
        assert said == [f"This section cannot be shown: {reason}"], name
    assert tab.locator(".alarm").count() == len(BROKEN)


def test_a_note_is_read_as_text(tab):
    assert tab.locator(".note").inner_text() == f"A demo {EVIL}"
    assert tab.evaluate("window.evil") is None


def test_a_script_cannot_end_its_element():
    with pytest.raises(AssertionError):
        assemble.enclosed(['const text = "</SCRIPT>";'])
    assert assemble.enclosed([]) == ""
