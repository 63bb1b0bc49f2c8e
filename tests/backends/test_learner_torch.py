# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The learner on PyTorch: steps, accumulation, logs, judging, states on disk."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from small_experiments import batches, experiment
from torch import nn

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.architectures.basset import Basset
from seqforge.architectures.convnet import ConvNet
from seqforge.architectures.deepsea import DeepSEA
from seqforge.backends import open_learner
from seqforge.backends.torch import TorchLearner, find_device
from seqforge.backends.torch_tensors import OneHot, in_words
from seqforge.data.dataset import Batch
from seqforge.data.encodings import DNA
from seqforge.errors import BackendError, DefinitionError, RunError
from seqforge.experiment import Experiment
from seqforge.losses.base import Loss
from seqforge.registry import PYTORCH, classes

pytestmark = pytest.mark.torch

LENGTH = 30
CROSS_ENTROPY = ("CrossEntropyLoss", {})
NOISY = ConvNet(descriptor="conv6n-bn6-do02-gmp-fc5-do05")
PLAIN = ConvNet(descriptor="conv6n-gmp-fc5")


def small(architecture: Architecture = PLAIN, **settings: Any) -> Experiment:
    return experiment(architecture=architecture, **({"library": PYTORCH, "loss": CROSS_ENTROPY} | settings))


def opened(one: Experiment, length: int | None = LENGTH) -> TorchLearner:
    learner = open_learner(one, length, device="cpu")
    assert isinstance(learner, TorchLearner)
    return learner


def train(learner: TorchLearner, some: list[Batch]) -> None:
    for batch in some:
        learner.train_step(batch)


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return list(one) == list(other) and all(np.array_equal(one[name], other[name]) for name in one)


def gradients_by_hand(one: Experiment, some: list[Batch]) -> dict[str, torch.Tensor]:
    """The gradient of the weighted mean loss over all examples of `some`, from the initial weights."""
    model = one.architecture.torch(one.spec(LENGTH))
    codes = np.concatenate([batch.sequence for batch in some])
    inputs = torch.from_numpy(DNA.vectors()[codes].transpose(0, 2, 1).copy())
    target = torch.from_numpy(np.concatenate([batch.target for batch in some]))
    weight = np.concatenate([np.ones(len(batch)) if batch.weight is None else batch.weight for batch in some])
    losses = nn.functional.cross_entropy(model(inputs), target, reduction="none")
    (losses * torch.from_numpy(weight)).sum().div(len(codes)).backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def moved(one: Experiment, learner: TorchLearner) -> dict[str, np.ndarray]:
    """What plain SGD with rate 0.1 took from the initial weights, divided by the rate: the gradient."""
    before = opened(one).weights()
    return {name: (before[name] - after) / 0.1 for name, after in learner.weights().items()}


# input


@pytest.mark.parametrize(
    ("layout", "encoding", "shape"),
    [("NCL", "1D", (2, 4, 3)), ("NLC", "1D", (2, 3, 4)), ("NCL", "2D", (2, 4, 1, 3)), ("NLC", "2D", (2, 1, 3, 4))],
)
def test_one_hot_layouts(layout: str, encoding: str, shape: tuple[int, ...]) -> None:
    codes = np.array([[0, 3, 4], [2, 1, 1]], np.uint8)
    codes.flags.writeable = False
    tensor = OneHot(DNA, "uniform", layout, encoding, torch.device("cpu"))(codes)
    assert tensor.shape == shape
    assert tensor.dtype == torch.float32
    assert tensor.is_contiguous()
    expected = np.array([[[1, 0, 0, 0], [0, 0, 0, 1], [0.25] * 4], [[0, 0, 1, 0], [0, 1, 0, 0], [0, 1, 0, 0]]])
    squeezed = tensor.numpy().reshape([size for size in shape if size != 1])
    assert np.array_equal(squeezed if layout == "NLC" else squeezed.transpose(0, 2, 1), expected)


def test_unknown_letters_as_zeros() -> None:
    tensor = OneHot(DNA, "zeros", "NLC", "1D", torch.device("cpu"))(np.array([[4]], np.uint8))
    assert tensor.tolist() == [[[0, 0, 0, 0]]]


# seeds


def test_initial_weights_follow_from_the_seed_alone() -> None:
    torch.manual_seed(1)
    first = opened(small()).weights()
    torch.rand(100)
    assert same(first, opened(small()).weights())
    other = opened(dataclasses.replace(small(), seed=8)).weights()
    assert not same(first, other)


def test_opening_a_learner_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    opened(small())
    assert torch.equal(torch.rand(4), expected)


def test_training_is_the_same_whatever_is_drawn_between_steps() -> None:
    first, second = opened(small(NOISY)), opened(small(NOISY))
    for batch in batches(3):
        first.train_step(batch)
        torch.rand(7)
        second.train_step(batch)
    assert same(first.weights(), second.weights())


# steps


def test_a_step_is_the_gradient_of_the_mean_loss() -> None:
    one, some = small(), batches(1)
    learner = opened(one)
    train(learner, some)
    found = moved(one, learner)
    for name, gradient in gradients_by_hand(one, some).items():
        np.testing.assert_allclose(found[name], gradient.numpy(), atol=2e-6, err_msg=name)


def test_weights_of_examples_count() -> None:
    weight = np.linspace(0, 2, 8, dtype=np.float32)
    one, some = small(), [dataclasses.replace(batches(1)[0], weight=weight)]
    learner = opened(one)
    train(learner, some)
    found = moved(one, learner)
    for name, gradient in gradients_by_hand(one, some).items():
        np.testing.assert_allclose(found[name], gradient.numpy(), atol=2e-6, err_msg=name)


def test_accumulation_is_one_step_over_all_examples() -> None:
    one = small(gradient_accumulation=3)
    some = [*batches(2), *batches(1, size=3, seed=5)]
    learner = opened(one)
    train(learner, some[:2])
    assert same(learner.weights(), opened(one).weights())
    train(learner, some[2:])
    found = moved(one, learner)
    for name, gradient in gradients_by_hand(one, some).items():
        np.testing.assert_allclose(found[name], gradient.numpy(), atol=2e-6, err_msg=name)


def test_the_end_of_an_epoch_applies_what_is_pending() -> None:
    one, some = small(gradient_accumulation=3), batches(1)
    learner = opened(one)
    train(learner, some)
    learner.end_epoch()
    after = learner.weights()
    found = moved(one, learner)
    for name, gradient in gradients_by_hand(one, some).items():
        np.testing.assert_allclose(found[name], gradient.numpy(), atol=2e-6, err_msg=name)
    learner.end_epoch()
    assert same(after, learner.weights())


def test_training_learns() -> None:
    learner = opened(small(optimizers=(("Adam", {"learning_rate": 0.02}, None),)))
    some = batches(5, size=32)
    train(learner, some)
    first = learner.take_logs()["loss"]
    for _ in range(30):
        train(learner, some)
    learner.take_logs()
    train(learner, some)
    assert learner.take_logs()["loss"] < 0.7 * first


def test_several_optimizers_own_their_parameters() -> None:
    optimizers = (("SGD", {"learning_rate": 0.5}, "0.*"), ("Adam", {"learning_rate": 0.25}, None))
    one = small(optimizers=optimizers)
    learner = opened(one)
    assert learner.learning_rates == [0.5, 0.25]
    learner.learning_rates = [1e-9, 0.25]
    assert learner.learning_rates == [1e-9, 0.25]
    before = learner.weights()
    train(learner, batches(1))
    change = {name: np.abs(after - before[name]).max() for name, after in learner.weights().items()}
    assert change["0.weight"] < 1e-6
    assert change["5.weight"] > 0.1


def test_a_pattern_that_matches_nothing_is_an_error() -> None:
    with pytest.raises(DefinitionError, match="'stem\\.\\*' matches no trainable parameter"):
        opened(small(optimizers=(("SGD", {}, "stem.*"), ("SGD", {}, None))))


def test_frozen_parameters_belong_to_no_optimizer() -> None:
    class Frozen(Architecture):
        name: ClassVar[str] = "Frozen"

        def torch(self, spec: InputSpec) -> nn.Module:
            model = PLAIN.torch(spec)
            model[0].requires_grad_(False)
            return model

    learner = opened(small(Frozen()))
    before = learner.weights()
    train(learner, batches(2))
    assert np.array_equal(before["0.weight"], learner.weights()["0.weight"])
    summary = learner.summary()
    assert summary["parameters"] - summary["trainable_parameters"] == 4 * 6 * 5 + 6
    with pytest.raises(DefinitionError, match="'0\\.\\*' matches only frozen parameters"):
        opened(small(Frozen(), optimizers=(("SGD", {}, "0.*"), ("SGD", {}, None))))


def test_ema_follows_the_weights_and_is_what_judging_sees() -> None:
    one = small(ema_decay=0.75)
    learner, plain = opened(one), opened(small())
    expected = plain.weights()
    for batch in batches(3):
        learner.train_step(batch)
        plain.train_step(batch)
        expected = {name: 0.75 * expected[name] + 0.25 * now for name, now in plain.weights().items()}
    for name, value in learner.weights().items():
        np.testing.assert_allclose(value, expected[name], atol=1e-6)
    judged = learner.eval_step(batches(1)[0]).prediction
    plain.set_weights(learner.weights())
    assert np.array_equal(judged, plain.eval_step(batches(1)[0]).prediction)


def test_ema_copies_buffers() -> None:
    learner = opened(small(NOISY, ema_decay=0.9))
    train(learner, batches(2))
    tensors = learner.model.state_dict()
    assert np.array_equal(learner.weights()["1.running_mean"], tensors["1.running_mean"].numpy())


# precision and memory


def test_bf16_stays_close_to_fp32() -> None:
    exact, rough = opened(small(precision="fp32")), opened(small(precision="bf16"))
    for learner in (exact, rough):
        train(learner, batches(5))
    first, second = exact.take_logs()["loss"], rough.take_logs()["loss"]
    assert first != second
    assert abs(first - second) < 0.02
    assert all(value.dtype == np.float32 for value in rough.weights().values())
    assert rough.eval_step(batches(1)[0]).prediction.dtype == np.float32


def test_fp16_needs_a_gpu() -> None:
    with pytest.raises(BackendError, match="fp16 needs a CUDA device, this is cpu; use precision bf16"):
        opened(small(precision="fp16"))


def test_unknown_device_is_named() -> None:
    with pytest.raises(BackendError, match="device 'gpu' is not usable here; expected auto or one of cpu"):
        find_device("gpu")


def test_gradient_checkpointing_changes_no_number() -> None:
    architecture = DeepSEA()
    plain, saving = small(architecture, length=180), small(architecture, length=180, gradient_checkpointing=True)
    some = batches(2, size=2, length=180)
    first, second = opened(plain, 180), opened(saving, 180)
    for learner in (first, second):
        train(learner, some)
    assert second.model.gradient_checkpointing
    assert same(first.weights(), second.weights())


def test_gradient_checkpointing_needs_a_module_that_has_it() -> None:
    with pytest.raises(BackendError, match="architecture ConvNet has no gradient checkpointing"):
        opened(small(gradient_checkpointing=True))


# LBFGS


def needs(name: str) -> None:
    if name not in [cls.name for cls in classes("optimizers", PYTORCH)]:
        pytest.skip(f"no optimizer {name}")


def test_lbfgs_steps_with_a_closure_over_its_batch() -> None:
    needs("LBFGS")
    optimizers = (("LBFGS", {"max_iter": 5}, None),)
    learner = opened(small(optimizers=optimizers, ema_decay=0.0))
    batch = batches(1, size=32)[0]
    train(learner, [batch] * 6)
    logs = learner.take_logs()
    assert learner.eval_step(batch).losses["loss"].mean() < 0.8 * logs["loss"]


@pytest.mark.parametrize("settings", [{"gradient_accumulation": 2}, {"optimizers": 2}])
def test_lbfgs_refuses_what_a_closure_cannot_do(settings: dict[str, Any]) -> None:
    needs("LBFGS")
    two = (("LBFGS", {}, "0.*"), ("SGD", {}, None)) if settings.pop("optimizers", 1) == 2 else (("LBFGS", {}, None),)
    with pytest.raises(BackendError, match="LBFGS evaluates one batch several times"):
        opened(small(optimizers=two, **settings))


# logs and judging


def test_logs_are_means_over_examples_and_start_anew() -> None:
    learner = opened(small(optimizers=(("SGD", {"learning_rate": 1e-12}, None),)))
    some = [*batches(1, size=8), *batches(1, size=2, seed=9)]
    rows = [learner.eval_step(batch) for batch in some]
    train(learner, some)
    losses = np.concatenate([row.losses["loss"] for row in rows])
    right = np.concatenate([row.prediction.argmax(1) == batch.target for row, batch in zip(rows, some, strict=True)])
    logs = learner.take_logs()
    assert logs["loss"] == pytest.approx(losses.mean(), abs=1e-6)
    assert logs["accuracy"] == pytest.approx(right.mean())
    assert learner.take_logs() == {}


def test_a_broken_loss_shows_in_the_logs() -> None:
    learner = opened(small())
    learner.set_weights({name: value * np.nan for name, value in learner.weights().items()})
    train(learner, batches(1))
    assert np.isnan(learner.take_logs()["loss"])


CASES = [
    ("multi-class classification", "CrossEntropyLoss"),
    ("multi-class classification", "NLLLoss"),
    ("multi-class classification", "KLDivLoss"),
    ("multi-label classification", "BCEWithLogitsLoss"),
    ("multi-label classification", "MSELoss"),
]
ACTIVATIONS = {
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True),
    "exp": np.exp,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "identity": lambda x: x,
}


@pytest.mark.parametrize(("task", "loss"), CASES)
def test_losses_and_predictions_of_every_form_of_target(task: str, loss: str) -> None:
    one = small(task=task, loss=(loss, {}))
    learner = opened(one)
    batch = batches(1, targets=one.task.targets)[0]
    with torch.no_grad():
        inputs = torch.from_numpy(DNA.vectors()[batch.sequence].transpose(0, 2, 1).copy())
        output = one.architecture.torch(one.spec(LENGTH)).eval()(inputs).numpy().astype(np.float64)
    found = learner.eval_step(batch)
    assert one.loss is not None
    np.testing.assert_allclose(found.prediction, ACTIVATIONS[one.loss.prediction](output), atol=1e-6)
    target = np.eye(3)[batch.target] if one.loss.target == "one-hot" else batch.target
    np.testing.assert_allclose(found.losses["loss"], one.loss.reference(output, target), atol=1e-5)
    learner.train_step(batch)
    assert np.isfinite(list(learner.take_logs().values())).all()


def test_judging_without_targets_gives_predictions_only() -> None:
    found = opened(small()).eval_step(dataclasses.replace(batches(1)[0], target=None))
    assert found.prediction.shape == (8, 3)
    assert found.losses == {}


def test_judging_does_not_disturb_training() -> None:
    first, second = opened(small(NOISY)), opened(small(NOISY))
    for batch in batches(3):
        first.train_step(batch)
        second.train_step(batch)
        second.eval_step(batch)
    assert same(first.weights(), second.weights())


# losses with parts and parameters


@dataclasses.dataclass(frozen=True, kw_only=True)
class Balanced(Loss):
    """Cross-entropy times a learned factor, with a second part beside it."""

    name: ClassVar[str] = "Balanced"
    tasks = ("multi-class classification",)
    libraries = (PYTORCH,)
    output = "logits"
    target = "index"

    def torch(self) -> nn.Module:
        class Module(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.factor = nn.Parameter(torch.ones(()))

            def forward(self, output: torch.Tensor, target: torch.Tensor) -> dict[str, torch.Tensor]:
                each = nn.functional.cross_entropy(output, target, reduction="none")
                size = output.square().mean(1)
                return {"loss": each * self.factor + size, "size": size}

        return Module()

    def keras(self) -> Any:
        raise NotImplementedError

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        raise NotImplementedError


def test_a_loss_may_have_parts_and_parameters(tmp_path: Path) -> None:
    one = dataclasses.replace(small(), loss=Balanced())
    learner = opened(one)
    train(learner, batches(2))
    logs = learner.take_logs()
    assert set(logs) == {"loss", "size", "accuracy"}
    assert learner.weights()["loss.factor"] < 1
    assert set(learner.eval_step(batches(1)[0]).losses) == {"loss", "size"}
    learner.save(tmp_path)
    again = opened(one)
    again.load(tmp_path)
    assert same(again.weights(), learner.weights())


def test_a_penalty_of_the_model_joins_the_objective_only() -> None:
    class Penalised(Architecture):
        name: ClassVar[str] = "Penalised"

        def torch(self, spec: InputSpec) -> nn.Module:
            class Module(nn.Sequential):
                def penalty(self) -> torch.Tensor:
                    return 3 * self[0].bias.sum()

            return Module(*PLAIN.torch(spec))

    plain, penalised = opened(small()), opened(small(Penalised()))
    for learner in (plain, penalised):
        train(learner, batches(1))
    assert plain.take_logs() == penalised.take_logs()
    np.testing.assert_allclose(penalised.weights()["0.bias"], plain.weights()["0.bias"] - 0.3, atol=1e-6)
    assert np.array_equal(penalised.weights()["0.weight"], plain.weights()["0.weight"])


# weights and files


def test_weights_are_copies_and_fit_back() -> None:
    learner = opened(small(NOISY))
    before = learner.weights()
    assert list(before) == list(learner.model.state_dict())
    train(learner, batches(2))
    after = learner.weights()
    assert not same(before, after)
    learner.set_weights(before)
    assert same(learner.weights(), before)


def test_weights_that_do_not_fit_are_all_named() -> None:
    learner = opened(small())
    weights = learner.weights()
    weights["more"] = weights.pop("0.bias")
    weights["0.weight"] = np.zeros((1, 2))
    with pytest.raises(RunError) as caught:
        learner.set_weights(weights)
    for part in ("'0.bias' is missing", "'more' is unknown", "'0.weight' has shape (1, 2), expected (6, 4, 5)"):
        assert part in str(caught.value)


OPTIMIZERS = [cls.name for cls in classes("optimizers", PYTORCH) if not cls.unavailable]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_saved_and_loaded_training_goes_on_to_the_same_bytes(optimizer: str, tmp_path: Path) -> None:
    uses = {
        "LBFGS": (("LBFGS", {"learning_rate": 0.01}, None),),
        "Muon": (("Muon", {}, "[58].weight"), ("SGD", {}, None)),
    }
    accumulation = 1 if optimizer == "LBFGS" else 2
    one = small(
        NOISY,
        optimizers=uses.get(optimizer, ((optimizer, {}, None),)),
        gradient_accumulation=accumulation,
        ema_decay=0.9,
    )
    learner = opened(one)
    some = batches(6)
    train(learner, some[:3])
    learner.save(tmp_path)
    again = opened(one)
    again.load(tmp_path)
    for each in (learner, again):
        train(each, some[3:])
        each.end_epoch()
    assert same(learner.weights(), again.weights())
    assert all(torch.equal(a, b) for a, b in zip(learner.model.parameters(), again.model.parameters(), strict=True))
    assert learner.take_logs() == again.take_logs()


def test_changed_learning_rates_are_saved(tmp_path: Path) -> None:
    learner = opened(small())
    learner.learning_rates = [0.0123]
    learner.save(tmp_path)
    again = opened(small())
    again.load(tmp_path)
    assert again.learning_rates == [0.0123]


def test_saved_files_hold_no_pickle_and_each_tensor_once(tmp_path: Path) -> None:
    learner = opened(small(NOISY))
    train(learner, batches(1))
    learner.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "state.json",
        "state.safetensors",
        "weights.safetensors",
    ]
    assert same(learner.weights(), _ordered(learner, tmp_path))
    json.loads((tmp_path / "state.json").read_text())


def _ordered(learner: TorchLearner, folder: Path) -> dict[str, np.ndarray]:
    found = load_file(folder / "weights.safetensors")
    return {name: found[name] for name in learner.weights()}


def test_another_experiment_or_a_damaged_folder_is_refused(tmp_path: Path) -> None:
    opened(small()).save(tmp_path)
    with pytest.raises(RunError, match="other optimizers or another ema_decay"):
        opened(small(ema_decay=0.9)).load(tmp_path)
    with pytest.raises(RunError, match="weights do not fit the model"):
        opened(small(NOISY)).load(tmp_path)
    (tmp_path / "state.safetensors").write_bytes(b"nothing")
    with pytest.raises(RunError, match="not a complete saved state"):
        opened(small()).load(tmp_path)
    (tmp_path / "state.json").unlink()
    with pytest.raises(RunError, match="not a complete saved state"):
        opened(small()).load(tmp_path)


# the rest


def test_summary_counts_and_lists_layers() -> None:
    summary = opened(small(Basset(), length=200), 200).summary()
    assert summary["parameters"] == summary["trainable_parameters"] == sum(row[3] for row in summary["layers"])
    assert summary["buffers"] == 1403
    assert summary["layers"][0] == ("layer1.0", "Conv1d", (300, 182), 300 * 4 * 19 + 300)
    assert (summary["device"], summary["device_name"], summary["precision"]) == ("cpu", "CPU", "fp32")
    assert summary["versions"]["torch"] == torch.__version__


def test_a_gpu_is_called_by_its_number_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_name", ["NVIDIA H200", "NVIDIA L4"].__getitem__)
    assert [in_words(torch.device(name)) for name in ("cpu", "cuda", "cuda:1", "mps")] == [
        "CPU", "cuda:0 NVIDIA H200", "cuda:1 NVIDIA L4", "mps",
    ]  # fmt: skip


def test_embedded_layers_run(tmp_path: Path) -> None:
    one = experiment(
        ("Conv1D", {"filters": "6", "kernel_size": "5", "activation": "relu", "input_shape": f"({LENGTH}, 4)"}),
        ("GlobalMaxPool1D", {}),
        ("Dense", {"units": "3", "kernel_regularizer": "l2(l2=0.1)"}),
        library=PYTORCH,
        loss=CROSS_ENTROPY,
    )
    learner = opened(one)
    train(learner, batches(4))
    assert learner.take_logs()["loss"] > 0
    assert learner.summary()["layers"]
    learner.save(tmp_path)
    again = opened(one)
    again.load(tmp_path)
    assert same(learner.weights(), again.weights())
