"""Draw the pictures of the noisy TV: `python -m stages.noisy_tv.figures`."""

from pathlib import Path

import pandas as pd

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import scalar, section, value
from jepatlas.common.base.storage import read_csv, write_csv
from jepatlas.common.drawing.style import save_both, save_gif
from jepatlas.common.measuring import measures
from jepatlas.noisy_tv.drawing import curves, motion
from jepatlas.noisy_tv.drawing.control import control
from jepatlas.noisy_tv.drawing.series import series
from jepatlas.noisy_tv.drawing.tables import NUMBERS, TEXTS, tables
from jepatlas.noisy_tv.truth.parameters import Sweep
from jepatlas.noisy_tv.truth.system import System

DATA, PLOTS = Path("data/noisy_tv"), Path("plots/noisy_tv")
FRAMES_PER_SECOND = 12


def main() -> None:
    system, sweep = section("noisy_tv.system", System), section("noisy_tv.sweep", Sweep)
    names, scale = list(value("noisy_tv.methods")), scalar("noisy_tv.evaluation.drawn_scale", float)
    oracle, lqg, steered = DATA / "oracle", DATA / "lqg", DATA / "steered"
    measured = [oracle / "measured.csv", *(DATA / "measured" / f"{name}.csv" for name in names)]
    measured += [lqg / "measured.csv", *(steered / f"{name}.csv" for name in names)]
    write_csv(PLOTS / "tables" / "measures.csv", measures.joined(map(measures.read, measured)))
    rows = [oracle / "rows.csv", *(DATA / "rows" / f"{name}.csv" for name in names)]
    rows += [lqg / "rows.csv", *(steered / "rows" / f"{name}.csv" for name in names)]
    found = tables(
        pd.concat([read_csv(path, TEXTS, NUMBERS) for path in rows]),
        system.memory,
        sweep.failure_scale,
    )
    for name, table in found.items():
        write_csv(PLOTS / "tables" / f"{name}.csv", table)

    sure = found["coverage"].groupby("recipe").model.agg(set).to_dict()
    drawn = motion.at_scale(series(DATA, names, sure, system.signal), scale)
    pages = {
        "r2": curves.accuracy(found["r2"], names),
        "prediction": motion.prediction(drawn, scale, names),
        "rollout": curves.rollouts(found["rollout"], scale, names),
        "calibration": curves.calibration(found["coverage"], scale, names),
        "control": control(found["control"], drawn, scale, names),
        "failure": curves.failure(
            found["failure"], sweep.failure_scale, system.contraction, system.rotation, names
        ),
    }
    if not found["partially_observed"].empty:
        pages["partially_observed"] = curves.partially_observed(found["partially_observed"], names)
    for name, page in pages.items():
        save_both(page, PLOTS, name)
    frames = motion.phase_plane(drawn, scale, names)
    save_gif(frames, PLOTS / "pictures" / "phase_plane.gif", FRAMES_PER_SECOND)


if __name__ == "__main__":
    stage.run(main)
