# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya's operations on whatever there is: Triton kernels on CUDA, PyTorch elsewhere; equal up to rounding.

`conv_norm` is the dilated depthwise convolution with its normalisation, `block` the whole block around it.
"""

from __future__ import annotations

import torch

from seqforge.errors import UsageError, did_you_mean, quoted
from seqforge.kernels import cheri_reference as reference

KERNELS = ("auto", "triton", "torch")


def conv_norm(x: torch.Tensor, weight: torch.Tensor, dilation: int, kernel: str = "auto") -> torch.Tensor:
    """y (example, position, channel), contiguous, in the dtype of `x`; `weight` (3, channel), taps at -d, 0, +d."""
    _check(x, weight, dilation, kernel)
    return reference.conv_norm(x, weight, dilation)


def block(
    x: torch.Tensor,
    conv_weight: torch.Tensor,
    w1: torch.Tensor,
    w2: torch.Tensor,
    dilation: int,
    residual_scale: float,
    kernel: str = "auto",
) -> torch.Tensor:
    """x + residual_scale · gelu(conv_norm(x) w1ᵀ) w2ᵀ; `w1` (hidden, channel), `w2` (channel, hidden)."""
    _check(x, conv_weight, dilation, kernel)
    return reference.block(x, conv_weight, w1, w2, dilation, residual_scale)


def _check(x: torch.Tensor, weight: torch.Tensor, dilation: int, kernel: str) -> None:
    if kernel not in KERNELS:
        raise UsageError(f"kernel {quoted(kernel)} is not known; {did_you_mean(kernel, KERNELS)}")
    if x.ndim != 3 or not x.is_floating_point():
        raise UsageError(f"expected x (example, position, channel) of floats, received {tuple(x.shape)} of {x.dtype}")
    if tuple(weight.shape) != (3, x.shape[2]):
        raise UsageError(f"expected a weight (3, {x.shape[2]}), received {tuple(weight.shape)}")
    if dilation < 1:
        raise UsageError(f"expected a dilation of 1 or more, received {dilation}")
