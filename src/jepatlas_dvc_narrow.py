"""DVC's table of experiments, narrow enough for a terminal.

`dvc exp show --only-changed` has a column for whatever differs between experiments. DVC cuts off
from the right what is too wide, and a name such as mixture.methods.contrastive.default.temperature
is as wide as five numbers, so the parameter that was changed is the first to go.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import dvc.utils.table
from dvc.commands.experiments import show
from dvc.ui import table

PARTS = re.compile(r"(?<=[./:_])(?!$)| +")  # where a name goes on in the next line


def narrow() -> None:
    """All of it."""
    fold_names()
    move_together()
    leave_out_hashes()


def fold_names() -> None:
    """From now on, the name of a column has a line for each of its parts, and is shown whole."""
    draw = table.rich_table

    def folded(name: str) -> str:
        return PARTS.sub("\n", name)

    def rich_table(
        ui: Any,
        data: Any,
        headers: Sequence[str] = (),
        header_styles: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        styles = {folded(name): style for name, style in (header_styles or {}).items()}
        draw(ui, data, [folded(name) for name in headers], header_styles=styles, **options)

    table.rich_table = rich_table


def move_together() -> None:
    """From now on, one space is between two columns, not three."""
    table_type = dvc.utils.table.Table
    dvc.utils.table.Table = partial(table_type, padding=0)


def leave_out_hashes() -> None:
    """From now on, what is to be looked at has no columns with hashes of files that differ: with
    each parameter nearly all of them do. `--csv` has them."""
    shown = show.show_experiments

    def show_experiments(
        td: Any, headers: dict[str, Iterable[str]], csv: bool = False, **options: Any
    ) -> None:
        if not csv:
            td.drop(*headers.get("deps", ()))
            headers = {kind: names for kind, names in headers.items() if kind != "deps"}
        shown(td, headers, csv=csv, **options)

    show.show_experiments = show_experiments
