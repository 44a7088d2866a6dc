"""`make demo`: a page of every track, whatever params.yaml says, and nothing else is touched."""

import sys
from pathlib import Path
from typing import Any

import pytest

from jepatlas.common.base import tracks
from jepatlas.common.base.yaml_file import read
from tests import project
from tools import demo

pytestmark = pytest.mark.slow

ONE = {"mixture": "dsm", "noisy_tv": "ar", "hidden_causes": "lejepa", "images": "jepa"}
DEMO = (sys.executable, "-m", "tools.demo")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one method in each track, whose images are one's own."""
    root = project.begin(tmp_path_factory.mktemp("demo") / "jepatlas")

    def edit(params: dict[str, Any]) -> None:
        params.update(project.parameters({track: (name,) for track, name in ONE.items()}))
        params["images"]["data"] |= {"set": "own", "path": "data/mine"}

    project.change(root, edit)
    (root / "data/mine").mkdir()
    project.commit(root, "Have images of one's own")
    return root


def test_it_makes_a_page_of_every_track_and_touches_nothing_else(root: Path) -> None:
    done = project.run(root, *DEMO)
    page = (root / "demo/plots/report/index.html").read_text(encoding="utf-8")
    assert f'<p class="note">{demo.NOTE}</p>' in page
    for track in tracks.names():
        assert f'<section id="{track}"' in page
        assert f"{track}: demo/plots/{track}/pictures\n" in done.stdout
        assert list((root / f"demo/plots/{track}/pictures").iterdir())
    assert project.run(root, "git", "status", "--porcelain").stdout == ""
    assert not (root / "plots").exists()


def test_its_parameters_have_every_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.ROOT)
    params, small = read(), demo.parameters()
    for track in tracks.names():
        assert list(small[track]["methods"]) == list(params[track]["methods"])


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("members", 0, "params.yaml: mixture.members: should be greater than or equal to 1, is 0"),
        # What cannot be made small is told before it is tried.
        ("data", None, "params.yaml: mixture.data: should be a valid dictionary"),
    ],
)
def test_what_is_wrong_is_one_line(root: Path, key: str, value: object, message: str) -> None:
    project.change(root, lambda params: params["mixture"].update({key: value}))
    done = project.run(root, *DEMO, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"error: {message}")
    project.run(root, "git", "checkout", "--quiet", "params.yaml")
