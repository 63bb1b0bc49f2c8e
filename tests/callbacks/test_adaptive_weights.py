# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Factors that follow a share: the published sequence, clamps, starts; and best epochs judged by the factors of now."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from seqforge.callbacks.adaptive_weights import AdaptiveWeights
from seqforge.callbacks.best_weights import BestWeights
from seqforge.callbacks.early_stopping import EarlyStopping
from seqforge.errors import TrainingError
from seqforge.heads import Head
from seqforge.losses.base import Adapted
from seqforge.schedules.reduce_lr_on_plateau import ReduceLROnPlateau
from seqforge.training.monitor import watched, weighed

NLL, MSE = "x_profile_nll", "x_counts_mse"


def adapted(target: float = 0.2, **options: float) -> Adapted:
    return Adapted(0, NLL, MSE, Head(name="x", tasks=("a",), counts_loss_frac_target=target, **options))


def training(weight: float = 1.0, mean_reads: float = 100.0, *, resumes: bool = False) -> Any:
    learner = SimpleNamespace(loss_weights={NLL: 1.0, MSE: weight}, weights=dict)
    examples = SimpleNamespace(mean_reads=lambda: [mean_reads])
    said: list[str] = []
    return SimpleNamespace(
        learner=learner,
        examples=examples,
        validation=object(),
        resumes=resumes,
        epoch=0,
        report=said.append,
        said=said,
        logs={},
        monitor="validation_loss",
        greater_is_better=False,
        best=None,
        best_weights=None,
        stop="",
    )


def epoch(state: Any, callback: AdaptiveWeights, profile: float, counts: float) -> float:
    """One epoch with these losses, of training and of validation alike; the new factor comes back."""
    state.epoch += 1
    state.logs = {NLL: profile, MSE: counts, f"validation_{NLL}": profile, f"validation_{MSE}": counts}
    callback.epoch(state, state.logs)
    return state.learner.loss_weights[MSE]


def test_the_published_sequence() -> None:
    state, callback = training(), AdaptiveWeights([adapted(counts_loss_weight=1.0)])
    callback.begin(state)
    found = [epoch(state, callback, *losses) for losses in ((100, 4), (80, 2), (60, 0.1), (60, 1), (60, 1))]
    assert found == pytest.approx([6.25, 10, 20, 18.5, 17.45])
    assert state.logs["x_counts_share"] == pytest.approx(18.5 / 78.5)


def test_the_factor_of_the_profile_is_part_of_the_share() -> None:
    state = training()
    assert epoch(state, AdaptiveWeights([adapted(profile_loss_weight=0.5)]), 100, 4) == pytest.approx(3.125)


def test_the_first_epoch_goes_by_validation() -> None:
    state, callback = training(), AdaptiveWeights([adapted()])
    state.epoch, state.logs = 1, {NLL: 1e6, MSE: 1e6, f"validation_{NLL}": 100.0, f"validation_{MSE}": 4.0}
    callback.epoch(state, state.logs)
    assert state.learner.loss_weights[MSE] == pytest.approx(6.25)


@pytest.mark.parametrize(("counts", "wanted", "word"), [(0.001, 10.0, "error"), (1e6, 0.1, "error")])
def test_a_start_that_is_far_off_is_clamped_and_said(counts: float, wanted: float, word: str) -> None:
    state = training()
    assert epoch(state, AdaptiveWeights([adapted()]), 100, counts) == pytest.approx(wanted)
    assert state.logs["x_counts_clamped"] is True
    (line,) = state.said
    assert line.startswith(f"{word}: head 'x': counts_loss_weight 1 is far off")
    assert f"{25 / counts:.3g}" in line


def test_without_an_error_of_the_counts_the_factor_stays() -> None:
    assert epoch(training(3.0), AdaptiveWeights([adapted()]), 100, 0.0) == 3.0


def test_the_start_comes_from_the_reads_of_the_training_set() -> None:
    state = training(mean_reads=550.0)
    AdaptiveWeights([adapted(0.1)]).begin(state)
    assert state.learner.loss_weights == {NLL: 1.0, MSE: pytest.approx(37 * 0.1 * 550)}
    resumed = training(5.0, resumes=True)
    AdaptiveWeights([adapted(0.1)]).begin(resumed)
    assert resumed.learner.loss_weights[MSE] == 5.0
    with pytest.raises(TrainingError, match="no reads"):
        AdaptiveWeights([adapted(0.1)]).begin(training(mean_reads=0.0))


# best epochs under factors that change: by its raw parts epoch 2 is better under factor 1, worse under factor 100

FIRST = {"a": 10.0, "b": 1.0}
SECOND = {"a": 8.0, "b": 1.5}


def logs(parts: dict[str, float], factor: float) -> dict[str, Any]:
    weights = {"a": 1.0, "b": factor}
    values = {f"validation_{name}": value for name, value in parts.items()}
    total = sum(weights[name] * value for name, value in parts.items())
    return {"loss_weights": weights, "validation_loss": total, **values}


def test_a_total_is_formed_anew_with_other_factors() -> None:
    taken = watched(logs(FIRST, 1.0), "validation_loss")
    assert taken == FIRST
    assert weighed(taken, logs(SECOND, 100.0)) == 110.0
    assert weighed({"a": 1.0, "b": float("nan")}, logs(SECOND, 0.0)) == 1.0
    assert weighed(watched({"accuracy": 0.5}, "accuracy"), {"accuracy": 0.5}) == 0.5


@pytest.mark.parametrize(("factor", "best"), [(1.0, 2), (100.0, 1)])
def test_the_best_epoch_is_judged_by_the_factors_of_now(factor: float, best: int) -> None:
    state, keeper, stopping = training(), BestWeights(), EarlyStopping(patience=1)
    for callback in (keeper, stopping):
        callback.begin(state)
    for number, parts in enumerate((FIRST, SECOND), start=1):
        state.epoch = number
        keeper.epoch(state, logs(parts, 1.0 if number == 1 else factor))
        stopping.epoch(state, logs(parts, 1.0 if number == 1 else factor))
    assert state.best[0] == best
    assert bool(state.stop) == (best == 1)


@pytest.mark.parametrize(("factor", "rate"), [(1.0, 1.0), (100.0, 0.5)])
def test_a_plateau_is_judged_by_the_factors_of_now(factor: float, rate: float) -> None:
    running = ReduceLROnPlateau(factor=0.5, patience=0, threshold_mode="abs").begin(1.0, 1, 2)
    running.observe(0, logs(FIRST, 1.0))
    running.observe(1, logs(SECOND, factor))
    assert running.rate(2) == rate
    again = ReduceLROnPlateau(factor=0.5, patience=0).begin(1.0, 1, 2)
    again.restore(running.state())
    assert again.state() == running.state()


@pytest.mark.parametrize("profile_weight", [0.1, 1.0, 5.0, 10.0])
@pytest.mark.parametrize(("step", "stops"), [(0.97, 0), (1.03, 3)])
def test_better_means_better_under_every_weight_of_the_profile(profile_weight: float, step: float, stops: int) -> None:
    """While the factor of the counts is adapted, falling losses never stop a training and rising ones do."""
    state, keeper, stopping = training(5000.0), BestWeights(), EarlyStopping(patience=2)
    follower = AdaptiveWeights([adapted(0.2, profile_loss_weight=profile_weight)])
    state.learner.loss_weights[NLL] = profile_weight
    for callback in (keeper, stopping):
        callback.begin(state)
    while state.epoch < 15 and not state.stop:
        parts = {NLL: 700 * step**state.epoch, MSE: 3 * step**state.epoch}
        weights = dict(state.learner.loss_weights)
        state.epoch += 1
        validation = {f"validation_{name}": value for name, value in parts.items()}
        total = sum(weights[name] * value for name, value in parts.items())
        state.logs = {"loss_weights": weights, "validation_loss": total, **parts, **validation}
        for callback in (keeper, stopping, follower):
            callback.epoch(state, state.logs)
    assert state.epoch == (stops or 15)
    assert bool(state.stop) == bool(stops)
    assert state.best[0] == (1 if stops else 15)


def test_counts_of_no_weight_decide_nothing() -> None:
    """With counts_loss_weight 0 a training goes by its profiles, whatever the counts do, infinite ones included."""
    state, keeper, stopping = training(0.0), BestWeights(), EarlyStopping(patience=1)
    for callback in (keeper, stopping):
        callback.begin(state)
    for state.epoch, (profile, counts) in enumerate([(9.0, 1.0), (8.0, 5.0), (7.0, float("inf")), (7.5, 0.1)], start=1):
        row = {f"validation_{NLL}": profile, f"validation_{MSE}": counts, "validation_loss": profile}
        for callback in (keeper, stopping):
            callback.epoch(state, {"loss_weights": dict(state.learner.loss_weights), **row})
        assert bool(state.stop) == (state.epoch == 4)
    assert state.best == (3, 7.0)
