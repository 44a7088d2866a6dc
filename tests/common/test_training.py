"""The training loop against plain torch, one network and one optimiser per member."""

import io
import itertools
import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor, nn

from jepatlas.common.base.parameters import InputError, validate
from jepatlas.common.learning.batches import FullBatch
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP
from jepatlas.common.learning.trained import Trained, restore, snapshot_steps
from jepatlas.common.learning.training import LARGEST_WEIGHT, Diverged, Training, train
from jepatlas.common.learning.weights import write_tensors

WIDTHS = (2, 6, 1)
PARAMS = Path(__file__).resolve().parents[2] / "params.yaml"


class Settings(Training):
    steps: int
    batch: int


def settings(**changes: object) -> Settings:
    content = {"steps": 47, "batch": 8, "learning_rate": 0.01, "schedule": "constant"} | changes
    return validate(content, Settings, "training")


def new_networks(members: int | Sequence[int], average: bool = False) -> nn.ModuleDict:
    draws = Draws(0, members, "weights")
    networks = nn.ModuleDict({"online": MLP(WIDTHS, draws, torch.tanh)})
    if average:  # from weights of its own, so that the first average counts too
        networks["average"] = MLP(WIDTHS, draws, torch.tanh).requires_grad_(False)
    return networks.double()


def target(x: Tensor) -> Tensor:
    return x[..., :1].sin() + x[..., 1:] ** 2


def regression(
    networks: nn.ModuleDict, members: int | Sequence[int], batch: int
) -> Callable[[object], Tensor]:
    """Squared error on fresh points at each call; an average enters it without being trained."""
    draws = Draws(1, members, "points")

    def loss(_: object = None) -> Tensor:
        x = draws.normal(batch, 2).double()
        error = networks["online"](x) - target(x)
        if "average" in networks:
            error = error + 0.1 * networks["average"](x)
        return error.square().mean((1, 2))

    return loss


def run(
    members: int | Sequence[int], training: Settings, snapshots: int = 6, average: bool = False
) -> Trained:
    networks = new_networks(members, average)
    loss = regression(networks, members, training.batch)
    return trained_by(networks, loss, training, snapshots)


def trained_by(
    networks: nn.ModuleDict,
    loss: Callable[[object], Tensor],
    training: Settings,
    snapshots: int,
    label: str = "test",
) -> Trained:
    kept = snapshot_steps(training.steps, snapshots)
    return train(networks, loss, FullBatch(training.steps), training, label, snapshots=kept)


def plain_network(state: dict[str, Tensor], part: str, member: int) -> nn.Sequential:
    """One member's MLP as torch builds it, with the weights of an ensemble's state."""
    layers: list[nn.Module] = []
    for number, (inputs, outputs) in enumerate(itertools.pairwise(WIDTHS)):
        layer = nn.Linear(inputs, outputs, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(state[f"{part}.layers.{number}.weight"][member].T)
            layer.bias.copy_(state[f"{part}.layers.{number}.bias"][member, 0])
        layers += [layer, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def vector(network: nn.Module) -> Tensor:
    """All weights of a network, copied into one vector."""
    return nn.utils.parameters_to_vector(network.parameters()).detach().clone()


def vector_of(state: dict[str, Tensor], part: str, member: int) -> Tensor:
    return vector(plain_network(state, part, member))


def averaged(first: Tensor, history: list[Tensor], training: Settings) -> Tensor:
    """The moving average after the steps whose weights are the history. Under a cosine its decay
    rises from `averaging` to 1."""
    average = first
    for step, weights in enumerate(history, start=1):
        share = (1 + math.cos(math.pi * step / training.steps)) / 2
        decay = training.averaging
        if training.schedule == "cosine":
            decay = 1 - (1 - decay) * share
        average = decay * average + (1 - decay) * weights
    return average


def plain_loop(
    start: dict[str, Tensor], member: int, training: Settings
) -> tuple[list[float], list[Tensor], list[Tensor]]:
    """Losses of the steps 1, 2, ..., and the weights (online, average) after 0, 1, 2, ..."""
    network = plain_network(start, "online", member)
    slow = plain_network(start, "average", member) if training.averaging is not None else None
    optimiser = torch.optim.Adam(network.parameters())
    draws = Draws(1, [member], "points")
    losses, online, average = [], [vector(network)], [vector(slow)] if slow else []
    for step in range(training.steps):
        share = (1 + math.cos(math.pi * step / training.steps)) / 2
        rate = training.learning_rate * (share if training.schedule == "cosine" else 1)
        for group in optimiser.param_groups:
            group["lr"] = rate
        x = draws.normal(training.batch, 2).double()[0]
        error = network(x) - target(x)
        if slow:
            nn.utils.vector_to_parameters(average[-1], slow.parameters())
            error = error + 0.1 * slow(x).detach()
        loss = error.square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        online.append(vector(network))
        if slow:
            average.append(averaged(average[0], online[1:], training))
    return losses, online, average


def assert_close(found: Tensor, expected: Tensor) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("averaging", [None, 0.0, 0.8])
@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_the_loop_is_torchs(schedule, averaging):
    training = settings(schedule=schedule, averaging=averaging)
    average = averaging is not None
    trained = run(3, training, average=average)
    start = new_networks(3, average).state_dict()
    for member in range(3):
        losses, online, slow = plain_loop(start, member, training)
        windows = [losses[:20], losses[20:40], losses[40:]]
        expected = torch.tensor([np.mean(window) for window in windows])
        assert_close(trained.curves["loss"][:, member], expected)
        for step, snapshot in trained.snapshots.items():
            assert_close(vector_of(snapshot, "online", member), online[step])
            if average:
                assert_close(vector_of(snapshot, "average", member), slow[step])


def test_the_loop_learns():
    """So that the comparison above is of something that moves."""
    losses = run(3, settings(steps=300, batch=64, learning_rate=0.03)).curves["loss"]
    assert (losses[-1] < losses[0] / 3).all()


def test_an_average_and_its_decay_come_together():
    with pytest.raises(InputError, match="averaging: missing"):
        run(2, settings(), average=True)
    with pytest.raises(InputError, match="averaging: this method has no moving average"):
        run(2, settings(averaging=0.9))


def test_a_cosine_comes_to_rest():
    """The last steps hardly move: the rate falls to 0."""
    moves = {}
    for schedule in ("constant", "cosine"):
        snapshots = run(1, settings(steps=100, schedule=schedule), snapshots=1000).snapshots
        last, before = (vector_of(snapshots[step], "online", 0) for step in (100, 99))
        moves[schedule] = (last - before).norm().item()
    assert 0 < moves["cosine"] < 0.01 * moves["constant"]


@pytest.mark.parametrize("average", [False, True], ids=["", "average"])
def test_a_member_trains_the_same_alone_or_among_others(average):
    training = settings(averaging=0.9 if average else None, schedule="cosine")
    together, alone = run(4, training, average=average), run([2], training, average=average)
    assert_close(together.curves["loss"][:, 2:3], alone.curves["loss"])
    for step, snapshot in alone.snapshots.items():
        for name, tensor in snapshot.items():
            assert_close(together.snapshots[step][name][2:3], tensor)


def test_the_same_run_gives_the_same_bits():
    first, again = run(2, settings()), run(2, settings())
    assert torch.equal(first.curves["loss"], again.curves["loss"])
    assert all(torch.equal(first.final[name], again.final[name]) for name in first.final)


def test_weight_decay_is_of_matrices_alone():
    """At a rate r an update is r sign(gradient) at first, and r decay weight of what decays."""
    training = settings(steps=1, learning_rate=0.1, weight_decay=0.5)
    networks = new_networks(2)
    before = {name: tensor.clone() for name, tensor in networks.state_dict().items()}
    gradients: dict[str, Tensor] = {}

    def loss(_: object) -> Tensor:
        x = torch.linspace(-1, 1, 20).double().view(1, 10, 2).expand(2, 10, 2)
        losses = (networks["online"](x) - target(x)).square().mean((1, 2))
        names, tensors = zip(*networks.named_parameters(), strict=True)
        found = torch.autograd.grad(losses.sum(), tensors, retain_graph=True)
        gradients.update(zip(names, found, strict=True))
        return losses

    trained_by(networks, loss, training, 2)
    for name, tensor in networks.state_dict().items():
        decay = 0.5 if name.endswith("weight") else 0.0
        expected = before[name] * (1 - 0.1 * decay) - 0.1 * gradients[name].sign()
        torch.testing.assert_close(tensor, expected, rtol=1e-4, atol=1e-5)


def test_the_rate_warms_up_and_falls_along_a_cosine():
    training = settings(schedule="cosine", warm_up=0.05, learning_rate=0.2)
    for progress, share in [(0, 0), (0.025, 0.5), (0.05, 1), (0.5, 1), (1, 1)]:
        cosine = (1 + math.cos(math.pi * progress)) / 2
        assert training.rate(progress) == pytest.approx(0.2 * share * cosine, abs=1e-12)
    assert settings(warm_up=0.5).rate(0.25) == pytest.approx(0.005)


# Logs and snapshots


@pytest.mark.parametrize(
    ("steps", "logged"),
    [
        (1, [1]),
        (19, [19]),
        (20, [20]),
        (21, [20, 21]),
        (47, [20, 40, 47]),
        (60, [20, 40, 60]),
    ],
)
def test_logs_cover_every_step(steps, logged):
    """The loss of step s is s itself, so a window's mean tells which steps it covers."""
    networks = new_networks(2)
    counter = itertools.count(1)

    def loss(_: object = None) -> Tensor:
        return 0 * networks["online"](torch.zeros(2, 1, 2).double()).sum((1, 2)) + next(counter)

    trained = trained_by(networks, loss, settings(steps=steps), 2)
    assert trained.steps.tolist() == logged
    expected = [np.arange(a + 1, b + 1).mean() for a, b in itertools.pairwise([0, *logged])]
    assert trained.curves["loss"].tolist() == [[mean, mean] for mean in expected]
    assert next(counter) == steps + 1


@pytest.mark.parametrize("steps", [1, 2, 10, 1000, 12345])
@pytest.mark.parametrize("count", [2, 3, 24, 500])
def test_snapshots_are_even_in_the_logarithm(steps, count):
    found = snapshot_steps(steps, count)
    expected = set(np.round(np.geomspace(1, steps + 1, count) - 1).astype(int).tolist())
    assert found == expected
    assert {0, steps} <= found <= set(range(steps + 1))
    assert len(found) <= count


def test_few_snapshots_still_hold_the_first_and_the_last():
    assert snapshot_steps(100, 1) == snapshot_steps(100, 2) == {0, 100}


@pytest.mark.parametrize(("steps", "count"), [(47, 6), (3, 24), (1, 2)])
def test_snapshots_are_states_of_their_own(steps, count):
    trained = run(2, settings(steps=steps), count)
    assert set(trained.snapshots) == snapshot_steps(steps, count)
    start = new_networks(2).state_dict()
    assert all(torch.equal(trained.snapshots[0][name], start[name]) for name in start)
    for name, tensor in trained.snapshots[steps].items():
        assert torch.equal(trained.final[name], tensor)
    weights = [vector_of(snapshot, "online", 0) for snapshot in trained.snapshots.values()]
    for a, b in itertools.combinations(weights, 2):
        assert not torch.equal(a, b)
    assert not any(tensor.requires_grad for tensor in trained.final.values())


# Divergence


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({(23, 1): math.nan}, "member 1 had a loss of nan at step 23"),
        ({(1, 0): math.inf}, "member 0 had a loss of inf at step 1"),
        ({(20, 2): -math.inf}, "member 2 had a loss of -inf at step 20"),
        ({(47, 2): math.nan}, "member 2 had a loss of nan at step 47"),
        ({(31, 0): math.nan, (30, 2): math.nan}, "member 2 had a loss of nan at step 30"),
        ({(45, 1): math.nan, (30, 2): math.inf}, "member 2 had a loss of inf at step 30"),
    ],
)
def test_divergence_names_method_member_and_step(bad, message):
    networks = new_networks(3)
    healthy = regression(networks, 3, 8)
    counter = itertools.count(1)

    def loss(_: object) -> Tensor:
        step = next(counter)
        extra = [bad.get((step, member), 0.0) for member in range(3)]
        return healthy() + torch.tensor(extra)

    with pytest.raises(Diverged) as caught:
        trained_by(networks, loss, settings(), 4, "mixture.methods.jepa")
    assert isinstance(caught.value, InputError)
    assert str(caught.value) == (
        f"mixture.methods.jepa: {message}; try a smaller learning_rate or a larger batch"
    )


def test_a_rate_that_is_too_large_diverges():
    """No loss is set by hand here: the weights run away, and so does what they give."""
    networks = nn.ModuleDict({"online": MLP((2, 1), Draws(0, 2, "weights"))})

    def loss(_: object = None) -> Tensor:
        return -networks["online"](torch.ones(2, 1, 2)).sum((1, 2)).exp()

    with pytest.raises(Diverged, match=r"^test: member 0 had a loss of -inf at step \d+; try"):
        trained_by(networks, loss, settings(learning_rate=100.0), 2)


@pytest.mark.parametrize("value", [2e4, -2e4, math.inf, math.nan])
@pytest.mark.parametrize("steps", [1, 47])
def test_a_weight_that_has_run_away_is_divergence_whatever_the_loss(value, steps):
    """In the last step too, after which no loss is computed."""
    networks = new_networks(3)
    step = itertools.count(1)

    def loss(_: object) -> Tensor:
        sums = [weights.flatten(1).sum(1) for weights in networks.parameters()]
        if next(step) == steps:
            networks["online"].layers[1].weight.data[2, 4] = value
        return 0 * torch.stack(sums).sum(0) + 1

    with pytest.raises(Diverged) as caught:
        trained_by(networks, loss, settings(steps=steps), 2)
    had = f"test: member 2 had a weight of {abs(value):.3g} at step {steps}; try"
    assert str(caught.value).startswith(had)


def test_a_loss_that_cannot_be_computed_is_divergence():
    networks = new_networks(2)
    healthy, step = regression(networks, 2, 8), itertools.count(1)

    def loss(_: object) -> Tensor:
        if next(step) == 30:
            torch.linalg.cholesky(-torch.eye(2).expand(2, 2, 2))
        return healthy()

    said = (
        r"^test: no loss \(linalg.cholesky: .*not positive-definite.*\) at step 30; try a smaller"
    )
    with pytest.raises(Diverged, match=said):
        trained_by(networks, loss, settings(), 2)


def test_no_committed_training_can_come_near_the_largest_weight():
    """A step of Adam is (1 - 0.9) / sqrt(1 - 0.999) = 3.2 rates at most (Kingma and Ba 2015)."""
    images = 60_000  # MNIST's, more than are trained on

    def sums(block: Any, inherited: dict[str, Any]) -> Iterator[float]:
        known = inherited | {key: item for key, item in block.items() if not isinstance(item, dict)}
        if "learning_rate" in block:
            steps = known.get("steps") or known["epochs"] * images / known["batch"]
            yield block["learning_rate"] * steps
        for part in block.values():
            if isinstance(part, dict):
                yield from sums(part, known)

    found = list(sums(yaml.safe_load(PARAMS.read_text(encoding="utf-8")), {}))
    assert len(found) > 40
    assert 3.2 * max(found) < LARGEST_WEIGHT / 10


# On disk


def test_round_trip(tmp_path):
    path = tmp_path / "trained" / "jepa.safetensors"
    trained = run(2, settings(averaging=0.9), average=True)
    trained.save(path)
    loaded = Trained.load(path)
    assert torch.equal(loaded.steps, trained.steps)
    assert torch.equal(loaded.curves["loss"], trained.curves["loss"])
    assert loaded.snapshots.keys() == trained.snapshots.keys()
    for step, snapshot in trained.snapshots.items():
        assert loaded.snapshots[step].keys() == snapshot.keys()
        for name, tensor in snapshot.items():
            assert torch.equal(loaded.snapshots[step][name], tensor)
    new_networks(2, average=True).load_state_dict(loaded.final)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (("final/online.weight", "curves/loss"), "lacks the final networks"),
        (("steps", "curves/loss"), "lacks the final networks"),
        (("steps", "final/a", "snapshots/last/a"), "a snapshot is not one of a step"),
    ],
    ids=["no steps", "no networks", "step is no number"],
)
def test_tensors_of_something_else_are_refused(tmp_path, tensors, message):
    path = tmp_path / "other.safetensors"
    write_tensors(path, {name: torch.zeros(1) for name in tensors})
    with pytest.raises(InputError, match=f"^{re.escape(str(path))}: .*{re.escape(message)}"):
        Trained.load(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state | {"extra": torch.zeros(1)},
        lambda state: dict(list(state.items())[1:]),
        lambda state: {name: tensor[:1] for name, tensor in state.items()},
    ],
    ids=["one more", "one less", "other members"],
)
def test_tensors_that_do_not_fit_are_an_input_error(change):
    trained = run(2, settings())
    networks = new_networks(2)
    restore(networks, trained.final)
    for name, tensor in networks.state_dict().items():
        assert torch.equal(tensor, trained.final[name])
    with pytest.raises(InputError, match=r"^a\.safetensors: the weights do not fit the networks"):
        restore(networks, change(trained.final), Path("a.safetensors"))


# Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_to_the_end_on_a_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    run(1, settings())
    last = terminal.getvalue().strip().rsplit("\r", 1)[-1]
    assert last.startswith("test: 100%")
    assert "47/47" in last
    assert "step/s" in last


def test_no_progress_without_a_terminal(capsys):
    run(1, settings())
    assert capsys.readouterr() == ("", "")


def test_global_random_state_is_not_touched():
    before = torch.get_rng_state()
    run(1, settings())
    assert torch.equal(torch.get_rng_state(), before)
