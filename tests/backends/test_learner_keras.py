# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The Keras learner: steps, clipping, accumulation, averages, penalties, state, on the engine of KERAS_BACKEND."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_experiments import CONVOLUTION, batches, experiment

from seqforge.backends.keras import learner, prove
from seqforge.data.dataset import Batch
from seqforge.errors import BackendError, RunError

pytestmark = pytest.mark.keras

DENSE = (("Flatten", {}), ("Dense", {"units": "3", "activation": "softmax"}))
DROPPED = (*CONVOLUTION, ("Dropout", {"rate": "0.5"}), ("BatchNormalization", {}), *DENSE[1:])


def flat(weights: dict[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([array.ravel() for array in weights.values()])


def test_starts_with_the_weights_of_the_architecture():
    built = experiment()
    ours = learner(built, 30)
    expected = built.architecture.weights(built.spec(30))
    assert list(ours.weights()) == list(expected)
    for name, array in ours.weights().items():
        np.testing.assert_array_equal(array, expected[name])


def test_learns_and_reports():
    ours = learner(experiment(optimizers=(("Adam", {"learning_rate": 0.02}, None),)), 30)
    seen = []
    for _ in range(12):
        for batch in batches():
            ours.train_step(batch)
        ours.end_epoch()
        seen.append(ours.take_logs())
    assert set(seen[0]) == {"loss", "accuracy"}
    assert seen[-1]["loss"] < 0.5 * seen[0]["loss"]
    assert ours.take_logs() == {}


def test_evaluation():
    ours = learner(experiment(), 30)
    batch = batches(1)[0]
    judged = ours.eval_step(batch)
    assert judged.prediction.shape == (8, 3)
    assert judged.prediction.dtype == np.float32
    np.testing.assert_allclose(judged.prediction.sum(axis=1), 1, rtol=1e-5)
    chosen = judged.prediction[np.arange(8), batch.target]
    np.testing.assert_allclose(judged.losses["loss"], -np.log(chosen), rtol=1e-5)
    alone = ours.eval_step(Batch(batch.index, batch.sequence))
    assert alone.losses == {}
    np.testing.assert_array_equal(alone.prediction, judged.prediction)


def gradient_of(before: dict[str, np.ndarray], after: dict[str, np.ndarray], rate: float) -> dict[str, np.ndarray]:
    """Of a step of plain SGD."""
    return {name: (before[name] - after[name]) / rate for name in before}


def stepped(batch: Batch, **options) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Weights before and after one step of SGD with learning rate 1."""
    clip = options.pop("clip", {})
    ours = learner(experiment(optimizers=(("SGD", {"learning_rate": 1.0, **clip}, None),), **options), 30)
    before = ours.weights()
    ours.train_step(batch)
    return before, ours.weights()


@pytest.mark.parametrize("where", ["optimizer", "process"])
@pytest.mark.parametrize("kind", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_clipping_is_the_formula(kind: str, where: str):
    batch = batches(1)[0]
    plain = gradient_of(*stepped(batch), 1.0)
    limit = {"clipnorm": 0.1, "clipvalue": 0.01, "global_clipnorm": 0.2}[kind]
    options = {"clip": {kind: limit}} if where == "optimizer" else {kind: limit}
    clipped = gradient_of(*stepped(batch, **options), 1.0)
    total = np.linalg.norm(flat(plain))
    assert total > 0.2
    for name, gradient in plain.items():
        expected = {
            "clipnorm": gradient * min(1, limit / max(np.linalg.norm(gradient), 1e-30)),
            "clipvalue": np.clip(gradient, -limit, limit),
            "global_clipnorm": gradient * limit / total,
        }[kind]
        np.testing.assert_allclose(clipped[name], expected, rtol=1e-3, atol=1e-6)


def test_accumulation_is_one_big_batch():
    """Two steps of 4 and the rest of 3 give what batches of 8 and 3 give."""
    whole = batches(1, size=11)[0]
    parts = [Batch(whole.index[s], whole.sequence[s], whole.target[s]) for s in np.split(np.arange(11), [4, 8])]
    big = [Batch(whole.index[s], whole.sequence[s], whole.target[s]) for s in np.split(np.arange(11), [8])]
    accumulated = learner(experiment(gradient_accumulation=2, batch_size=4), 30)
    plain = learner(experiment(batch_size=8), 30)
    for ours, given in ((accumulated, parts), (plain, big)):
        for batch in given:
            ours.train_step(batch)
        ours.end_epoch()
    np.testing.assert_allclose(flat(accumulated.weights()), flat(plain.weights()), rtol=1e-5, atol=1e-6)


def test_example_weights():
    batch = batches(1)[0]
    heavy = Batch(batch.index, batch.sequence, batch.target, np.array([2, 0] * 4, np.float32))
    half = Batch(batch.index[::2], batch.sequence[::2], batch.target[::2])
    np.testing.assert_allclose(flat(stepped(heavy)[1]), flat(stepped(half)[1]), rtol=1e-5, atol=1e-6)


def test_averaged_weights():
    decay = 0.8
    ours, plain = learner(experiment(ema_decay=decay), 30), learner(experiment(), 30)
    expected = flat(plain.weights())
    for batch in batches(3):
        ours.train_step(batch)
        plain.train_step(batch)
        expected = decay * expected + (1 - decay) * flat(plain.weights())
        np.testing.assert_allclose(flat(ours.weights()), expected, rtol=1e-5, atol=1e-6)
    assert not np.allclose(ours.eval_step(batches(1)[0]).prediction, plain.eval_step(batches(1)[0]).prediction)


def test_penalties_move_the_weights():
    layers = (("Flatten", {}), ("Dense", {"units": "3", "activation": "softmax", "kernel_regularizer": "L2(l2=0.1)"}))
    batch = batches(1)[0]
    plain, penalised = learner(experiment(*DENSE), 30), learner(experiment(*layers), 30)
    before = plain.weights()
    for ours in (plain, penalised):
        ours.train_step(batch)
    difference = plain.weights()["dense.kernel"] - penalised.weights()["dense.kernel"]
    np.testing.assert_allclose(difference, 0.1 * 2 * 0.1 * before["dense.kernel"], rtol=1e-3, atol=1e-6)


def test_several_optimizers():
    uses = (("SGD", {"learning_rate": 0.5}, "dense*"), ("Adam", {"learning_rate": 0.01}, None))
    ours = learner(experiment(optimizers=uses), 30)
    assert ours.learning_rates == [0.5, 0.01]
    before = ours.weights()
    ours.learning_rates = [0.25, 0.0]
    ours.train_step(batches(1)[0])
    after = ours.weights()
    assert np.array_equal(before["conv1d.kernel"], after["conv1d.kernel"])
    assert not np.array_equal(before["dense.kernel"], after["dense.kernel"])
    assert ours.learning_rates == [0.25, 0.0]
    with pytest.raises(BackendError, match="matches no trainable parameter"):
        learner(experiment(optimizers=(("SGD", {}, "nothing*"), ("SGD", {}, None))), 30)


def test_frozen_layers_stay():
    layers = (*CONVOLUTION[:3], ("Dense", {"units": "3", "activation": "softmax"}))
    frozen = (("Conv1D", {**CONVOLUTION[0][1], "trainable": "False"}), *layers[1:])
    ours = learner(experiment(*frozen), 30)
    before = ours.weights()
    ours.train_step(batches(1)[0])
    assert np.array_equal(before["conv1d.kernel"], ours.weights()["conv1d.kernel"])
    summary = ours.summary()
    assert summary["parameters"] - summary["trainable_parameters"] == 5 * 4 * 6 + 6


@pytest.mark.parametrize(
    "process",
    [
        {"ema_decay": 0.9, "gradient_accumulation": 3},
        pytest.param({}, marks=pytest.mark.slow),
        pytest.param({"ema_decay": 0.9}, marks=pytest.mark.slow),
        pytest.param({"gradient_accumulation": 3}, marks=pytest.mark.slow),
    ],
)
def test_resumes_to_the_same_bytes(process: dict, tmp_path: Path):
    """Save after 4 of 8 steps, in the middle of an accumulation, with dropout; a new learner continues."""
    built = experiment(*DROPPED, optimizers=(("Adam", {"learning_rate": 0.01}, None),), **process)
    given = batches(8)
    first = learner(built, 30)
    for batch in given[:4]:
        first.train_step(batch)
    first.learning_rates = [0.005]
    first.eval_step(given[0])
    first.save(tmp_path)
    for batch in given[4:]:
        first.train_step(batch)
    second = learner(built, 30)
    second.load(tmp_path)
    assert second.learning_rates == [0.005]
    for batch in given[4:]:
        second.train_step(batch)
    assert first.take_logs() == second.take_logs()
    for name, array in first.weights().items():
        assert array.tobytes() == second.weights()[name].tobytes(), name
    assert not list(tmp_path.glob("*.pkl"))


def test_state_of_another_model_is_refused(tmp_path: Path):
    learner(experiment(), 30).save(tmp_path)
    with pytest.raises(RunError, match="saved by another model"):
        learner(experiment(*DENSE), 30).load(tmp_path)
    with pytest.raises(RunError, match="no readable state"):
        learner(experiment(), 30).load(tmp_path / "nothing")


def test_set_weights_names_what_does_not_fit():
    ours = learner(experiment(*DENSE), 30)
    given = ours.weights()
    given["dense.kernel"] = np.zeros((2, 2), np.float32)
    given["other"] = given.pop("dense.bias")
    with pytest.raises(RunError) as caught:
        ours.set_weights(given)
    assert "'dense.bias' is missing" in str(caught.value)
    assert "'other' is unknown" in str(caught.value)
    assert "'dense.kernel' has shape (2, 2), expected (120, 3)" in str(caught.value)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_low_precision(precision: str):
    ours = learner(experiment(precision=precision, optimizers=(("Adam", {"learning_rate": 0.02}, None),)), 30)
    logs = []
    for _ in range(6):
        for batch in batches():
            ours.train_step(batch)
        logs.append(ours.take_logs()["loss"])
    assert logs[-1] < logs[0]
    assert all(array.dtype == np.float32 for array in ours.weights().values())
    full = learner(experiment(), 30)
    full.set_weights(ours.weights())
    batch = batches(1)[0]
    np.testing.assert_allclose(ours.eval_step(batch).prediction, full.eval_step(batch).prediction, atol=0.03)


def test_overflow_leaves_the_weights_alone():
    """With fp16 a step whose gradients overflow is left out and the scale is halved."""
    ours = learner(experiment(precision="fp16"), 30)
    batch = batches(1)[0]
    before, scale = ours.weights(), ours._updates.scale
    huge = Batch(batch.index, batch.sequence, batch.target, np.full(8, 1e30, np.float32))
    ours.train_step(huge)
    assert np.array_equal(flat(before), flat(ours.weights()))
    assert float(scale.value.numpy()) == 2.0**15


def test_two_dimensions_and_multi_label():
    layers = (
        ("Conv2D", {"filters": "4", "kernel_size": "(1, 5)", "activation": "relu", "input_shape": "(1, 30, 4)"}),
        ("Flatten", {}),
        ("Dense", {"units": "3", "activation": "sigmoid"}),
    )
    built = experiment(
        *layers,
        encoding="2D",
        task="multi-label classification",
        loss=("binary_crossentropy", {}),
        optimizers=(("Adam", {"learning_rate": 0.02}, None),),
    )
    ours = learner(built, 30)
    logs = []
    for _ in range(5):
        for batch in batches(targets="multi-hot"):
            ours.train_step(batch)
        logs.append(ours.take_logs())
    assert logs[-1]["loss"] < logs[0]["loss"]
    assert {"accuracy", "label_accuracy"} <= set(logs[0])


def test_logits_become_probabilities():
    layers = (("Flatten", {}), ("Dense", {"units": "3"}))
    ours = learner(experiment(*layers, loss=("sparse_categorical_crossentropy", {"from_logits": True})), 30)
    np.testing.assert_allclose(ours.eval_step(batches(1)[0]).prediction.sum(axis=1), 1, rtol=1e-5)


def test_any_length():
    layers = (
        ("Conv1D", {"filters": "4", "kernel_size": "5", "input_shape": "(None, 4)"}),
        ("GlobalMaxPool1D", {}),
        ("Dense", {"units": "3", "activation": "softmax"}),
    )
    ours = learner(experiment(*layers, length=None), None)
    for length in (20, 33):
        ours.train_step(batches(1, length=length)[0])
        assert ours.eval_step(batches(1, length=length)[0]).prediction.shape == (8, 3)


def test_a_gpu_is_called_by_its_number_and_name(monkeypatch):
    engine = learner(experiment(), 30)._engine
    if hasattr(engine, "tf"):
        monkeypatch.setattr(engine.tf.config, "list_physical_devices", lambda kind: ["first", "second"])
        details = {"first": {"device_name": "NVIDIA H200"}, "second": {}}
        monkeypatch.setattr(engine.tf.config.experimental, "get_device_details", details.__getitem__)
        assert [engine.in_words(name) for name in ("gpu:0", "gpu:1")] == ["cuda:0 NVIDIA H200", "cuda:1"]
    else:
        monkeypatch.setattr(engine.torch.cuda, "get_device_name", {0: "NVIDIA H200"}.__getitem__)
        assert engine.in_words("cuda:0") == "cuda:0 NVIDIA H200"


def test_summary():
    summary = learner(experiment(*DROPPED), 30).summary()
    kinds = [kind for _, kind, _, _ in summary["layers"]]
    assert kinds == ["Conv1D", "MaxPooling1D", "Flatten", "Dense", "Dropout", "BatchNormalization", "Dense"]
    assert summary["buffers"] == 16
    assert summary["parameters"] == 126 + 48 * 8 + 8 + 16 + 27
    assert summary["layers"][0] == ("conv1d", "Conv1D", (26, 6), 126)
    assert (summary["device_name"], summary["precision"]) == ("CPU", "fp32")
    assert {"keras", "numpy"} < set(summary["versions"])


def test_what_keras_cannot_do():
    with pytest.raises(BackendError, match="gradient_checkpointing works on PyTorch only"):
        learner(experiment(gradient_checkpointing=True), 30)
    with pytest.raises(BackendError, match="device 'cuda:7' is not usable here; expected auto or one of cpu"):
        learner(experiment(), 30, device="cuda:7")


def test_shape_proof():
    assert prove(experiment()) == []
    problems = prove(experiment(("Flatten", {}), ("Dense", {"units": "5"})))
    assert [problem.id for problem in problems] == ["SF0523"]
