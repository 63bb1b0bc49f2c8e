# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""history.jsonl: one line per epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.callbacks.base import Watcher
from seqforge.registry import register
from seqforge.training.history import NAME, append, read, rewrite
from seqforge.training.progress import Training


@register("callbacks", "History")
@dataclass(kw_only=True, eq=False)
class History(Watcher):
    """Writes epoch, step, seconds, learning_rates, loss and every validation value into the training's folder."""

    def begin(self, training: Training) -> None:
        if training.folder is not None and not training.resumes:
            rewrite(training.folder / NAME, [])

    def restore(self, training: Training, state: Mapping[str, Any]) -> None:
        """Lines of epochs that the checkpoint does not have are trained, and written, again."""
        if training.folder is not None:
            lines = read(training.folder / NAME)
            rewrite(training.folder / NAME, [logs for logs in lines if logs["epoch"] <= training.epoch])

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        if training.folder is not None:
            append(training.folder / NAME, logs)
