# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The complete state of a learner as safetensors and JSON, without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from seqforge.errors import RunError

Tensors = dict[str, torch.Tensor]


def pack(tree: Any, path: str, tensors: Tensors) -> Any:
    """`tree` (dicts, lists, tuples, tensors, plain values) as JSON; its tensors go to `tensors` under their paths."""
    if isinstance(tree, torch.Tensor):
        tensors[path] = tree.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {"$tensor": path}
    if isinstance(tree, Mapping):
        return {"$items": [[key, pack(value, f"{path}.{key}", tensors)] for key, value in tree.items()]}
    if isinstance(tree, (list, tuple)):
        items = [pack(value, f"{path}.{number}", tensors) for number, value in enumerate(tree)]
        return {"$tuple": items} if isinstance(tree, tuple) else items
    if tree is None or isinstance(tree, (bool, int, float, str)):
        return tree
    raise TypeError(f"{path}: a {type(tree).__name__} cannot be saved without pickle")


def unpack(packed: Any, tensors: Tensors) -> Any:
    """What `pack` was given."""
    if isinstance(packed, list):
        return [unpack(item, tensors) for item in packed]
    if not isinstance(packed, dict):
        return packed
    if "$tensor" in packed:
        return tensors[packed["$tensor"]]
    if "$tuple" in packed:
        return tuple(unpack(item, tensors) for item in packed["$tuple"])
    return {key: unpack(value, tensors) for key, value in packed["$items"]}


def write(folder: Path, weights: Tensors, state: Any) -> None:
    """`weights.safetensors`, `state.safetensors` and `state.json` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: Tensors = {}
    packed = pack(state, "state", tensors)
    save_file({name: tensor.detach().cpu().clone() for name, tensor in weights.items()}, folder / "weights.safetensors")
    save_file(tensors, folder / "state.safetensors")
    (folder / "state.json").write_text(json.dumps(packed), encoding="utf-8")


def read(folder: Path) -> tuple[Tensors, Any]:
    """(weights, state) as written; RunError when a file is missing or damaged."""
    try:
        weights, tensors = _tensors(folder / "weights.safetensors"), _tensors(folder / "state.safetensors")
        state = unpack(json.loads((folder / "state.json").read_text(encoding="utf-8")), tensors)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise RunError(f"{folder}: not a complete saved state ({error})") from None
    return weights, state


def _tensors(path: Path) -> Tensors:
    """The tensors of a file, in memory of their own: sums over the file's pages, aligned otherwise, round otherwise."""
    return {name: tensor.clone() for name, tensor in load_file(path).items()}
