"""What an ensemble draws: each member from a generator of its own."""

from collections.abc import Sequence

import torch
from torch import Tensor

from jepatlas.common.base.random import torch_seed


class Draws:
    """The draws of an ensemble: `[members, *shape]`, member by member from its own generator.

    Draws are made on the CPU and moved, so that every device sees the same numbers.
    """

    def __init__(
        self,
        seed: int,
        members: int | Sequence[int],
        purpose: str,
        device: torch.device | str = "cpu",
    ) -> None:
        """`members`: how many, or the numbers of the members to draw for."""
        self.members = list(range(members)) if isinstance(members, int) else list(members)
        self.device = torch.device(device)
        self._generators = [
            torch.Generator().manual_seed(torch_seed(seed, member, purpose))
            for member in self.members
        ]

    def __len__(self) -> int:
        return len(self.members)

    def normal(self, *shape: int) -> Tensor:
        """Standard normal, float32."""
        return self._stack([torch.randn(shape, generator=g) for g in self._generators])

    def uniform(self, *shape: int) -> Tensor:
        """Uniform on [0, 1), float32."""
        return self._stack([torch.rand(shape, generator=g) for g in self._generators])

    def integers(self, high: int, *shape: int) -> Tensor:
        """Uniform on {0, ..., high - 1}, int64."""
        return self._stack([torch.randint(high, shape, generator=g) for g in self._generators])

    def permutations(self, count: int) -> Tensor:
        """Each member's own order of `count` things, `[members, count]`, int64."""
        return self._stack([torch.randperm(count, generator=g) for g in self._generators])

    def state(self) -> Tensor:
        """Where all generators are, for `restore`: `[members, bytes]`."""
        return torch.stack([g.get_state() for g in self._generators])

    def restore(self, state: Tensor) -> None:
        """Go on drawing from where `state` was taken."""
        for generator, one in zip(self._generators, state, strict=True):
            generator.set_state(one.clone())  # a view into a larger tensor crashes torch 2.13

    @property
    def generators(self) -> list[torch.Generator]:
        """Each member's generator, for what draws by itself."""
        return self._generators

    def _stack(self, draws: list[Tensor]) -> Tensor:
        return torch.stack(draws).to(self.device)
