# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What watches a training. `standard` is the list that `seqforge train` uses, in the order in which it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqforge.callbacks.adaptive_weights import AdaptiveWeights
from seqforge.callbacks.averaged_weights import AveragedWeights
from seqforge.callbacks.best_weights import BestWeights
from seqforge.callbacks.checkpoint import Checkpoint
from seqforge.callbacks.early_stopping import EarlyStopping
from seqforge.callbacks.history import History
from seqforge.callbacks.interrupt import Interrupt
from seqforge.callbacks.nan_guard import NaNGuard
from seqforge.callbacks.progress import Progress
from seqforge.callbacks.schedules import Schedules
from seqforge.callbacks.tensorboard import TensorBoard

if TYPE_CHECKING:
    from seqforge.losses.base import Adapted
    from seqforge.schedules.base import Schedule
    from seqforge.training.process import TrainingProcess
    from seqforge.training.progress import Callback


def standard(
    process: TrainingProcess,
    schedules: Sequence[tuple[Schedule, int | None]] = (),
    adapted: Sequence[Adapted] = (),
    *,
    progress: Progress | None = None,
    tensorboard: bool = False,
    checkpoint: Checkpoint | None = None,
) -> list[Callback]:
    """Guards, what changes the course (`adapted`: of the loss), what writes, the checkpoint, and the end on request."""
    stopping = EarlyStopping(patience=process.early_stopping_patience, min_delta=process.early_stopping_min_delta)
    wanted: list[tuple[bool, Callback]] = [
        (True, NaNGuard()),
        (process.ema_decay is not None, AveragedWeights()),
        (True, BestWeights()),
        (process.early_stopping, stopping),
        (bool(schedules), Schedules(schedules)),
        (bool(adapted), AdaptiveWeights(adapted)),
        (True, History()),
        (tensorboard, TensorBoard()),
        (True, progress or Progress()),
        (True, checkpoint or Checkpoint()),
        (True, Interrupt()),
    ]
    return [callback for asked, callback in wanted if asked]


__all__ = [
    "AdaptiveWeights",
    "AveragedWeights",
    "BestWeights",
    "Checkpoint",
    "EarlyStopping",
    "History",
    "Interrupt",
    "NaNGuard",
    "Progress",
    "Schedules",
    "TensorBoard",
    "standard",
]
