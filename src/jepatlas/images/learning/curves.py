"""The curves of a training, shown while it runs: a table per curve that DVC and editors plot."""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dvclive.live import Live
from scmrepo.exceptions import SCMError

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import rounded
from jepatlas.common.learning.training import Row


@contextmanager
def shown(folder: Path) -> Iterator[Callable[[Row], None]]:
    """A function that adds a row, the means over members after one more epoch, to the tables in
    `folder`.

    Tables that are there are replaced with the first row, so a training that is refused loses none.
    """
    live: Live | None = None
    epochs = 0

    def report(row: Row) -> None:
        nonlocal live, epochs
        if live is None:
            live = _live(folder)
        epochs += 1
        live.step = epochs
        for name, values in row.items():
            live.log_metric(name, rounded(values.mean().item()))
        live.make_summary()

    try:
        yield report
    finally:
        if live is not None:
            live.end()


def _live(folder: Path) -> Live:
    """DVCLive's writer, which looks for git's last commit."""
    try:
        return Live(str(folder), save_dvc_exp=False, dvcyaml=None, report=None)
    except SCMError as error:
        raise InputError(f"{folder}: curves take a first commit in git ({error})") from None
    except sqlite3.OperationalError as error:  # DVC's own tables
        raise OSError(errno.ENOSPC, str(error), str(folder)) from None
