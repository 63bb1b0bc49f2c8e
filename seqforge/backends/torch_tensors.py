# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""From batches to tensors and back: one-hot input, targets as the loss wants them, predictions, running metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqforge.data.encodings import Alphabet


def on_device(array: np.ndarray, device: torch.device) -> Tensor:
    """A copy of `array` on `device`; on a GPU without waiting for the transfer."""
    array = np.ascontiguousarray(array)
    tensor = torch.from_numpy(array if array.flags.writeable else array.copy())
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def in_words(device: torch.device) -> str:
    """`CPU`, `cuda:0 NVIDIA H200`."""
    if device.type != "cuda":
        return "CPU" if device.type == "cpu" else str(device)
    index = torch.cuda.current_device() if device.index is None else device.index
    return f"cuda:{index} {torch.cuda.get_device_name(index)}"


class OneHot:
    """Codes (n, length) uint8 → float32 input of a module, by looking rows up in a table on the device.

    1D: NCL (n, letter, length), NLC (n, length, letter). 2D: NCL (n, letter, 1, length), NLC (n, 1, length, letter).
    """

    def __init__(self, alphabet: Alphabet, unknown: str, layout: str, encoding: str, device: torch.device):
        self._table = torch.from_numpy(alphabet.vectors(unknown)).to(device)
        self._swap = layout == "NCL"
        self._single = {"NCL": 2, "NLC": 1}[layout] if encoding == "2D" else None
        self._device = device

    def __call__(self, codes: np.ndarray) -> Tensor:
        rows = torch.nn.functional.embedding(on_device(codes, self._device).int(), self._table)
        axes = rows.transpose(1, 2).contiguous() if self._swap else rows
        return axes if self._single is None else axes.unsqueeze(self._single)


def _index(target: Tensor, classes: int) -> Tensor:
    return target.long()


def _one_hot(target: Tensor, classes: int) -> Tensor:
    return torch.nn.functional.one_hot(target.long(), classes).float() if target.ndim == 1 else target.float()


def _values(target: Tensor, classes: int) -> Tensor:
    return target.float()


def _as_given(target: Tensor, classes: int) -> Tensor:
    return target


TARGETS: Mapping[str, Callable[[Tensor, int], Tensor]] = {
    "index": _index,
    "one-hot": _one_hot,
    "multi-hot": _values,
    "values": _values,
    "profiles": _values,
    "mask": _as_given,
    "signal": _values,
    "bins": _as_given,
}
ARRAYS = ("mask", "signal", "bins")  # forms that every loss of such a task gets, whatever else it takes

PREDICTIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda output: output,
    "softmax": lambda output: output.softmax(dim=1),
    "sigmoid": torch.sigmoid,
    "exp": torch.exp,
    "positive": lambda output: (output > 0).to(output.dtype),
    "positions": lambda output: _positions(output),
}


def _positions(output: Tensor) -> Tensor:
    """Probabilities of one value per position, (n, dye, scan) or (n, 1, dye, scan), or of classes along axis 1."""
    one = output.ndim < 4 or output.shape[1] == 1
    return output.sigmoid() if one else output.softmax(dim=1)


def predicted(kind: str, output: Any) -> Any:
    """What metrics, files and users see of a model's output: `kind` is one of `losses.base.PREDICTIONS`."""
    if kind == "first-sigmoid":
        first, *others = output
        return (torch.sigmoid(first), *others)
    return each(PREDICTIONS[kind], output)


def _number(target: Tensor) -> Tensor:
    """The number of the class (n,), also of one-hot targets."""
    return target.argmax(dim=1) if target.ndim > 1 else target


# running metrics of the training set by (metric, form of the target): f(prediction, target) → (n,)
RUNNING: Mapping[tuple[str, str], Callable[[Tensor, Tensor], Tensor]] = {
    ("accuracy", "index"): lambda prediction, target: prediction.argmax(dim=1) == _number(target),
    ("accuracy", "multi-hot"): lambda prediction, target: ((prediction > 0.5) == (target > 0.5)).all(dim=1),
    ("label_accuracy", "multi-hot"): lambda prediction, target: ((prediction > 0.5) == (target > 0.5)).double().mean(1),
    ("mean_squared_error", "values"): lambda prediction, target: (prediction - target).square().flatten(1).mean(1),
}


def each(function: Callable[[Any], Any], value: Any) -> Any:
    """`function` of a tensor, or of every one in a dict, list or tuple of them; None stays None."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return tuple(each(function, part) for part in value)
    return {name: function(part) for name, part in value.items()} if isinstance(value, Mapping) else function(value)


def array(tensor: Tensor) -> np.ndarray:
    """A copy in NumPy; bfloat16 and float16 become float32."""
    tensor = tensor.detach()
    return np.array((tensor.float() if tensor.dtype in (torch.bfloat16, torch.float16) else tensor).cpu().numpy())
