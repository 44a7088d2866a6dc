"""The exact optimum of an embedding method's objective, and how near training came to it.

Which optimum a method has is told by the family of its objective:

- contrastive, with a temperature: InfoNCE's critic, the pointwise mutual information of the views;
- decorrelation: its loss sees first and second moments of the embeddings only, so that its least
  value is found among linear maps of the leading eigenfunctions of the positive-pair kernel;
- contrastive, without one: the spectral loss, for which that linear map is in closed form.

One of another family has no entry here, and is measured without. But whatever its objective,
views that differ have a spectrum and a mutual information, beside which its embedding is held. What
masked prediction can reach at most, the conditional mean, is in `embeddings`; the score, in
`scores`.
"""

from abc import ABC, abstractmethod

import numpy as np
import torch
from scipy.linalg import solve_discrete_lyapunov
from torch import Tensor, nn

from jepatlas.common.base.random import generator
from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.family import families
from jepatlas.common.learning.trained import restore
from jepatlas.common.measuring.statistics import by_member, over_members
from jepatlas.mixture.learning.method import Embedding
from jepatlas.mixture.measuring import metrics
from jepatlas.mixture.measuring.centring import Encoders
from jepatlas.mixture.measuring.metrics import Array
from jepatlas.mixture.measuring.points import Settings, array, grid, of_members
from jepatlas.mixture.measuring.results import Arrays, Metrics
from jepatlas.mixture.truth.spectrum import Spectrum
from jepatlas.mixture.truth.views import Views
from jepatlas.mixture.truth.world import World

PAIRS = 4096  # fresh ones of each member, on which its networks and the optimum are compared
FUNCTIONS = 12  # of the kernel; the optimum gives those beyond no more than 1e-3 of its variance
MORE = 40  # of them for the spectral loss, from which each takes its eigenvalue's square: 1e-4
FLOOR = -4.0  # nats: among the pairs of a batch hardly one is rarer than chance by so much, so that
# nothing asks a critic to tell it from any other that is as good as impossible
LEADING = 5  # eigenfunctions after the constant: two tell three clusters apart, three lie in them
SIDE = 81  # points per side of a drawn landscape
SEEN = 1.5  # units of the plane: the least half width of a well that shows on it


class Optimum(ABC):
    """title: what it is, for a picture; in_batches: whether what its loss can reach depends on the
    size of a batch, so that it is taken in such as training has, or on the population alone."""

    title: str
    in_batches: bool

    @abstractmethod
    def landscape(self, references: Array, x: Array) -> Array:
        """E(x; x_ref), `[r, 2], [n, 2] -> [r, n]`, up to a function of x_ref."""

    def drawn(self, references: Array, x: Array) -> Array:
        """`landscape`, for a picture."""
        return self.landscape(references, x)

    @abstractmethod
    def loss(self, method: Embedding, x: Array, x_prime: Array) -> float:
        """The method's loss on pairs `[n, 2]`, as `trained_loss` takes it of networks."""

    def extras(self, method: Embedding, losses: Array, exact: Array) -> Metrics:
        """What else its loss tells; losses of the networks, and its own: `[members]`."""
        return {}


class Critic(Optimum):
    """InfoNCE's: -E is the pointwise mutual information."""

    in_batches = True

    def __init__(self, views: Views) -> None:
        self.views = views
        # At the distance SEEN from its reference a pair has lost this much, which where views
        # hardly differ is far below FLOOR: there all of the map but a dot is.
        self.lowest = min(FLOOR, -((SEEN / views.noise) ** 2) / 2)
        self.title = f"mutual information above \N{MINUS SIGN}{-self.lowest:.0f} nats"

    def landscape(self, references: Array, x: Array) -> Array:
        return -np.maximum(self.views.information(references[:, None], x), FLOOR)

    def drawn(self, references: Array, x: Array) -> Array:
        return -np.maximum(self.views.information(references[:, None], x), self.lowest)

    def loss(self, method: Embedding, x: Array, x_prime: Array) -> float:
        batches = [part.reshape(-1, size(method), 2) for part in (x, x_prime)]
        critic = self.views.information(batches[0][:, :, None], batches[1][:, None])
        own = np.einsum("bii->bi", critic)
        return float((np.logaddexp.reduce(critic, axis=-1) - own).mean())

    def extras(self, method: Embedding, losses: Array, exact: Array) -> Metrics:
        """The bound log(batch) - loss on the mutual information, in nats."""
        most = np.log(size(method))
        return {
            "bound": over_members(most - losses),
            "bound_exact": over_members(most - exact),
            "information": self.views.mutual_information(),
        }


class Eigenfunctions(Optimum):
    """The linear map of the leading eigenfunctions for which the method's loss is least."""

    title = "leading eigenfunctions"
    in_batches = False

    def __init__(self, method: Embedding, spectrum: Spectrum) -> None:
        self.spectrum = spectrum
        self.weights = least(method, spectrum)
        mean, _ = spectrum.moments()
        self.mean = mean[1 : len(spectrum.values)] @ self.weights  # of points x, exactly

    def __call__(self, x: Array) -> Array:
        """`[n, 2] -> [n, dim]`."""
        return self.spectrum(x)[:, 1:] @ self.weights

    def landscape(self, references: Array, x: Array) -> Array:
        u, u_reference = (unit(self(points) - self.mean) for points in (x, references))
        return np.asarray(-u_reference @ u.T)

    def loss(self, method: Embedding, x: Array, x_prime: Array) -> float:
        z, z_prime = (torch.as_tensor(self(points))[None] for points in (x, x_prime))
        return float(of_embeddings(method).loss(NONE, z, Moved(method, z, z_prime)))


class Factors(Optimum):
    """The spectral loss's: f with <f(x), f(x')> nearest to the ratio of the joint density to the
    product of the marginals, p(x, x') / (p(x) p_s(x'))."""

    title = "density ratio"
    in_batches = True

    def __init__(self, method: Embedding, spectrum: Spectrum) -> None:
        self.spectrum = spectrum
        self.weights = factors(spectrum)[:, : method.widths[-1]]

    def __call__(self, x: Array) -> Array:
        """`[n, 2] -> [n, dim]`."""
        return self.spectrum(x) @ self.weights

    def landscape(self, references: Array, x: Array) -> Array:
        return np.asarray(-unit(self(references)) @ unit(self(x)).T)

    def loss(self, method: Embedding, x: Array, x_prime: Array) -> float:
        bare, losses = of_embeddings(method), []
        for start in range(0, len(x), size(method)):
            rows = slice(start, start + size(method))
            z, z_prime = (torch.as_tensor(self(points[rows]))[None] for points in (x, x_prime))
            losses.append(float(bare.loss(NONE, z, Moved(method, z, z_prime))))
        return float(np.mean(losses))


NONE = nn.ModuleDict()  # the networks of points that are embeddings


def of_embeddings(method: Embedding) -> Embedding:
    """The method with the identity for an encoder: its loss is then one of embeddings."""

    class Bare(type(method)):  # type: ignore[misc]
        def embed(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
            return x

    return Bare.model_construct(**dict(method))


def optimum_of(method: Embedding, spectrum: Spectrum | None, world: World) -> Optimum | None:
    family = families(type(method))
    if family == ["contrastive"] and hasattr(method, "temperature") and method.noise:
        return Critic(Views(world.mixture, method.noise))
    if family == ["contrastive"] and not hasattr(method, "temperature") and spectrum:
        return Factors(method, Spectrum.of(spectrum.views, MORE))
    if family == ["decorrelation"] and spectrum:
        return Eigenfunctions(method, spectrum)
    return None


def spectrum_of(method: Embedding, world: World) -> Spectrum | None:
    """None where the views differ so little that the spectrum tells nothing."""
    try:
        return Spectrum.of(Views(world.mixture, method.noise), FUNCTIONS)
    except ValueError:
        return None


def evaluate_optimum(
    method: Embedding,
    encoders: Encoders,
    networks: nn.ModuleDict,
    snapshots: dict[int, dict[str, Tensor]],
    world: World,
    settings: Settings,
) -> tuple[Metrics, Arrays]:
    """Regret, spectrum and landscapes beside the optimum, of the networks at the end of training;
    and the last two of them before it, as even random networks keep much of the plane."""
    spectrum = spectrum_of(method, world)
    optimum = optimum_of(method, spectrum, world)
    exact = _exact_landscapes(optimum, world, settings) if optimum else []
    critic = _exact_landscapes(Critic(spectrum.views), world, settings) if spectrum else []
    measured: Metrics = {}
    for state, step in {"untrained": min(snapshots), "trained": max(snapshots)}.items():
        restore(networks, snapshots[step])
        if spectrum:
            found = _spectrum(encoders, spectrum, settings)
            measured.setdefault("spectrum", {})[state] = found
            landscape = _landscape(critic, encoders, world, settings)
            measured.setdefault("information", {})[state] = landscape
        if optimum:
            landscape = _landscape(exact, encoders, world, settings)
            measured.setdefault("optimum", {}).setdefault("landscape", {})[state] = landscape
    if spectrum:
        measured["information"]["distance"] = _distance(critic, world, settings)
        values = spectrum.values[1 : LEADING + 1]
        measured["spectrum"]["exact"] = {str(k + 1): value for k, value in enumerate(values)}
    if optimum is None:
        return measured, {}
    measured["optimum"] |= _regret(method, optimum, networks, world, settings)
    measured["optimum"]["landscape"]["distance"] = _distance(exact, world, settings)
    plane = grid(settings.landscape, SIDE).reshape(-1, 2)
    drawn = optimum.drawn(world.mixture.means, plane).reshape(-1, SIDE, SIDE)
    title = np.array(optimum.title)
    return measured, {"optimum_landscapes": drawn.astype(np.float32), "optimum_title": title}


# Regret


def _regret(
    method: Embedding, optimum: Optimum, networks: nn.ModuleDict, world: World, settings: Settings
) -> Metrics:
    """The loss on fresh pairs less the optimum's on the same pairs."""
    count = PAIRS // size(method) * size(method)
    x, x_prime = pairs_of_members(Views(world.mixture, method.noise), count, settings)
    exact = np.array([optimum.loss(method, *pairs) for pairs in zip(x, x_prime, strict=True)])
    losses = trained_loss(method, optimum, networks, x, x_prime, settings)
    return {
        "loss": over_members(losses),
        "exact_loss": over_members(exact),
        "regret": over_members(losses - exact),
        **optimum.extras(method, losses, exact),
    }


def pairs_of_members(views: Views, count: int, settings: Settings) -> tuple[Array, Array]:
    """Each member's own, `[members, count, 2]` both, so that an interval over members covers the
    luck of the pairs: of the trained networks' losses, and of the optimum's."""
    sources = (generator(settings.seed, member, "optimum") for member in range(settings.members))
    x, x_prime = zip(*(views.sample(count, source) for source in sources), strict=True)
    return np.stack(x), np.stack(x_prime)


def trained_loss(
    method: Embedding,
    optimum: Optimum,
    networks: nn.ModuleDict,
    x: Array,
    x_prime: Array,
    settings: Settings,
) -> Array:
    """The loss of each member on its pairs, `[members, n, 2]`, in batches as in training or in one
    of all pairs: `[members]`."""
    step = size(method) if optimum.in_batches else x.shape[1]
    losses = []
    for start in range(0, x.shape[1], step):
        rows = slice(start, start + step)
        first, second = (of_members(points[:, rows], settings) for points in (x, x_prime))
        losses.append(array(method.loss(networks, first, Moved(method, first, second))))
    return np.mean(losses, axis=0)


def size(method: Embedding) -> int:
    return min(method.batch, PAIRS)


class Moved(Draws):
    """Draws by which the views of `x` are x and `x_prime`, whatever they are."""

    def __init__(self, method: Embedding, x: Tensor, x_prime: Tensor) -> None:
        super().__init__(0, len(x), "views", x.device)
        self.noise = (x_prime - x) / method.noise

    def normal(self, *shape: int) -> Tensor:
        return self.noise


# The least loss of moments


def least(method: Embedding, spectrum: Spectrum) -> Array:
    """W, `[count - 1, dim]`: the loss of phi W is least; the constant function is left out.

    The loss is taken on a few pairs that have exactly the moments of the population (sigma points,
    Julier & Uhlmann 2004, Proc. IEEE 92), so that the method's own code is what is minimised.
    """
    x, x_prime = (torch.as_tensor(points)[None] for points in sigma_points(spectrum))
    source = torch.Generator().manual_seed(0)
    dim = method.widths[-1]
    weights = torch.randn(x.shape[-1], dim, generator=source, dtype=x.dtype) / dim**0.5
    weights.requires_grad_()
    optimizer = torch.optim.LBFGS(
        [weights], max_iter=100, tolerance_change=1e-9, line_search_fn="strong_wolfe"
    )

    bare = of_embeddings(method)

    def loss() -> float:
        optimizer.zero_grad()
        z, z_prime = x @ weights, x_prime @ weights
        value = bare.loss(NONE, z, Moved(method, z, z_prime)).sum()
        value.backward()
        return value.item()

    with torch.enable_grad():
        optimizer.step(loss)
    return array(weights.detach())


def sigma_points(spectrum: Spectrum) -> tuple[Array, Array]:
    """Pairs `[n, count - 1]` of values of the eigenfunctions, the constant left out, with the mean
    and the (unbiased) covariance that (phi(x), phi(x')) has over all pairs of views."""
    count = len(spectrum.values)
    keep = np.delete(np.arange(2 * count), [0, count])
    mean, covariance = spectrum.moments()
    mean, covariance = mean[keep], covariance[np.ix_(keep, keep)]
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(values.clip(0))  # its columns are deviations
    deviations = np.concatenate([root.T, -root.T]) * np.sqrt((2 * len(keep) - 1) / 2)
    first, second = np.split(mean + deviations, 2, axis=1)
    return first, second


def factors(spectrum: Spectrum) -> Array:
    """W, `[count, count]`, the column of the greatest weight first, for which f = phi W has the
    least spectral loss; the constant function is kept.

    With A = W W', S = E phi(x) phi(x')' made symmetric and I + D, I - D the second moments of phi
    under the two marginals (phi is orthonormal under their mean), the loss over the population is
    -2 tr(A S) + tr(A (I + D) A (I - D)). It is convex in A, and least where A - D A D = S (Stein's
    equation). Its solution, the sum of all D^k S D^k, has the root that is asked for.
    """
    count = len(spectrum.values)
    mean, covariance = spectrum.moments()
    second = covariance + np.outer(mean, mean)
    deviation = (second[:count, :count] - second[count:, count:]) / 2
    joint = second[:count, count:]
    values, vectors = np.linalg.eigh(solve_discrete_lyapunov(deviation, (joint + joint.T) / 2))
    found: Array = vectors[:, ::-1] * np.sqrt(values[::-1].clip(0))
    return found


# The spectrum


def _spectrum(encoders: Encoders, spectrum: Spectrum, settings: Settings) -> Metrics:
    """What the embedding's principal directions keep of the leading eigenvalues."""
    pairs = pairs_of_members(spectrum.views, PAIRS, settings)
    embed, _ = encoders
    z, z_prime = (array(embed(of_members(points, settings))) for points in pairs)
    kept = np.array(
        [metrics.rayleigh_quotients(*pair, LEADING) for pair in zip(z, z_prime, strict=True)]
    )
    most = spectrum.values[1 : LEADING + 1].sum()
    return {
        "captured": over_members(kept.sum(axis=1) / most),
        "quotient": {str(k + 1): over_members(kept[:, k]) for k in range(LEADING)},
    }


# Landscapes


def _references(world: World, settings: Settings) -> Array:
    """`[members, r, 2]`, of each member's test points."""
    return world.test[:, : settings.evaluation.references]


def _exact_landscapes(optimum: Optimum, world: World, settings: Settings) -> list[Array]:
    """The optimum's over the test points of each member, `[r, n]` each."""
    members = zip(_references(world, settings), world.test, strict=True)
    return [optimum.landscape(*member) for member in members]


def _landscape(
    exact: list[Array], encoders: Encoders, world: World, settings: Settings
) -> dict[str, float]:
    """Correlation with the optimum's landscape over the test points, the mean over references."""
    embed, embed_reference = encoders
    u = unit(array(embed(of_members(world.test, settings))))
    g = unit(array(embed_reference(of_members(_references(world, settings), settings))))
    return by_member(metrics.row_correlation, -g @ u.mT, exact)


def _distance(exact: list[Array], world: World, settings: Settings) -> dict[str, float]:
    """What the distance to the reference alone would score."""
    distances = (
        np.linalg.norm(test - references[:, None], axis=-1)
        for references, test in zip(_references(world, settings), world.test, strict=True)
    )
    return by_member(metrics.row_correlation, distances, exact)
