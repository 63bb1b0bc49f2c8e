# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What a model has to put out for its heads, and whether it does; no framework is needed."""

from __future__ import annotations

from collections.abc import Sequence

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.errors import Place, Problem

Shape = tuple[int | None, ...]


def of_heads(architecture: Architecture, spec: InputSpec) -> list[Shape]:
    """Shapes without the examples' axis: (position, task) of every head, then (count,) of every head."""
    window = architecture.window()
    length = window[1] if window else None
    return [(length, head.width) for head in spec.heads] + [(head.counts,) for head in spec.heads]


def judge(architecture: Architecture, spec: InputSpec, found: Sequence[Shape], place: Place) -> list[Problem]:
    """The problem, if the shapes `found` (without the examples' axis) are not those that the heads ask for."""
    wanted = of_heads(architecture, spec)
    if list(found) == wanted:
        return []
    message = f"the architecture puts out {_spelt(found)}, its heads need {_spelt(wanted)}"
    return [Problem(place, "SF0502", message, "profiles of every head, then log counts of every head")]


def _spelt(shapes: Sequence[Shape]) -> str:
    return ", ".join(f"({' × '.join(map(str, shape))})" for shape in shapes) or "nothing"
