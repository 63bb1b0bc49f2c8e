# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The way to Keras: choose its backend, start it, open a learner. Importing this module starts nothing."""

from __future__ import annotations

import os
from importlib import import_module, util
from typing import TYPE_CHECKING, Any

from seqforge.errors import BackendError, Problem

if TYPE_CHECKING:
    from seqforge.backends.keras_learner import KerasLearner
    from seqforge.experiment import Experiment

# KERAS_BACKEND → the module with its engine
ENGINES = {"tensorflow": "seqforge.backends.keras_tensorflow", "torch": "seqforge.backends.keras_torch"}


def start() -> Any:
    """Import Keras on KERAS_BACKEND (tensorflow if unset) and return its engine; raises BackendError."""
    wanted = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if wanted not in ENGINES:
        raise BackendError(f"KERAS_BACKEND '{wanted}' is not supported; expected one of {', '.join(ENGINES)}")
    for package in ("keras", wanted):
        if util.find_spec(package) is None:
            raise BackendError(
                f"library Keras needs the package '{package}', which is not installed; pip install 'seqforge[keras]'"
            )
    engine = import_module(ENGINES[wanted])
    _check_backend(wanted)
    return engine


def _check_backend(wanted: str) -> None:
    """Keras may have been imported before, with another backend."""
    import keras

    if keras.backend.backend() != wanted:
        raise BackendError(f"Keras already runs on {keras.backend.backend()} in this process, not on {wanted}")


def learner(
    experiment: Experiment, length: int | None, device: str = "auto", threads: int | None = None
) -> KerasLearner:
    """A learner for inputs of `length` positions (None: any) on `device`: "auto" (a GPU if any), "cpu", "cuda:1".

    `threads` limits the CPU threads of this process. Raises BackendError for what this machine cannot do.
    """
    engine = start()
    engine.prepare(threads)
    from seqforge.backends.keras_learner import KerasLearner

    return KerasLearner(experiment, experiment.spec(length), engine, engine.find_device(device))


def prove(experiment: Experiment) -> list[Problem]:
    """The problems of pushing an input of the declared shape through the architecture, symbolically."""
    start()
    from seqforge.backends.keras_proof import prove as proof

    return proof(experiment)
