"""Make `.venv`, or bring it up to date: the packages of the lock files, then jepatlas itself.

`make setup` calls it with any Python. It needs the standard library only, and parses on Python 3.6,
so that an old Python is told so in one sentence.
"""

import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "Set-up failed: jepatlas needs Python 3.11 or newer, and {} is {}.{}; "
        "name another: make setup PYTHON=...".format(sys.executable, *sys.version_info[:2])
    )

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
ALONE = ROOT / "requirements-alone.lock"  # packages that are to bring no others
STAMP = VENV / "setup.stamp"
LOG = VENV / "setup.log"

NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded")
NO_NETWORK = re.compile(
    r"connection (broken|error)|Connection\w*Error|ConnectTimeout|ReadTimeout"
    r"|NameResolution|ProxyError|Max retries exceeded"
)
# A pip that is not to retry says no more than this, as it does of a package that does not exist.
NOT_FOUND = re.compile(r"requirement (\S+).* \(from versions: none\)")


class SetupError(Exception):
    """The set-up cannot go on; the text is all that the user is shown."""


def wanted_stamp() -> list[str]:
    """What a finished `.venv` bears: with which Python and where it was made (a moved one is
    broken), then the hash of what was installed."""
    made = "Python {}.{} in {}".format(*sys.version_info[:2], VENV)
    files = [LOCK, ALONE, ROOT / "pyproject.toml"]
    return [made, hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()]


def found_stamp() -> list[str]:
    """What the present `.venv` bears: nothing if it is half-made or its Python is gone."""
    if not (STAMP.is_file() and PYTHON.exists()):
        return []
    return STAMP.read_text(encoding="utf-8").splitlines()


def run(*command: str | Path) -> None:
    """Run one step and keep what it prints in the log."""
    with LOG.open("a", encoding="utf-8") as log:
        output = []
        with subprocess.Popen(
            command,
            cwd=ROOT,
            # Where a user has set pip to install for the user, it would refuse a venv.
            env={**os.environ, "PIP_USER": "0", "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            try:
                for line in process.stdout or ():
                    output.append(line.strip())
                    log.write(line)
                    log.flush()
            except BaseException:  # else an interrupted pip would still write for a while
                process.kill()
                raise
    if process.returncode == 0:
        return
    whole = "\n".join(output)
    if NO_SPACE.search(whole):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if NO_NETWORK.search(whole):
        raise SetupError("pip cannot reach the package index; is there a network?")
    missing = NOT_FOUND.search(whole)
    if missing:
        raise SetupError(f"pip found no {missing[1]} for this Python; is there a network?")
    last = next((line for line in reversed(output) if line and "[notice]" not in line), "")
    tool = command[command.index("-m") + 1]
    raise SetupError(f"{tool} failed; the last line was: {last}; whole log in {LOG}.")


def set_up() -> None:
    wanted, found = wanted_stamp(), found_stamp()
    if found == wanted:
        return
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        raise SetupError(f"{sys.executable} has no venv module; on Debian install python3-venv.")
    print(f"Setting up {VENV} (about 2 GB, some minutes) ...", flush=True)
    if found[:1] == wanted[:1]:
        STAMP.unlink()  # an interrupted update must leave no stamp either
    else:
        python = os.path.realpath(sys.executable)  # which may be of the .venv that goes now
        if VENV.exists():
            shutil.rmtree(VENV)
        VENV.mkdir()
        run(python, "-m", "venv", VENV)
    install: tuple[str | Path, ...] = (PYTHON, "-m", "pip", "install", "--no-input")
    install += ("--disable-pip-version-check", "--progress-bar", "off")
    if not sys.dont_write_bytecode:
        # Not all is ever imported, and what is, Python compiles then, once. Where it is told not to
        # write that down (PYTHONDONTWRITEBYTECODE, as in many containers), each stage would do it
        # again: ten seconds, most of them for torch.
        install += ("--no-compile",)
    run(*install, "-r", LOCK)
    run(*install, "--no-deps", "--no-build-isolation", "-r", ALONE, "--editable", ROOT)
    STAMP.write_text("\n".join(wanted), encoding="utf-8")


def main() -> None:
    try:
        set_up()
    except SetupError as error:
        sys.exit(f"Set-up failed: {error}")
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            sys.exit("Set-up failed: no space left for .venv or pip's temporary files (2 GB do).")
        sys.exit(f"Set-up failed: {error}.")
    except KeyboardInterrupt:
        sys.exit("Set-up interrupted; the next one starts afresh.")


if __name__ == "__main__":
    main()
