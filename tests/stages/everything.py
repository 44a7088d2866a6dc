"""All stages of the current folder's params.yaml: `python -m tests.stages.everything`.

In one process and without DVC; a line on stderr and status 2 if one refuses something.
"""

import importlib
import itertools

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import read
from tools import demo


def main() -> None:
    chains = demo.chains(read())
    last = chains.pop("")
    for module, *arguments in itertools.chain(*chains.values(), last):
        importlib.import_module(module).main(*arguments)


if __name__ == "__main__":
    stage.run(main)
