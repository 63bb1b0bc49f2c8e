# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Triton kernels of the dilated depthwise convolution fused with its normalisation; formulas in cheri_reference.

Forward in two passes, 12 bytes per fp32 element: `_statistics` reads x and leaves (count, mean, squares about it) of
every piece; `_normalise` merges the pieces of its example, convolves again and writes y. Backward in two passes, 20
bytes: `_sums` reads x and g and leaves the sums of g and g·y, `_gradients` recomputes du at p, p-d and p+d.

A piece is a run of positions of one example by a part of its channels (a power of two: 96 channels are three parts of
32, not 128). Pieces lie on axis 0 of the grid, positions fastest and examples slowest, so that the shifted reads of a
piece hit what its neighbour has just brought into the cache. Every sum goes through a buffer of pieces and is
merged in their order: two runs give equal bits. Offsets are 64-bit; no input is written.
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl

from seqforge.kernels import cheri_tuning as tuning
from seqforge.kernels.cheri_reference import EPS

WIDEST = 64  # channels of one part: eight tiles of it stay in registers
RUNS = (512, 256, 128, 64)  # positions of one piece
PROGRAMS = 1024  # that keep a large GPU busy; where there are fewer, runs are shorter
LANES = 64  # pieces merged at once
FREE = ["length", "dilation", "pieces", "run"]  # new values of these compile nothing anew


# ------------------------------------------------------------------------------------------------- in kernels


@triton.jit
def load_rows(pointer, rows, columns, length, row_stride, column_stride, CHANNELS: tl.constexpr):
    """A tile as fp32; 0 beyond the ends of the example and the last channel."""
    inside = ((rows >= 0) & (rows < length))[:, None] & (columns < CHANNELS)[None, :]
    offsets = rows[:, None] * row_stride + columns[None, :] * column_stride
    return tl.load(pointer + offsets, mask=inside, other=0.0).to(tl.float32)


@triton.jit
def load_tap(weight, tap: tl.constexpr, columns, tap_stride, column_stride, CHANNELS: tl.constexpr):
    return tl.load(weight + tap * tap_stride + columns * column_stride, mask=columns < CHANNELS, other=0.0).to(
        tl.float32
    )[None, :]


@triton.jit
def merge_moments(count, mean, squares, other_count, other_mean, other_squares):
    """Chan's formula: moments of two sets from (count, mean, sum of squares about the mean) of each."""
    total = count + other_count
    share = other_count / tl.maximum(total, 1.0)
    gap = other_mean - mean
    return total, mean + gap * share, squares + other_squares + gap * gap * count * share


@triton.jit
def example_moments(parts, example, pieces, EPSILON: tl.constexpr, LANES: tl.constexpr):
    """(mean, 1 / deviation) of an example from its pieces (pieces, 3), in their order."""
    count = 0.0
    mean = 0.0
    squares = 0.0
    for first in range(0, pieces, LANES):
        lanes = first + tl.arange(0, LANES)
        at = parts + (example * pieces + lanes) * 3
        counts = tl.load(at, mask=lanes < pieces, other=0.0)
        means = tl.load(at + 1, mask=lanes < pieces, other=0.0)
        inner = tl.load(at + 2, mask=lanes < pieces, other=0.0)
        some = tl.sum(counts, 0)
        middle = tl.sum(counts * means, 0) / some
        spread = tl.sum(inner + counts * (means - middle) * (means - middle), 0)
        count, mean, squares = merge_moments(count, mean, squares, some, middle, spread)
    return mean, 1.0 / tl.sqrt(squares / count + EPSILON)


@triton.jit
def example_sums(parts, example, pieces, elements, LANES: tl.constexpr):
    """Means over an example's `elements` values of its two sums, from its pieces (pieces, 2)."""
    first_sum = 0.0
    second_sum = 0.0
    for first in range(0, pieces, LANES):
        lanes = first + tl.arange(0, LANES)
        at = parts + (example * pieces + lanes) * 2
        first_sum += tl.sum(tl.load(at, mask=lanes < pieces, other=0.0), 0)
        second_sum += tl.sum(tl.load(at + 1, mask=lanes < pieces, other=0.0), 0)
    return first_sum / elements, second_sum / elements


@triton.jit
def place(run, pieces, WIDTH: tl.constexpr, PARTS: tl.constexpr):
    """(example, its piece, first position, channels) of this program; parts of channels fastest, then positions."""
    program = tl.program_id(0).to(tl.int64)
    example = program // pieces
    piece = program % pieces
    columns = (piece % PARTS) * WIDTH + tl.arange(0, WIDTH).to(tl.int64)
    return example, piece, (piece // PARTS) * run, columns


@triton.jit(do_not_specialize=FREE)
def _statistics(
    x, weight, parts, x_example, x_row, x_column, w_tap, w_column, length, dilation, pieces, run,
    CHANNELS: tl.constexpr, WIDTH: tl.constexpr, PARTS: tl.constexpr, BLOCK: tl.constexpr, num_stages: tl.constexpr,
):  # fmt: skip
    example, piece, start, columns = place(run, pieces, WIDTH, PARTS)
    x += example * x_example
    before = load_tap(weight, 0, columns, w_tap, w_column, CHANNELS)
    centre = load_tap(weight, 1, columns, w_tap, w_column, CHANNELS)
    after = load_tap(weight, 2, columns, w_tap, w_column, CHANNELS)
    stop = tl.minimum(start + run, length)
    wide = tl.minimum(CHANNELS - (piece % PARTS) * WIDTH, WIDTH).to(tl.float32)
    count = 0.0
    mean = 0.0
    squares = 0.0
    for step in tl.range(0, run, BLOCK, num_stages=num_stages):
        rows = start + step + tl.arange(0, BLOCK).to(tl.int64)
        u = before * load_rows(x, rows - dilation, columns, length, x_row, x_column, CHANNELS)
        u += centre * load_rows(x, rows, columns, length, x_row, x_column, CHANNELS)
        u += after * load_rows(x, rows + dilation, columns, length, x_row, x_column, CHANNELS)
        inside = (rows < stop)[:, None] & (columns < CHANNELS)[None, :]
        u = tl.where(inside, u, 0.0)
        some = tl.maximum(tl.minimum(stop - start - step, BLOCK), 0).to(tl.float32) * wide
        middle = tl.sum(tl.sum(u, 1), 0) / tl.maximum(some, 1.0)
        apart = tl.where(inside, u - middle, 0.0)
        spread = tl.sum(tl.sum(apart * apart, 1), 0)
        count, mean, squares = merge_moments(count, mean, squares, some, middle, spread)
    at = parts + (example * pieces + piece) * 3
    tl.store(at, count)
    tl.store(at + 1, mean)
    tl.store(at + 2, squares)


@triton.jit(do_not_specialize=FREE)
def _normalise(
    x, weight, parts, y, statistics, x_example, x_row, x_column, w_tap, w_column, length, dilation, pieces, run,
    CHANNELS: tl.constexpr, WIDTH: tl.constexpr, PARTS: tl.constexpr, EPSILON: tl.constexpr, LANES: tl.constexpr,
    BLOCK: tl.constexpr, num_stages: tl.constexpr,
):  # fmt: skip
    example, piece, start, columns = place(run, pieces, WIDTH, PARTS)
    mean, rate = example_moments(parts, example, pieces, EPSILON, LANES)
    if piece == 0:
        tl.store(statistics + example * 2, mean)
        tl.store(statistics + example * 2 + 1, rate)
    x += example * x_example
    y += example * length * CHANNELS
    before = load_tap(weight, 0, columns, w_tap, w_column, CHANNELS)
    centre = load_tap(weight, 1, columns, w_tap, w_column, CHANNELS)
    after = load_tap(weight, 2, columns, w_tap, w_column, CHANNELS)
    stop = tl.minimum(start + run, length)
    for step in tl.range(0, run, BLOCK, num_stages=num_stages):
        rows = start + step + tl.arange(0, BLOCK).to(tl.int64)
        u = before * load_rows(x, rows - dilation, columns, length, x_row, x_column, CHANNELS)
        u += centre * load_rows(x, rows, columns, length, x_row, x_column, CHANNELS)
        u += after * load_rows(x, rows + dilation, columns, length, x_row, x_column, CHANNELS)
        inside = (rows < stop)[:, None] & (columns < CHANNELS)[None, :]
        result = ((u - mean) * rate).to(y.dtype.element_ty)
        tl.store(y + rows[:, None] * CHANNELS + columns[None, :], result, mask=inside)


@triton.jit(do_not_specialize=FREE)
def _sums(
    gradient, x, weight, statistics, parts, g_example, g_row, g_column, x_example, x_row, x_column, w_tap, w_column,
    length, dilation, pieces, run,
    CHANNELS: tl.constexpr, WIDTH: tl.constexpr, PARTS: tl.constexpr, BLOCK: tl.constexpr, num_stages: tl.constexpr,
):  # fmt: skip
    example, piece, start, columns = place(run, pieces, WIDTH, PARTS)
    mean = tl.load(statistics + example * 2)
    rate = tl.load(statistics + example * 2 + 1)
    x += example * x_example
    gradient += example * g_example
    before = load_tap(weight, 0, columns, w_tap, w_column, CHANNELS)
    centre = load_tap(weight, 1, columns, w_tap, w_column, CHANNELS)
    after = load_tap(weight, 2, columns, w_tap, w_column, CHANNELS)
    stop = tl.minimum(start + run, length)
    plain = tl.zeros((BLOCK,), tl.float32)
    weighted = tl.zeros((BLOCK,), tl.float32)
    for step in tl.range(0, run, BLOCK, num_stages=num_stages):
        rows = start + step + tl.arange(0, BLOCK).to(tl.int64)
        u = before * load_rows(x, rows - dilation, columns, length, x_row, x_column, CHANNELS)
        u += centre * load_rows(x, rows, columns, length, x_row, x_column, CHANNELS)
        u += after * load_rows(x, rows + dilation, columns, length, x_row, x_column, CHANNELS)
        g = load_rows(gradient, rows, columns, stop, g_row, g_column, CHANNELS)
        plain += tl.sum(g, 1)
        weighted += tl.sum(g * (u - mean) * rate, 1)
    at = parts + (example * pieces + piece) * 2
    tl.store(at, tl.sum(plain, 0))
    tl.store(at + 1, tl.sum(weighted, 0))


@triton.jit
def slope(g, u, rows, length, mean, rate, plain, weighted):
    """du of cheri_reference.backward for rows of the example, 0 beyond its ends."""
    du = rate * (g - plain - (u - mean) * rate * weighted)
    return tl.where(((rows >= 0) & (rows < length))[:, None], du, 0.0)


@triton.jit(do_not_specialize=[*FREE, "sum_pieces"])
def _gradients(
    gradient, residual, x, weight, statistics, sums, dx, parts, g_example, g_row, g_column,
    r_example, r_row, r_column, x_example, x_row, x_column, w_tap, w_column,
    length, dilation, pieces, run, sum_pieces,
    CHANNELS: tl.constexpr, WIDTH: tl.constexpr, PARTS: tl.constexpr, RESIDUAL: tl.constexpr, LANES: tl.constexpr,
    BLOCK: tl.constexpr, num_stages: tl.constexpr,
):  # fmt: skip
    example, piece, start, columns = place(run, pieces, WIDTH, PARTS)
    mean = tl.load(statistics + example * 2)
    rate = tl.load(statistics + example * 2 + 1)
    elements = length.to(tl.float32) * CHANNELS
    plain, weighted = example_sums(sums, example, sum_pieces, elements, LANES)
    x += example * x_example
    gradient += example * g_example
    residual += example * r_example
    dx += example * length * CHANNELS
    before = load_tap(weight, 0, columns, w_tap, w_column, CHANNELS)
    centre = load_tap(weight, 1, columns, w_tap, w_column, CHANNELS)
    after = load_tap(weight, 2, columns, w_tap, w_column, CHANNELS)
    stop = tl.minimum(start + run, length)
    d_before = tl.zeros((WIDTH,), tl.float32)
    d_centre = tl.zeros((WIDTH,), tl.float32)
    d_after = tl.zeros((WIDTH,), tl.float32)
    for step in tl.range(0, run, BLOCK, num_stages=num_stages):
        rows = start + step + tl.arange(0, BLOCK).to(tl.int64)
        left = load_rows(x, rows - dilation, columns, length, x_row, x_column, CHANNELS)
        here = load_rows(x, rows, columns, length, x_row, x_column, CHANNELS)
        right = load_rows(x, rows + dilation, columns, length, x_row, x_column, CHANNELS)
        g = load_rows(gradient, rows, columns, length, g_row, g_column, CHANNELS)
        u = before * left + centre * here + after * right
        du = slope(g, u, rows, stop, mean, rate, plain, weighted)
        d_before += tl.sum(du * left, 0)
        d_centre += tl.sum(du * here, 0)
        d_after += tl.sum(du * right, 0)
        result = centre * du
        outer = load_rows(x, rows - 2 * dilation, columns, length, x_row, x_column, CHANNELS)
        g = load_rows(gradient, rows - dilation, columns, length, g_row, g_column, CHANNELS)
        u = before * outer + centre * left + after * here
        result += after * slope(g, u, rows - dilation, length, mean, rate, plain, weighted)
        outer = load_rows(x, rows + 2 * dilation, columns, length, x_row, x_column, CHANNELS)
        g = load_rows(gradient, rows + dilation, columns, length, g_row, g_column, CHANNELS)
        u = before * here + centre * right + after * outer
        result += before * slope(g, u, rows + dilation, length, mean, rate, plain, weighted)
        if RESIDUAL:
            result += load_rows(residual, rows, columns, length, r_row, r_column, CHANNELS)
        inside = (rows < stop)[:, None] & (columns < CHANNELS)[None, :]
        tl.store(dx + rows[:, None] * CHANNELS + columns[None, :], result.to(dx.dtype.element_ty), mask=inside)
    at = parts + ((example * (pieces // PARTS) + piece // PARTS) * 3) * CHANNELS + columns
    tl.store(at, d_before, mask=columns < CHANNELS)
    tl.store(at + CHANNELS, d_centre, mask=columns < CHANNELS)
    tl.store(at + 2 * CHANNELS, d_after, mask=columns < CHANNELS)


# ------------------------------------------------------------------------------------------------- around them


class Pieces(NamedTuple):
    """How the elements of x are shared out: `run` positions by `width` channels to a program."""

    examples: int
    length: int
    channels: int
    run: int
    width: int
    parts: int

    @property
    def runs(self) -> int:
        return triton.cdiv(self.length, self.run)

    @property
    def each(self) -> int:
        """Pieces of one example."""
        return self.runs * self.parts

    @property
    def constants(self) -> dict[str, Any]:
        return {"CHANNELS": self.channels, "WIDTH": self.width, "PARTS": self.parts}


def pieces_of(x: torch.Tensor) -> Pieces:
    """Runs as long as leave enough programs to fill a GPU."""
    examples, length, channels = x.shape
    width = widths(channels, WIDEST)[-1]
    parts = padded(channels) // width
    fitting = [run for run in RUNS if examples * triton.cdiv(length, run) * parts >= PROGRAMS]
    return Pieces(examples, length, channels, (fitting or RUNS[-1:])[0], width, parts)


def padded(channels: int) -> int:
    """The next multiple of 16."""
    return triton.cdiv(channels, 16) * 16


def widths(channels: int, widest: int) -> tuple[int, ...]:
    """Powers of two, largest first, that add up to the padded channels: 96 is 64 + 32."""
    rest, found = padded(channels), []
    while rest:
        found.append(min(widest, 1 << (rest.bit_length() - 1)))
        rest -= found[-1]
    return tuple(found)


def on_device(x: torch.Tensor) -> AbstractContextManager[Any]:
    """Triton launches on the current device, which need not be that of x."""
    return torch.cuda.device(x.device) if x.is_cuda else nullcontext()


def launch(
    kernel: Any, programs: int, given: tuple[Any, ...], constants: dict[str, Any], key: tuning.Key, how: str
) -> tuning.Settings:
    """Run `kernel` on `programs` programs with the settings that `how` ("table" or "autotune") chooses."""

    def run(settings: tuning.Settings) -> None:
        kernel[(programs,)](*given, **constants, **settings, enable_fp_fusion=True)

    return tuning.launch(key, how, run)


def key_of(kernel: str, x: torch.Tensor, hidden: int = 0, dots: str = "") -> tuning.Key:
    dtype = str(x.dtype).removeprefix("torch.") + (f"/{dots}" if dots else "")
    rows = (x.shape[0] * x.shape[1]).bit_length()
    return tuning.Key(kernel, padded(x.shape[2]), hidden, dtype, architecture(x.device), rows)


@functools.cache
def architecture(device: torch.device) -> str:
    """As in "sm_90"."""
    return "sm_{}{}".format(*torch.cuda.get_device_capability(device)) if device.type == "cuda" else "interpreter"


def moments(x: torch.Tensor, weight: torch.Tensor, dilation: int, how: str) -> tuple[torch.Tensor, Pieces]:
    """(count, mean, sum of squares) of every piece, (examples · pieces, 3)."""
    pieces = pieces_of(x)
    parts = x.new_empty((pieces.examples * pieces.each, 3), dtype=torch.float32)
    given = (x, weight, parts, *x.stride(), *weight.stride(), pieces.length, dilation, pieces.each, pieces.run)
    launch(_statistics, len(parts), given, pieces.constants, key_of("statistics", x), how)
    return parts, pieces


def forward(
    x: torch.Tensor, weight: torch.Tensor, dilation: int, how: str = "table"
) -> tuple[torch.Tensor, torch.Tensor]:
    """(y, statistics (example, 2) in fp32), as cheri_reference.forward."""
    y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    statistics = x.new_empty((len(x), 2), dtype=torch.float32)
    if not len(x):
        return y, statistics
    dilation = min(dilation, x.shape[1])
    with on_device(x):
        parts, pieces = moments(x, weight, dilation, how)
        strides = (*x.stride(), *weight.stride())
        given = (x, weight, parts, y, statistics, *strides, pieces.length, dilation, pieces.each, pieces.run)
        constants = pieces.constants | {"EPSILON": EPS, "LANES": LANES}
        launch(_normalise, len(parts), given, constants, key_of("normalise", x), how)
    return y, statistics


def backward(
    gradient: torch.Tensor,
    x: torch.Tensor,
    weight: torch.Tensor,
    statistics: torch.Tensor,
    dilation: int,
    how: str = "table",
) -> tuple[torch.Tensor, torch.Tensor]:
    """(dx, dw), as cheri_reference.backward."""
    if not len(x):
        return x.new_empty(x.shape), weight.new_zeros(weight.shape)
    dilation = min(dilation, x.shape[1])
    with on_device(x):
        pieces = pieces_of(x)
        sums = x.new_empty((pieces.examples * pieces.each, 2), dtype=torch.float32)
        strides = (*gradient.stride(), *x.stride(), *weight.stride())
        given = (gradient, x, weight, statistics, sums, *strides, pieces.length, dilation, pieces.each, pieces.run)
        launch(_sums, len(sums), given, pieces.constants, key_of("sums", x), how)
        return gradients(gradient, x, weight, statistics, sums, dilation, None, how)


def gradients(
    gradient: torch.Tensor,
    x: torch.Tensor,
    weight: torch.Tensor,
    statistics: torch.Tensor,
    sums: torch.Tensor,
    dilation: int,
    residual: torch.Tensor | None,
    how: str,
) -> tuple[torch.Tensor, torch.Tensor]:
    """(dx, dw) once the sums of g and g·y are known, (example · pieces, 2); `residual` is added to dx."""
    pieces = pieces_of(x)
    dx = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    parts = x.new_empty((pieces.examples * pieces.runs, 3, pieces.channels), dtype=torch.float32)
    more = x if residual is None else residual
    strides = (*gradient.stride(), *more.stride(), *x.stride(), *weight.stride())
    given = (gradient, more, x, weight, statistics, sums, dx, parts, *strides, pieces.length, dilation)
    given += (pieces.each, pieces.run, len(sums) // pieces.examples)
    constants = pieces.constants | {"RESIDUAL": residual is not None, "LANES": LANES}
    launch(_gradients, pieces.examples * pieces.each, given, constants, key_of("gradients", x), how)
    return dx, parts.sum(0).to(weight.dtype)
