"""What a change of one's own images reruns, wherever params.yaml says that they lie."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import project
from tests.images.worlds import strokes, write_strokes

pytestmark = pytest.mark.slow

FOLDER, ARCHIVE = "my images", "mine/of today.npz"


def write_archive(root: Path, **changes: object) -> None:
    images, labels = strokes(60)
    (root / ARCHIVE).parent.mkdir(exist_ok=True)
    np.savez(root / ARCHIVE, **{"images": images, "labels": labels} | changes)


@pytest.fixture(scope="module")
def clone(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project that has run nothing yet, with images of one's own in two places."""
    root = project.begin(tmp_path_factory.mktemp("data") / "jepatlas")
    write_strokes(root / FOLDER)
    write_archive(root)
    return root


def choose(root: Path, path: str) -> None:
    project.change(root, lambda params: params["images"]["data"].update(set="own", path=path))


def run(root: Path) -> bool:
    """Bring the stage up to date; whether it had to run."""
    return "Running stage 'images_data'" in project.run(root, "dvc", "repro", "images_data").stdout


def out_of_date(root: Path) -> object:
    """What DVC says has changed since the stage ran."""
    said = json.loads(project.run(root, "dvc", "status", "--json", "images_data").stdout)
    return said.get("images_data")


def images(root: Path) -> list[bytes]:
    """All that the stage made of them, whatever their order."""
    with np.load(root / "data/images/images.npz") as made:
        return sorted(x.tobytes() for part in ("train", "test") for x in made[f"{part}_images"])


def a_pixel(root: Path) -> None:
    file = root / FOLDER / "lying/3.png"
    pixels = np.array(Image.open(file))
    pixels[0, 0] ^= 1
    Image.fromarray(pixels).save(file)


def one_more(root: Path) -> None:
    (image, *_), _ = strokes(1, seed=1)
    Image.fromarray(image).save(root / FOLDER / "standing/20.png")


def one_less(root: Path) -> None:
    (root / FOLDER / "standing/0.png").unlink()


def another_archive(root: Path) -> None:
    with np.load(root / ARCHIVE) as found:
        write_archive(root, images=found["images"] ^ 1)


@pytest.mark.parametrize(
    ("path", "edit"),
    [(FOLDER, a_pixel), (FOLDER, one_more), (FOLDER, one_less), (ARCHIVE, another_archive)],
)
def test_an_image_that_changed_reruns_the_stage_that_reads_it(
    clone: Path, path: str, edit: Callable[[Path], None]
) -> None:
    choose(clone, path)
    run(clone)
    assert out_of_date(clone) is None
    before = images(clone)
    edit(clone)
    assert out_of_date(clone) == [{"changed deps": {path: "modified"}}]
    assert run(clone)
    assert images(clone) != before


@pytest.mark.parametrize("path", [FOLDER, ARCHIVE])
def test_images_that_did_not_change_rerun_nothing(clone: Path, path: str) -> None:
    choose(clone, path)
    run(clone)
    for file in (clone / FOLDER / "lying/0.png", clone / ARCHIVE):
        file.write_bytes(file.read_bytes())  # written, as what it was
    a_pixel(clone) if path == ARCHIVE else another_archive(clone)  # is not looked at
    assert out_of_date(clone) is None
    assert not run(clone)
