# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Published weights into our modules: by order and shape, whatever the entries are called."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from seqforge.errors import RunError, first_line

Unit = list[tuple[str, Tensor]]  # one layer with weights and the normalisation behind it
Shapes = tuple[tuple[int, ...], ...]


def read_weights(path: Path) -> dict[str, Tensor]:
    """The entries of a `.safetensors` file or of a saved state dict (`.pth`), in order, on the CPU; no code is run."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        raise RunError(f"{path}: not a readable state dict ({first_line(error)})") from None


def import_weights(module: nn.Module, published: Mapping[str, Tensor]) -> None:
    """Copy `published` into `module`, layer by layer: among layers of equal shapes the first goes to the first.

    Axes of size 1 do not count, so that 2-d kernels (k, 1) fit 1-d ones. A layer registered under two names must hold
    equal values under both. Raises RunError for what is missing, left over or different.
    """
    offered, wanted = _by_shapes(published), _by_shapes(module.state_dict(keep_vars=True))
    problems = [
        f"no layer has the shapes {list(shapes)} of '{offered[shapes][0][0][0]}'"
        for shapes in offered
        if shapes not in wanted
    ]
    pairs: list[tuple[Unit, Unit]] = []
    for shapes, units in wanted.items():
        sources = _without_aliases(offered.get(shapes, []), len(units))
        if len(sources) != len(units):
            problems.append(_count_problem(shapes, units, sources))
        pairs += zip(units, sources, strict=False)
    if problems:
        raise RunError(f"weights do not fit {type(module).__name__}: {'; '.join(problems)}")
    _copy(pairs)


def _copy(pairs: list[tuple[Unit, Unit]]) -> None:
    with torch.no_grad():
        for unit, source in pairs:
            for (_, ours), (_, theirs) in zip(unit, source, strict=True):
                ours.copy_(theirs.reshape(ours.shape))


def _by_shapes(state: Mapping[str, Tensor]) -> dict[Shapes, list[Unit]]:
    found: dict[Shapes, list[Unit]] = {}
    for unit in _units(state):
        found.setdefault(tuple(_shape(tensor) for _, tensor in unit), []).append(unit)
    return found


def _units(state: Mapping[str, Tensor]) -> list[Unit]:
    """Entries in order, cut before every matrix or kernel."""
    units: list[Unit] = []
    for name, tensor in state.items():
        if tensor.ndim > 1 or not units:
            units.append([])
        units[-1].append((name, tensor))
    return units


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(size for size in tensor.shape if size != 1)


def _without_aliases(units: list[Unit], wanted: int) -> list[Unit]:
    """The first of every group of units with equal values, if there are more than `wanted`."""
    if len(units) <= wanted:
        return units
    kept: list[Unit] = []
    for unit in units:
        if not any(_equal(unit, other) for other in kept):
            kept.append(unit)
    return kept


def _equal(one: Unit, other: Unit) -> bool:
    return all(torch.equal(mine, theirs) for (_, mine), (_, theirs) in zip(one, other, strict=True))


def _count_problem(shapes: Shapes, units: list[Unit], sources: list[Unit]) -> str:
    if len(sources) < len(units):
        return f"{len(units)} layers like '{units[0][0][0]}' {list(shapes)} are needed, {len(sources)} are there"
    names = ", ".join(f"'{source[0][0]}'" for source in sources)
    return f"{len(units)} layers have the shapes {list(shapes)}, but {len(sources)} different ones are there: {names}"
