"""Decide every claim of the document by the metrics: `python -m stages.claims`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Fraction, scalar, section, value
from jepatlas.common.base.storage import read_json, write_json
from jepatlas.common.reporting import rules
from jepatlas.mixture.truth.parameters import MixtureChoice
from jepatlas.noisy_tv.truth.parameters import Sweep
from jepatlas.report.claims import document
from jepatlas.report.claims.settings import Settings

METRICS = Path("metrics")


def main() -> None:
    mixture = section(f"mixture.mixtures.{scalar('mixture.mixture', str)}", MixtureChoice)
    settings = Settings(
        collapsed=scalar("mixture.evaluation.collapsed", Fraction),
        weights=mixture.weights,
        means=mixture.means,
        scales=section("noisy_tv.sweep", Sweep).scales,
    )
    methods = {
        track: list(value(f"{track}.methods")) for track in ("mixture", "images", "noisy_tv")
    }
    digits = read_json(METRICS / "images" / "embedding" / f"{methods['images'][0]}.json")
    metrics = rules.Metrics(METRICS, methods, digits["data_set"])
    write_json(METRICS / "claims.json", rules.report(document(settings), metrics))


if __name__ == "__main__":
    stage.run(main)
