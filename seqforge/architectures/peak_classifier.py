# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Peaks one by one: a window of scan points around each, and the marker in whose range it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from seqforge.architectures.base import InputSpec
from seqforge.architectures.electropherograms import EXAMPLES, EPGArchitecture, Sentence
from seqforge.arrays import np
from seqforge.parameters import Count, Fraction, Integer, Natural, Odd, OneOf, Share, Switch, Tuple, setting
from seqforge.registry import register

POOLING = ("flat", "avg", "attn")
ACTIVATIONS = ("relu", "tanh", "gelu")
DOWNSAMPLING = ("maxpool", "conv")
HEAD = 64  # units of the hidden layer behind the backbone

Counts = Annotated[tuple[int, ...], Tuple(Integer(ge=1))]


@register("architectures", "PeakClassifier")
@dataclass(frozen=True, kw_only=True)
class PeakClassifier(EPGArchitecture):
    """Convolutions over a peak's window, the embedding of its marker, and a class from both."""

    task_names: ClassVar[tuple[str, ...]] = ("peak classification",)
    of_data: ClassVar[Mapping[str, str]] = {"num_classes": "outputs"}

    num_classes: Count | None = setting(None, "classes; None: one per label")
    width: Count = setting(120, "scan points of a window")
    n_markers: Count = setting(28, "markers of the panel, with 0 for a peak in none")
    embedding_dim: Natural = setting(8, "numbers that stand for a marker; 0: markers are not read")
    use_embedding: Switch | None = setting(None, "whether markers are read; None: if embedding_dim > 0")
    include_max_pool_dyes: Switch = setting(False, "read the maximum of the other dyes as second channel")
    hidden_channels: Counts = setting((32, 64), "channels of every block")
    kernel_size: Odd = setting(3, "width of the convolutions in scan points")
    pooling: Annotated[str, OneOf(*POOLING)] = setting("flat", "how positions become features of the peak")
    activation: Annotated[str, OneOf(*ACTIVATIONS)] = setting("relu", "behind every convolution")
    use_batchnorm: Switch = setting(False, "normalise after every convolution")
    bn_momentum: Share = setting(0.1, "how much a batch counts for the running statistics")
    conv_dropout_p: Fraction = setting(0.0, "share of values that a block leaves out in training")
    head_dropout_p: Fraction = setting(0.0, "share of values that the head leaves out in training")
    downsample: Annotated[str, OneOf(*DOWNSAMPLING)] = setting("maxpool", "what halves the positions after a block")

    @property
    def reads(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("windows", "markers") if self.embedded else ("windows",)

    @property
    def output_kind(self) -> str | None:
        return "logits"

    @property
    def embedded(self) -> bool:
        """Whether markers are read."""
        return self.embedding_dim > 0 if self.use_embedding is None else self.use_embedding

    @property
    def needs_markers(self) -> bool:
        return self.embedded

    @property
    def window_channels(self) -> int:
        """1, or 2 with the maximum of the other dyes."""
        return 2 if self.include_max_pool_dyes else 1

    @property
    def window_width(self) -> int:
        return self.width

    def problems(self) -> list[Sentence]:
        found: list[Sentence] = []
        if self.use_embedding and self.embedding_dim == 0:
            rule = "expected at least 1 with use_embedding=True, received 0"
            found.append(("embedding_dim", f"embedding_dim: {rule}; leave use_embedding out"))
        if not self.hidden_channels:
            found.append(("hidden_channels", "hidden_channels: expected at least one number of channels, received ()"))
        least = 2 ** len(self.hidden_channels)
        if self.width < least:
            rule = f"expected at least {least}, which {len(self.hidden_channels)} blocks halve, received {self.width}"
            found.append(("width", f"width: {rule}"))
        return found

    def _reason(self, name: str) -> str:
        return "one class for each label"

    def output_shape(self, spec: InputSpec) -> tuple[int, ...]:
        return (self.sized(spec).num_classes or 2,)

    def example(self, spec: InputSpec) -> dict[str, np.ndarray]:
        return self.no_peaks(EXAMPLES)

    def no_peaks(self, count: int) -> dict[str, np.ndarray]:
        """`windows` (P, C, W) without signal, and `markers` (P,)."""
        windows = np.zeros((count, self.window_channels, self.width), "float32")
        return {"windows": windows, "markers": np.zeros(count, "int64")}

    def module(self) -> Any:
        from seqforge.architectures.torch.peak_classifier import PeakClassifier as Module

        return Module(**self.settings())
