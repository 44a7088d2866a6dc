"""Where the images come from: files that were supplied, the web, or scikit-learn."""

import os
import sys
import textwrap
from functools import partial
from pathlib import Path

from jepatlas.common.base.parameters import PARAMS, InputError
from jepatlas.images.truth import idx
from jepatlas.images.truth.digits import digits
from jepatlas.images.truth.download import Unavailable, download
from jepatlas.images.truth.own import own
from jepatlas.images.truth.parameters import Data
from jepatlas.images.truth.sets import PUBLISHED, Published
from jepatlas.images.truth.world import Images

RAW = Path("data/raw")  # what is downloaded lies here, in a folder of its name for each set
WIDTH = 76  # columns of the warning, without its frame

WARNING = """\
{title} IS MISSING: THESE ARE NOT ITS RESULTS
scikit-learn's 1,797 digits take its place.
Every number and picture of the image track will be from them.
To have {title}, put its four files into {supplied}; then run again.
To be told by an error instead: images.data.fallback: null"""


def load(data: Data) -> Images:
    """The images that params.yaml asks for, from the first source that has them.

    A published set is looked for in `images.data.path`, in the folder that the environment variable
    `JEPATLAS_<SET>` names, and in `data/raw/<set>`, where what is missing is downloaded. Raises
    `InputError` when a file is damaged, missing from the first two where others of the four are, or
    nowhere to be had and no fallback is allowed.
    """
    path = Path(data.path)
    if not path.exists():
        raise InputError(f"{PARAMS}: images.data.path: there is no {path}")
    if data.set == "own":
        return own(path)
    if data.set == "digits":
        return digits()
    source = PUBLISHED[data.set]
    variable = f"JEPATLAS_{data.set.upper()}"
    if any(idx.find(path, name) for name in source.checksums):
        return from_folder(path, data.set, f"{PARAMS}: images.data.path")
    if folder := os.environ.get(variable):
        return from_folder(Path(folder), data.set, variable)
    try:
        return from_raw(data.set)
    except Unavailable as reason:
        if data.fallback is None:
            raise InputError(
                f"images.data: no copy of {source.title} in {path}, in {RAW / data.set} or on a "
                f"mirror ({reason}), and images.data.fallback is null"
            ) from None
        text = WARNING.format(title=source.title, supplied=path)
        print(framed(f"{text}\nNo mirror helped: {reason}"), file=sys.stderr)
        return digits()


def from_folder(folder: Path, data_set: str, named: str) -> Images:
    """A published set from a folder with its four files, as they are or with .gz; else an
    `InputError` that begins with what `named` the folder."""
    source = PUBLISHED[data_set]
    if not folder.is_dir():
        raise InputError(f"{named}: {folder} is not a folder")
    contents = {}
    for name in source.checksums:
        path = idx.find(folder, name)
        if path is None:
            raise InputError(f"{named}: {folder} has neither {name} nor {name}.gz")
        contents[name] = idx.verified(path, name, source)
    return idx.parse(contents, data_set, source)


def from_raw(data_set: str) -> Images:
    """A published set from `data/raw/<set>`, where missing files are downloaded to.

    Raises `InputError` when a file there is damaged, `Unavailable` when a missing one is on no
    mirror.
    """
    source, folder = PUBLISHED[data_set], RAW / data_set
    found = {name: idx.find(folder, name) for name in source.checksums}
    contents = {}
    for name, path in found.items():
        if path:
            try:
                contents[name] = idx.verified(path, name, source)
            except InputError as error:
                raise InputError(f"{error}; delete it to have it downloaded again") from None
    for name in (name for name, path in found.items() if path is None):
        contents[name] = _downloaded(folder / f"{name}.gz", name, source)
    return idx.parse(contents, data_set, source)


def _downloaded(path: Path, name: str, source: Published) -> bytes:
    download(path, source.mirrors, partial(idx.verified, name=name, source=source))
    return idx.verified(path, name, source)


def framed(text: str) -> str:
    """The text inside a frame of stars, for a terminal of 80 columns."""
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, WIDTH)]
    edge = "*" * (max(map(len, lines)) + 4)
    return "\n".join([edge, *(f"* {line.ljust(len(edge) - 4)} *" for line in lines), edge])
