# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The training process as typed values: `<trainingprocess>`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from seqforge.parameters import Count, Fraction, Name, NonNegative, OneOf, Positive, Switch
from seqforge.registry import Component


@dataclass(frozen=True, kw_only=True)
class TrainingProcess(Component):
    """How the loop runs. Defaults as the language states them.

    `batch_size` examples per step, also in evaluation. `gradient_accumulation` steps make one update.
    `early_stopping_monitor` is `validation_loss` or `validation_<metric>`, or without `validation_`; an epoch improves
    when it beats the best by more than `early_stopping_min_delta`. The best weights are restored whether or not
    training stops early. `drop_last`: examples that do not fill a batch are left out of an epoch.
    `ema_decay` δ averages the weights after every update, a ← δ·a + (1 − δ)·p; with `ema_warmup` δ is at most
    (1 + s)/(10 + s) at update s. Averages are what is judged, selected and written, unless `ema_evaluate` is False:
    then they only lie in checkpoints. `matmul_precision` of fp32 products on a GPU: high is TF32; None: PyTorch's own.
    `compile`: the model runs compiled (torch.compile), where that works; slow at first, and other numbers in the last
    digits. `class_weights`: none, or balanced = n / (classes · n of the class), multi-class only.
    `metrics`: extra metrics after each epoch, names separated by commas.
    `verbosity`: the least level of the messages that are printed. `output_prefix`: where a profile model is exported
    after training, beside the run's folder, as {prefix}.keras and {prefix}.history.json. Neither changes a number.
    """

    # named only if they are not the default: runs from before there were such keys are found again
    LATER: ClassVar[tuple[str, ...]] = ("compile",)
    SILENT: ClassVar[tuple[str, ...]] = ("verbosity", "output_prefix")  # change no number, so they name no other run

    batch_size: Count
    epochs: Count
    shuffle: Switch = True
    early_stopping: Switch = False
    early_stopping_patience: Count = 10
    early_stopping_min_delta: NonNegative = 0.0
    early_stopping_monitor: Name = "validation_loss"
    precision: Annotated[str, OneOf("fp32", "bf16", "fp16")] = "fp32"
    gradient_accumulation: Count = 1
    gradient_checkpointing: Switch = False
    compile: Switch = False
    ema_decay: Fraction | None = None
    ema_warmup: Switch = False
    ema_evaluate: Switch = True
    drop_last: Switch = False
    matmul_precision: Annotated[str, OneOf("highest", "high", "medium")] | None = None
    clipnorm: Positive | None = None
    clipvalue: Positive | None = None
    global_clipnorm: Positive | None = None
    class_weights: Annotated[str, OneOf("none", "balanced")] = "none"
    metrics: Name | None = None
    verbosity: Annotated[str, OneOf("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")] = "INFO"
    output_prefix: Name | None = None
