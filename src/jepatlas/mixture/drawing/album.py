"""The files of all pictures, drawn by as many processes as the stage has threads."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import read_arrays
from jepatlas.common.drawing.style import save_both, save_gif
from jepatlas.common.measuring import measures
from jepatlas.mixture.drawing import landscape, score, sheet
from jepatlas.mixture.drawing.layout import EVALUATED
from jepatlas.mixture.drawing.maps import Arrays, Scene
from jepatlas.mixture.drawing.sheet import Entry
from jepatlas.mixture.truth.recipes import DEFAULT, PUBLISHED, recipes

FRAMES_PER_SECOND = 5
NEEDED = {
    "embedding": {
        "arrays": "points steps losses snapshot_steps spread effective_rank means_references "
        "means_landscapes",
        "animated": "tour_references tour_landscapes",
        "metrics": "collapse landscape",
    },
    "score": {
        "arrays": "steps losses energy exact_energy arrows score exact_score unadjusted_path "
        "adjusted_path exact_samples",
        "animated": "",
        "metrics": "score sampling",
    },
}


def read_all(names: Sequence[str], folder: Path) -> list[Entry]:
    """What was measured of these methods, of each by every recipe that it has, below `folder`."""
    return [
        read(
            name,
            recipe,
            folder / "evaluated" / f"{name}.npz",
            folder / "measured" / f"{name}.csv",
        )
        for name in names
        for recipe in recipes(name)
    ]


def arrays_of(recipe: str, file: Path) -> Arrays:
    """What `mixture_evaluate` wrote of a recipe: the arrays called `RECIPE/NAME`, by `NAME`."""
    start = f"{recipe}/"
    arrays = read_arrays(file, EVALUATED)
    return {key.removeprefix(start): arrays[key] for key in arrays if key.startswith(start)}


def read(name: str, recipe: str, arrays_file: Path, metrics_file: Path) -> Entry:
    """What was measured of a method by a recipe; whatever a picture would miss is an
    `InputError`."""
    arrays = arrays_of(recipe, arrays_file)
    metrics = measures.nested(measures.read(metrics_file)).get(recipe, {})
    needed = NEEDED["score" if "energy" in arrays else "embedding"]
    wanted = [(arrays_file, arrays, needed["arrays"]), (metrics_file, metrics, needed["metrics"])]
    if recipe == DEFAULT:
        wanted.append((arrays_file, arrays, needed["animated"]))
    for file, content, keys in wanted:
        for key in keys.split():
            if key not in content:
                raise InputError(f"{file}: lacks {key}; `dvc repro` makes it anew")
    return Entry(name, recipe, arrays, metrics)


def draw(entries: Sequence[Entry], scene: Scene, folder: Path) -> None:
    """A figure and an animation for each entry of the default recipe, and a sheet of each recipe,
    in `folder`, as `save_both` has it."""
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    shown = [entry for entry in entries if entry.recipe == DEFAULT]
    published = [entry for entry in entries if entry.recipe == PUBLISHED]
    pictures = [partial(draw_sheet, shown, scene, folder, "sheet")]  # the longest of all
    if published:
        pictures.append(partial(draw_sheet, published, scene, folder, PUBLISHED))
    pictures += [partial(draw_one, entry, scene, folder) for entry in shown]
    if threads == 1:
        for picture in tqdm(pictures, "pictures", disable=None):
            picture()
        return
    # Spawned, as a fork of a process with threads, such as torch's in a test, may hang.
    with ProcessPoolExecutor(threads, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(picture) for picture in pictures]
        for job in tqdm(as_completed(jobs), "pictures", len(jobs), disable=None):
            job.result()


def draw_one(entry: Entry, scene: Scene, folder: Path) -> None:
    module = score if "energy" in entry.arrays else landscape
    page = module.figure(entry.name, entry.arrays, entry.metrics, scene)
    save_both(page, folder, entry.name)
    frames = module.frames(entry.name, entry.arrays, scene)
    save_gif(frames, folder / "pictures" / f"{entry.name}.gif", FRAMES_PER_SECOND)


def draw_sheet(entries: Sequence[Entry], scene: Scene, folder: Path, name: str) -> None:
    save_both(sheet.figure(entries, scene), folder, name)
