"""The notebook runs from its first cell to its last, and shows what it says."""

import json
import os
import subprocess
import sys

import pytest

from tests import project

pytestmark = pytest.mark.slow


def test_the_tour_shows_a_collapse(tmp_path):
    """Its cells in their order, in a process of their own and without Jupyter, which is a large
    thing to have in the environment for one file."""
    file = project.ROOT / "notebooks/tour.ipynb"
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    written = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] for cell in written)  # in git
    picture = tmp_path / "tour.png"
    end = f"figure.savefig({str(picture)!r}); print(min(spreads, key=spreads.get))"
    code = "\n".join(["".join(cell["source"]) for cell in written] + [end])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=file.parent,
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "jepa"
    assert picture.stat().st_size > 10_000
