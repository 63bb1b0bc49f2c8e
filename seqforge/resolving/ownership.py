# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Which optimizer owns which parameter, for architectures that know their parameters without a framework."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqforge.backends.assignment import assign, claimed, matching, misfit
from seqforge.errors import BackendError, Problem

if TYPE_CHECKING:
    from seqforge.architectures.base import Architecture, InputSpec
    from seqforge.definitions.model import ModelDefinition
    from seqforge.losses.base import Loss


def trained(architecture: Architecture, loss: Loss, spec: InputSpec) -> tuple[list[str], list[str]] | None:
    """The parameters that are trained, and those that are frozen; None: they are not known."""
    shapes = architecture.shapes(spec)
    if shapes is None:
        return None
    learned, own = loss.learned_parameters(), list(learned_alone(architecture, loss, spec))
    unused = architecture.unused_parameters(loss)
    frozen = [name for name in architecture.loss_parameters if name not in learned]
    frozen += matching(shapes, unused)
    return [name for name in shapes if name not in frozen] + own, frozen


def learned_alone(architecture: Architecture, loss: Loss, spec: InputSpec) -> dict[str, tuple[int, ...]]:
    """Name → shape of the parameters that the loss learns and the model does not have."""
    groups = len(spec.heads) if getattr(loss, "weight_scope", "shared") == "group" else 1
    theirs = architecture.loss_parameters
    return {f"loss.{name}": (groups,) for name in loss.learned_parameters() if name not in theirs}


def owned(
    architecture: Architecture, loss: Loss, spec: InputSpec, patterns: Sequence[str | None]
) -> list[list[str]] | None:
    """The parameters of each optimizer; None: they are not known. Raises BackendError where the patterns do not fit.

    Of a model whose parameters are not known those of the loss are.
    """
    known, alone = trained(architecture, loss, spec), list(learned_alone(architecture, loss, spec))
    if known is not None:
        return assign(patterns, *known)
    return claimed(patterns, alone) if alone else None


def misfits(
    definition: ModelDefinition,
    architecture: Architecture,
    loss: Loss,
    spec: InputSpec,
    patterns: Sequence[str | None],
) -> Iterator[Problem]:
    """The problem of patterns that leave a parameter without an optimizer, or an optimizer without any."""
    try:
        owned(architecture, loss, spec, patterns)
    except BackendError as error:
        yield misfit(error, definition)
