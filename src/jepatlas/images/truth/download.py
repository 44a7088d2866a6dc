"""Downloads that survive a cut connection and are checked before they get their name."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import requests
from tqdm import tqdm

from jepatlas.common.base.parameters import InputError

TIMEOUT = (10.0, 30.0)  # seconds to connect, and to wait for more bytes
ATTEMPTS = 10  # requests to one mirror for one file
CHUNK = 2**14  # bytes; what came of an unfinished one before a cut is lost


class Unavailable(Exception):
    """No mirror gave the file; the message is one line that says why, mirror by mirror."""


class _Failed(Exception):
    """One mirror did not give the file."""


def download(file: Path, mirrors: Sequence[str], check: Callable[[Path], object]) -> None:
    """Get `file` by its name from the first mirror that serves it with the right content.

    `check` raises `InputError` when what is in a file is not right. Until it has passed, the bytes
    are in `file` with `.part` after its name; what is left there of an earlier download is gone on
    with. Raises `Unavailable` when no mirror serves the file, `InputError` when it cannot be
    written.
    """
    part = file.with_name(f"{file.name}.part")
    failures = []
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{file.name}"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            _fetch(url, part, check)
            part.replace(file)
        except _Failed as failure:
            failures.append(f"{url} {failure}")
        except OSError as error:
            raise InputError(f"{file}: cannot be written ({error.strerror})") from None
        else:
            for failed in failures:
                print(f"warning: {failed}; took the next mirror", file=sys.stderr)
            return
    raise Unavailable("; ".join(failures) or f"no mirror to get {file.name} from")


def _fetch(url: str, part: Path, check: Callable[[Path], object]) -> None:
    """Fill `part` from one mirror, with further requests as long as each brings it forward."""
    failure = "was cut off too often"
    for _ in range(ATTEMPTS):
        before = _size(part)
        try:
            _receive(url, part)
        except requests.RequestException as error:
            failure = _reason(error)
            if _size(part) > before:
                continue
            break
        try:
            check(part)
        except InputError:
            part.unlink()
            failure = "has wrong content"
            if before == 0:
                break
            # The first bytes may be those of another mirror, which packed the file differently.
        else:
            return
    raise _Failed(failure)


def _receive(url: str, part: Path) -> None:
    """One request, for what `part` lacks; if the server cannot do that, for all of it."""
    start = _size(part)
    headers = {"Accept-Encoding": "identity"}  # the file as it is, so that bytes can be counted
    if start:
        headers["Range"] = f"bytes={start}-"
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # there is nothing after these bytes; the check tells whether they are right
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            start = 0
        length = response.headers.get("Content-Length")
        with (
            part.open("ab" if start else "wb") as file,
            tqdm(
                desc=part.stem,
                initial=start,
                total=start + int(length) if length else None,
                unit="B",
                unit_scale=True,
                disable=None,
            ) as bar,
        ):
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _reason(error: requests.RequestException) -> str:
    """Why a request failed; what `requests` says itself is long and mostly about its objects."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"answers {error.response.status_code}"
    # While a body is read, requests wraps a time-out in a ConnectionError.
    if isinstance(error, requests.Timeout) or "timed out" in str(error).lower():
        return "timed out"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "was cut off"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return f"cannot be used ({type(error).__name__})"
