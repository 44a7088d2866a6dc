"""Decide every claim by what was measured: `python -m stages.claims`."""

from pathlib import Path

import pandas as pd

from jepatlas.common.base import stage
from jepatlas.common.base.storage import write_csv, write_json
from jepatlas.common.reporting.rules import counts
from jepatlas.report.claims import TABLE, decided


def main() -> None:
    rows = decided()
    write_json(Path("metrics/claims.json"), {"claims": counts(rows)})
    write_csv(TABLE, pd.DataFrame(rows))


if __name__ == "__main__":
    stage.run(main)
