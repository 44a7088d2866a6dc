"""The files of all pictures, drawn by as many processes as the stage has threads."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import read_arrays, read_csv
from jepatlas.common.drawing.style import save_gif, save_png
from jepatlas.common.measuring import measures
from jepatlas.mixture.drawing import landscape, score, sheet
from jepatlas.mixture.drawing.maps import Scene
from jepatlas.mixture.drawing.sheet import Entry

FRAMES_PER_SECOND = 5
NEEDED = {
    "embedding": {
        "arrays": "steps losses snapshot_steps spread effective_rank means_references "
        "means_landscapes tour_references tour_landscapes",
        "metrics": "collapse landscape",
    },
    "score": {
        "arrays": "steps losses energy exact_energy arrows score exact_score unadjusted_path "
        "adjusted_path exact_samples",
        "metrics": "score sampling",
    },
}


def read(name: str, arrays_file: Path, metrics_file: Path) -> Entry:
    """What was measured of a method; whatever a picture would miss is an `InputError`."""
    arrays, metrics = read_arrays(arrays_file), measures.nested(read_csv(metrics_file))
    needed = NEEDED["score" if "energy" in arrays else "embedding"]
    for file, content, what in [
        (arrays_file, arrays, "arrays"),
        (metrics_file, metrics, "metrics"),
    ]:
        for key in needed[what].split():
            if key not in content:
                raise InputError(f"{file}: lacks {key}; `dvc repro` makes it anew")
    return Entry(name, arrays, metrics)


def draw(entries: Sequence[Entry], scene: Scene, folder: Path) -> None:
    """A figure `NAME.png` and an animation `NAME.gif` for each entry, and `sheet.png` of all."""
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    # Spawned, as a fork of a process with threads, such as torch's in a test, may hang.
    with ProcessPoolExecutor(threads, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(draw_sheet, entries, scene, folder)]  # the longest of all
        jobs += [pool.submit(draw_one, entry, scene, folder) for entry in entries]
        for job in tqdm(as_completed(jobs), "pictures", len(jobs), disable=None):
            job.result()


def draw_one(entry: Entry, scene: Scene, folder: Path) -> None:
    module = score if "energy" in entry.arrays else landscape
    save_png(module.figure(*entry, scene), folder / f"{entry.name}.png")
    frames = module.frames(entry.name, entry.arrays, scene)
    save_gif(frames, folder / f"{entry.name}.gif", FRAMES_PER_SECOND)


def draw_sheet(entries: Sequence[Entry], scene: Scene, folder: Path) -> None:
    save_png(sheet.figure(entries, scene), folder / "sheet.png")
