# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The history as TensorBoard reads it. Written without TensorFlow and without PyTorch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.callbacks.base import Watcher
from seqforge.errors import BackendError
from seqforge.registry import register
from seqforge.training.progress import Training


@register("callbacks", "TensorBoard")
@dataclass(kw_only=True, eq=False)
class TensorBoard(Watcher):
    """One event file in the training's folder `tensorboard/`, a scalar per value and epoch."""

    def begin(self, training: Training) -> None:
        try:
            from tensorboard.compat.proto import event_pb2
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError:
            raise BackendError("TensorBoard is not installed; pip install 'seqforge[tracking]'") from None
        self._writer, self._event = None, event_pb2.Event
        if training.folder is not None:
            folder = training.folder / "tensorboard"
            folder.mkdir(exist_ok=True)
            self._file = (folder / f"events.out.tfevents.{time.time_ns()}.seqforge").open("wb")
            self._writer = RecordWriter(self._file)
            self._write(self._event(wall_time=time.time(), file_version="brain.Event:2"))

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        event = self._event(wall_time=time.time(), step=training.epoch)
        for name, value in _scalars(logs).items():
            event.summary.value.add(tag=name, simple_value=value)
        self._write(event)

    def _write(self, event: Any) -> None:
        if self._writer is not None:
            self._writer.write(event.SerializeToString())
            self._writer.flush()

    def close(self, training: Training) -> None:
        if self._writer is not None:
            self._file.close()


def _scalars(logs: Mapping[str, Any]) -> dict[str, float]:
    """Every number by name; validation_x as validation/x, learning rates one by one."""
    rates = {f"learning_rate/{number}": rate for number, rate in enumerate(logs["learning_rates"])}
    values = {
        name.replace("validation_", "validation/"): float(value)
        for name, value in logs.items()
        if isinstance(value, (int, float)) and name not in ("epoch", "step")
    }
    return values | rates
