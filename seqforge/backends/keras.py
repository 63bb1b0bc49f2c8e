# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The way to a Keras learner. Importing this module starts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqforge.backends.importing import start_keras as start
from seqforge.errors import Problem

__all__ = ["learner", "limit", "prove", "start"]

if TYPE_CHECKING:
    from seqforge.backends.keras_learner import KerasLearner
    from seqforge.experiment import Experiment


def learner(
    experiment: Experiment, length: int | None, device: str = "auto", threads: int | None = None
) -> KerasLearner:
    """A learner for inputs of `length` positions (None: any) on `device`: "auto" (a GPU if any), "cpu", "cuda:1".

    `threads` limits the CPU threads of this process. Raises BackendError for what this machine cannot do.
    """
    engine = start()
    if threads is not None:
        engine.limit(threads)
    from seqforge.backends.keras_learner import KerasLearner

    return KerasLearner(experiment, experiment.spec(length), engine, engine.find_device(device))


def limit(threads: int) -> None:
    """Limit the CPU threads of this process; TensorFlow listens only before it has computed anything."""
    start().limit(threads)


def prove(experiment: Experiment) -> list[Problem]:
    """The problems of pushing an input of the declared shape through the architecture, symbolically."""
    start()
    from seqforge.backends.keras_proof import prove as proof

    return proof(experiment)
