"""AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), by torch's function for it.

torch's class of that name computes the same, and loads torch's compiler first: a third of the time
that a training of a second takes from Python's start to its end.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.optim.adamw import adamw

MOMENTS = ("mean", "square", "step")  # of each parameter: averages of its gradient, and its steps


class AdamW:
    """Of the parameters `trained`, by name. weight_decay: of matrices and kernels, not of biases
    and normalisations."""

    def __init__(self, trained: Mapping[str, Tensor], weight_decay: float) -> None:
        self.trained = trained
        self.moments = {
            name: (torch.zeros_like(p), torch.zeros_like(p), torch.zeros((), device=p.device))
            for name, p in trained.items()
        }
        plain = [name for name, p in trained.items() if p.ndim <= 1 or name.endswith("bias")]
        decayed = [name for name in trained if name not in plain]
        self.groups = [(decayed, weight_decay), (plain, 0.0)]

    def zero_grad(self) -> None:
        for parameter in self.trained.values():
            parameter.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """A step at this learning rate, of the parameters that have a gradient."""
        for names, weight_decay in self.groups:
            moved = [name for name in names if self.trained[name].grad is not None]
            if not moved:
                continue
            means, squares, steps = zip(*(self.moments[name] for name in moved), strict=True)
            adamw(
                [self.trained[name] for name in moved],
                [self.trained[name].grad for name in moved],  # type: ignore[misc]  # none is None
                list(means),
                list(squares),
                [],
                list(steps),
                fused=True,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=rate,
                weight_decay=weight_decay,
                eps=1e-8,
                maximize=False,
            )

    def state(self) -> dict[str, Tensor]:
        """What the next step goes on from, `NAME/MOMENT`."""
        return {
            f"{name}/{moment}": tensor
            for name, own in self.moments.items()
            for moment, tensor in zip(MOMENTS, own, strict=True)
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from such a state. Into the tensors that are there: in another memory format than
        its parameter's, the next step would round differently."""
        for name, tensor in self.state().items():
            tensor.copy_(state[name])
