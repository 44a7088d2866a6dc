"""The page of the made-up project, and a browser to open it with."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stages import report
from tests.report import made

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with all that the stage reads and with its output, as the current folder."""
    folder, before = tmp_path_factory.mktemp("report"), Path.cwd()
    os.chdir(folder)
    made.make(folder)
    report.main()
    yield folder
    os.chdir(before)


@pytest.fixture(scope="session")
def page_file(root: Path) -> Path:
    return root / "plots/report/index.html"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, headless; the machine's own, as Playwright's is a large download."""
    sync_api = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser on PATH (any of {', '.join(BROWSERS)})")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()
