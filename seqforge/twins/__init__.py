# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""One definition on both backends, step by step: where do they part?

Each side runs in a process of its own, because PyTorch and TensorFlow do not share one. Both start with the same
weights and see the same batches; dropout is off. Compared are the outputs of every layer on the first batch, and after
every step the loss and the weights.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqforge.data.dataset import Batch, Dataset
from seqforge.errors import BackendError, SeqForgeError
from seqforge.experiment import Experiment, read
from seqforge.registry import KERAS, PYTORCH

SIDES = (PYTORCH, KERAS)
LONGEST = 1000  # of made-up sequences, where the architecture takes any length
# a weight much smaller than the largest is compared on that scale: a bias before a batch normalisation has no gradient
# but rounding noise, of which no two backends make the same
FLOOR = 1e-3
FIRST = 0  # the step at which nothing has been trained yet


class Parting(NamedTuple):
    """Where the sides part first: `step` 0 is before the first one; `difference` is relative to the largest value."""

    step: int
    what: str  # "output of layer 'dense'", "loss", "weight 'dense.kernel'"
    layer: str | None
    difference: float


@dataclass(frozen=True)
class Comparison:
    """The largest relative differences of outputs, losses and weights, and the first beyond `rtol`, if any."""

    steps: int
    rtol: float
    optimizer: str
    batches: str  # where they came from
    outputs: float
    losses: float
    weights: float
    parting: Parting | None
    loss: Mapping[str, list[float]] = field(default_factory=dict)  # by library, of every step

    @property
    def agree(self) -> bool:
        return self.parting is None


class Change(NamedTuple):
    """A difference made on purpose: on the side `library`, the layer called `layer` gets other attributes."""

    library: str
    layer: str
    values: Mapping[str, Any]


def compare(
    definition: Path,
    steps: int = 50,
    *,
    rtol: float = 1e-4,
    optimizer: str | None = None,
    overrides: Sequence[str] = (),
    synthetic: bool = False,
    change: Change | None = None,
) -> Comparison:
    """Run `definition` for `steps` on PyTorch and on Keras; `optimizer` replaces its own ("SGD").

    Batches come from the definition's data unless it has none or `synthetic` is set. `change` spoils one side, to see
    that it is found out. Raises SeqForgeError where the definition does not exist on both backends.
    """
    experiment, _ = read(definition, overrides)
    _check_both(experiment)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = _write_batches(experiment, steps, folder, synthetic)
        request = {
            "definition": str(definition),
            "overrides": list(overrides),
            "optimizer": optimizer,
            "change": change._asdict() if change else None,
        }
        (folder / "request.json").write_text(json.dumps(request))
        for library in SIDES:
            _run(library, folder)
        found = {library: _results(folder, library) for library in SIDES}
    used = optimizer or experiment.optimizers[0].optimizer.name
    return _judged(found, steps, rtol, used, source)


def _check_both(experiment: Experiment) -> None:
    missing = [library for library in SIDES if library not in experiment.architecture.libraries]
    if missing:
        name = experiment.architecture.name
        raise BackendError(
            f"architecture '{name}' does not exist on {missing[0]}; twin needs sequential layers, "
            'or format="seqforge" with an architecture of both backends (Basset, ChromDragoNN, DeepSEA)'
        )


def _write_batches(experiment: Experiment, steps: int, folder: Path, synthetic: bool) -> str:
    """Save the batches of all steps, and say where they come from."""
    found, source = _batches(experiment, steps, synthetic)
    arrays = {f"sequence {number}": batch.sequence for number, batch in enumerate(found)}
    arrays |= {f"target {number}": batch.target for number, batch in enumerate(found)}  # type: ignore[misc]
    np.savez(folder / "batches.npz", **arrays)  # type: ignore[arg-type]
    return source


def _batches(experiment: Experiment, steps: int, synthetic: bool) -> tuple[list[Batch], str]:
    process = experiment.process
    assert process is not None
    training = None if synthetic else _training(experiment)
    if training is None:
        return [_made_up(experiment, process.batch_size, step) for step in range(steps)], "made-up sequences"
    order = np.random.default_rng(experiment.seed).permutation(len(training))
    size = min(process.batch_size, len(order))
    chosen = np.resize(order, steps * size).reshape(steps, size)
    return [training.batch(np.sort(indices)) for indices in chosen], "the training set"


def _training(experiment: Experiment) -> Dataset | None:
    """The training set, if the definition has data that can be opened."""
    try:
        return experiment.source.open(experiment.wanted).training if experiment.source else None
    except SeqForgeError:
        return None


def _made_up(experiment: Experiment, size: int, step: int) -> Batch:
    """Random sequences and targets; a function of (seed, step)."""
    rng = np.random.default_rng([experiment.seed, step])
    codes = rng.integers(0, len(experiment.alphabet), (size, _length(experiment))).astype(np.uint8)
    labels = len(experiment.labels)
    makers: dict[str, Callable[[], np.ndarray]] = {
        "index": lambda: rng.integers(0, labels, size),
        "multi-hot": lambda: rng.integers(0, 2, (size, labels)).astype(np.float32),
        "values": lambda: rng.standard_normal((size, labels)).astype(np.float32),
    }
    return Batch(np.arange(size), codes, makers[experiment.task.targets]())


def _length(experiment: Experiment) -> int:
    """Of made-up sequences: what the data or the architecture says."""
    return experiment.length or getattr(experiment.architecture, "input_length", None) or LONGEST


def _run(library: str, folder: Path) -> None:
    command = [sys.executable, "-m", "seqforge.twins.side", library, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it ended without a word"]
        raise BackendError(f"the {library} side failed: {lines[-1]}")


def _results(folder: Path, library: str) -> dict[str, np.ndarray]:
    with np.load(folder / f"{library}.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def _judged(
    found: Mapping[str, Mapping[str, np.ndarray]], steps: int, rtol: float, optimizer: str, source: str
) -> Comparison:
    ours, theirs = (found[library] for library in SIDES)
    outputs = _differences(ours, theirs, "output")
    losses, weights = ours["losses"], theirs["losses"]
    by_step = [(step + 1, "loss", _relative(losses[step], weights[step])) for step in range(steps)]
    moved = _differences(ours, theirs, "weight", FLOOR * _largest(ours, "weight"))
    return Comparison(
        steps=steps,
        rtol=rtol,
        optimizer=optimizer,
        batches=source,
        outputs=max((each[2] for each in outputs), default=0.0),
        losses=max(difference for _, _, difference in by_step),
        weights=max((each[2] for each in moved), default=0.0),
        parting=_first(outputs, by_step, moved, rtol),
        loss={library: [float(value) for value in found[library]["losses"]] for library in SIDES},
    )


def _first(outputs: Any, losses: Any, weights: Any, rtol: float) -> Parting | None:
    """The earliest difference beyond `rtol`: layers in order, then each step's loss before its weights."""
    for step, layer, difference in outputs:
        if not difference <= rtol:
            return Parting(step, f"output of layer '{layer}'", layer, difference)
    later = [(step, 0, "loss", None, difference) for step, _, difference in losses]
    later += [(step, 1, f"weight '{name}'", name.rpartition(".")[0], each) for step, name, each in weights]
    for step, _, what, of, difference in sorted(later, key=lambda row: row[:2]):
        if not difference <= rtol:
            return Parting(step, what, of, difference)
    return None


def _differences(
    ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray], kind: str, floor: float = 0.0
) -> list[tuple[int, str, float]]:
    """(step, name, relative difference) of every array called "kind|step|name", in the order of PyTorch's."""
    rows = []
    for key, array in ours.items():
        found, _, rest = key.partition("|")
        if found == kind and key in theirs:
            step, _, name = rest.partition("|")
            rows.append((int(step), name, _relative(array, theirs[key], floor)))
    return rows


def _largest(arrays: Mapping[str, np.ndarray], kind: str) -> float:
    return max((float(np.abs(array).max()) for key, array in arrays.items() if key.startswith(f"{kind}|")), default=0.0)


def _relative(ours: Any, theirs: Any, floor: float = 0.0) -> float:
    """The largest difference over the largest value of both, or over `floor` if that is larger."""
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    scale = max(np.abs(ours).max(), np.abs(theirs).max(), floor, 1e-30)
    return float(np.abs(ours - theirs).max() / scale)
