# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sizes of a centromere Transformer, and names and shapes of its weights; no framework is needed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqforge.errors import WrongInput

if TYPE_CHECKING:
    from typing import Self

Shape = tuple[int, ...]
WHOLE = ("input_features", "d_model", "nhead", "num_layers", "dim_feedforward", "conv_channels")  # sizes ≥ 1
POSITION, RANGE = (64, 32, 1), (128, 64, 3)  # widths of the heads' layers; those are number 0, 3 and 6 of a head
OUTPUTS = ("probabilities", "logits")


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Everything that decides the shapes of weights, and the number of heads."""

    input_features: int = 8
    d_model: int = 128
    nhead: int = 8
    num_layers: int = 4
    dim_feedforward: int = 512
    conv_kernels: tuple[int, ...] = (3, 11, 25)
    conv_channels: int = 64
    range_head: bool = True

    def misfits(self) -> Iterator[tuple[str, str]]:
        """(what is wrong, the way out) of every size that no model can have."""
        for name in WHOLE:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                yield f"{name}: expected an integer ≥ 1, received {value}", "the nearest is 1"
                return
        yield from _unfit_width(self.d_model, self.nhead)
        yield from _unfit_kernels(self.conv_kernels)

    def check(self) -> None:
        """Raises WrongInput for the first misfit."""
        for message, hint in self.misfits():
            raise WrongInput(f"{message}; {hint}")

    def shapes(self) -> dict[str, Shape]:
        """Name → shape of every parameter, in the order of the model."""
        found = _linear("input_projection", self.input_features, self.d_model)
        for i in range(self.num_layers):
            found |= self._layer(f"transformer_encoder.layers.{i}")
        if self.range_head:
            for j, kernel in enumerate(self.conv_kernels):
                name, channels = f"multi_scale_conv.convs.{j}", self.conv_channels
                found |= {f"{name}.0.weight": (channels, self.d_model, kernel), f"{name}.0.bias": (channels,)}
                found |= {f"{name}.1.weight": (channels,), f"{name}.1.bias": (channels,)}
            found |= _head("range_head", len(self.conv_kernels) * self.conv_channels, RANGE)
        return found | _head("position_head", self.d_model, POSITION)

    def _layer(self, name: str) -> dict[str, Shape]:
        d, hidden = self.d_model, self.dim_feedforward
        found: dict[str, Shape] = {f"{name}.self_attn.in_proj_weight": (3 * d, d)}
        found |= {f"{name}.self_attn.in_proj_bias": (3 * d,)} | _linear(f"{name}.self_attn.out_proj", d, d)
        found |= _linear(f"{name}.linear1", d, hidden) | _linear(f"{name}.linear2", hidden, d)
        return found | {f"{name}.norm{i}.{kind}": (d,) for i in (1, 2) for kind in ("weight", "bias")}

    def buffers(self) -> dict[str, Shape]:
        """Name → shape of what the normalisations of the convolutions keep."""
        shapes: dict[str, Shape] = {"running_mean": (self.conv_channels,), "running_var": (self.conv_channels,)}
        shapes["num_batches_tracked"] = ()
        kernels = range(len(self.conv_kernels)) if self.range_head else ()
        return {f"multi_scale_conv.convs.{j}.1.{kind}": shape for j in kernels for kind, shape in shapes.items()}

    @property
    def parameters(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes().values())

    @classmethod
    def of(cls, shapes: Mapping[str, Sequence[int]], nhead: int = 8) -> Self:
        """The sizes that these shapes say; the number of heads is not among what they say.

        Raises WrongInput where a shape that decides is missing or makes no sense.
        """
        d, features = _axes(shapes, "input_projection.weight", 2)
        hidden, _ = _axes(shapes, "transformer_encoder.layers.0.linear1.weight", 2)
        convolutions = _numbered(shapes, r"multi_scale_conv\.convs\.(\d+)\.0\.weight")
        kernels = [_axes(shapes, f"multi_scale_conv.convs.{j}.0.weight", 3) for j in convolutions]
        sizes: dict[str, Any] = (
            {"conv_kernels": tuple(one[2] for one in kernels), "conv_channels": kernels[0][0]} if kernels else {}
        )
        found = cls(
            input_features=features,
            d_model=d,
            nhead=nhead,
            num_layers=len(_numbered(shapes, r"transformer_encoder\.layers\.(\d+)\.linear1\.weight")),
            dim_feedforward=hidden,
            range_head=bool(kernels) or any(name.startswith("range_head.") for name in shapes),
            **sizes,
        )
        found.check()
        return found

    def differences(self, shapes: Mapping[str, Sequence[int]]) -> list[str]:
        """What is missing among, surplus in or of another shape than these `shapes`, one sentence each."""
        own = self.shapes() | self.buffers()
        found = [f"'{name}' is missing" for name in own if name not in shapes]
        found += [f"'{name}' is unknown" for name in shapes if name not in own]
        return found + [
            f"'{name}' has shape {tuple(shapes[name])}, expected {shape}"
            for name, shape in own.items()
            if name in shapes and tuple(shapes[name]) != shape
        ]


def _unfit_width(d_model: int, nhead: int) -> Iterator[tuple[str, str]]:
    step = math.lcm(2, nhead)
    if d_model % step:
        rule = "an even number" if d_model % 2 else ""
        rule = " and ".join(filter(None, (rule, f"a multiple of nhead {nhead}" if d_model % nhead else "")))
        yield f"d_model: expected {rule}, received {d_model}", f"the nearest is {max(1, round(d_model / step)) * step}"


def _unfit_kernels(kernels: Sequence[int]) -> Iterator[tuple[str, str]]:
    if not kernels:
        yield "conv_kernels: expected at least one odd width, received none", "take 3, 11, 25"
    for kernel in kernels:
        if isinstance(kernel, bool) or not isinstance(kernel, int) or kernel < 1 or kernel % 2 == 0:
            nearest = kernel + 1 if isinstance(kernel, int) and kernel > 0 else 1
            yield f"conv_kernels: expected odd widths ≥ 1, received {kernel}", f"the nearest is {nearest}"
    repeated = sorted({kernel for kernel in kernels if list(kernels).count(kernel) > 1})
    if repeated:
        yield f"conv_kernels: expected different widths, received {repeated[0]} more than once", "name it once"


def _linear(name: str, read: int, put_out: int) -> dict[str, Shape]:
    return {f"{name}.weight": (put_out, read), f"{name}.bias": (put_out,)}


def _head(name: str, read: int, widths: Sequence[int]) -> dict[str, Shape]:
    found: dict[str, Shape] = {}
    for i, width in enumerate(widths):
        found |= _linear(f"{name}.{3 * i}", read, width)
        read = width
    return found


def _numbered(names: Mapping[str, Any], pattern: str) -> list[int]:
    return sorted(int(match[1]) for match in (re.fullmatch(pattern, name) for name in names) if match)


def _axes(shapes: Mapping[str, Sequence[int]], name: str, rank: int) -> Shape:
    shape = shapes.get(name)
    if shape is None or len(shape) != rank or not all(shape):
        received = "it is missing" if shape is None else f"its shape is {tuple(shape)}"
        raise WrongInput(f"these are no weights of CentromereTransformer: '{name}' needs {rank} axes, {received}")
    return tuple(int(size) for size in shape)
