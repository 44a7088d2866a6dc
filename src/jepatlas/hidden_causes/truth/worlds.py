"""The worlds, and the settings that they are learned in: who is trained in one pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np

from jepatlas.hidden_causes.truth import arm, latents, mixings
from jepatlas.hidden_causes.truth.latents import Array
from jepatlas.hidden_causes.truth.parameters import Spare, Worlds

GAUSSIAN = 2.0
ARM = "arm"
Encoder = Literal["mlp", "matched"] | Spare


@dataclass(frozen=True)
class World:
    """mixing: of `mixings.NAMES`, or `arm`; alpha: the shape of the latents; rho: the correlation
    of each latent with itself in the other view; layers: of coupling."""

    mixing: str
    rho: tuple[float, ...]
    alpha: float = GAUSSIAN
    layers: int = 0

    @property
    def dim(self) -> int:
        """How many latents there are."""
        return len(self.rho)

    @property
    def observed(self) -> int:
        """How many numbers are seen."""
        return arm.SIDE**2 if self.mixing == ARM else self.dim

    @property
    def gaussian(self) -> bool:
        return self.alpha == GAUSSIAN

    @property
    def isotropic(self) -> bool:
        """Whether latents are Gaussian and of one correlation, as the theorem has them."""
        return self.gaussian and len(set(self.rho)) == 1

    def latents(self, g: Array) -> Array:
        """z, of standard normal g of any shape."""
        return g if self.gaussian else latents.looked_up(g, _table(self.alpha))

    def pair(self, g: Array) -> tuple[Array, Array]:
        """(z, z'), `[..., batch, dim]` each, of standard normal g `[..., 2, batch, dim]`."""
        z, eta = np.moveaxis(self.latents(g), -3, 0)
        return z, latents.later(z, eta, np.array(self.rho, dtype=g.dtype))

    def observe(self, z: Array) -> Array:
        """x of z: `[..., dim] -> [..., observed]`."""
        if self.mixing == ARM:
            return arm.render(z)
        return mixings.find(self.mixing, self.dim, self.layers).mix(z)

    def unobserve(self, x: Array) -> Array:
        """z of x; not for the arm, whose pictures are not all there are."""
        return mixings.find(self.mixing, self.dim, self.layers).unmix(x)


@cache
def _table(alpha: float) -> Array:
    return latents.table(alpha)


@dataclass(frozen=True)
class Setting:
    """What is trained in one pass: `seeds` networks in each of `worlds`, which have one shape.

    worlds: by the names that they are reported under; one world may have two. changes: of the
    method's parameters.
    """

    name: str
    worlds: Mapping[str, World]
    seeds: int
    encoder: Encoder = "mlp"
    changes: Mapping[str, Any] = field(default_factory=dict)
    distinct: tuple[World, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "distinct", tuple(dict.fromkeys(self.worlds.values())))

    @property
    def members(self) -> list[int]:
        """The seed of each member: all seeds in the first distinct world, then in the next."""
        return [seed for _ in self.distinct for seed in range(self.seeds)]

    @property
    def dim(self) -> int:
        return self.distinct[0].dim

    @property
    def observed(self) -> int:
        return self.distinct[0].observed

    def members_of(self, name: str) -> slice:
        """Where the members of the world `name` are."""
        place = self.distinct.index(self.worlds[name])
        return slice(place * self.seeds, (place + 1) * self.seeds)


PLANE = "plane"  # the setting of all worlds of two latents that are seen as two numbers


def settings(worlds: Worlds, seeds: int, suites: tuple[str, ...]) -> list[Setting]:
    """Of a method that is trained in these `suites`: blocks of `worlds`, by their names."""
    found = [Setting(PLANE, plane(worlds, suites), seeds)] if plane(worlds, suites) else []
    if "grid" in suites:
        grid = worlds.grid
        for trade_off in grid.trade_offs:
            name = f"grid.{number(trade_off)}"
            named = {
                f"{name}.{number(rho)}": World(grid.mixing, (rho, rho), layers=worlds.layers)
                for rho in grid.rhos
            }
            found.append(Setting(name, named, grid.seeds, changes={"trade_off": trade_off}))
    if "dimensions" in suites:
        many = worlds.dimensions
        for size in many.sizes:
            name = f"dimensions.{size}"
            world = World("coupling", (worlds.rho,) * size, layers=many.layers)
            few = size <= many.spare.up_to
            encoder: Encoder = many.spare if few else "matched"
            changes = (many.spare if few else many).changes
            found.append(Setting(name, {name: world}, many.seeds, encoder, changes))
    if ARM in suites:
        world = World(ARM, (worlds.rho,) * 2)
        found.append(Setting(ARM, {ARM: world}, worlds.arm.seeds, changes=worlds.arm.changes))
    return found


def plane(worlds: Worlds, suites: tuple[str, ...]) -> dict[str, World]:
    """The worlds of the plane by name, such as `mixings.spiral` or `shapes.0_5`."""
    layers, rho = worlds.layers, (worlds.rho,) * 2
    found: dict[str, World] = {}
    if "mixings" in suites:
        found |= {f"mixings.{m}": World(m, rho, layers=layers) for m in worlds.mixings.names}
    if "shapes" in suites:
        mixing, alphas = worlds.shapes.mixing, worlds.shapes.alphas
        found |= {f"shapes.{number(a)}": World(mixing, rho, a, layers) for a in alphas}
    if "anisotropic" in suites:
        mixing, rhos = worlds.anisotropic.mixing, worlds.anisotropic.rhos
        found |= {
            f"anisotropic.{number(a)}-{number(b)}": World(mixing, (a, b), layers=layers)
            for a, b in rhos
        }
    return found


def number(value: float) -> str:
    """As a part of a measure's name, where a dot would begin the next part."""
    return f"{value:g}".replace(".", "_")
