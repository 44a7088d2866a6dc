"""What every stage script shares: bad input ends it with one line and exit status 2."""

import sys
from collections.abc import Callable

from jepatlas.common.base.yaml_file import InputError


def run(main: Callable[..., None], *arguments: str) -> None:
    """Call `main(*arguments)`; an `InputError` becomes one line on stderr and exit status 2, a
    Ctrl-C exit status 130."""
    try:
        main(*arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
