"""What every stage script shares: how it ends where something is wrong, in one line."""

import errno
import signal
import sys
from collections.abc import Callable

from jepatlas.common.base.yaml_file import PARAMS, InputError

# Full, over a quota or a limit of size, not to be written to: nothing that a traceback explains.
NO_PLACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)


def run(main: Callable[..., None], *arguments: str) -> None:
    """Call `main(*arguments)`; an `InputError` becomes one line on stderr and exit status 2, a
    Ctrl-C exit status 130, a disk or memory that does not do one line and exit status 1."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as it is in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)  # stages/__init__.py has another
    try:
        main(*arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except OSError as error:
        if error.errno not in NO_PLACE:
            raise
        print(f"error: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        raise SystemExit(1) from None
    except MemoryError as error:
        said = " ".join(str(error).split()) or "no memory left"
        print(f"error: {said}; smaller numbers in {PARAMS} need less", file=sys.stderr)
        raise SystemExit(1) from None
