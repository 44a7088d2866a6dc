"""Arrays as text: small, exact to a stated step, and quick for a browser to unpack.

A field over the plane is smooth, so that what is left after predicting each value from its
neighbours is small numbers, which deflate well. `scripts/unpack.js` holds the inverses.
"""

import base64
import hashlib
import io
import json
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[Any]
Arrays = dict[str, Array]

COLUMNS = 50  # tiles in a row of the sheet
GREYS = 16  # levels: half the bytes of 256, and no difference to see in a small image


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def deflated(content: bytes) -> str:
    return base64_of(zlib.compress(content, 6))


def fields(values: Array) -> str:
    """Smooth integer fields `[k, rows, columns]`, each within the range of int16.

    Each value less what its neighbours predict (left + below - diagonal), its sign moved to the
    lowest bit, the low bytes of all first and then the high ones, which are almost all zero.
    """
    whole = values.astype(np.int16)  # differences wrap around, and so do the sums that undo them
    rest = np.diff(np.diff(whole, axis=2, prepend=np.int16(0)), axis=1, prepend=np.int16(0))
    unsigned = ((rest << 1) ^ (rest >> 15)).view(np.uint16).ravel()
    return deflated(
        (unsigned & 255).astype(np.uint8).tobytes() + (unsigned >> 8).astype(np.uint8).tobytes()
    )


def numbers(values: Array, dtype: str) -> str:
    """Plain little-endian numbers, such as `<i2`, in the order of the array."""
    return deflated(np.ascontiguousarray(values.astype(dtype)).tobytes())


def stepped(values: Array) -> dict[str, Any]:
    """Real numbers as int16 and the step that they are counted in; the largest is 32,000 steps."""
    step = float(np.abs(values).max()) / 32_000 or 1.0
    return {"step": float(f"{step:.6g}"), "values": numbers(np.round(values / step), "<i2")}


class Sheet:
    """Images of one size side by side in one picture, each different one once."""

    def __init__(self, shape: tuple[int, int]) -> None:
        """shape: height and width of an image."""
        self.shape = shape
        self._places: dict[bytes, int] = {}
        self._tiles: list[Array] = []

    def add(self, images: Array) -> list[Any]:
        """The places of images `[..., height, width]` of bytes, as a nested list `[...]`."""
        if images.ndim > 2:
            return [self.add(image) for image in images]
        tile = np.ascontiguousarray(images // (256 // GREYS))
        key = hashlib.sha256(tile.tobytes()).digest()
        if key not in self._places:
            self._places[key] = len(self._tiles)
            self._tiles.append(tile)
        place: Any = self._places[key]
        return place

    @property
    def rows(self) -> int:
        return -(-len(self._tiles) // COLUMNS)

    def png(self) -> str:
        """The picture as a `data:` address."""
        height, width = self.shape
        empty = np.zeros(self.shape, np.uint8)
        tiles = self._tiles + [empty] * (self.rows * COLUMNS - len(self._tiles))
        grid = np.stack(tiles).reshape(self.rows, COLUMNS, height, width)
        picture = Image.fromarray(grid.transpose(0, 2, 1, 3).reshape(self.rows * height, -1), "P")
        picture.putpalette([grey for k in range(GREYS) for grey in [k * 255 // (GREYS - 1)] * 3])
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", optimize=True, bits=4)
        return f"data:image/png;base64,{base64_of(buffer.getvalue())}"


def json_of(content: Any) -> str:
    """JSON that may stand inside a script element: what could end that becomes an escape."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
