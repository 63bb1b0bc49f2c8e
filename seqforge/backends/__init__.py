# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where a resolved experiment meets its framework; nothing is imported before `open_learner` or `prove` is called."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from seqforge.backends.assignment import Misassigned, misfit
from seqforge.backends.importing import start_torch
from seqforge.errors import BackendError, DefinitionError
from seqforge.registry import BAYES, KERAS, PYTORCH

if TYPE_CHECKING:
    from seqforge.backends.base import Learner
    from seqforge.errors import Problem
    from seqforge.experiment import Experiment


class Backend(NamedTuple):
    """The module behind a library, the packages that it needs, and the pip extra that brings them."""

    module: str
    packages: tuple[str, ...] = ()
    extra: str = ""


BACKENDS = {
    PYTORCH: Backend("seqforge.backends.torch", ("torch",), "torch"),
    KERAS: Backend("seqforge.backends.keras", ("keras", "tensorflow", "jax", "torch"), "keras"),
    BAYES: Backend("seqforge.backends.bayes"),
}


def open_learner(experiment: Experiment, length: int | None, **options: Any) -> Learner:
    """A new learner for inputs of `length` positions (None: any) on the experiment's backend.

    `options` go to the backend: `device` ("auto", "cpu", "cuda", "cuda:1" …), `threads` (None: the framework decides).
    Raises BackendError when the framework is missing or cannot do what the experiment asks, DefinitionError where its
    optimizers do not fit the parameters.
    """
    backend = _backend(experiment.library)
    try:
        learner: Learner = backend.learner(experiment, length, **options)
    except Misassigned as error:
        raise DefinitionError([misfit(error, experiment.definition)]) from None
    return learner


def prove(experiment: Experiment, threads: int | None = None) -> list[Problem]:
    """The problems of pushing an input of the declared shape through the architecture, without data and training.

    `threads`: as for the learner that follows; it must be said before TensorFlow has computed anything.
    """
    backend = _backend(experiment.library)
    if threads is not None:
        backend.limit(threads)
    return backend.prove(experiment)


def _backend(library: str) -> ModuleType:
    backend = BACKENDS[library]
    if library == PYTORCH:
        start_torch()
    try:
        return import_module(backend.module)
    except ModuleNotFoundError as error:
        if error.name not in backend.packages:
            raise
        raise BackendError(
            f"library {library} needs the package '{error.name}', which is not installed; "
            f"pip install 'seqforge[{backend.extra}]'"
        ) from None
