# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What Conv1D and Conv2D share: windows over one or two axes, channels last or first, with the meaning of Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from seqforge.layers.activations import torch_activation
from seqforge.layers.base import Kernel, Shape, known, rank
from seqforge.layers.windows import output_length, pads
from seqforge.parameters import Count, OneOf

Order = Annotated[str, OneOf("channels_last", "channels_first")]


@dataclass(frozen=True, kw_only=True)
class Convolution(Kernel):
    """(*space, channels) → (*space', filters); kernel (*window, channels, filters), bias (filters,)."""

    axes: ClassVar[int]
    meaning: ClassVar[str]
    kernel_size: Any
    strides: Any
    dilation_rate: Any
    padding: Any
    data_format: Any

    filters: Count = field(metadata={"doc": "number of output channels"})

    @property
    def channels_first(self) -> bool:
        return self.data_format == "channels_first"

    def problems(self) -> list[tuple[str, str]]:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            return [("dilation_rate", "'strides' and 'dilation_rate' cannot both exceed 1; keep one")]
        return []

    def output_shape(self, shape: Shape) -> Shape:
        space, _ = self._split(shape)
        windows = zip(space, self.kernel_size, self.strides, self.dilation_rate, strict=True)
        after = tuple(output_length(*window, self.padding) for window in windows)
        return (self.filters, *after) if self.channels_first else (*after, self.filters)

    def weight_shapes(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        _, channels = self._split(shape)
        return self.with_bias((*self.kernel_size, known(channels, "the number of its channels"), self.filters))

    def _split(self, shape: Shape) -> tuple[Shape, int | None]:
        rank(shape, self.axes + 1, self.meaning)
        return (shape[1:], shape[0]) if self.channels_first else (shape[:-1], shape[-1])

    def run_torch(self, x: Any, weights: Mapping[str, Any], training: bool) -> Any:
        """`movedim` only changes strides: between layers of this kind the memory stays channels first."""
        first = x if self.channels_first else x.movedim(-1, 1)
        kernel = weights["kernel"].permute(self.axes + 1, self.axes, *range(self.axes))
        y = self._convolve(*self._padded(first), kernel, weights.get("bias"))
        return torch_activation(self.activation)(y if self.channels_first else y.movedim(1, -1))

    def _padded(self, x: Any) -> tuple[Any, Any]:
        """`x` (N, C, *space) with what `padding` asks for, and what the convolution still has to pad by itself."""
        windows = zip(x.shape[2:], self.kernel_size, self.strides, self.dilation_rate, strict=True)
        sides = [pads(*window, self.padding) for window in windows]
        if all(before == after for before, after in sides):
            return x, [before for before, _ in sides]
        from torch.nn.functional import pad

        return pad(x, [zeros for side in reversed(sides) for zeros in side]), [0] * self.axes

    def _convolve(self, x: Any, padding: Any, kernel: Any, bias: Any) -> Any:
        from torch.nn import functional

        convolve = (functional.conv1d, functional.conv2d)[self.axes - 1]
        return convolve(x, kernel, bias, stride=self.strides, padding=padding, dilation=self.dilation_rate)

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        return (layers.Conv1D, layers.Conv2D)[self.axes - 1](
            self.filters,
            self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
            name=name,
            **self.keras_arguments(),
        )
