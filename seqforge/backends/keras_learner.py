# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The learner on Keras: one-hot, losses, accumulation, clipping, averaged weights behind `Learner`, on any engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from seqforge.architectures.base import InputSpec
from seqforge.architectures.parts import misfits
from seqforge.backends import keras_files
from seqforge.backends.base import Evaluated, process_memory
from seqforge.backends.keras_models import build, named_weights, rows
from seqforge.backends.keras_updates import Updates
from seqforge.data.dataset import Batch
from seqforge.errors import BackendError, RunError
from seqforge.experiment import Experiment
from seqforge.registry import KERAS

TARGETS: Mapping[str, Callable[[Any, int], Any]] = {
    "index": lambda target, classes: ops.cast(target, "int32"),
    "one-hot": lambda target, classes: ops.one_hot(ops.cast(target, "int32"), classes, dtype="float32"),
    "multi-hot": lambda target, classes: ops.cast(target, "float32"),
    "values": lambda target, classes: ops.cast(target, "float32"),
    "profiles": lambda target, classes: ops.cast(target, "float32"),
}

PREDICTIONS: Mapping[str, Callable[[Any], Any]] = {
    "identity": lambda output: output,
    "softmax": lambda output: ops.softmax(output, axis=-1),
    "sigmoid": ops.sigmoid,
    "exp": ops.exp,
    "positive": lambda output: ops.cast(output > 0, output.dtype),
}

# running metrics of the training set by (metric, form of the task's targets): f(prediction, target) → (n,)
RUNNING: Mapping[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("accuracy", "index"): lambda prediction, target: ops.argmax(prediction, axis=1) == ops.cast(target, "int32"),
    ("accuracy", "multi-hot"): lambda prediction, target: ops.all((prediction > 0.5) == (target > 0.5), axis=1),
    ("label_accuracy", "multi-hot"): lambda prediction, target: ops.mean(
        ops.cast((prediction > 0.5) == (target > 0.5), "float32"), axis=1
    ),
    ("mean_squared_error", "values"): lambda prediction, target: ops.mean(ops.square(prediction - target), axis=1),
}


class KerasLearner:
    """`Learner` on Keras. All randomness of training lies in the seed generators of its layers, which are saved."""

    def __init__(self, experiment: Experiment, spec: InputSpec, engine: Any, device: str):
        if experiment.loss is None or experiment.process is None:
            raise BackendError("training on Keras needs a loss and a training process")
        if experiment.process.gradient_checkpointing:
            raise BackendError("gradient_checkpointing works on PyTorch only; remove it from the training process")
        self._experiment, self._spec, self._engine, self._device = experiment, spec, engine, device
        self._loss, self._process = experiment.loss, experiment.process
        self._metrics = {
            metric.name: RUNNING[metric.name, experiment.task.targets]
            for metric in experiment.metrics
            if (metric.name, experiment.task.targets) in RUNNING
        }
        with keras.device(device):
            self._open()
        self._steps = self._pending_examples = self._pending_steps = self._logged = 0
        self._names: list[str] = []
        self._sums: Any = None
        self._averaged = False  # whether the model holds the averaged weights at the moment
        self._parts = list(self._loss.weights())  # in this order in every step, also in those that are traced
        self.loss_weights = self._loss.weights()

    def _open(self) -> None:
        self._table = ops.convert_to_tensor(self._experiment.alphabet.vectors(self._experiment.unknown))
        self.model = build(self._experiment.architecture, self._spec, self._process.precision)
        self._loss_function = self._loss.keras()
        parts = [self.model, *([self._loss_function] if isinstance(self._loss_function, keras.layers.Layer) else [])]
        self._weights = [
            w for part, prefix in zip(parts, ("", "loss."), strict=False) for w in named_weights(part, prefix)
        ]
        trainable = {id(variable) for part in parts for variable in part.trainable_variables}
        owned = {weight.name: weight.variable for weight in self._weights if id(weight.variable) in trainable}
        self._variables = [variable for part in parts for variable in part.variables]
        self._updates = Updates(self._experiment.optimizers, owned, self._process, self._engine)
        self._trainable = self._updates.variables
        self._average = self._copies("average") if self._process.ema_decay is not None else []
        self._gradients = self._copies("gradient") if self._process.gradient_accumulation > 1 else []
        compiled = self._engine.compiled
        self._whole, self._gather = compiled(self._train_whole), compiled(self._train_gather)
        self._apply, self._judge = compiled(self._train_apply), compiled(self._evaluate)
        self._predict, self._swap = compiled(self._predictions), compiled(self._exchange)

    def _copies(self, name: str) -> list[Any]:
        """A variable like each trainable one: with its value for averages, else zero."""
        return [
            keras.Variable(
                ops.copy(variable.value) if name == "average" else ops.zeros(variable.shape),
                dtype=variable.dtype,
                trainable=False,
                name=name,
            )
            for variable in self._trainable
        ]

    @property
    def device(self) -> str:
        return self._device

    @property
    def precision(self) -> str:
        return self._process.precision

    # training

    def train_step(self, batch: Batch) -> None:
        with keras.device(self._device):
            self._use(averaged=False)
            step = self._whole if self._process.gradient_accumulation == 1 else self._gather
            self._log(step(*self._feed(batch)), len(batch))
            self._steps += 1
            if self._gradients:
                self._pending_steps += 1
                self._pending_examples += len(batch)
                if self._pending_steps == self._process.gradient_accumulation:
                    self._update()

    def end_epoch(self) -> None:
        if self._pending_steps:
            with keras.device(self._device):
                self._update()

    def _update(self) -> None:
        """One step from the gradients of all pending batches, as the mean over all their examples."""
        self._use(averaged=False)
        self._apply(self._engine.tensor(np.float32(self._process.batch_size / self._pending_examples)))
        self._pending_steps = self._pending_examples = 0

    def _train_whole(self, codes: Any, target: Any, weight: Any, factors: Any) -> Any:
        sums, gradients = self._differentiate(codes, target, weight, factors, ops.cast(ops.shape(codes)[0], "float32"))
        self._updates.step(gradients)
        self._engine.update(self._follow)
        return sums

    def _train_gather(self, codes: Any, target: Any, weight: Any, factors: Any) -> Any:
        sums, gradients = self._differentiate(codes, target, weight, factors, float(self._process.batch_size))
        self._engine.update(lambda: _add(self._gradients, gradients))
        return sums

    def _train_apply(self, factor: Any) -> Any:
        self._updates.step([gathered.value for gathered in self._gradients], factor)
        self._engine.update(self._forget)
        self._engine.update(self._follow)
        return factor

    def _forget(self) -> None:
        for gathered in self._gradients:
            gathered.assign(ops.zeros_like(gathered.value))

    def _follow(self) -> None:
        """The averaged weights move towards the new ones: a ← δ·a + (1 − δ)·p."""
        decay = self._process.ema_decay or 0.0
        for averaged, now in zip(self._average, self._trainable, strict=False):
            averaged.assign(averaged.value * decay + now.value * (1 - decay))

    def _differentiate(self, codes: Any, target: Any, weight: Any, factors: Any, divisor: Any) -> tuple[Any, list[Any]]:
        """Running sums of this batch, and the gradients of its weighted loss over `divisor`, penalties included."""

        def objective() -> tuple[Any, Any]:
            output = self._forward(codes, training=True)
            losses = self._losses(output, target, weight, factors)
            value = ops.sum(losses["loss"])
            penalties = [ops.cast(penalty, "float32") for penalty in self.model.losses]
            if penalties:
                value = value + ops.sum(ops.stack(penalties)) * ops.cast(ops.shape(codes)[0], "float32")
            return self._updates.scaled(value / divisor), self._row_sums(losses, output, target)

        sums, gradients = self._engine.gradients(objective, self._trainable)
        return sums, gradients

    def _forward(self, codes: Any, training: bool) -> Any:
        output = self.model(self._one_hot(codes), training=training)
        return keras.tree.map_structure(lambda part: ops.cast(part, "float32"), output)

    def _one_hot(self, codes: Any) -> Any:
        """uint8 codes (n, length) → float32 (n, length, letter), or (n, 1, length, letter) for 2D."""
        x = ops.take(self._table, ops.cast(codes, "int32"), axis=0)
        if self._experiment.architecture.layout(KERAS) == "NCL":
            x = ops.transpose(x, (0, 2, 1))
            return x if self._spec.encoding == "1D" else ops.expand_dims(x, 2)
        return x if self._spec.encoding == "1D" else ops.expand_dims(x, 1)

    def _losses(self, output: Any, target: Any, weight: Any, factors: Any) -> dict[str, Any]:
        """Vectors (n,) by name, each example's times its weight; `factors` of a weighted sum, as `loss_weights`."""
        form = TARGETS[self._loss.target]
        shaped = keras.tree.map_structure(lambda part: form(part, self._spec.outputs), target)
        found = self._loss_function(output, shaped)
        named = dict(found) if isinstance(found, Mapping) else {"loss": found}
        if "loss" not in named:
            total = ops.sum(ops.stack([named[name] for name in self.loss_weights], axis=1) * factors, axis=1)
            named = {"loss": total, **named}
        return {name: ops.cast(vector, "float32") * weight for name, vector in named.items()}

    def _row_sums(self, losses: Mapping[str, Any], output: Any, target: Any) -> Any:
        """(log,) the sums over the batch of what `take_logs` reports, in float64."""
        found = dict(losses)
        if self._metrics and not isinstance(output, (Mapping, list, tuple)):
            prediction = PREDICTIONS[self._loss.prediction](output)
            found |= {name: metric(prediction, target) for name, metric in self._metrics.items()}
        self._names = list(found)
        return ops.stack([ops.sum(ops.cast(vector, "float64")) for vector in found.values()])

    def _log(self, sums: Any, examples: int) -> None:
        sums = ops.stop_gradient(sums)
        self._sums = sums if self._sums is None else self._sums + sums
        self._logged += examples

    def take_logs(self) -> dict[str, float]:
        if self._sums is None:
            return {}
        totals = ops.convert_to_numpy(self._sums) / self._logged
        self._sums, self._logged = None, 0
        return {name: float(total) for name, total in zip(self._names, totals, strict=True)}

    @property
    def learning_rates(self) -> list[float]:
        return self._updates.learning_rates

    @learning_rates.setter
    def learning_rates(self, rates: list[float]) -> None:
        self._updates.learning_rates = rates

    @property
    def loss_weights(self) -> dict[str, float]:
        return dict(zip(self._parts, self._factors.tolist(), strict=True))

    @loss_weights.setter
    def loss_weights(self, weights: dict[str, float]) -> None:
        self._factors = np.array([weights[name] for name in self._parts], np.float32)

    # judging

    def eval_step(self, batch: Batch) -> Evaluated:
        with keras.device(self._device):
            self._use(averaged=True)
            codes, target, _, factors = self._feed(batch)
            if target is None:
                return Evaluated(_array(self._predict(codes)), {})
            prediction, losses = self._judge(codes, target, factors)
        return Evaluated(_array(prediction), {name: _array(vector) for name, vector in losses.items()})

    def predict_with(self, part: Any) -> None:
        """From now on predictions are those of `part`, a part of the model that shares its weights."""
        self.model = part
        self._predict = self._engine.compiled(self._predictions)

    def _predictions(self, codes: Any) -> Any:
        return self._predicted(self._forward(codes, training=False))

    def _evaluate(self, codes: Any, target: Any, factors: Any) -> tuple[Any, dict[str, Any]]:
        output = self._forward(codes, training=False)
        return self._predicted(output), self._losses(output, target, 1.0, factors)

    def _predicted(self, output: Any) -> Any:
        return keras.tree.map_structure(PREDICTIONS[self._loss.prediction], output)

    def _feed(self, batch: Batch) -> tuple[Any, Any, Any, Any]:
        """Codes, target (None without one), weight and the factors of the loss on the device."""
        if batch.sequence is None:
            raise BackendError("the data has no sequences, the model is fed nothing else")
        tensor = self._engine.tensor
        target = None if batch.target is None else keras.tree.map_structure(tensor, batch.target)
        weight = np.ones(len(batch), np.float32) if batch.weight is None else batch.weight
        return tensor(batch.sequence), target, tensor(weight), tensor(self._factors)

    def _use(self, averaged: bool) -> None:
        """Put the averaged or the trained weights into the model, where they are not there already."""
        if self._average and averaged != self._averaged:
            self._swap()
            self._averaged = averaged

    def _exchange(self) -> None:
        def swap() -> None:
            for averaged, now in zip(self._average, self._trainable, strict=True):
                other = ops.copy(averaged.value)
                averaged.assign(ops.copy(now.value))
                now.assign(other)

        self._engine.update(swap)

    # weights and files

    def weights(self) -> dict[str, np.ndarray]:
        self._use(averaged=True)
        return {weight.name: weight.array() for weight in self._weights}

    def set_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        wrong = [*misfits({weight.name: weight.shape for weight in self._weights}, weights)]
        if wrong:
            raise RunError(f"weights do not fit the model: {', '.join(wrong)}")
        self._use(averaged=False)
        for weight in self._weights:
            weight.assign(np.asarray(weights[weight.name]))
        for averaged, now in zip(self._average, self._trainable, strict=False):
            averaged.assign(now.value)

    def save(self, folder: Path) -> None:
        self._use(averaged=False)
        arrays = {name: np.array(ops.convert_to_numpy(variable.value)) for name, variable in self._state().items()}
        if self._sums is not None:
            arrays["sums"] = np.array(ops.convert_to_numpy(self._sums))
        counts = [self._steps, self._pending_steps, self._pending_examples, self._logged]
        state = {"counts": counts, "names": self._names, "rates": self.learning_rates}
        keras_files.write(folder, arrays, state | {"loss_weights": self.loss_weights})

    def load(self, folder: Path) -> None:
        arrays, state = keras_files.read(folder)
        sums = arrays.pop("sums", None)
        wanted = self._state()
        wrong = [*misfits({name: tuple(variable.shape) for name, variable in wanted.items()}, arrays)]
        if wrong:
            raise RunError(f"{folder}: saved by another model or process: {', '.join(wrong[:5])}")
        with keras.device(self._device):
            self._averaged = False
            for name, variable in wanted.items():
                variable.assign(arrays[name])
            self._sums = None if sums is None else ops.convert_to_tensor(sums)
        self._steps, self._pending_steps, self._pending_examples, self._logged = state["counts"]
        self._names = state["names"]
        self._updates.keep_rates(state["rates"])
        self.loss_weights = state["loss_weights"]

    def _state(self) -> dict[str, Any]:
        """Every variable by a name that is the same in every process."""
        rooms: dict[str, Sequence[Any]] = {
            "model": self._variables,
            "optimizer": self._updates.state,
            "average": self._average,
            "gradient": self._gradients,
        }
        return {f"{room}/{number:05d}": item for room, items in rooms.items() for number, item in enumerate(items)}

    def training_warnings(self, batch: Batch) -> list[str]:
        """What the architecture finds wrong with training on `batch` and others like it."""
        with keras.device(self._device):
            codes, *_ = self._feed(batch)
            return self._experiment.architecture.training_warnings(self.model, self._one_hot(codes))

    def peak_memory(self) -> int:
        if self._sums is not None:
            ops.convert_to_numpy(self._sums)  # waits for the device
        return process_memory() if self._device.startswith("cpu") else self._engine.peak_memory(self._device)

    def summary(self) -> dict[str, Any]:
        sizes = {id(weight.variable): int(np.prod(weight.shape)) for weight in self._weights}
        buffers = {id(v) for v in self._buffers()}
        count = sum(size for key, size in sizes.items() if key not in buffers)
        return {
            "parameters": count,
            "trainable_parameters": sum(int(np.prod(variable.shape)) for variable in self._trainable),
            "buffers": sum(sizes.values()) - count,
            "layers": rows(self.model),
            "device": self._device,
            "device_name": self._engine.in_words(self._device),
            "precision": self.precision,
            "versions": {"keras": keras.__version__, "numpy": np.__version__, **self._engine.VERSIONS},
        }

    def _buffers(self) -> list[Any]:
        """Weights that no optimizer could ever train: moving statistics."""
        layers = self.model._flatten_layers(include_self=True, recursive=True)
        return [variable for layer in layers for variable in layer._non_trainable_variables]


def _add(totals: Sequence[Any], parts: Sequence[Any]) -> None:
    for total, part in zip(totals, parts, strict=True):
        total.assign(total.value + part)


def _array(tensor: Any) -> Any:
    """A copy in NumPy, or a dict or tuple of them."""
    if isinstance(tensor, (list, tuple)):
        return tuple(map(_array, tensor))
    if isinstance(tensor, Mapping):
        return {name: _array(part) for name, part in tensor.items()}
    return np.array(ops.convert_to_numpy(tensor))
