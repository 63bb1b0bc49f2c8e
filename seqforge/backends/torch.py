# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The learner on PyTorch: device, precision, accumulation, clipping, optimizers, averaged weights behind `Learner`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from seqforge.architectures.base import InputSpec
from seqforge.architectures.parts import misfits
from seqforge.backends import torch_files
from seqforge.backends.base import SIZES, Evaluated, process_memory
from seqforge.backends.torch_compiled import Compiled
from seqforge.backends.torch_models import Nets, build
from seqforge.backends.torch_proof import layers, prove
from seqforge.backends.torch_tensors import (
    ARRAYS,
    RUNNING,
    TARGETS,
    OneHot,
    array,
    each,
    in_words,
    on_device,
    predicted,
)
from seqforge.backends.torch_updates import Updates
from seqforge.callbacks.averaged_weights import decay_at
from seqforge.data.dataset import Batch
from seqforge.errors import BackendError, RunError, first_line
from seqforge.experiment import Experiment
from seqforge.registry import PYTORCH
from seqforge.training.process import TrainingProcess

__all__ = ["TorchLearner", "learner", "limit", "prove"]

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_WORD = 2**64 - 1
OutOfMemory: type[Exception] = getattr(torch, "OutOfMemoryError", torch.cuda.OutOfMemoryError)


def learner(
    experiment: Experiment, length: int | None, device: str = "auto", threads: int | None = None
) -> TorchLearner:
    """A learner for inputs of `length` positions (None: any) on `device`: "auto" (a GPU if any), "cpu", "cuda:1".

    `threads` limits the CPU threads of this process. Raises BackendError for what this machine cannot do.
    """
    if threads is not None:
        limit(threads)
    return TorchLearner(experiment, experiment.spec(length), find_device(device))


def limit(threads: int) -> None:
    """Limit the CPU threads of this process."""
    torch.set_num_threads(threads)


def find_device(wanted: str) -> torch.device:
    """The device called `wanted`, or a BackendError that names those present."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        present = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
        raise BackendError(
            f"device '{wanted}' is not usable here; expected auto or one of {', '.join(present)}"
        ) from None
    return device


class Fed(NamedTuple):
    """A batch on the device.

    `inputs` of the model: one-hot sequences, and controls (n, track, position) if there are any; or arrays, None for
    those that the batch has not. `target` None: none;
    `weight` (n,) None: all 1; `peaks` (n,) bool, where the loss tells peaks from background.
    """

    inputs: tuple[torch.Tensor | None, ...]
    target: Any
    weight: torch.Tensor | None
    peaks: torch.Tensor | None


class TorchLearner:
    """`Learner` on PyTorch. All randomness of a training step is a function of (seed, number of the step)."""

    def __init__(self, experiment: Experiment, spec: InputSpec, device: torch.device):
        trains = experiment.architecture.trainable
        if experiment.loss is None or (trains and experiment.process is None):
            raise BackendError("training on PyTorch needs a loss and a training process")
        self._loss = experiment.loss
        self._process = experiment.process or TrainingProcess(batch_size=experiment.batch_size, epochs=1)
        self._architecture, self._seed, self._device = experiment.architecture, experiment.seed, device
        self._classes = len(experiment.labels)
        targets = experiment.task.targets
        self._target_form = targets if targets in ARRAYS else self._loss.target
        layout = experiment.architecture.layout(PYTORCH)
        self._spec, self._layout = spec, layout
        self._guard: Callable[[], AbstractContextManager[Any]] = getattr(self._architecture, "guard", nullcontext)
        self._input = OneHot(experiment.alphabet, experiment.unknown, layout, experiment.encoding, device)
        self._nets = Nets(build(experiment, spec).to(device), _on(device, self._loss.torch()))
        self._average = copy.deepcopy(self._nets) if self._process.ema_decay is not None else None
        self._run = Compiled(self._process.compile, self._process.batch_size)
        self._updates = Updates(
            experiment.optimizers, self._nets.parameters(), self._process, _scaler(self), self._nets.frozen()
        )
        self._metrics = {
            metric.name: RUNNING[metric.name, experiment.task.targets]
            for metric in experiment.metrics
            if (metric.name, experiment.task.targets) in RUNNING
        }
        self._step = self._pending_steps = self._pending_examples = self._logged = self._followed = 0
        self._sums: dict[str, torch.Tensor] = {}
        self._parts = list(self._loss.weights())  # in this order in every step, also in those that are traced
        self.loss_weights = self._loss.weights()

    @property
    def device(self) -> torch.device:
        return self._device

    @property
    def precision(self) -> str:
        return self._process.precision

    @property
    def model(self) -> torch.nn.Module:
        """The module being trained."""
        return self._nets.model

    # training

    def train_step(self, batch: Batch) -> None:
        self._nets.train(True)
        fed = self._feed(batch)
        with self._products():
            self._train(fed, len(batch))
        self._step += 1

    def _train(self, fed: Fed, examples: int) -> None:
        if self._updates.needs_closure:
            self._step_with_closure(fed, examples)
            return
        self._updates.scaler.scale(self._objective(fed, examples)).backward()
        self._pending_steps += 1
        self._pending_examples += examples
        if self._pending_steps == self._process.gradient_accumulation:
            self._update()

    def end_epoch(self) -> None:
        if self._pending_steps:
            self._update()
        if hasattr(self._nets.loss, "end_epoch"):
            self._nets.loss.end_epoch()
            if self._average is not None:
                self._average.loss.restore(self._nets.loss.state())  # type: ignore[attr-defined]

    @contextmanager
    def _products(self) -> Iterator[None]:
        """Matrix products of fp32 as the training process says; the process' own setting is put back."""
        wanted, before = self._process.matmul_precision, torch.get_float32_matmul_precision()
        if wanted is None or wanted == before:
            yield
            return
        torch.set_float32_matmul_precision(wanted)
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(before)

    def _update(self) -> None:
        """One step from the gradients of all pending batches, as the mean over all their examples."""
        alone = self._process.gradient_accumulation == 1
        self._updates.step(1.0 if alone else self._process.batch_size / self._pending_examples)
        self._pending_steps = self._pending_examples = 0
        self._follow()

    def _step_with_closure(self, fed: Fed, examples: int) -> None:
        logs = [True]

        def closure() -> torch.Tensor:
            self._updates.forget_gradients()
            objective = self._objective(fed, examples, bool(logs and logs.pop()))
            objective.backward()
            self._updates.clip()
            return objective

        self._updates.step_with(closure)
        self._follow()

    def _objective(self, fed: Fed, examples: int, log: bool = True) -> torch.Tensor:
        """The weighted sum of losses over a fixed divisor: the batch's size; when accumulating, the full batch size."""
        _start_drawing(self._device, _mixed(self._seed, self._step))
        output = self._forward(self._nets, fed)
        losses, sizes = self._losses(self._nets, output, fed)
        if fed.weight is not None:
            losses = {name: vector * fed.weight for name, vector in losses.items()}
        if sizes is not None:
            losses = {name: vector * sizes for name, vector in losses.items()}
        if log:
            self._log(losses, output, fed.target, examples, sizes)
        if sizes is not None:  # the mean over elements, as the mean over as many examples
            losses = {"loss": losses["loss"] * (examples / sizes.sum().clamp(min=1))}
        divisor = examples if self._process.gradient_accumulation == 1 else self._process.batch_size
        total, penalty = losses["loss"].sum(), self._penalty()
        return (total if penalty is None else total + penalty * examples) / divisor

    def _losses(self, nets: Nets, output: Any, fed: Fed) -> tuple[dict[str, Any], torch.Tensor | None]:
        """Vectors (n,) by name, and over how many elements they are means; None: examples count alike.

        A loss without a total of its own is the sum of its parts, weighted.
        """
        peaks = () if fed.peaks is None else (fed.peaks,)
        named = _named(nets.loss(output, fed.target, *peaks))
        sizes = named.pop(SIZES, None)
        if "loss" in named:
            return named, sizes
        parts = torch.stack([named[name] for name in self.loss_weights], dim=1)
        return {"loss": parts @ on_device(self._factors, self._device), **named}, sizes

    @property
    def loss_weights(self) -> dict[str, float]:
        return dict(zip(self._parts, self._factors.tolist(), strict=True))

    @loss_weights.setter
    def loss_weights(self, weights: dict[str, float]) -> None:
        self._factors = np.array([weights[name] for name in self._parts], np.float32)

    def _penalty(self) -> Any:
        """What the regularizers of the model add to the mean loss: its `penalty()`, if it has one."""
        penalty = getattr(self._nets.model, "penalty", None)
        return penalty() if callable(penalty) else None

    def _forward(self, nets: Nets, fed: Fed) -> Any:
        """The output in float32, computed in the declared precision."""
        with self._guard(), self._memory(), self._autocast():
            output = self._run(nets.model, fed.inputs)
        return each(torch.Tensor.float, output)

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(self._device.type, dtype=DTYPES[self.precision])

    @contextmanager
    def _memory(self) -> Iterator[None]:
        try:
            yield
        except OutOfMemory as error:
            raise BackendError(
                f"out of memory on {self._device} with batch_size {self._process.batch_size} ({first_line(error)}); "
                "reduce batch_size and raise gradient_accumulation by the same factor"
            ) from None

    def _follow(self) -> None:
        """The averaged weights move towards the new ones: a ← δ·a + (1 − δ)·p; buffers are copied, frozen ones stay."""
        if self._average is None or self._process.ema_decay is None:
            return
        decay = decay_at(self._followed, self._process.ema_decay, self._process.ema_warmup)
        self._followed += 1
        pairs = list(zip(self._average.tensors().values(), self._nets.tensors().values(), strict=True))
        with torch.no_grad():
            moving = [pair for pair in pairs if pair[1].requires_grad]
            torch._foreach_lerp_([pair[0] for pair in moving], [pair[1] for pair in moving], 1 - decay)
            for averaged, now in pairs:
                if not isinstance(now, torch.nn.Parameter):
                    averaged.copy_(now)

    def _feed(self, batch: Batch) -> Fed:
        target = None if batch.target is None else each(self._target, batch.target)
        weight = None if batch.weight is None else on_device(batch.weight, self._device)
        label = batch.label if self._loss.reads_peaks else None
        peaks = None if label is None else on_device(label, self._device).bool()
        return Fed(tuple(self._inputs(batch)), target, weight, peaks)

    def _inputs(self, batch: Batch) -> list[torch.Tensor | None]:
        if self._architecture.reads:
            arrays = batch.arrays or {}
            found = [arrays.get(name) for name in self._architecture.reads]
            return [None if one is None else on_device(one, self._device) for one in found]
        if batch.sequence is None:
            raise BackendError("the data has no sequences, the model is fed nothing else")
        inputs: list[torch.Tensor | None] = [self._input(batch.sequence)]
        if batch.control is not None:
            inputs.append(on_device(batch.control, self._device).transpose(1, 2))
        return inputs

    def _target(self, target: np.ndarray) -> torch.Tensor:
        return TARGETS[self._target_form](on_device(target, self._device), self._classes)

    # judging

    @property
    def _judged(self) -> Nets:
        """What is evaluated and written: the averages, if there are any and they count."""
        return self._average if self._average is not None and self._process.ema_evaluate else self._nets

    def eval_step(self, batch: Batch) -> Evaluated:
        nets = self._judged
        nets.train(False)
        with torch.inference_mode(), self._products():
            fed = self._feed(batch)
            output = self._forward(nets, fed)
            losses, sizes = ({}, None) if fed.target is None else self._losses(nets, output, fed)
            prediction = predicted(self._loss.prediction, output)
        named = {name: array(vector) for name, vector in losses.items()}
        return Evaluated(each(array, prediction), named, None if sizes is None else array(sizes))

    def _log(
        self, losses: Mapping[str, Any], output: Any, target: Any, examples: int, sizes: torch.Tensor | None
    ) -> None:
        """Add one batch to the running sums, on the device."""
        with torch.no_grad():
            rows = dict(losses) | ({} if sizes is None else {SIZES: sizes})
            if self._metrics and isinstance(output, torch.Tensor):
                prediction = predicted(self._loss.prediction, output)
                rows |= {name: metric(prediction, target) for name, metric in self._metrics.items()}
            for name, vector in rows.items():
                total = vector.detach().sum(dtype=self._sum_type)
                self._sums[name] = self._sums[name] + total if name in self._sums else total
        self._logged += examples

    @property
    def _sum_type(self) -> torch.dtype:
        return torch.float32 if self._device.type == "mps" else torch.float64

    def take_logs(self) -> dict[str, float]:
        if not self._sums:
            return {}
        if hasattr(self._nets.loss, "judge"):
            self._nets.loss.judge()
        totals = dict(zip(self._sums, torch.stack(list(self._sums.values())).tolist(), strict=True))
        weight = totals.get(SIZES, self._logged)
        logs = {name: total / weight if weight else 0.0 for name, total in totals.items() if name != SIZES}
        found = logs | ({SIZES: weight} if SIZES in totals else {})
        self._sums, self._logged = {}, 0
        return found

    @property
    def learning_rates(self) -> list[float]:
        return self._updates.learning_rates

    @learning_rates.setter
    def learning_rates(self, rates: list[float]) -> None:
        self._updates.learning_rates = rates

    # weights and files

    def weights(self) -> dict[str, np.ndarray]:
        return {name: array(tensor) for name, tensor in self._judged.tensors().items()}

    def set_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        given = {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}
        for nets in filter(None, (self._nets, self._average)):
            _assign(nets.tensors(), given)

    def save(self, folder: Path) -> None:
        state = {
            "steps": [self._step, self._pending_steps, self._pending_examples, self._logged, self._followed],
            "sums": self._sums,
            "optimizers": [optimizer.state_dict() for optimizer in self._updates.optimizers],
            "scaler": self._updates.scaler.state_dict(),
            "average": None if self._average is None else self._average.tensors(),
            "gradients": self._gradients(),
            "loss_weights": self.loss_weights,
            "loss": self._nets.loss.state() if hasattr(self._nets.loss, "state") else None,
        }
        torch_files.write(folder, self._nets.tensors(), state)

    def load(self, folder: Path) -> None:
        weights, state = torch_files.read(folder)
        if len(state["optimizers"]) != len(self._updates.optimizers) or (state["average"] is None) != (
            self._average is None
        ):
            raise RunError(f"{folder}: saved with other optimizers or another ema_decay")
        _assign(self._nets.tensors(), weights)
        if self._average is not None:
            _assign(self._average.tensors(), state["average"])
        for optimizer, saved in zip(self._updates.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self._updates.scaler.load_state_dict(state["scaler"])
        self.loss_weights = state["loss_weights"]
        self._step, self._pending_steps, self._pending_examples, self._logged, self._followed = state["steps"]
        for nets in filter(None, (self._nets, self._average) if state["loss"] else ()):
            nets.loss.restore(state["loss"])  # type: ignore[attr-defined]
        self._sums = {name: total.to(self._device) for name, total in state["sums"].items()}
        for name, parameter in self._nets.parameters().items():
            gradient = state["gradients"].get(name)
            parameter.grad = None if gradient is None else gradient.to(self._device)

    def _gradients(self) -> dict[str, torch.Tensor]:
        parameters = self._nets.parameters().items()
        return {name: parameter.grad for name, parameter in parameters if parameter.grad is not None}

    def peak_memory(self) -> int:
        if self._device.type != "cuda":
            return process_memory()
        torch.cuda.synchronize(self._device)
        return torch.cuda.max_memory_allocated(self._device)

    @property
    def kernels(self) -> dict[str, Any]:
        """Which settings kernels of this process ran with, and where these come from; {} where none ran."""
        from seqforge.kernels import cheri_tuning

        return cheri_tuning.record()

    def summary(self) -> dict[str, Any]:
        tensors = self._nets.tensors().values()
        parameters = [tensor for tensor in tensors if isinstance(tensor, torch.nn.Parameter)]
        total = sum(tensor.numel() for tensor in tensors)
        count = sum(tensor.numel() for tensor in parameters)
        return {
            "parameters": count,
            "trainable_parameters": sum(tensor.numel() for tensor in parameters if tensor.requires_grad),
            "buffers": total - count,
            "layers": layers(self._nets.model, self._architecture, self._spec),
            "device": str(self._device),
            "device_name": in_words(self._device),
            "precision": self.precision,
            "optimizers": self._updates.owned,
            "unused": self._nets.unused,
            "matmul_precision": self._process.matmul_precision or torch.get_float32_matmul_precision(),
            "versions": {"torch": torch.__version__, "numpy": np.__version__}
            | ({"cuda": torch.version.cuda} if self._device.type == "cuda" else {}),
        }


def _on(device: torch.device, loss: Any) -> Any:
    return loss.to(device) if isinstance(loss, torch.nn.Module) else loss


def _scaler(learner: TorchLearner) -> torch.amp.GradScaler:
    """The loss scaler of fp16; switched off for the other precisions."""
    if learner.precision == "fp16" and learner.device.type != "cuda":
        raise BackendError(f"precision fp16 needs a CUDA device, this is {learner.device.type}; use precision bf16")
    return torch.amp.GradScaler(learner.device.type, enabled=learner.precision == "fp16")


def _mixed(seed: int, step: int) -> int:
    """A 63-bit seed for one step, far from those of its neighbours (splitmix64, Steele et al. 2014)."""
    mixed = ((seed << 32) + step) * 0x9E3779B97F4A7C15 & _WORD
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ mixed >> shift) * factor & _WORD
    return (mixed ^ mixed >> 31) >> 1


def _start_drawing(device: torch.device, seed: int) -> None:
    """Seed the generators of CPU and device; torch.manual_seed queues a call for every absent device, at every step."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index or 0].manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


def _named(losses: Any) -> dict[str, torch.Tensor]:
    return dict(losses) if isinstance(losses, Mapping) else {"loss": losses}


def _assign(tensors: Mapping[str, torch.Tensor], given: Mapping[str, torch.Tensor]) -> None:
    """Copy `given` into `tensors` by name; RunError with every name or shape that does not fit."""
    wrong = misfits({name: tuple(tensor.shape) for name, tensor in tensors.items()}, given)
    if wrong:
        raise RunError(f"weights do not fit the model: {'; '.join(wrong)}")
    with torch.no_grad():
        for name, tensor in tensors.items():
            tensor.copy_(given[name])
