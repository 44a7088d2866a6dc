"""The measuring code on forecasts of known worth: the filter's own, noise, and beliefs too wide."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from jepatlas.common.base.storage import read_csv, write_csv
from jepatlas.common.measuring import measures
from jepatlas.noisy_tv.drawing.tables import tables
from jepatlas.noisy_tv.measuring import references
from jepatlas.noisy_tv.measuring.evaluation import evaluate, headlines
from jepatlas.noisy_tv.measuring.latents import Belief, Forecast
from jepatlas.noisy_tv.measuring.measure import (
    StateBelief,
    Truth,
    calibration,
    experts,
    explained,
    fusion,
    rollout,
    scores,
)
from jepatlas.noisy_tv.measuring.parameters import Evaluation, Transfer
from jepatlas.noisy_tv.measuring.results import Results
from jepatlas.noisy_tv.truth.oracle import Filtered
from jepatlas.noisy_tv.truth.parameters import Recipe, Sweep
from jepatlas.noisy_tv.truth.world import World
from tests.noisy_tv.worlds import SYSTEM, observed, truth_of, world

HORIZONS = (1, 2, 5)
TRANSFER = Transfer(sensor=0.05, goal=0.2, amplitude=0.05)
NUMBERS = ("mean", "ci95", "min", "max", "low", "high")
TURN = np.random.default_rng(1).normal(size=(4, 4))  # a latent may be any linear map of s


@cache
def drawn_world() -> World:
    return world(40, 2, train=2000, test=1500)


@cache
def truth() -> Truth:
    sweep = Sweep(scales=(0, 4), failure_scale=4)
    members = drawn_world().members(Recipe(seeds=2, memories=(0.5,)), sweep)
    return truth_of(drawn_world(), members)


@cache
def filtered() -> Filtered:
    members = list(truth().members)
    return references.filtered(drawn_world(), members, observed(drawn_world(), members))


@cache
def perfect() -> Forecast:
    """The filter's beliefs, in turned coordinates, in the form in which models give theirs."""
    known, train = filtered(), truth().train
    ahead = {h: known.predict(h)[0] @ TURN for h in HORIZONS}
    covariance = TURN.T @ known.predict(1)[1] @ TURN
    belief = Belief(ahead[1][:, train:-1], covariance)
    return Forecast(
        lead=1,
        frames=1,
        train=ahead[1][:, :train],
        test={h: z[:, train : z.shape[1] - h] for h, z in ahead.items()},
        states=truth().s[:, :train] @ TURN,
        belief=belief,
        dynamics=belief,
    )


def noise() -> Forecast:
    rng, members = np.random.default_rng(2), len(truth().members)
    test = {h: rng.normal(size=(members, 1500 - h, 4)) for h in HORIZONS}
    return Forecast(1, 1, rng.normal(size=(members, 2000, 4)), test)


def test_the_filters_own_forecast_is_the_limit():
    found = scores(truth(), perfect())
    np.testing.assert_allclose(found["r2_of_limit"], 1, atol=1e-3)  # but for the read-out
    residual = truth().s[:, truth().train + 1 :] - truth().limit.mean
    spread = truth().s[:, truth().train + 1 :].var(1)
    assert found["r2"] == pytest.approx((1 - residual.var(1) / spread).mean(-1), abs=0.002)
    assert found["r2_distractor"].max() < 0.1


def test_what_is_read_for_the_present_is_held_against_what_is_known_of_it():
    now, train = filtered().predict(0)[0] @ TURN, truth().train
    found = scores(truth(), Forecast(0, 1, now[:, :train], {0: now[:, train:]}))
    np.testing.assert_allclose(found["r2_of_limit"], 1, atol=1e-3)
    assert (found["r2"] > scores(truth(), perfect())["r2"]).all()


def test_a_random_latent_explains_nothing():
    for values in scores(truth(), noise()).values():
        assert values.max() < 0.01
        assert values.min() > -0.05
    for values in rollout(truth(), noise()).values():
        assert np.abs(values).max() < 0.05


def test_another_run_of_the_system_explains_nothing():
    """It turns as s does: fitted where it is scored, it would seem to explain a good part."""
    others = references.unrelated(drawn_world(), truth().members, 0)
    train = truth().train
    s, z = truth().s[0], others[0]
    assert (
        LinearRegression()
        .fit(z[train : train + 300], s[train : train + 300])
        .score(z[train : train + 300], s[train : train + 300])
        > 0.1
    )
    found = explained(truth(), truth().s, others[:, :train], others[:, train:])
    assert (found < 0.02).all()


def test_a_latent_of_the_distractor_is_told_apart_from_one_of_the_signal():
    train = truth().train
    d = truth().d[:, 1:]
    found = scores(truth(), Forecast(1, 1, d[:, :train], {1: d[:, train:]}))
    np.testing.assert_allclose(found["r2_distractor"], 1, atol=1e-9)
    assert found["r2"].max() < 0.02


def test_rollouts_of_the_filter_fall_as_the_process_forgets():
    """Open loop, the error of s[t+h] is that of s[t] and h steps of noise, contracted."""
    found = rollout(truth(), perfect())
    settled = filtered().covariance[:, :4, :4].diagonal(axis1=1, axis2=2).mean(1)
    for horizon in HORIZONS:
        c = SYSTEM.contraction ** (2 * np.arange(horizon + 1))
        error = c[-1] * settled + SYSTEM.signal_noise**2 * c[:-1].sum()
        np.testing.assert_allclose(found[horizon], 1 - error / SYSTEM.signal_std**2, atol=0.05)
    assert (found[1] > found[2]).all()
    assert (found[2] > found[5]).all()


def test_the_limit_of_a_horizon_is_the_filters_and_its_own_forecast_has_all_of_it():
    for horizon in HORIZONS:
        expected = references.forecast_state(filtered(), truth().train, horizon).mean
        np.testing.assert_allclose(truth().ahead(horizon), expected, atol=1e-12)
    evaluation = Evaluation(horizons=HORIZONS, drawn_scale=4, drawn_steps=50)
    done = evaluate("filter", "default", truth(), perfect(), evaluation, TRANSFER)
    shares = done.measures["filter"]["rollout_of_limit"]
    assert list(shares) == ["1", "2", "5"]
    assert all(one["mean"] == pytest.approx(1, abs=2e-3) for one in shares.values())


def test_nothing_is_iterated_without_a_predictor():
    assert rollout(truth(), Forecast(0, 1, perfect().train, {0: truth().s})) == {}


def test_the_filters_belief_is_calibrated_and_has_no_excess():
    belief = perfect().belief
    assert belief is not None
    mine = calibration(truth(), StateBelief.read(truth(), perfect(), belief))
    limit = calibration(truth(), truth().limit)
    np.testing.assert_allclose(mine["nll"], limit["nll"], atol=1e-6)
    np.testing.assert_allclose(mine["coverage"][[4, 8, 9]].mean(1), [0.5, 0.9, 0.95], atol=0.02)
    # Entropy of the prediction: process noise only, as one frame shows s all but exactly.
    entropy = np.log(2 * np.pi * np.e * SYSTEM.signal_noise**2) / 2
    np.testing.assert_allclose(mine["nll"], entropy, atol=0.05)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_wrong_width_costs_what_it_should(factor):
    """In nats per dimension, for a covariance that is `factor` times the true one."""
    mean, covariance = truth().limit.mean, truth().limit.covariance
    wrong = calibration(truth(), StateBelief(mean, factor * covariance))
    excess = wrong["nll"] - calibration(truth(), StateBelief(mean, covariance))["nll"]
    expected = (np.log(factor) + 1 / factor - 1) / 2
    np.testing.assert_allclose(excess, expected, atol=0.03)
    assert ((wrong["coverage"][8] > 0.9) == (factor > 1)).all()


@pytest.mark.parametrize("name", ["sensor", "goal", "amplitude"])
def test_fusing_the_filters_belief_is_exact_and_helps(name):
    expert = experts(truth(), TRANSFER)[name]
    found = fusion(truth(), expert, truth().limit)
    np.testing.assert_allclose(found["distance_to_exact"], 0, atol=1e-9)
    np.testing.assert_allclose(found["nll"], found["nll_exact"], atol=1e-9)
    assert (found["error"] < found["error_before"]).all()
    assert (found["nll"] < found["nll_before"]).all()


def test_measures_tables_and_drawings():
    evaluation = Evaluation(horizons=HORIZONS, drawn_scale=4, drawn_steps=50)
    done = evaluate("filter", "default", truth(), perfect(), evaluation, TRANSFER)
    measured = scores(truth(), perfect())["r2"]  # members: scale 0, scale 4, memory 0.5; two seeds
    found = done.measures["filter"]
    assert list(found["r2"]) == ["0", "4"]
    assert found["r2"]["4"]["mean"] == pytest.approx(measured[2:4].mean())
    assert found["r2"]["4"]["min"] == pytest.approx(measured[2:4].min())
    assert set(found) >= {"coverage_50", "coverage_90", "coverage_95", "nll", "sensor", "goal"}
    short = headlines("filter", {"default": done})["default"]
    assert short["r2"] == pytest.approx(measured[2:4].mean())
    assert short["share_of_limit"] == pytest.approx(1, abs=1e-3)
    assert short["coverage_90"] == pytest.approx(0.9, abs=0.03)

    rows = tables(pd.DataFrame(done.rows), SYSTEM.memory, failure_scale=4)
    failure = rows["failure"].query("model == 'filter' and measure == 'r2'").set_index("memory")
    assert failure["mean"].to_dict() == pytest.approx(
        {0.9: measured[2:4].mean(), 0.5: measured[4:].mean()}
    )
    assert rows["r2"].query("model == 'filter' and measure == 'r2'")["scale"].tolist() == [0, 4]
    assert set(rows["rollout"].horizon) == set(HORIZONS)
    assert set(rows["transfer"].expert) == {"sensor", "goal", "amplitude"}
    assert set(rows["r2"]) == {"recipe", "model", "measure", "scale", *NUMBERS}
    assert set(rows["coverage"]) == {"recipe", "model", "level", "scale", *NUMBERS}

    start = truth().train + 1  # drawn: the first seed, at both noise scales
    true = truth().s[[0, 2], start : start + 50]
    error = done.drawn["filter"] - true
    assert error.std() == pytest.approx(SYSTEM.signal_noise, rel=0.25)
    assert done.drawn["filter_std"].shape == (2, SYSTEM.signal)
    np.testing.assert_allclose(done.drawn["filter_std"], SYSTEM.signal_noise, rtol=0.05)


def test_one_seed_has_a_table_with_intervals_that_are_unknown():
    members = drawn_world().members(
        Recipe(seeds=1, memories=()), Sweep(scales=(4,), failure_scale=4)
    )
    one = truth_of(drawn_world(), members)
    results = Results("default", one, Evaluation(horizons=(1,), drawn_scale=4, drawn_steps=50))
    results.note("ar", "r2", np.array([0.5]))
    rows = tables(pd.DataFrame(results.rows), SYSTEM.memory, failure_scale=4)["r2"]
    assert rows["mean"].tolist() == [0.5]
    assert rows[["low", "high"]].isna().all(axis=None)


def test_a_noise_scale_with_decimals_is_one_part_of_a_measures_name():
    scales = Sweep(scales=(0.5, 4.25), failure_scale=4)
    members = drawn_world().members(Recipe(seeds=2, memories=()), scales)
    evaluation = Evaluation(horizons=(1,), drawn_scale=4.25, drawn_steps=50)
    results = Results("default", truth_of(drawn_world(), members), evaluation)
    results.note("ar", "r2", np.arange(4.0))
    results.note("ar", "r2_of_limit", np.arange(4.0))
    rows = measures.table("ar", {"default": results.measures["ar"]})
    assert rows.measure.tolist()[:2] == ["default.r2.0_5", "default.r2.4_25"]
    assert headlines("ar", {"default": results})["default"]["r2"] == 2.5


def test_experts_are_exchanged_in_the_default_recipe_alone():
    evaluation = Evaluation(horizons=HORIZONS, drawn_scale=4, drawn_steps=50)
    done = evaluate("filter", "as_published", truth(), perfect(), evaluation, TRANSFER)
    assert not {"sensor", "goal", "amplitude"} & set(done.measures["filter"])


def test_references_are_measured_like_models():
    evaluation = Evaluation(horizons=HORIZONS, drawn_scale=4, drawn_steps=50)
    x = observed(drawn_world(), truth().members)
    others = references.unrelated(drawn_world(), truth().members, 0)
    done = references.evaluate("default", truth(), x, others, evaluation, 0)
    mine = evaluate("filter", "default", truth(), perfect(), evaluation, TRANSFER)
    kalman = done.measures["kalman"]
    for measure in ("r2", "coverage_90", "nll"):
        for scale in ("0", "4"):
            expected = mine.measures["filter"][measure][scale]["mean"]
            assert kalman[measure][scale]["mean"] == pytest.approx(expected, abs=1e-3)
    assert kalman["rollout"].keys() == {"1", "2", "5"}
    assert set(done.measures) == {"kalman", "cca", "pca_first", "pca_next", "random", "chance"}
    assert done.measures["cca"]["r2"]["4"]["mean"] == pytest.approx(
        kalman["r2"]["4"]["mean"], abs=0.01
    )
    assert done.measures["pca_first"]["r2"]["4"]["mean"] < 0.3
    assert done.measures["chance"]["r2"]["4"]["mean"] < 0.02
    assert done.drawn["scales"].tolist() == [0, 4]
    start = truth().train + 1
    np.testing.assert_array_equal(done.drawn["true"], truth().s[[0, 2], start : start + 50])


def test_tables_find_what_files_hold_with_fewer_digits():
    row = {"recipe": "default", "table": "r2", "method": "jepa", "measure": "r2", "mean": 0.5}
    rows = pd.DataFrame([{**row, "scale": 1.23457, "memory": 0.697759}])
    found = tables(rows, memory=0.6977593931992928, failure_scale=1.2345678)
    assert len(found["r2"]) == len(found["failure"]) == 1


def test_a_table_without_rows_can_be_written_and_read(tmp_path):
    """As that of the experts, where no method exchanges any."""
    row = {"recipe": "default", "table": "r2", "measure": "r2", "expert": None, "mean": 0.5}
    found = tables(pd.DataFrame([{**row, "scale": 1, "memory": 0.7}]), 0.7, failure_scale=1)
    assert found["transfer"].empty
    write_csv(tmp_path / "transfer.csv", found["transfer"])
    assert {"recipe", "measure", "expert", "mean"} <= set(read_csv(tmp_path / "transfer.csv"))
