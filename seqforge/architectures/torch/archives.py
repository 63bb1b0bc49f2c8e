# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""torch archives of published weights: read without running code, written whole or not at all.

Archives are pickles and may ask for any code. They are read by an unpickler that knows tensors, plain containers and
NumPy arrays; whatever asks for anything else is refused.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from seqforge import files
from seqforge.errors import RunError, UsageError

Model = TypeVar("Model", bound=nn.Module)


def read(path: Path, keys: Sequence[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays under the first of `keys` that is there, and the whole content; of an archive that is a state dict
    itself its arrays, and nothing.

    Raises RunError where the archive cannot be read, asks for code or has no tensors there. bf16 becomes float32.
    """
    content = _content(path)
    key = next((key for key in keys if isinstance(content.get(key), Mapping)), None)
    state = content if key is None else content[key]
    strange = [str(name) for name, value in state.items() if not isinstance(value, Tensor)]
    if strange:
        where = f"'{key}', which has" if key else f"{_any_of(keys)}, received"
        raise RunError(f"{path}: expected tensors in {where} '{strange[0]}'")
    return {name: _array(tensor) for name, tensor in state.items()}, {} if key is None else content


def write(path: Path, content: Mapping[str, Any]) -> None:
    with files.new_file(path) as unfinished:
        torch.save(dict(content), unfinished)


def tensors(weights: Mapping[str, np.ndarray], names: Iterable[str], wrong: Sequence[str]) -> dict[str, Tensor]:
    """Copies of the arrays called `names`; raises UsageError if something is `wrong` with them."""
    if wrong:
        raise UsageError(f"the weights do not fit the model: {'; '.join(wrong)}")
    return {name: torch.from_numpy(np.array(weights[name])) for name in names}


def loaded(model: Model, weights: Mapping[str, np.ndarray]) -> Model:
    """`model` with these weights."""
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return model


def _content(path: Path) -> dict[str, Any]:
    try:
        with torch.serialization.safe_globals(list(_numpy())):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise RunError(f"{path}: no readable file of weights ({_reason(error)})") from None
    if not isinstance(content, dict):
        raise RunError(f"{path}: expected weights by name, received a {type(content).__name__}")
    return content


def _reason(error: Exception) -> str:
    asked = re.search(r"GLOBAL ([\w.]+)", str(error)) if isinstance(error, pickle.UnpicklingError) else None
    if asked:
        return f"it asks for '{asked[1]}', which is no tensor, container or NumPy array; nothing of it was run"
    if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError)):
        return str(error.strerror)
    return "it is no archive of torch.save, or was cut off"


def _numpy() -> Iterator[Any]:
    """What the pickle of an array or a number of NumPy asks for, under the names of NumPy 1 and 2."""
    rebuilt = np.empty(0).__reduce__()[0]
    number = np.float64(0).__reduce__()[0]  # type: ignore[operator, misc]
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        yield rebuilt, f"{module}._reconstruct"
        yield number, f"{module}.scalar"
    yield from (np.ndarray, np.dtype)
    yield from {
        type(np.dtype(kind)) for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")
    }


def _any_of(keys: Sequence[str]) -> str:
    return f"one of {', '.join(keys)}" if len(keys) > 1 else f"'{keys[0]}'"


def _array(tensor: Tensor) -> np.ndarray:
    found: np.ndarray = (tensor.float() if tensor.is_floating_point() else tensor).detach().numpy()
    return found
