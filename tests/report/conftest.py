"""The page of the made-up project, and a browser to open it with."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jepatlas.mixture.truth.world import World
from stages import report
from tests.report import made

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with all that the stage reads, and with its output."""
    folder = tmp_path_factory.mktemp("report")
    with contextlib.chdir(folder):
        made.make(folder)
        report.main()
    return folder


@pytest.fixture
def root(built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """It as the current folder."""
    monkeypatch.chdir(built)
    return built


@pytest.fixture
def world(root: Path) -> World:
    """The points of its mixture."""
    with np.load(root / "data/mixture/points/document.npz") as arrays:
        return World.from_arrays(dict(arrays))


@pytest.fixture(scope="session")
def page_file(built: Path) -> Path:
    return built / "plots/report/index.html"


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
