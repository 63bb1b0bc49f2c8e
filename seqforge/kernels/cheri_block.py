# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Triton kernels of Cherimoya's whole block: y = x + scale · gelu(norm(x) W1ᵀ) W2ᵀ; formulas in cheri_reference.

Forward: after the pass of `_statistics`, `_forward` goes from the convolution to y without leaving the chip, row tile
by row tile, hidden units in parts. Training saves x and (mean, r) of every example; inference not even that.

Backward: `_value_gradient` recomputes all of it and writes the gradient dv with respect to the normalised values v,
with the two sums that the normalisation needs (Σ dv = Σ dz · rowsum(W1) and Σ dv·v = Σ dz·z: no further pass).
`_weight_gradients` recomputes once more for dW1 and dW2: their sums over many tiles stay in registers, 256 KB at 128
channels, which is all that a multiprocessor has. So each program owns a part of the hidden units, and dv, which needs
all of them, is not its affair. `_gradients` of cheri_conv_norm goes from dv to dx and dw. Nothing is read that the same
kernel writes, and every sum has its order.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

from seqforge.kernels import cheri_conv_norm as conv_norm
from seqforge.kernels.cheri_conv_norm import FREE, LANES, example_moments, load_rows, load_tap
from seqforge.kernels.cheri_reference import CUBIC, EPS, ROOT

WIDEST = 128  # channels, and hidden units, of one part
SMALLEST = 32  # rows of a tile, in the space of settings
STREAMED = 128  # bytes of hidden units at once where the projections stream through shared memory
HELD = 256  # and where a program keeps its part of them
PROGRAMS = 264  # of the backward pass: two for each multiprocessor of an H200; each leaves a partial dW1 and dW2
LONG, SHORT, BUSY = (512, 256), 128, 528  # positions of a program of the other passes; four programs for each
PRECISIONS = {"ieee": "ieee", "tf32": "tf32", "bf16": "ieee", "fp16": "ieee"}
OPERANDS = {"ieee": tl.float32, "tf32": tl.float32, "bf16": tl.bfloat16, "fp16": tl.float16}
TYPES = {"ieee": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
GATE = tl.constexpr(2 * ROOT)
BEND = tl.constexpr(CUBIC)


@triton.jit
def gate(z):
    """gelu(z) = z · gate(z): (1 + tanh a) / 2 is the logistic function of 2a."""
    return 1.0 / (1.0 + tl.exp(-(z + z * z * z * BEND) * GATE))  # constants on the right: so interpreters want it


@triton.jit
def load_weight(pointer, rows, columns, row_stride, column_stride, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    """A tile of a matrix (ROWS, COLUMNS); 0 beyond its ends."""
    inside = (rows < ROWS)[:, None] & (columns < COLUMNS)[None, :]
    return tl.load(pointer + rows[:, None] * row_stride + columns[None, :] * column_stride, mask=inside, other=0.0)


@triton.jit
def normalised(
    x, weight, rows, stop, length, dilation, mean, rate, x_row, x_column, w_tap, w_column,
    CHANNELS: tl.constexpr, START: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    """Rows of the normalised convolution for one part of the channels, 0 outside."""
    columns = START + tl.arange(0, WIDTH).to(tl.int64)
    u = load_tap(weight, 0, columns, w_tap, w_column, CHANNELS) * load_rows(
        x, rows - dilation, columns, length, x_row, x_column, CHANNELS
    )
    u += load_tap(weight, 1, columns, w_tap, w_column, CHANNELS) * load_rows(
        x, rows, columns, length, x_row, x_column, CHANNELS
    )
    u += load_tap(weight, 2, columns, w_tap, w_column, CHANNELS) * load_rows(
        x, rows + dilation, columns, length, x_row, x_column, CHANNELS
    )
    inside = (rows < stop)[:, None] & (columns < CHANNELS)[None, :]
    return tl.where(inside, (u - mean) * rate, 0.0)


@triton.jit(do_not_specialize=[*FREE, "runs"])
def _forward(
    x, weight, w1, w2, parts, y, statistics, x_example, x_row, x_column, w_tap, w_column,
    w1_row, w1_column, w2_row, w2_column, length, dilation, pieces, runs, run, scale,
    CHANNELS: tl.constexpr, HIDDEN: tl.constexpr, STARTS: tl.constexpr, WIDTHS: tl.constexpr, PART: tl.constexpr,
    SAVE: tl.constexpr, OPERAND: tl.constexpr, PRECISION: tl.constexpr,
    EPSILON: tl.constexpr, LANES: tl.constexpr, BLOCK: tl.constexpr, num_stages: tl.constexpr,
):  # fmt: skip
    program = tl.program_id(0).to(tl.int64)
    example = program // runs
    start = (program % runs) * run
    stop = tl.minimum(start + run, length)
    mean, rate = example_moments(parts, example, pieces, EPSILON, LANES)
    if SAVE:
        if program % runs == 0:
            tl.store(statistics + example * 2, mean)
            tl.store(statistics + example * 2 + 1, rate)
    x += example * x_example
    y += example * length * CHANNELS
    for step in range(0, run, BLOCK):
        rows = start + step + tl.arange(0, BLOCK).to(tl.int64)
        values = ()
        outs = ()
        for i in tl.static_range(len(WIDTHS)):
            value = normalised(
                x, weight, rows, stop, length, dilation, mean, rate, x_row, x_column, w_tap, w_column,
                CHANNELS, STARTS[i], WIDTHS[i],
            )  # fmt: skip
            values = values + (value.to(OPERAND),)
            outs = outs + (tl.zeros((BLOCK, WIDTHS[i]), tl.float32),)
        for unit in tl.range(0, HIDDEN, PART, num_stages=num_stages):
            units = unit + tl.arange(0, PART)
            z = tl.zeros((BLOCK, PART), tl.float32)
            for i in tl.static_range(len(WIDTHS)):
                columns = STARTS[i] + tl.arange(0, WIDTHS[i]).to(tl.int64)
                first = load_weight(w1, units, columns, w1_row, w1_column, HIDDEN, CHANNELS)
                z = tl.dot(values[i], tl.trans(first), z, input_precision=PRECISION)
            hidden = (z * gate(z)).to(OPERAND)
            sums = ()
            for i in tl.static_range(len(WIDTHS)):
                columns = STARTS[i] + tl.arange(0, WIDTHS[i]).to(tl.int64)
                second = load_weight(w2, columns, units, w2_row, w2_column, CHANNELS, HIDDEN)
                sums = sums + (tl.dot(hidden, tl.trans(second), outs[i], input_precision=PRECISION),)
            outs = sums
        for i in tl.static_range(len(WIDTHS)):
            columns = STARTS[i] + tl.arange(0, WIDTHS[i]).to(tl.int64)
            result = load_rows(x, rows, columns, length, x_row, x_column, CHANNELS) + scale * outs[i]
            inside = (rows < stop)[:, None] & (columns < CHANNELS)[None, :]
            tl.store(y + rows[:, None] * CHANNELS + columns[None, :], result.to(y.dtype.element_ty), mask=inside)


@triton.jit
def through_gelu(z, dh, scale, OPERAND: tl.constexpr):
    """(gelu(z), dz) for the gradient `dh` with respect to gelu(z) / scale."""
    opened = gate(z)
    dz = scale * dh * (opened + z * opened * (1.0 - opened) * GATE * (1.0 + z * z * BEND * 3.0))
    return (z * opened).to(OPERAND), dz


@triton.jit(do_not_specialize=[*FREE, "runs"])
def _value_gradient(
    gradient, x, weight, w1, w2, statistics, dv, sums, g_example, g_row, g_column, x_example, x_row, x_column,
    w_tap, w_column, w1_row, w1_column, w2_row, w2_column, length, dilation, runs, run, scale,
    CHANNELS: tl.constexpr, HIDDEN: tl.constexpr, STARTS: tl.constexpr, WIDTHS: tl.constexpr, PART: tl.constexpr,
    OPERAND: tl.constexpr, PRECISION: tl.constexpr, BLOCK: tl.constexpr, num_stages: tl.constexpr,
):  # fmt: skip
    program = tl.program_id(0).to(tl.int64)
    example = program // runs
    start = (program % runs) * run
    stop = tl.minimum(start + run, length)
    mean = tl.load(statistics + example * 2)
    rate = tl.load(statistics + example * 2 + 1)
    x += example * x_example
    gradient += example * g_example
    dv += example * length * CHANNELS
    plain = tl.zeros((BLOCK,), tl.float32)
    weighted = tl.zeros((BLOCK,), tl.float32)
    for step in range(0, run, BLOCK):
        rows = start + step + tl.arange(0, BLOCK).to(tl.int64)
        values = ()
        slopes = ()
        outs = ()
        for i in tl.static_range(len(WIDTHS)):
            columns = STARTS[i] + tl.arange(0, WIDTHS[i]).to(tl.int64)
            value = normalised(
                x, weight, rows, stop, length, dilation, mean, rate, x_row, x_column, w_tap, w_column,
                CHANNELS, STARTS[i], WIDTHS[i],
            )  # fmt: skip
            values = values + (value.to(OPERAND),)
            slopes = slopes + (load_rows(gradient, rows, columns, stop, g_row, g_column, CHANNELS).to(OPERAND),)
            outs = outs + (tl.zeros((BLOCK, WIDTHS[i]), tl.float32),)
        for unit in tl.range(0, HIDDEN, PART, num_stages=num_stages):
            units = unit + tl.arange(0, PART)
            z = tl.zeros((BLOCK, PART), tl.float32)
            dh = tl.zeros((BLOCK, PART), tl.float32)
            for i in tl.static_range(len(WIDTHS)):
                columns = STARTS[i] + tl.arange(0, WIDTHS[i]).to(tl.int64)
                first = load_weight(w1, units, columns, w1_row, w1_column, HIDDEN, CHANNELS)
                second = load_weight(w2, columns, units, w2_row, w2_column, CHANNELS, HIDDEN)
                z = tl.dot(values[i], tl.trans(first), z, input_precision=PRECISION)
                dh = tl.dot(slopes[i], second, dh, input_precision=PRECISION)
            dz = through_gelu(z, dh, scale, OPERAND)[1]
            weighted += tl.sum(dz * z, 1)
            totals = tl.zeros((PART,), tl.float32)
            more = ()
            for i in tl.static_range(len(WIDTHS)):
                columns = STARTS[i] + tl.arange(0, WIDTHS[i]).to(tl.int64)
                first = load_weight(w1, units, columns, w1_row, w1_column, HIDDEN, CHANNELS)
                totals += tl.sum(first.to(tl.float32), 1)
                more = more + (tl.dot(dz.to(OPERAND), first, outs[i], input_precision=PRECISION),)
            plain += tl.sum(dz * totals[None, :], 1)
            outs = more
        for i in tl.static_range(len(WIDTHS)):
            columns = STARTS[i] + tl.arange(0, WIDTHS[i]).to(tl.int64)
            inside = (rows < stop)[:, None] & (columns < CHANNELS)[None, :]
            tl.store(dv + rows[:, None] * CHANNELS + columns[None, :], outs[i].to(dv.dtype.element_ty), mask=inside)
    tl.store(sums + program * 2, tl.sum(plain, 0))
    tl.store(sums + program * 2 + 1, tl.sum(weighted, 0))


@triton.jit(do_not_specialize=[*FREE, "examples", "groups"])
def _weight_gradients(
    gradient, x, weight, w1, w2, statistics, dw1, dw2, g_example, g_row, g_column, x_example, x_row, x_column,
    w_tap, w_column, w1_row, w1_column, w2_row, w2_column, length, dilation, examples, groups, scale,
    CHANNELS: tl.constexpr, HIDDEN: tl.constexpr, STARTS: tl.constexpr, WIDTHS: tl.constexpr, PART: tl.constexpr,
    OPERAND: tl.constexpr, PRECISION: tl.constexpr, BLOCK: tl.constexpr, num_stages: tl.constexpr,
):  # fmt: skip
    program = tl.program_id(0).to(tl.int64)
    shares = tl.cdiv(HIDDEN, PART)
    group = program // shares
    units = (program % shares) * PART + tl.arange(0, PART)  # fastest: who reads the same tiles runs together
    tiles = tl.cdiv(length, BLOCK)
    total = examples.to(tl.int64) * tiles
    each = tl.cdiv(total, groups)
    firsts = ()
    seconds = ()
    d_first = ()
    d_second = ()
    for i in tl.static_range(len(WIDTHS)):
        columns = STARTS[i] + tl.arange(0, WIDTHS[i]).to(tl.int64)
        firsts = firsts + (load_weight(w1, units, columns, w1_row, w1_column, HIDDEN, CHANNELS),)
        seconds = seconds + (load_weight(w2, columns, units, w2_row, w2_column, CHANNELS, HIDDEN),)
        d_first = d_first + (tl.zeros((PART, WIDTHS[i]), tl.float32),)
        d_second = d_second + (tl.zeros((PART, WIDTHS[i]), tl.float32),)
    for tile in tl.range(group * each, tl.minimum(group * each + each, total), num_stages=num_stages):
        example = tile // tiles
        rows = (tile % tiles) * BLOCK + tl.arange(0, BLOCK).to(tl.int64)
        mean = tl.load(statistics + example * 2)
        rate = tl.load(statistics + example * 2 + 1)
        z = tl.zeros((BLOCK, PART), tl.float32)
        dh = tl.zeros((BLOCK, PART), tl.float32)
        values = ()
        slopes = ()
        for i in tl.static_range(len(WIDTHS)):
            columns = STARTS[i] + tl.arange(0, WIDTHS[i]).to(tl.int64)
            value = normalised(
                x + example * x_example, weight, rows, length, length, dilation, mean, rate,
                x_row, x_column, w_tap, w_column, CHANNELS, STARTS[i], WIDTHS[i],
            ).to(OPERAND)  # fmt: skip
            g = load_rows(gradient + example * g_example, rows, columns, length, g_row, g_column, CHANNELS).to(OPERAND)
            z = tl.dot(value, tl.trans(firsts[i]), z, input_precision=PRECISION)
            dh = tl.dot(g, seconds[i], dh, input_precision=PRECISION)
            values = values + (value,)
            slopes = slopes + (g,)
        hidden, dz = through_gelu(z, dh, scale, OPERAND)
        down = tl.trans(dz.to(OPERAND))
        up = tl.trans(hidden)
        more_first = ()
        more_second = ()
        for i in tl.static_range(len(WIDTHS)):
            more_first = more_first + (tl.dot(down, values[i], d_first[i], input_precision=PRECISION),)
            more_second = more_second + (tl.dot(up, slopes[i], d_second[i], input_precision=PRECISION),)
        d_first = more_first
        d_second = more_second
    at = (group * HIDDEN + units)[:, None] * CHANNELS
    for i in tl.static_range(len(WIDTHS)):
        columns = STARTS[i] + tl.arange(0, WIDTHS[i]).to(tl.int64)
        inside = (units < HIDDEN)[:, None] & (columns < CHANNELS)[None, :]
        tl.store(dw1 + at + columns[None, :], d_first[i], mask=inside)
        tl.store(dw2 + at + columns[None, :], scale * d_second[i], mask=inside)


# ------------------------------------------------------------------------------------------------- around them


def forward(
    x: torch.Tensor,
    conv_weight: torch.Tensor,
    w1: torch.Tensor,
    w2: torch.Tensor,
    dilation: int,
    scale: float,
    dots: str,
    how: str = "table",
    save: bool = True,
) -> tuple[torch.Tensor, torch.Tensor]:
    """(y, statistics (example, 2)), the latter empty without `save`; `dots` (see TYPES): what the products multiply."""
    y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    statistics = x.new_empty((len(x) if save else 0, 2), dtype=torch.float32)
    if not len(x):
        return y, statistics
    dilation, dots = min(dilation, x.shape[1]), _possible(dots)
    with conv_norm.on_device(x):
        parts, pieces = conv_norm.moments(x, conv_weight, dilation, how)
        first, second = w1.to(TYPES[dots]), w2.to(TYPES[dots])
        strides = (*x.stride(), *conv_weight.stride(), *first.stride(), *second.stride())
        given = (x, conv_weight, first, second, parts, y, statistics, *strides)
        run, runs = _runs(x)
        given += (pieces.length, dilation, pieces.each, runs, run, scale)
        constants = _constants(x, len(w1), dots, STREAMED) | {"SAVE": save, "EPSILON": EPS, "LANES": LANES}
        key = conv_norm.key_of("forward", x, len(w1), dots)
        conv_norm.launch(_forward, len(x) * runs, given, constants, key, how)
    return y, statistics


def _runs(x: torch.Tensor) -> tuple[int, int]:
    """Positions of one program, and programs of one example: long runs, if there are enough of them."""
    examples, length, _ = x.shape
    run = next((run for run in LONG if examples * triton.cdiv(length, run) >= BUSY), SHORT)
    return run, triton.cdiv(length, run)


def _possible(dots: str) -> str:
    """Interpreted arithmetic in bf16 is silently wrong: there it is done in fp32."""
    return "ieee" if dots == "bf16" and triton.knobs.runtime.interpret else dots


def _constants(x: torch.Tensor, hidden: int, dots: str, part_bytes: int) -> dict[str, Any]:
    """What a kernel is compiled for; parts of channels are powers of two that add up, parts of units are equal."""
    widths = conv_norm.widths(x.shape[2], WIDEST)
    return {
        "CHANNELS": x.shape[2],
        "HIDDEN": hidden,
        "STARTS": tuple(sum(widths[:i]) for i in range(len(widths))),
        "WIDTHS": widths,
        "PART": min(part_bytes // TYPES[dots].itemsize, triton.next_power_of_2(conv_norm.padded(hidden))),
        "OPERAND": OPERANDS[dots],
        "PRECISION": PRECISIONS[dots],
    }


def backward(
    gradient: torch.Tensor,
    x: torch.Tensor,
    conv_weight: torch.Tensor,
    w1: torch.Tensor,
    w2: torch.Tensor,
    statistics: torch.Tensor,
    dilation: int,
    scale: float,
    dots: str,
    how: str = "table",
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """(dx, d conv_weight, dW1, dW2), each in the dtype of what it belongs to."""
    if not len(x):
        return x.new_empty(x.shape), *(weight.new_zeros(weight.shape) for weight in (conv_weight, w1, w2))  # type: ignore[return-value]
    dilation, dots = min(dilation, x.shape[1]), _possible(dots)
    with conv_norm.on_device(x):
        first, second = w1.to(TYPES[dots]), w2.to(TYPES[dots])
        inputs = (gradient, x, conv_weight, first, second, statistics)
        strides = sum((tuple(tensor.stride()) for tensor in inputs[:-1]), ())
        dv, sums = _to_values(inputs, strides, dilation, scale, dots, how)
        dw1, dw2 = _to_weights(inputs, strides, dilation, scale, dots, how)
        dx, dw = conv_norm.gradients(dv, x, conv_weight, statistics, sums, dilation, gradient, how)
        return dx, dw, dw1.to(w1.dtype), dw2.to(w2.dtype)


def _to_values(
    inputs: tuple[torch.Tensor, ...], strides: tuple[int, ...], dilation: int, scale: float, dots: str, how: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """The gradient with respect to the normalised values, and its sums with 1 and with them, (example · runs, 2)."""
    x, hidden = inputs[1], len(inputs[3])
    run, runs = _runs(x)
    dv = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    sums = x.new_empty((len(x) * runs, 2), dtype=torch.float32)
    given = (*inputs, dv, sums, *strides, x.shape[1], dilation, runs, run, scale)
    constants, key = _constants(x, hidden, dots, STREAMED), conv_norm.key_of("value_gradient", x, hidden, dots)
    conv_norm.launch(_value_gradient, len(sums), given, constants, key, how)
    return dv, sums


def _to_weights(
    inputs: tuple[torch.Tensor, ...], strides: tuple[int, ...], dilation: int, scale: float, dots: str, how: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """(dW1, dW2) in fp32: a partial sum of every group of tiles, then their sum."""
    x, hidden = inputs[1], len(inputs[3])
    examples, length, channels = x.shape
    constants, key = _constants(x, hidden, dots, HELD), conv_norm.key_of("weight_gradients", x, hidden, dots)
    shares = triton.cdiv(hidden, constants["PART"])
    groups = min(examples * triton.cdiv(length, SMALLEST), max(1, PROGRAMS // shares))
    sums = x.new_empty((2, groups, hidden, channels), dtype=torch.float32)
    given = (*inputs, *sums, *strides, length, dilation, examples, groups, scale)
    conv_norm.launch(_weight_gradients, groups * shares, given, constants, key, how)
    dw1, dw2 = sums.sum(1)
    return dw1, dw2.T.contiguous()
