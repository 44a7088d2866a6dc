"""Make the page out of everything that was measured: `python -m stages.report`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.storage import write
from jepatlas.report.page.assemble import document
from jepatlas.report.page.inputs import gather


def main() -> None:
    text = document(*gather())
    page = Path("plots/report/index.html")
    write(page, lambda temporary: temporary.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    stage.run(main)
