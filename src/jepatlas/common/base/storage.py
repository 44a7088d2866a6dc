"""Files: written whole or not at all, read without executing anything, refused by name.

Every writer goes to a temporary name in the same folder and renames, so that an interrupted stage
leaves no half file. Arrays are `.npz` without pickles, weights are safetensors.
"""

import json
import math
import os
import zipfile
from collections.abc import Callable, Collection, Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_numeric_dtype

from jepatlas.common.base.layout import check
from jepatlas.common.base.yaml_file import InputError

ANEW = "`dvc repro` makes it anew"
SIGNIFICANT_DIGITS = 6


def write(path: Path, save: Callable[[Path], Any]) -> None:
    """Have `save` write a temporary file beside `path`, then rename it to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: some writers choose the format by it, or append it when missing.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        save(temporary)
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk is an error of no file
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_arrays(path: Path, arrays: Mapping[str, npt.ArrayLike]) -> None:
    """Named arrays as an uncompressed `.npz`."""
    buffer = BytesIO()  # zipfile, when the disk is full, hides that behind errors of its own
    np.savez(buffer, allow_pickle=False, **arrays)
    write(path, lambda temporary: temporary.write_bytes(buffer.getvalue()))


def read_arrays(
    path: Path, layout: Mapping[str, str] = MappingProxyType({})
) -> dict[str, npt.NDArray[Any]]:
    """Every array of an `.npz`; missing, truncated or pickled content is an `InputError`, as are
    arrays of another type or shape than their `layout` (see `layout.py`)."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` makes it") from None
    except (OSError, ValueError, EOFError, TypeError, RuntimeError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: damaged, or not an .npz file ({error}); {ANEW}") from None
    try:
        check(arrays, layout)
    except ValueError as error:
        raise InputError(f"{path}: {error}; {ANEW}") from None
    return arrays


def write_json(path: Path, content: Any) -> None:
    """Nested metrics, numbers rounded to 6 significant digits, keys in the order given."""
    text = json.dumps(rounded(content), indent=2, allow_nan=False) + "\n"
    write(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` makes it") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: damaged, or not a JSON file ({error}); {ANEW}") from None


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """A table of plot data, numbers with 6 significant digits."""
    layout = f"%.{SIGNIFICANT_DIGITS}g"
    write(path, lambda file: table.to_csv(file, index=False, float_format=layout))


def read_csv(
    path: Path, texts: Collection[str] = (), numbers: Collection[str] = ()
) -> pd.DataFrame:
    """A table that has these columns; a missing or damaged one is an `InputError`.

    texts: columns whose cells stay texts, also where they look like numbers or are empty; numbers:
    columns of numbers, NaN where a cell is empty.
    """
    try:
        content = path.read_bytes()
        if content and not content.endswith(b"\n"):
            raise ValueError("it was cut short")
        kinds = dict.fromkeys(texts, str)
        found = pd.read_csv(BytesIO(content), dtype=kinds, keep_default_na=False, na_values=[""])
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` makes it") from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: not a table of plot data ({' '.join(str(error).split())}); {ANEW}"
        ) from None
    found = found.fillna(dict.fromkeys(texts, ""))
    for name in (*texts, *numbers):
        if name not in found:
            raise InputError(f"{path}: lacks the column {name}; {ANEW}")
        if name in numbers and len(found) and not is_numeric_dtype(found[name]):
            raise InputError(f"{path}: the column {name} should hold numbers; {ANEW}")
    return found


def rounded(content: Any) -> Any:
    """The same nesting with floats at 6 significant digits; a non-finite one becomes null."""
    if isinstance(content, Mapping):
        return {str(key): rounded(item) for key, item in content.items()}
    if isinstance(content, list | tuple):
        return [rounded(item) for item in content]
    if isinstance(content, float | np.floating):
        return float(f"{content:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(content) else None
    if isinstance(content, np.integer):
        return int(content)
    return content
