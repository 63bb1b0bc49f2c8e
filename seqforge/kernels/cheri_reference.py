# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya's block in plain PyTorch: the formulas that the kernels are tested against, and the forms that CPUs run.

All activations are channels-last, (example, position, channel). Per example n, positions outside [0, length) being 0:

    u[i,c] = w[0,c] x[i-d,c] + w[1,c] x[i,c] + w[2,c] x[i+d,c]
    y      = r (u - mean(u)),   r = 1 / sqrt(variance(u) + EPS)          over all positions and channels
    block  = x + scale · gelu(y W1ᵀ) W2ᵀ
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn import functional

# load-bearing: the variance of u in a fresh model is 2e-6, so that r = 1/sqrt(EPS) = 31.6 is what sets its scale
EPS = 1e-3

ROOT = math.sqrt(2 / math.pi)
CUBIC = 0.044715

Tensors = tuple[torch.Tensor, ...]


def wide(x: torch.Tensor) -> torch.Tensor:
    """`x` in the precision of the arithmetic: float64 as it is, everything else as float32."""
    return x if x.dtype == torch.float64 else x.float()


def shifted(x: torch.Tensor, by: int) -> torch.Tensor:
    """x[:, i + by] at position i, 0 where that lies outside; `x` (example, position, channel)."""
    out = torch.zeros_like(x)
    length = x.shape[1]
    if abs(by) < length:
        out[:, max(0, -by) : length - max(0, by)] = x[:, max(0, by) : length - max(0, -by)]
    return out


# ---------------------------------------------------------------------------------------------------- the formulas


def convolution(x: torch.Tensor, weight: torch.Tensor, dilation: int) -> torch.Tensor:
    """u of this file's head; `x` (example, position, channel), `weight` (3, channel)."""
    return weight[0] * shifted(x, -dilation) + weight[1] * x + weight[2] * shifted(x, dilation)


def forward(x: torch.Tensor, weight: torch.Tensor, dilation: int) -> Tensors:
    """(y in the dtype of x, statistics (example, 2): mean of u and r); the variance takes a pass of its own."""
    u = convolution(wide(x), weight.to(wide(x).dtype), dilation)
    mean = u.mean(dim=(1, 2), keepdim=True)
    rate = (u - mean).square().mean(dim=(1, 2), keepdim=True).add(EPS).rsqrt()
    return ((u - mean) * rate).to(x.dtype), torch.cat((mean, rate), 1).flatten(1)


def backward(
    gradient: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, statistics: torch.Tensor, dilation: int
) -> Tensors:
    """(dx in the dtype of x, dw in that of the weight) for `gradient` with respect to y, shaped like x."""
    values, w = wide(x), weight.to(wide(x).dtype)
    mean, rate = statistics[:, 0, None, None], statistics[:, 1, None, None]
    y = (convolution(values, w, dilation) - mean) * rate
    g = gradient.to(values.dtype)
    du = rate * (g - g.mean(dim=(1, 2), keepdim=True) - y * (g * y).mean(dim=(1, 2), keepdim=True))
    dx = w[1] * du + w[0] * shifted(du, dilation) + w[2] * shifted(du, -dilation)
    dw = torch.stack([(du * shifted(values, tap * dilation)).sum(dim=(0, 1)) for tap in (-1, 0, 1)])
    return dx.to(x.dtype), dw.to(weight.dtype)


def gelu(z: torch.Tensor) -> torch.Tensor:
    return 0.5 * z * (1 + torch.tanh(ROOT * (z + CUBIC * z**3)))


def gelu_slope(z: torch.Tensor) -> torch.Tensor:
    """The derivative of `gelu`."""
    bend = torch.tanh(ROOT * (z + CUBIC * z**3))
    return 0.5 * (1 + bend) + 0.5 * z * (1 - bend**2) * ROOT * (1 + 3 * CUBIC * z**2)


def block_forward(
    x: torch.Tensor, conv_weight: torch.Tensor, w1: torch.Tensor, w2: torch.Tensor, dilation: int, scale: float
) -> Tensors:
    """(block(x) in the dtype of x, statistics); `w1` (hidden, channel), `w2` (channel, hidden)."""
    values = wide(x)
    y, statistics = forward(values, conv_weight, dilation)
    hidden = gelu(y @ w1.to(values.dtype).T)
    return (values + scale * (hidden @ w2.to(values.dtype).T)).to(x.dtype), statistics


def block_backward(
    gradient: torch.Tensor,
    x: torch.Tensor,
    conv_weight: torch.Tensor,
    w1: torch.Tensor,
    w2: torch.Tensor,
    statistics: torch.Tensor,
    dilation: int,
    scale: float,
) -> Tensors:
    """(dx, d conv_weight, d w1, d w2), each in the dtype of what it belongs to; y, z and gelu(z) are recomputed."""
    values = wide(x)
    g, first, second = (tensor.to(values.dtype) for tensor in (gradient, w1, w2))
    w = conv_weight.to(values.dtype)
    y = (convolution(values, w, dilation) - statistics[:, 0, None, None]) * statistics[:, 1, None, None]
    z = y @ first.T
    dz = scale * (g @ second) * gelu_slope(z)
    dx, dw = backward(dz @ first, values, w, statistics, dilation)
    dw1 = dz.flatten(0, 1).T @ y.flatten(0, 1)
    dw2 = scale * g.flatten(0, 1).T @ gelu(z).flatten(0, 1)
    return (dx + g).to(x.dtype), dw.to(conv_weight.dtype), dw1.to(w1.dtype), dw2.to(w2.dtype)


# ---------------------------------------------------------------------------------------------- what CPUs run


def conv_norm(x: torch.Tensor, weight: torch.Tensor, dilation: int) -> torch.Tensor:
    """y of this file's head, by what is fastest on CPUs; it can be differentiated twice."""
    values = wide(x)
    taps = _Taps.apply(values, weight.to(values.dtype), dilation)
    with torch.autocast(x.device.type, enabled=False):
        return functional.layer_norm(taps, taps.shape[1:], eps=EPS).to(x.dtype).contiguous()


class _Taps(torch.autograd.Function):
    """u by shifted multiply-adds in place, and so its derivative: half the time of what PyTorch would derive itself."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, dilation: int) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        ctx.dilation = dilation
        return _add_shifted(x * weight[1], x, weight[0], weight[2], dilation)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[Any, ...]:  # type: ignore[override]
        (x, weight), dilation = ctx.saved_tensors, ctx.dilation
        dx = _add_shifted(gradient * weight[1], gradient, weight[2], weight[0], dilation)
        later, earlier = slice(dilation, None), slice(None, max(0, x.shape[1] - dilation))
        pairs = (
            (gradient[:, later], x[:, earlier]),
            (gradient, x),
            (gradient[:, earlier], x[:, later]),
        )
        return dx, torch.stack([(du * values).sum(dim=(0, 1)) for du, values in pairs]), None


def _add_shifted(
    total: torch.Tensor, x: torch.Tensor, before: torch.Tensor, after: torch.Tensor, dilation: int
) -> torch.Tensor:
    """`total` with before · x[i - d] + after · x[i + d] added to it."""
    if dilation < x.shape[1]:
        total[:, dilation:].addcmul_(x[:, :-dilation], before)
        total[:, :-dilation].addcmul_(x[:, dilation:], after)
    return total


def block(
    x: torch.Tensor, conv_weight: torch.Tensor, w1: torch.Tensor, w2: torch.Tensor, dilation: int, scale: float
) -> torch.Tensor:
    """block(x) of this file's head; without gradients the last product and the sum are one operation."""
    return project(x, conv_norm(x, conv_weight, dilation), w1, w2, scale)


def project(x: torch.Tensor, y: torch.Tensor, w1: torch.Tensor, w2: torch.Tensor, scale: float) -> torch.Tensor:
    """x + scale · gelu(y w1ᵀ) w2ᵀ."""
    autocast = torch.is_autocast_enabled(x.device.type)
    first, second = (w1, w2) if autocast else (w1.to(x.dtype), w2.to(x.dtype))
    hidden = functional.gelu(functional.linear(y, first), approximate="tanh")
    if torch.is_grad_enabled() or autocast:
        return torch.add(x, functional.linear(hidden, second), alpha=scale).to(x.dtype).contiguous()
    rows = torch.addmm(x.flatten(0, 1), hidden.flatten(0, 1), second.T, alpha=scale)
    return rows.view(x.shape)
