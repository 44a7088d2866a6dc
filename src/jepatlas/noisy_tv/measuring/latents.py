"""What a trained network says about the latents of the test part."""

from dataclasses import dataclass

from jepatlas.noisy_tv.truth.system import Array


@dataclass(frozen=True)
class Belief:
    """Gaussians over the next latent from the test steps that have a next one.

    mean `[members, test - 1, dim]`, covariance `[members, dim, dim]`.
    """

    mean: Array
    covariance: Array


@dataclass(frozen=True)
class Forecast:
    """Latents that s is read from, `lead` steps ahead of the newest frame.

    train: `[members, n, dim]`, for the last n states of the training part; test: by horizon,
    `[members, test - horizon, dim]`, for the last states of the test part.

    Of variational methods also: `states`, the posterior means of the last training frames
    `[members, n, dim]`, and what is believed; where that is a product with a prior expert, also
    what the dynamics alone would have believed.
    """

    lead: int
    train: Array
    test: dict[int, Array]
    states: Array | None = None
    belief: Belief | None = None
    dynamics: Belief | None = None
