"""Make the page out of everything that was measured: `python -m stages.report`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.storage import write
from jepatlas.report.page.assemble import page


def main() -> None:
    text = page()
    file = Path("plots/report/index.html")
    write(file, lambda temporary: temporary.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    stage.run(main)
