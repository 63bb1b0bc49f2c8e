# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The only way to a framework. TensorFlow and Triton share a process only if Triton comes first.

Both carry an LLVM that registers the same options. Whichever comes second finds them taken; if that is Triton, it ends
the process: "LLVM ERROR: inconsistency in registered CommandLine options" cannot be caught. PyTorch imports Triton late
(with its first optimizer or `torch.compile`), Keras on torch at once. So Triton, where it is installed, precedes any
framework (0.3 s), and where TensorFlow is already there without it, PyTorch is refused with an `ImportOrderError`.
Whatever a user brings (Python files, notebooks) meets a framework only after this.

Triton reads TRITON_INTERPRET when it is imported: whoever wants interpreted kernels sets it before all this.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module, util
from types import ModuleType
from typing import Any

from seqforge.errors import BackendError, ImportOrderError, UsageError

VARIABLE = "KERAS_BACKEND"
DEFAULT = "tensorflow"
# KERAS_BACKEND → the module with the learner's engine on it
ENGINES = {"tensorflow": "seqforge.backends.keras_tensorflow", "torch": "seqforge.backends.keras_torch"}


def start_torch() -> None:
    """Make PyTorch safe to import, now and with everything that it imports later; raises BackendError."""
    _need("torch", "library PyTorch", "torch")
    _triton_first()


def start_keras() -> Any:
    """Import Keras on the backend of KERAS_BACKEND and return its engine; raises BackendError."""
    check_keras()
    wanted = keras_backend()
    if wanted == "tensorflow":
        _triton_before_tensorflow()
    else:
        _triton_first()
    os.environ[VARIABLE] = wanted
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    engine = import_module(ENGINES[wanted])
    engine.prepare()
    return engine


def check_keras() -> None:
    """Raise BackendError where Keras cannot start on what KERAS_BACKEND says; nothing is imported."""
    wanted = keras_backend()
    if wanted not in ENGINES:
        raise BackendError(f"{VARIABLE} '{wanted}' is not supported; expected one of {', '.join(ENGINES)}")
    _check_loaded(wanted)
    for package in ("keras", wanted):
        _need(package, "library Keras", "keras")


def keras_backend() -> str:
    """What Keras runs on in this process, or will."""
    return os.environ.get(VARIABLE) or DEFAULT


def choose_keras(backend: str | None) -> None:
    """Let Keras start on `backend`, here and in processes started from here; None leaves the choice as it is."""
    if backend is None:
        return
    if backend not in ENGINES:
        raise UsageError(f"--keras-backend '{backend}' is not supported; expected one of {', '.join(ENGINES)}")
    _check_loaded(backend)
    os.environ[VARIABLE] = backend


def prefer_keras(backend: str | None) -> None:
    """Like `choose_keras`, unless there is a choice already: a run goes on with what it was trained on."""
    if backend in ENGINES and not os.environ.get(VARIABLE):
        choose_keras(backend)


def _check_loaded(wanted: str) -> None:
    """Keras may have been imported before, with another backend."""
    keras = sys.modules.get("keras")
    present = keras.config.backend() if keras is not None and hasattr(keras, "config") else wanted
    if present != wanted:
        raise BackendError(
            f"Keras already runs on {present} in this process, not on {wanted}; set {VARIABLE}={wanted} before keras "
            f"is imported, or stay with {present}"
        )


def _need(package: str, who: str, extra: str) -> None:
    if not _installed(package):
        raise BackendError(
            f"{who} needs the package '{package}', which is not installed; pip install 'seqforge[{extra}]'"
        )


def _installed(package: str) -> bool:
    return sys.modules[package] is not None if package in sys.modules else util.find_spec(package) is not None


def _triton_first() -> None:
    """Import triton, if it is installed; raises ImportOrderError where that would end the process."""
    if "tensorflow" in sys.modules and "triton" not in sys.modules and _installed("triton"):
        raise ImportOrderError(
            f"tensorflow was imported before triton by {_importer('tensorflow')}; run `seqforge` in its own process, "
            "or import triton first"
        )
    _triton_before_tensorflow()


def _triton_before_tensorflow() -> None:
    """Import triton while it still can be; without it TensorFlow runs all the same."""
    if "tensorflow" not in sys.modules and _installed("triton"):
        with suppress(ImportError):
            import_module("triton")


def _importer(package: str) -> str:
    """The module that was imported first of those that hold a module of `package` and lie outside of it."""
    inside = {id(module) for name, module in sys.modules.items() if _belongs(name, package)}
    for name, module in list(sys.modules.items()):
        if not _belongs(name, package) and _is_written(name, module) and inside & set(map(id, vars(module).values())):
            file = getattr(module, "__file__", None)
            return f"{name} ({file})" if file else name
    return "another module of this process"


def _belongs(name: str, package: str) -> bool:
    return name.partition(".")[0] == package


def _is_written(name: str, module: Any) -> bool:
    """Somebody's code: a file, or what runs as the main program; not a module that was made up on the way."""
    return isinstance(module, ModuleType) and (name == "__main__" or "__file__" in vars(module))
