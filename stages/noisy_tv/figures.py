"""Draw the pictures of the noisy TV: `python -m stages.noisy_tv.figures`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import section
from jepatlas.common.base.storage import read_arrays, read_csv
from jepatlas.common.drawing.style import save_gif, save_png
from jepatlas.noisy_tv.drawing import figures
from jepatlas.noisy_tv.measuring.parameters import Evaluation
from jepatlas.noisy_tv.truth.parameters import Sweep
from jepatlas.noisy_tv.truth.system import System

PLOTS = Path("plots/noisy_tv")
FRAMES_PER_SECOND = 12


def main() -> None:
    system, sweep = section("noisy_tv.system", System), section("noisy_tv.sweep", Sweep)
    scale = section("noisy_tv.evaluation", Evaluation).drawn_scale
    names = ("r2", "rollout", "coverage", "failure", "transfer")
    r2, rollout, coverage, failure, transfer = (read_csv(PLOTS / f"{name}.csv") for name in names)
    drawn = figures.at_scale(read_arrays(Path("data/noisy_tv/drawn.npz")), scale)
    pages = {
        "r2": figures.accuracy(r2),
        "prediction": figures.prediction(drawn, scale),
        "rollout": figures.rollouts(rollout, scale),
        "calibration": figures.calibration(coverage, scale),
        "failure": figures.failure(
            failure, sweep.failure_scale, system.contraction, system.rotation
        ),
        "transfer": figures.transfer(transfer),
    }
    for name, page in pages.items():
        save_png(page, PLOTS / f"{name}.png")
    save_gif(figures.phase_plane(drawn, scale), PLOTS / "phase_plane.gif", FRAMES_PER_SECOND)


if __name__ == "__main__":
    stage.run(main)
