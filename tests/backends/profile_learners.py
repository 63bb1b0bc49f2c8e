# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Learners of a small profile model, regions to step them with, and what any backend must do with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import small_profiles as small

from seqforge.backends import open_learner
from seqforge.backends.base import Learner
from seqforge.data.dataset import Batch
from seqforge.experiment import read

READS = 40  # of every head in every region, and 15 + 25 of the tasks of head y
PROFILES, COUNTS = ("x_profile_nll", "y_profile_nll"), ("x_counts_mse", "y_counts_mse")


def opened(folder: Path, library: str, *changes: tuple[str, str]) -> Learner:
    """A learner of the small solo model whose definition has `changes`, stepped by plain SGD."""
    file = small.write_definition(folder / "small.xml", "BPNet", small.SOLO | small.WIDTHS, library)
    text = file.read_text().replace('"optimizer">Adam', '"optimizer">SGD')
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)
    return open_learner(read(file)[0], small.SOLO["input_length"], device="cpu")


def batch(examples: int, seed: int = 0) -> Batch:
    """Regions with as many reads each, so that one prediction of the counts is right for all."""
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, 4, (examples, small.SOLO["input_length"])).astype(np.uint8)
    share = np.full(small.OUT, 1 / small.OUT)
    tracks = [draw.multinomial(reads, share, examples) for reads in (18, READS - 18, 15, READS - 15)]
    target = tuple(np.stack(pair, axis=2).astype(np.uint8) for pair in (tracks[:2], tracks[2:]))
    return Batch(np.arange(examples), codes, target)


def knowing_the_counts(learner: Learner) -> None:
    """Give the learner the weights that predict the log counts of every region of `batch` exactly."""
    weights = dict(learner.weights())
    layers = [name for name in weights if "logcounts" in name]  # of head x kernel and bias, of head y kernel and bias
    for name, reads in zip(layers, ([READS], [READS], [15, READS - 15], [15, READS - 15]), strict=True):
        log = np.log1p(np.array(reads, np.float32))
        weights[name] = log if weights[name].ndim == 1 else np.zeros_like(weights[name])
    learner.set_weights(weights)


def check_equal_rank(learner: Learner) -> None:
    """Right counts have no error, in training and in evaluation."""
    knowing_the_counts(learner)
    some = batch(7)
    judged = learner.eval_step(some)
    learner.train_step(some)
    logs = learner.take_logs()
    for name in COUNTS:
        assert judged.losses[name].shape == (7,)
        np.testing.assert_allclose(judged.losses[name], 0, atol=1e-10)
        assert logs[name] < 1e-10


def check_means(learner: Learner) -> None:
    """A short batch weighs by its size in what is reported."""
    long, short = batch(5, 1), batch(2, 2)
    losses = [learner.eval_step(one).losses for one in (long, short)]
    for one in (long, short):
        learner.train_step(one)
    logs = learner.take_logs()
    for name in (*PROFILES, *COUNTS, "loss"):
        np.testing.assert_allclose(logs[name], np.concatenate([one[name] for one in losses]).mean(), rtol=1e-5)


def check_factor(plain: Learner, ten: Learner) -> None:
    """A tenfold profile weight gives tenfold steps and the same parts; the total is their weighted sum."""
    some, steps = batch(6), []
    for learner, factor in ((plain, 1), (ten, 10)):
        before = learner.weights()
        learner.train_step(some)
        after, logs = learner.weights(), learner.take_logs()
        steps.append({name: after[name] - before[name] for name in before})
        np.testing.assert_allclose(logs["loss"], factor * sum(logs[name] for name in PROFILES), rtol=1e-5)
    for name, step in steps[0].items():
        np.testing.assert_allclose(steps[1][name], 10 * step, rtol=2e-3, atol=2e-6, err_msg=name)
    assert max(np.abs(step).max() for step in steps[0].values()) > 0


def check_precision(learner: Learner, loss: Any, relative: float = 1e-5) -> None:
    """Outputs are float32 whatever the layers compute in, and so are the losses made of them."""
    some = batch(7)
    judged = learner.eval_step(some)
    assert {output.dtype for output in judged.prediction} == {np.dtype("float32")}
    wanted = loss.reference(judged.prediction, some.target)
    for name, expected in wanted.items():
        assert judged.losses[name].dtype == np.float32
        np.testing.assert_allclose(judged.losses[name], expected, rtol=relative, atol=1e-6, err_msg=name)
