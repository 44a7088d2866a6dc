"""What a trained network says about the latents of the test part."""

from dataclasses import dataclass

from jepatlas.noisy_tv.truth.system import Array


@dataclass(frozen=True)
class Belief:
    """Gaussians over the next window's latent from the test steps that have a next one.

    mean `[members, test - 1, dim]`, covariance `[members, dim, dim]`.
    """

    mean: Array
    covariance: Array


@dataclass(frozen=True)
class Forecast:
    """Latents that s is read from, the first time `lead` steps after the newest frame.

    frames: of a window; a latent says something about every frame of the window that it is of.
    train: `[members, n, dim]`, of the n windows of the training part, each for what follows it or,
    where `lead` is 0, for itself; test: by horizon, `[members, test - horizon, dim]`, for the last
    states of the test part.

    Of variational methods also: `states`, the posterior means of the windows of the training part
    `[members, n, dim]`, and what is believed; where that is a product with a prior expert, also
    what the dynamics alone would have believed.
    """

    lead: int
    frames: int
    train: Array
    test: dict[int, Array]
    states: Array | None = None
    belief: Belief | None = None
    dynamics: Belief | None = None

    def offset(self, horizon: int) -> int:
        """For which step after the newest frame a latent would be, if it were not for `horizon` but
        for the first window that is forecast."""
        return (horizon - self.lead) % self.frames + self.lead
