# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""One side of a comparison: `python -m seqforge.twins.side LIBRARY FOLDER` reads the request and writes what it saw."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.architectures.sequential import Sequential, layer_names
from seqforge.backends import open_learner
from seqforge.data.dataset import Batch
from seqforge.errors import BackendError, SeqForgeError
from seqforge.experiment import Experiment, OptimizerUse, read
from seqforge.optimizers.base import CLIPS, Optimizer
from seqforge.parameters import parameters_of
from seqforge.registry import KERAS, PYTORCH, find
from seqforge.twins import FIRST

SAMPLE = 4096  # elements of a weight that are compared after a step
DROPOUTS = ("dropout", "recurrent_dropout")


def main(library: str, folder: Path) -> None:
    request = json.loads((folder / "request.json").read_text())
    experiment = on(library, read(Path(request["definition"]), request["overrides"])[0], request)
    batches = list(_batches(folder))
    assert batches[0].sequence is not None
    learner = open_learner(experiment, batches[0].sequence.shape[1])
    _without_dropout(library, learner)
    _same_weights(learner, folder / "weights.npz")
    found = {f"output|{FIRST}|{name}": array for name, array in outputs(library, learner, experiment, batches[0])}
    losses: list[float] = []
    for number, batch in enumerate(batches, start=1):
        learner.train_step(batch)
        learner.end_epoch()
        losses.append(learner.take_logs()["loss"])
        found |= {f"weight|{number}|{name}": _sample(array) for name, array in learner.weights().items()}
    found["losses"] = np.array(losses)
    np.savez(folder / f"{library}.npz", **found)  # type: ignore[arg-type]


def on(library: str, experiment: Experiment, request: Mapping[str, Any]) -> Experiment:
    """`experiment` as `library` runs it: no dropout, no averages, full precision; losses have both forms."""
    assert experiment.process is not None
    uses = tuple(
        OptimizerUse(_optimizer(use.optimizer, request["optimizer"], library), use.pattern)
        for use in experiment.optimizers
    )
    process = replace(
        experiment.process,
        ema_decay=None,
        precision="fp32",
        gradient_accumulation=1,
        gradient_checkpointing=False,
        compile=False,
    )
    return replace(
        experiment,
        library=library,
        optimizers=uses,
        process=process,
        architecture=_changed(_plain(experiment.architecture), request["change"], library),
    )


def _optimizer(own: Optimizer, name: str | None, library: str) -> Optimizer:
    """The definition's optimizer, or the one called `name`, with the definition's values, as `library` has it."""
    given = {key: value for key, value in own.settings().items() if key in ("learning_rate", *CLIPS)}
    if name is None or name.casefold() == own.name.casefold():
        given, name = _spelt_apart(own.settings()), own.name
    cls = find("optimizers", name, library)
    known = parameters_of(cls)
    lost = [key for key, value in given.items() if key not in known and value]
    spelt = _spelt_together(given, known)
    lost = [key for key in lost if key not in ("beta_1", "beta_2", "epsilon")]
    if lost:
        raise BackendError(f"optimizer {name} has no {lost[0]} on {library}; compare with --optimizer SGD")
    return cls(**spelt)


def _spelt_apart(values: Mapping[str, Any]) -> dict[str, Any]:
    """PyTorch's betas and eps in Keras' spelling."""
    found = dict(values)
    if "betas" in found:
        found["beta_1"], found["beta_2"] = found.pop("betas")
    if "eps" in found:
        found["epsilon"] = found.pop("eps")
    return found


def _spelt_together(values: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """`values` as a class with the parameters `known` takes them."""
    found = dict(values)
    if "betas" in known and "beta_1" in found:
        found["betas"] = (found.pop("beta_1"), found.pop("beta_2"))
    if "eps" in known and "epsilon" in found:
        found["eps"] = found.pop("epsilon")
    return {key: value for key, value in found.items() if key in known}


def _plain(architecture: Any) -> Any:
    """Embedded layers without dropout inside them; that of Dropout layers is switched off in the built model."""
    if not isinstance(architecture, Sequential):
        return architecture
    layers = []
    for layer in architecture.layers:
        off: dict[str, Any] = {name: 0.0 for name in DROPOUTS if hasattr(layer, name)}
        layers.append(replace(layer, **off))
    return replace(architecture, layers=tuple(layers))


def _changed(architecture: Any, change: Mapping[str, Any] | None, library: str) -> Any:
    if not change or change["library"] != library:
        return architecture
    names = layer_names(architecture.layers)
    layers = [
        replace(layer, **change["values"]) if name == change["layer"] else layer
        for name, layer in zip(names, architecture.layers, strict=True)
    ]
    return replace(architecture, layers=tuple(layers))


def _batches(folder: Path) -> Iterator[Batch]:
    with np.load(folder / "batches.npz") as arrays:
        for number in range(len(arrays.files) // 2):
            sequence = arrays[f"sequence {number}"]
            yield Batch(np.arange(len(sequence)), sequence, arrays[f"target {number}"])


def _without_dropout(library: str, learner: Any) -> None:
    if library == PYTORCH:
        for module in learner.model.modules():
            if "Dropout" in type(module).__name__:
                module.p = 0.0
            elif getattr(getattr(module, "layer", None), "name", "") == "Dropout":
                module.layer = replace(module.layer, rate=0.0)
    else:
        for layer in learner.model._flatten_layers():
            if "Dropout" in type(layer).__name__:
                layer.rate = 0.0


def _same_weights(learner: Any, file: Path) -> None:
    """The first side saves its weights, the second one loads them."""
    if file.exists():
        with np.load(file) as arrays:
            learner.set_weights({name: arrays[name] for name in arrays.files})
    else:
        np.savez(file, **learner.weights())


def outputs(library: str, learner: Any, experiment: Experiment, batch: Batch) -> list[tuple[str, np.ndarray]]:
    """(layer, its output in evaluation), channels last, in the order of the model."""
    learner.eval_step(batch)
    return {PYTORCH: _torch_outputs, KERAS: _keras_outputs}[library](learner, experiment, batch)


def _torch_outputs(learner: Any, experiment: Experiment, batch: Batch) -> list[tuple[str, np.ndarray]]:
    import torch

    seen: list[tuple[str, np.ndarray]] = []
    swap = experiment.architecture.layout(PYTORCH) == "NCL"

    def keep(name: str) -> Any:
        def hook(module: Any, inputs: Any, output: Any) -> None:
            array = output.detach().float().cpu().numpy()
            seen.append((name, np.array(array.swapaxes(1, 2) if swap and array.ndim == 3 else array)))

        return hook

    leaves = [(name, module) for name, module in learner.model.named_modules() if _compared(module)]
    hooks = [module.register_forward_hook(keep(name.replace(".", "_"))) for name, module in leaves]
    with torch.no_grad():
        learner.eval_step(batch)
    for hook in hooks:
        hook.remove()
    return seen


def _compared(module: Any) -> bool:
    """Embedded layers, and others with weights: of these the name is the same on both sides."""
    return hasattr(module, "layer") or (not list(module.children()) and bool(module.state_dict()))


def _keras_outputs(learner: Any, experiment: Experiment, batch: Batch) -> list[tuple[str, np.ndarray]]:
    import keras

    layers = [layer for layer in learner.model.layers if type(layer).__name__ != "InputLayer"]
    looking = keras.Model(learner.model.inputs, [layer.output for layer in layers])
    values = looking(learner._one_hot(learner._feed(batch)[0]), training=False)
    arrays = [np.array(keras.ops.convert_to_numpy(keras.ops.stop_gradient(value))) for value in values]
    return [(layer.name, array) for layer, array in zip(layers, arrays, strict=True)]


def _sample(array: np.ndarray) -> np.ndarray:
    """At most `SAMPLE` elements, evenly spaced."""
    flat = array.ravel()
    return flat if flat.size <= SAMPLE else flat[np.linspace(0, flat.size - 1, SAMPLE).astype(np.int64)]


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]))
    except SeqForgeError as error:
        sys.exit(str(error))
