"""Where and in which precision networks are run on images."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from jepatlas.common.base.parameters import PARAMS, Arithmetic, Device, InputError, scalar
from jepatlas.common.learning import device
from jepatlas.images.learning.parameters import Precision

Array = npt.NDArray[Any]
CHUNK = 1000  # images per pass where nothing is trained


def check_precision(arithmetic: Arithmetic, precision: Precision) -> None:
    """bfloat16 asked for where portable is an `InputError`."""
    if arithmetic == "portable" and precision == "bfloat16":
        raise InputError(
            f"{PARAMS}: images.precision: is 'bfloat16', but arithmetic is 'portable': few "
            "processors have it"
        )


@dataclass(frozen=True)
class Machine:
    """A device, and whether products are computed in bfloat16. Weights are float32 everywhere."""

    device: torch.device
    bfloat16: bool

    @classmethod
    def asked(cls) -> Self:
        """The one that params.yaml asks for."""
        precision = scalar("images.precision", Precision)
        return cls.choose(scalar("device", Device), scalar("arithmetic", Arithmetic), precision)

    @classmethod
    def choose(cls, name: Device, arithmetic: Arithmetic, precision: Precision) -> Self:
        """`auto` takes bfloat16 where there are instructions for it, but not where portable; asked
        for there, it is an `InputError`."""
        check_precision(arithmetic, precision)
        target, fast = device.choose(name, arithmetic), arithmetic == "fast"
        automatic = precision == "auto" and fast and device.has_bfloat16(target)
        if automatic or precision == "bfloat16":
            # oneDNN reads the bound that stages/__init__.py sets, AVX2, at its first convolution.
            # bfloat16 takes instructions beyond it.
            os.environ.pop("ONEDNN_MAX_CPU_ISA", None)
            return cls(target, bfloat16=True)
        return cls(target, bfloat16=False)

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)

    def images(self, pixels: Array) -> Tensor:
        """uint8 `[..., height, width]` -> float32 `[..., 1, height, width]` in [0, 1], on the
        device."""
        return torch.tensor(pixels, device=self.device).unsqueeze(-3).float() / 255

    @torch.no_grad()
    def apply(self, network: Callable[[Tensor], Tensor], images: Array, members: int) -> Array:
        """What every member makes of the same images: uint8 `[n, height, width]` to float32
        `[members, n, ...]`.

        network: `[members, n, 1, height, width] -> [members, n, ...]`.
        """
        found = []
        for chunk in np.split(images, range(CHUNK, len(images), CHUNK)):
            given = self.images(chunk)
            with self.autocast():
                z = network(given.expand(members, *given.shape))
            found.append(z.float().cpu().numpy())
        return np.concatenate(found, axis=1)
