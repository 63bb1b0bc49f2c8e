# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Shapes before numbers: what each sub-module puts out, and a proof on the meta device that input and labels fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import torch

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.architectures.pytorch_module import TorchModule, sentence
from seqforge.backends import outputs
from seqforge.backends.assignment import misfit
from seqforge.backends.torch_models import Nets, build
from seqforge.backends.torch_updates import Updates
from seqforge.definitions.reader import errors
from seqforge.errors import BackendError, Problem, SeqForgeError
from seqforge.experiment import Experiment
from seqforge.registry import PYTORCH

EXAMPLES = 2  # pushed through: a view to a fixed size then shows as a wrong number of rows
DEVICES = ("meta", "cpu")  # nothing is allocated on meta; modules that compute with values while building need cpu

Row = tuple[str, str, tuple[int, ...] | None, int]


class Trace:
    """Follows a forward pass: `shapes` of what each sub-module put out, `open` the ones not yet left."""

    def __init__(self) -> None:
        self.shapes: dict[str, Any] = {}
        self.open: list[tuple[str, torch.nn.Module, Any]] = []

    @contextmanager
    def follow(self, model: torch.nn.Module) -> Iterator[None]:
        hooks = []
        for name, module in model.named_modules():
            hooks.append(module.register_forward_pre_hook(self._enter(name)))
            hooks.append(module.register_forward_hook(self._leave(name)))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _enter(self, name: str) -> Callable[..., None]:
        def hook(module: torch.nn.Module, inputs: Any) -> None:
            self.open.append((name, module, _shape(inputs[0]) if inputs else None))

        return hook

    def _leave(self, name: str) -> Callable[..., None]:
        def hook(module: torch.nn.Module, inputs: Any, output: Any) -> None:
            self.open.pop()
            self.shapes[name] = _shape(output)

        return hook


def _shape(value: Any) -> tuple[int, ...] | None:
    """The shape of a tensor, or of the first one in a tuple."""
    if isinstance(value, (tuple, list)) and value:
        return _shape(value[0])
    return tuple(value.shape) if isinstance(value, torch.Tensor) else None


def layers(model: torch.nn.Module, architecture: Architecture, spec: InputSpec) -> list[Row]:
    """(name, type, output shape without the examples' axis, own parameters) of every sub-module that computes.

    The shape is None where it is not known: an input of any length, or a sub-module that `forward` does not call.
    """
    trace = Trace()
    if spec.length is not None:
        _push_quietly(model, architecture, spec, trace)
    return [_row(name, module, trace.shapes.get(name)) for name, module in model.named_modules() if _computes(module)]


def _push_quietly(model: torch.nn.Module, architecture: Architecture, spec: InputSpec, trace: Trace) -> None:
    """Follow one pass in evaluation mode; a failure leaves shapes unknown, for a summary never stops a training."""
    device = next((tensor.device for tensor in model.state_dict().values()), torch.device("cpu"))
    mode = model.training
    try:
        with torch.inference_mode(), trace.follow(model.eval()):
            model(*_examples(architecture, spec, device))
    except Exception:
        return
    finally:
        model.train(mode)


def _computes(module: torch.nn.Module) -> bool:
    return not list(module.children()) or bool(list(module.parameters(recurse=False)))


def _row(name: str, module: torch.nn.Module, shape: tuple[int, ...] | None) -> Row:
    own = sum(parameter.numel() for parameter in module.parameters(recurse=False))
    return name, type(module).__name__, None if shape is None else shape[1:], own


def prove(experiment: Experiment) -> list[Problem]:
    """What is wrong with the shapes of the architecture for the declared input and labels; no data is needed."""
    spec, place = experiment.spec(), experiment.definition.architecture.place
    problems = experiment.architecture.check(spec)
    if not errors(problems):
        problems = [*problems, *_proof(experiment, spec)]
    return [problem if problem.place.file else replace(problem, place=place) for problem in problems]


def _proof(experiment: Experiment, spec: InputSpec) -> list[Problem]:
    if spec.length is None and not experiment.architecture.reads:
        return _built(experiment, spec)
    found: list[Problem] = []
    for device in DEVICES:
        found = _push(experiment, spec, device)
        if not found:
            break
    return found


def _built(experiment: Experiment, spec: InputSpec) -> list[Problem]:
    """Without a length nothing can be pushed through; a module of the user's is built all the same."""
    place = experiment.definition.architecture.place
    message = "the input has no single known length, so the shapes inside the architecture are not proven"
    try:
        if isinstance(experiment.architecture, TorchModule):
            build(experiment, spec)
    except SeqForgeError as error:
        return [Problem(place, "SF0501", str(error))]
    return [Problem(place, "SF0504", message, severity="note")]


def _push(experiment: Experiment, spec: InputSpec, device: str) -> list[Problem]:
    """Build on `device`, push two examples through, and compare what comes out with (examples, labels)."""
    place, trace = experiment.definition.architecture.place, Trace()
    architecture = experiment.architecture
    shape: tuple[int | None, ...] = () if architecture.reads else spec.shape(architecture.layout(PYTORCH))
    try:
        with torch.device(device):
            model = build(experiment, spec).eval()
            with trace.follow(model), getattr(architecture, "guard", nullcontext)():
                output = model(*_examples(architecture, spec, torch.device(device)))
    except SeqForgeError as error:
        return [Problem(place, "SF0501", _failure(trace, shape) + str(error))]
    except Exception as error:  # whatever a layer raises becomes one line
        return [Problem(place, "SF0501", _failure(trace, shape) + _reason(error))]
    return _judge(experiment, spec, output) or _update_problems(experiment, model, output)


def _examples(architecture: Architecture, spec: InputSpec, device: torch.device) -> list[torch.Tensor | None]:
    """Two examples of nothing: the arrays that it reads; or sequences, and controls (n, track, position) if any."""
    if architecture.reads:
        arrays = architecture.example(spec)
        return [torch.from_numpy(arrays[name]).to(device) if name in arrays else None for name in architecture.reads]
    layout = architecture.layout(PYTORCH)
    shapes = [spec.shape(layout), *([(spec.controls, spec.length)] if spec.controls else [])]
    return [torch.zeros(EXAMPLES, *shape, device=device) for shape in shapes]


def _failure(trace: Trace, shape: tuple[int | None, ...]) -> str:
    """Where the pass stopped: the innermost sub-module entered and not left, and what it received."""
    if not trace.open:
        return ""
    name, module, received = trace.open[-1]
    if not name and not shape:
        return "the architecture cannot take an example of its input: "
    if not name:
        return f"the architecture cannot take an input of shape {_written((EXAMPLES, *shape))}: "
    return f"sub-module '{name}' ({module!s}) cannot take an input of shape {_written(received)}: "


def _reason(error: Exception) -> str:
    return sentence(str(error)) or type(error).__name__


def _written(shape: tuple[int | None, ...] | None) -> str:
    return "(unknown)" if shape is None else f"({', '.join(map(str, shape))})"


def _judge(experiment: Experiment, spec: InputSpec, output: Any) -> list[Problem]:
    """Rows must be examples, columns labels; heads have profiles and log counts."""
    place, wanted = experiment.definition.architecture.place, (EXAMPLES, spec.outputs)
    if spec.heads:
        several = output if isinstance(output, (list, tuple)) else [output]
        found = [tuple(one.shape[1:]) for one in several if isinstance(one, torch.Tensor)]
        return outputs.judge(experiment.architecture, spec, found, place)
    if experiment.architecture.reads:
        return _judge_arrays(experiment, spec, output)
    if not isinstance(output, torch.Tensor):
        message = f"the architecture returns a {type(output).__name__}, expected a tensor of shape (examples, labels)"
        return [Problem(place, "SF0502", message)]
    shape = tuple(output.shape)
    if shape == wanted:
        return []
    if shape[:1] != (EXAMPLES,):
        message = f"the architecture puts out {shape[0] if shape else 'no'} rows for {EXAMPLES} examples"
        hint = f"a view to a fixed size inside it does not fit inputs of length {spec.length}; flatten with start_dim=1"
        return [Problem(place, "SF0502", message, hint)]
    if len(shape) == 2:
        message = f"the architecture puts out {shape[1]} columns, the definition has {spec.outputs} labels"
        return [Problem(place, "SF0502", message, f"give its last layer {spec.outputs} outputs or mend the labels")]
    received = f"the architecture puts out {_written(shape)} for {EXAMPLES} examples"
    return [Problem(place, "SF0502", f"{received}, expected {_written(wanted)}")]


def _judge_arrays(experiment: Experiment, spec: InputSpec, output: Any) -> list[Problem]:
    """The first output against what the architecture says of itself."""
    place, wanted, found = (
        experiment.definition.architecture.place,
        experiment.architecture.output_shape(spec),
        _shape(output),
    )
    if wanted is None or found is None or found == (EXAMPLES, *wanted):
        return []
    received = f"the architecture puts out {_written(found)} for {EXAMPLES} examples"
    return [Problem(place, "SF0502", f"{received}, expected {_written((EXAMPLES, *wanted))}")]


def _update_problems(experiment: Experiment, model: torch.nn.Module, output: Any) -> list[Problem]:
    """What keeps the first step from being made: optimizers that do not fit the parameters, an output without any."""
    if experiment.loss is None or experiment.process is None:
        return []
    definition, no_scaler = experiment.definition, torch.amp.GradScaler("cpu", enabled=False)
    nets = Nets(model, experiment.loss.torch())
    try:
        Updates(experiment.optimizers, nets.parameters(), experiment.process, no_scaler, nets.frozen())
    except BackendError as error:
        return [misfit(error, definition)]
    several = output if isinstance(output, (list, tuple)) else [output]
    if any(one is not None and one.requires_grad for one in several):
        return []
    message = "the architecture's output does not depend on any trainable parameter, so nothing can be learned"
    return [Problem(definition.architecture.place, "SF0507", message, "look for detach, no_grad or a constant in it")]
