# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The recipe of Cherimoya in the learner: loss weights that are learned and frozen, averages, precision, owners."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from seqforge.backends import open_learner
from seqforge.backends.torch import TorchLearner
from seqforge.data.dataset import Batch
from seqforge.errors import TrainingError
from seqforge.experiment import read
from seqforge.kernels import cheri_ops

pytestmark = pytest.mark.torch

SMALL = Path(__file__).parent.parent.parent / "model-defs" / "torch-cherimoya-nexus-small.xml"
LENGTH, OUT, N = 288, 200, 4
TINY = ("architecture.hyperparameters.n_filters=4", "architecture.hyperparameters.n_layers=1")
LEARNED = ("loss.weights=learned", "loss.count_weight=1")


def opened(tmp_path: Path, *overrides: str, changes: tuple[tuple[str, str], ...] = ()) -> TorchLearner:
    text = SMALL.read_text(encoding="utf-8").replace("../data-defs", str(SMALL.parent.parent / "data-defs"))
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / SMALL.name
    path.write_text(text, encoding="utf-8")
    learner = open_learner(read(path, [*TINY, *overrides])[0], LENGTH, device="cpu", threads=1)
    assert isinstance(learner, TorchLearner)
    return learner


def batches(count: int, seed: int = 0) -> list[Batch]:
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, 5, (count, N, LENGTH)).astype(np.uint8)
    reads = draw.poisson(0.5, (count, N, OUT, 2)).astype(np.uint8)
    return [Batch(np.arange(N), one, target=(two,)) for one, two in zip(codes, reads, strict=True)]


def train(learner: TorchLearner, count: int, seed: int = 0) -> TorchLearner:
    for batch in batches(count, seed):
        learner.train_step(batch)
    return learner


def test_learned_weights_lie_in_the_model_and_move(tmp_path: Path) -> None:
    learner = opened(tmp_path, *LEARNED)
    assert learner.loss_weights == {}
    train(learner, 3)
    logs = learner.take_logs()
    assert {"loss", "nexus_profile_nll", "nexus_counts_mse", "lw0", "lw1_factor", "lw0_gradient"} <= set(logs)
    weights = learner.weights()
    assert list(weights)[:2] == ["lw0", "lw1"]
    assert weights["lw0"] > 1  # the profile loss is far above where it would rest
    assert logs["lw0_gradient"] < -100
    assert not any(name.startswith("loss.") for name in weights)


def test_the_total_is_that_of_the_logged_values(tmp_path: Path) -> None:
    learner = train(opened(tmp_path, *LEARNED), 1)
    logs = learner.take_logs()
    assert logs["loss"] == pytest.approx((logs["nexus_profile_nll"] + logs["nexus_counts_mse"]) / 2, rel=1e-5)


def test_fixed_weights_freeze_those_of_the_model(tmp_path: Path) -> None:
    learner = train(opened(tmp_path), 2)
    assert learner.loss_weights == {"nexus_profile_nll": 1, "nexus_counts_mse": 10}
    assert learner.weights()["lw0"].tolist() == [1]
    assert learner.summary()["parameters"] - learner.summary()["trainable_parameters"] == 2
    assert [len(names) for names in learner.summary()["optimizers"]] == [2, 7]


def test_another_loss_leaves_them_alone_too(tmp_path: Path) -> None:
    learner = opened(
        tmp_path,
        changes=(
            ("ProfileCountLoss", "BPNetLoss"),
            ('tasks="plus, minus"/>', 'tasks="2"><hyperparameter name="counts_loss_weight">1</hyperparameter></head>'),
            (
                '<hyperparameter name="weights">fixed</hyperparameter>',
                '<hyperparameter name="pseudocount">1</hyperparameter>',
            ),
            ('<hyperparameter name="profile_weight">1</hyperparameter>', ""),
            ('<hyperparameter name="count_weight">10</hyperparameter>', ""),
        ),
    )
    assert train(learner, 2).weights()["lw1"].tolist() == [1]


def test_frozen_weights_neither_step_nor_decay_nor_average(tmp_path: Path) -> None:
    learner = train(opened(tmp_path, *LEARNED, "loss.freeze_below=1000000"), 2)
    learner.end_epoch()
    raw, averaged = learner.model.lw0.detach().clone(), learner.weights()["lw0"]
    assert not learner.model.lw0.requires_grad
    assert not np.array_equal(raw.numpy(), averaged)
    learner.take_logs()
    train(learner, 3, seed=1)
    assert torch.equal(learner.model.lw0.detach(), raw)
    assert np.array_equal(learner.weights()["lw0"], averaged)
    logs = learner.take_logs()
    factors = logs["lw0_factor"], logs["lw1_factor"]
    parts = logs["nexus_profile_nll"], logs["nexus_counts_mse"]
    assert logs["loss"] == pytest.approx(factors[0] * parts[0] + factors[1] * parts[1], rel=1e-5)
    assert logs["lw0_gradient"] == 0
    judged = learner.eval_step(batches(1)[0]).losses
    lw0, lw1 = (float(learner.weights()[name][0]) for name in ("lw0", "lw1"))
    total = judged["nexus_profile_nll"] / (2 * lw0**2) + judged["nexus_counts_mse"] / (2 * lw1**2)
    np.testing.assert_allclose(judged["loss"], total, rtol=1e-5)


@pytest.mark.parametrize("freeze_on", ["last_batch", "epoch_mean"])
@pytest.mark.parametrize("threshold", [0.0, 1e6])
def test_a_training_taken_up_again_ends_in_the_same_bytes(tmp_path: Path, freeze_on: str, threshold: float) -> None:
    options = (
        *LEARNED,
        f"loss.freeze_below={threshold}",
        f"loss.freeze_on={freeze_on}",
        "trainingprocess.ema_warmup=True",
    )
    whole, first, second = (opened(tmp_path, *options) for _ in range(3))
    some = batches(6)
    for learner, part in ((whole, some), (first, some[:3])):
        for number, batch in enumerate(part):
            learner.train_step(batch)
            if number == 1:
                learner.end_epoch()
    folder = tmp_path / "saved"
    folder.mkdir()
    first.save(folder)
    second.load(folder)
    for batch in some[3:]:
        second.train_step(batch)
    for learner in (whole, second):
        learner.end_epoch()
    assert whole.model.lw0.requires_grad == second.model.lw0.requires_grad == (threshold == 0)
    for name, array in whole.weights().items():
        assert np.array_equal(array, second.weights()[name]), name
    ends = [tmp_path / "whole", tmp_path / "second"]
    for learner, end in zip((whole, second), ends, strict=True):
        end.mkdir()
        learner.save(end)
    for file in sorted(path.name for path in ends[0].iterdir()):
        assert (ends[0] / file).read_bytes() == (ends[1] / file).read_bytes(), file


def test_a_learned_weight_that_vanishes_stops_the_training(tmp_path: Path) -> None:
    learner = train(opened(tmp_path, *LEARNED), 1)
    learner.model.lw0.data.fill_(-1.0)
    train(learner, 1)
    with pytest.raises(TrainingError, match="the learned weight 'lw0' became"):
        learner.take_logs()


def test_averages_follow_their_warm_up(tmp_path: Path) -> None:
    learner, plain = (
        opened(tmp_path, "trainingprocess.ema_warmup=True"),
        opened(tmp_path, "trainingprocess.ema_decay=0"),
    )
    expected = plain.weights()
    for step, batch in enumerate(batches(4)):
        learner.train_step(batch)
        plain.train_step(batch)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = {name: decay * expected[name] + (1 - decay) * now for name, now in plain.weights().items()}
    for name, value in learner.weights().items():
        np.testing.assert_allclose(value, expected[name], atol=1e-6, err_msg=name)


def test_averages_may_be_kept_without_being_judged(tmp_path: Path) -> None:
    learner, plain = opened(tmp_path, "trainingprocess.ema_evaluate=False"), opened(tmp_path)
    train(learner, 2)
    train(plain, 2)
    raw = {name: tensor.numpy() for name, tensor in learner.model.state_dict().items()}
    assert all(np.array_equal(value, raw[name]) for name, value in learner.weights().items())
    assert not np.array_equal(plain.weights()["linear.weight"], raw["linear.weight"])
    learner.save(tmp_path)
    assert any("average" in name for file in tmp_path.glob("*.safetensors") for name in load_file(file))


def test_the_precision_of_products_is_put_back(tmp_path: Path) -> None:
    learner, seen = opened(tmp_path, "trainingprocess.matmul_precision=high"), []
    before = torch.get_float32_matmul_precision()
    learner.model.linear.register_forward_hook(lambda *_: seen.append(torch.get_float32_matmul_precision()))
    train(learner, 1)
    learner.eval_step(batches(1)[0])
    assert seen[0] == "high"
    assert torch.get_float32_matmul_precision() == before
    assert learner.summary()["matmul_precision"] == "high"


@pytest.mark.parametrize(("wanted", "dots"), [("high", "tf32"), ("highest", "ieee")])
def test_the_precision_of_products_reaches_the_blocks(tmp_path: Path, wanted: str, dots: str) -> None:
    """What a kernel would multiply, asked for while a block computes: forward, backward, and judging."""
    overrides = (f"trainingprocess.matmul_precision={wanted}", "trainingprocess.ema_evaluate=False")
    learner, seen = opened(tmp_path, *overrides), []
    block = learner.model.blocks[0]
    block.register_forward_hook(lambda *_: seen.append(cheri_ops.meant("")))
    block.register_full_backward_hook(lambda *_: seen.append(cheri_ops.meant("")))
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest" if wanted == "high" else "high")
    try:
        train(learner, 1)
        learner.eval_step(batches(1)[0])
    finally:
        torch.set_float32_matmul_precision(before)
    assert seen == [dots] * 3


def test_bf16_stays_close(tmp_path: Path) -> None:
    exact, rough = opened(tmp_path), opened(tmp_path, "trainingprocess.precision=bf16")
    losses = [train(learner, 3).take_logs()["loss"] for learner in (exact, rough)]
    assert losses[0] == pytest.approx(losses[1], rel=0.01)
