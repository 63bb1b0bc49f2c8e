# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every shipped model definition, resolved, with a batch of its own kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqforge.data.dataset import Batch, Data
from seqforge.definitions.reader import read_model
from seqforge.experiment import Experiment, resolve
from seqforge.heads import Head
from seqforge.registry import find

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "model-defs"
EXAMPLES = 4
# options of data formats that simulate, so that there is little of it
SMALL = {
    "bins-simulation": {"training_samples": 2, "validation_samples": 1, "test_samples": 0},
    "epg-simulation": {"profiles": 12, "donors": 12, "split": "random"},
}

LARGE = {
    "torch-dnanet-unet",
    "torch-dnanet-unet2d-autoencoder",
    "torch-mc50-dna1000-deepsea-s1",
    "tf-mc50-dna1000-basset-s1",
    "tf-mc50-dna1000-chromdragonn-s1",
    "tf-mc50-dna1000-deepsea-s1",
    "keras-bpnet-combined-nexus",
    "keras-bpnet-solo-nexus",
    "keras-bpnet-solo-nexus-peaks",
    "torch-mc50-dna1000-chromdragonn-s1",
    "keras-bpnet-transformation-nexus",
    "tf-mc2-dna150-conv2-lstm32-fc32-s1",
    "tf-mc10-dna1000-conv10-gmp-fc10-s1",
    "tf-mc10-dna1000-conv10w-conv10w-gmp-fc10-s1",
}


def cases(library: str) -> list[Any]:
    """The shipped definitions of a library as parameters of a test; those that take seconds are slow."""
    return [
        pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem in LARGE else [])
        for path in definitions(library)
    ]


def definitions(library: str) -> list[Path]:
    """The shipped definitions of a library, by any of its names."""
    return [path for path in sorted(FOLDER.glob("*.xml")) if _library(path) == library]


def _library(path: Path) -> str:
    definition, _ = read_model(path)
    assert definition is not None, path
    names = {"tensorflow": "Keras", "keras": "Keras", "pytorch": "PyTorch"}
    return names.get(str(definition.general.library).casefold(), str(definition.general.library))


def experiment(path: Path) -> Experiment:
    definition, problems = read_model(path)
    assert definition is not None
    found, more = resolve(definition)
    assert found is not None, [str(problem) for problem in [*problems, *more]]
    return found


def batch(found: Experiment, seed: int = 0) -> Batch:
    """Random sequences (4, length) with random targets of the task's form; of other models some of their own data."""
    if found.architecture.reads:
        training = small_data(found).training
        assert training is not None
        return training.batch(np.arange(EXAMPLES // 2))
    rng = np.random.default_rng(seed)
    length, labels = found.length or 50, len(found.labels)
    window = found.architecture.window() or (length, length)
    kind = find("tasks", found.task.name).targets
    target = {
        "index": lambda: rng.integers(0, labels, EXAMPLES),
        "multi-hot": lambda: rng.integers(0, 2, (EXAMPLES, labels)).astype(np.float32),
        "values": lambda: rng.normal(size=(EXAMPLES, labels)).astype(np.float32),
        "profiles": lambda: tuple(_reads(rng, head, window[1]) for head in found.heads),
    }[kind]()
    sequence = rng.integers(0, len(found.alphabet) + 1, (EXAMPLES, length)).astype(np.uint8)
    return Batch(np.arange(EXAMPLES), sequence=sequence, target=target)


def small_data(found: Experiment) -> Data:
    """Little of the data that a definition simulates for itself."""
    assert found.source is not None
    return replace(found.source, **SMALL[found.source.name]).open(found.wanted)


def _reads(rng: np.random.Generator, head: Head, length: int) -> np.ndarray:
    """Reads of a head (4, length, task), at least one of each task."""
    return (1 + rng.poisson(0.5, (EXAMPLES, length, head.width))).astype(np.uint8)


def shapes(found: Experiment) -> list[tuple[int, ...]]:
    """Of what is predicted for a batch: a score per label, or profiles and then log counts of every head."""
    if not found.heads:
        return [(EXAMPLES, len(found.labels))]
    window = found.architecture.window()
    assert window is not None
    profiles = [(EXAMPLES, window[1], head.width) for head in found.heads]
    return [*profiles, *((EXAMPLES, head.counts) for head in found.heads)]


def takes_a_step(found: Experiment, learner) -> None:  # type: ignore[no-untyped-def]
    """The learner predicts scores or profiles, learns something from one batch, and stays finite."""
    some = batch(found)
    before = learner.weights()
    predicted = learner.eval_step(some).prediction
    outputs = predicted if isinstance(predicted, tuple) else (predicted,)
    assert [output.shape for output in outputs] == shapes(found) or found.architecture.reads
    if not found.architecture.trainable:
        return
    learner.train_step(some)
    learner.end_epoch()
    assert np.isfinite(learner.take_logs()["loss"])
    after = learner.weights()
    assert before.keys() == after.keys()
    assert any((before[name] != after[name]).any() for name in before)
    assert all(np.isfinite(value).all() for value in after.values() if value.dtype.kind == "f")
    if found.heads:
        order_of_factors_is_no_matter(learner, some)


def order_of_factors_is_no_matter(learner, some: Batch) -> None:  # type: ignore[no-untyped-def]
    """Factors come back from files in any order, also after a step has been traced."""
    before, factors = learner.eval_step(some).losses, learner.loss_weights
    learner.loss_weights = dict(reversed(factors.items()))
    assert learner.loss_weights == factors
    np.testing.assert_array_equal(learner.eval_step(some).losses["loss"], before["loss"])
