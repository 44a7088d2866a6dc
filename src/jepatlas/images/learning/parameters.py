"""What the networks of the image track are computed with."""

from typing import Literal

Precision = Literal["auto", "float32", "bfloat16"]
