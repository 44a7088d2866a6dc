"""What a trained method knows of acting: its encoder as it is, a model of inputs, and plans by it.

As in V-JEPA 2-AC (arXiv 2506.09985), the encoder has only watched; what an input does to its
latents is learned afterwards, from a short run with random inputs. A goal is a picture of it,
encoded.

Of a window of several frames, what was seen depends on the inputs given meanwhile. So what a plan
is made from, the state, is the latent and these inputs, none of which belong to a picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from jepatlas.noisy_tv.control.planning import Model, Plan, regulator, with_goal_experts
from jepatlas.noisy_tv.control.task import (
    Policy,
    Task,
    episodes,
    explored,
    goal_pictures,
    identities,
)
from jepatlas.noisy_tv.learning.inputs import Inputs, windows
from jepatlas.noisy_tv.learning.method import Base, Selecting, Variational
from jepatlas.noisy_tv.measuring.metrics import ReadOut
from jepatlas.noisy_tv.truth.system import Array
from jepatlas.noisy_tv.truth.world import Member, World


@dataclass(frozen=True)
class Watched:
    """The windows that a method sees, scaled for it.

    train `[members, n, size]`, of the training part; free `[members, episodes, horizon, size]` and
    pictures `[members, episodes, size]`, of episodes without inputs and of their goals; lift
    `[members, frames * k, size]`: r lift is what a window of responses adds.
    """

    train: Array
    free: Array
    pictures: Array
    lift: Array

    @classmethod
    def of(cls, method: Base, world: World, members: Sequence[Member], task: Task) -> "Watched":
        frames = method.length
        first = world.train - frames + 1  # the window that ends with the first test step
        train, free, pictures, lift = [], [], [], []
        for member, goals in zip(members, task.goals, strict=True):
            x = windows(world.observe(member), frames)
            inputs = Inputs.fit(x[:first], method.inputs)
            C = world.trajectories[member.seed].C
            train.append(inputs(x[:first]))
            free.append(inputs(x[first : first + task.control.episodes * task.control.horizon]))
            pictures.append(inputs(goal_pictures(world, member, goals, frames)))
            lift.append(np.kron(np.eye(frames), C.T) @ inputs.matrix)
        return cls(
            np.stack(train),
            episodes(np.stack(free), task.control),
            np.stack(pictures),
            np.stack(lift),
        )


class Agent:
    """A trained method in a task: what it saw and did when it explored, and the plans that it makes
    from that."""

    def __init__(
        self,
        method: Base,
        networks: nn.ModuleDict,
        world: World,
        members: Sequence[Member],
        task: Task,
        device: torch.device,
    ) -> None:
        self.method, self.networks, self.device, self.task = method, networks, device, task
        frames = method.length
        self.watched = watched = Watched.of(method, world, members, task)
        states = self._encoded(watched.train)
        self.kept = identities(len(members), states.shape[-1])
        if isinstance(method, Selecting):
            self.kept = _foretelling(_array(states), _array(method.kept(networks, states)), frames)
        self.z = _array(states) @ self.kept
        u, r = explored(task, members)
        moved = _windows(r, frames) @ watched.lift
        self.tried = self.encode(watched.train[:, : moved.shape[1]] + moved)
        self.u = _windows(u, frames)  # those of each window, the one that follows it last
        self.s = (world.signal(members)[:, : r.shape[1]] + r)[:, frames - 1 :]

    def encode(self, inputs: Array) -> Array:
        """Latents `[members, points, size]` of scaled windows."""
        return _array(self._encoded(inputs))

    @torch.no_grad()
    def _encoded(self, inputs: Array) -> Tensor:
        given = torch.as_tensor(inputs, dtype=torch.float32, device=self.device)
        z: Tensor = self.networks["online"](given)
        return z

    @property
    def has_goal_expert(self) -> bool:
        """Whether it is a product of experts, of which one can be a goal, from step to step."""
        method = self.method
        return isinstance(method, Variational) and method.prior_expert and method.length == 1

    # What it knows

    def fitted(self) -> Model:
        """Of the state: least squares of the next latent that is read, on this one and the inputs.
        The inputs move up by one."""
        z, inputs = self.tried @ self.kept, self.task.control.inputs
        known = np.concatenate([z, self.u], axis=-1)
        found = ReadOut.fit(known[:, :-1], z[:, 1:])
        follow = np.zeros((self.u.shape[-1] - inputs, known.shape[-1]))
        follow[:, z.shape[-1] + inputs :] = np.eye(len(follow))
        following = np.broadcast_to(follow, (len(z), *follow.shape))
        both = np.concatenate([found.weights.mT, following], axis=1)
        offset = np.zeros(both.shape[:2])
        offset[:, : z.shape[-1]] = found.offset[:, 0]
        return Model(both[..., :-inputs], both[..., -inputs:], offset)

    def own(self) -> tuple[Model, Array]:
        """A variational method's own dynamics of all its latents, with what an input adds to them;
        and the precision that it believes them to have, `[members, size, size]`."""
        assert isinstance(self.method, Variational)
        members, _, size = self.tried.shape
        basis = torch.eye(size, device=self.device).repeat(members, 1, 1)
        seen = torch.as_tensor(self.tried, dtype=torch.float32, device=self.device)
        with torch.no_grad():
            F = _array(self.method.dynamics(self.networks, basis)[0])
            mean, root = map(_array, self.method.dynamics(self.networks, seen))
        found = ReadOut.fit(self.u[:, :-1], self.tried[:, 1:] - mean[:, :-1])
        return Model(F.mT, found.weights.mT, found.offset[:, 0]), root @ root.mT

    def cost_by_read_out(self) -> Array:
        """Q for the read-out of s from the state: it is told what counts."""
        past = self.u[..., : -self.task.control.inputs]
        state = np.concatenate([self.tried @ self.kept, past], axis=-1)
        weights = ReadOut.fit(state, self.s).weights
        return weights @ weights.mT / self.task.variance

    def cost_by_latent(self, model: Model) -> Array:
        """Q for the distance of latents in their own standard deviations, whatever coordinates they
        come in: of the first windows to come, without inputs, that none before reaches into.

        Where these are those of s, it is the true cost, as the components of s are uncorrelated and
        vary alike.
        """
        centred = self.z - self.z.mean(1, keepdims=True)
        precision = np.linalg.pinv(centred.mT @ centred / centred.shape[1], hermitian=True)
        ahead = np.linalg.matrix_power(model.F, self.method.length - 1)[:, : self.z.shape[-1]]
        return ahead.mT @ precision @ ahead

    # What it does

    def by_read_out(self) -> Policy:
        """The regulator of the fitted model, where the cost is known by the read-out."""
        return self._regulated(self.fitted(), self.cost_by_read_out())

    def by_latent(self) -> Policy:
        """The same where the cost is the distance of latents."""
        model = self.fitted()
        return self._regulated(model, self.cost_by_latent(model))

    def by_goal_experts(self, horizon: int) -> Policy:
        """The product of its own dynamics with a goal expert for each of the next `horizon`
        latents, with 1 for the next one alone; once these are over, for the next one."""
        control = self.task.control
        model, precision = self.own()
        Q = self.kept @ self.cost_by_latent(self.fitted()) @ self.kept.mT
        gains = with_goal_experts(model, precision, Q, self._effort(), control.goal_width, horizon)
        gains = np.concatenate([gains, *[gains[-1:]] * (control.horizon - horizon)])
        return self._policy(model, gains, identities(*Q.shape[:2]))

    def _regulated(self, model: Model, Q: Array) -> Policy:
        gains = regulator(model, Q, self._effort(), self.task.control.horizon)
        return self._policy(model, gains, self.kept)

    def _effort(self) -> Array:
        return self.task.control.effort * identities(len(self.z), self.task.control.inputs)

    def _policy(self, model: Model, gains: Array, kept: Array) -> Policy:
        """A plan for the state: latents, as far as they are kept, and inputs."""
        frames, watched = self.method.length, self.watched
        goals = self.encode(watched.pictures) @ kept
        still = np.zeros((*goals.shape[:2], model.F.shape[-1] - goals.shape[-1]))
        plan = Plan.of(model, gains, _joined(goals, still))

        def policy(step: int, r: Array, u: Array) -> Array:
            seen = watched.free[:, :, step] + _latest(r, frames) @ watched.lift
            return plan(step, _joined(self.encode(seen) @ kept, _latest(u, frames - 1)))

        return policy


def _foretelling(z: Array, kept: Array, lag: int) -> Array:
    """What of a latent foretells the kept part of the one `lag` steps later, `[members, n, dim]`.

    Where that part moves by itself without noise of its own, this is the same part. Else it is less
    noisy: a plan is made from what is known of the state, not from a reading of it.
    """
    return ReadOut.fit(z[:, :-lag], z[:, lag:] @ kept).weights


def _windows(series: Array, frames: int) -> Array:
    """`[members, time, n] -> [members, time - frames + 1, frames * n]`, as `windows`."""
    return np.stack([windows(one, frames) for one in series])


def _latest(series: Array, count: int) -> Array:
    """The last `count` steps of `[members, episodes, steps, n]`, zeros where there were none, side
    by side: `[members, episodes, count * n]`."""
    last = series[:, :, max(series.shape[2] - count, 0) :]
    before = np.zeros((*last.shape[:2], count - last.shape[2], last.shape[3]))
    return np.concatenate([before, last], axis=2).reshape(*last.shape[:2], -1)


def _joined(latents: Array, inputs: Array) -> Array:
    return np.concatenate([latents, inputs], axis=-1)


def _array(tensor: Tensor) -> Array:
    return tensor.cpu().double().numpy()
