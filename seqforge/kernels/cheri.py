# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya's operations on whatever there is: Triton kernels on CUDA, PyTorch elsewhere; equal up to rounding.

`conv_norm` is the dilated depthwise convolution with its normalisation, `block` the whole block around it; both go
through `kernel`: "auto" (Triton on CUDA, PyTorch on CPUs or without Triton), "triton" or "torch". The formulas are at
the head of cheri_reference; cheri_conv_norm and cheri_block hold the kernels, cheri_ops makes operators of them.
"""

from __future__ import annotations

import functools
import logging
import os
from importlib import metadata, util
from typing import Any

import torch

from seqforge.errors import BackendError, UsageError, did_you_mean, quoted
from seqforge.kernels import cheri_ops as operators
from seqforge.kernels import cheri_reference as reference

KERNELS = ("auto", "triton", "torch")
TUNINGS = ("table", "autotune")
DOTS = {torch.float32: "", torch.bfloat16: "bf16", torch.float16: "fp16"}  # what products multiply; fp32: by precision
# channels; the products of wider blocks are PyTorch's: they do not fit into a multiprocessor, or, with ieee products,
# which no tensor core computes, take minutes to compile
WIDEST, WIDEST_IEEE = 256, 128
OLDEST = (3, 3)  # Triton that knows tuples of tiles
INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"  # on CPUs, for tests


def _no_triton() -> str:
    """Why there is no Triton to run, or nothing; it is not imported for that."""
    if util.find_spec("triton") is None:
        return "the package 'triton' is not installed (pip install 'seqforge[triton]')"
    version = metadata.version("triton")
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        return f"expected triton {'.'.join(map(str, OLDEST))} or newer, received {version}"
    return ""


NO_TRITON = _no_triton()
log = logging.getLogger(__name__)


def conv_norm(
    x: torch.Tensor, weight: torch.Tensor, dilation: int, kernel: str = "auto", kernel_tuning: str = "table"
) -> torch.Tensor:
    """y (example, position, channel), contiguous, in the dtype of `x`; `weight` (3, channel), taps at -d, 0, +d.

    On PyTorch it can be differentiated twice, on Triton it says that it cannot.
    """
    _check(x, weight, dilation, kernel, kernel_tuning)
    if path(x, kernel) == "torch":
        return reference.conv_norm(x, weight, dilation)
    return operators.conv_norm(x, weight, dilation, kernel_tuning)[0]


def block(
    x: torch.Tensor,
    conv_weight: torch.Tensor,
    w1: torch.Tensor,
    w2: torch.Tensor,
    dilation: int,
    residual_scale: float,
    kernel: str = "auto",
    kernel_tuning: str = "table",
    matmul_precision: str | None = None,
) -> torch.Tensor:
    """x + residual_scale · gelu(conv_norm(x) w1ᵀ) w2ᵀ; `w1` (hidden, channel), `w2` (channel, hidden).

    `matmul_precision` of fp32 products on Triton: "highest" (ieee) or "high" (TF32); None: what PyTorch is set to.
    """
    _check(x, conv_weight, dilation, kernel, kernel_tuning)
    _check_projections(x, w1, w2)
    if path(x, kernel) == "torch":
        return reference.block(x, conv_weight, w1, w2, dilation, residual_scale)
    dots = DOTS[x.dtype] or _precision(matmul_precision)
    if x.shape[2] > WIDEST or (x.shape[2] > WIDEST_IEEE and _products(dots) == "ieee"):
        y = operators.conv_norm(x, conv_weight, dilation, kernel_tuning)[0]
        return reference.project(x, y, w1, w2, residual_scale)
    given = (x, conv_weight, w1, w2, dilation, residual_scale, dots, kernel_tuning)
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in given[:4]):
        return operators.block(*given)[0]
    return operators.block_inference(*given)


class FusedDilatedConvNormFunc(torch.autograd.Function):
    """conv_norm with the derivative of cheri_reference.backward on every device: saves x and (mean, r), no more."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, conv_weight: torch.Tensor, dilation: int) -> torch.Tensor:
        _check(x, conv_weight, dilation, "auto", "table")
        ctx.dilation, ctx.on_triton = dilation, path(x) == "triton"
        y, statistics = (
            operators.conv_norm(x, conv_weight, dilation, "table")
            if ctx.on_triton
            else reference.forward(x, conv_weight, dilation)
        )
        ctx.save_for_backward(x, conv_weight, statistics)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[Any, ...]:  # type: ignore[override]
        return *_Derivative.apply(gradient, *ctx.saved_tensors, ctx.dilation, ctx.on_triton), None


class _Derivative(torch.autograd.Function):
    """(dx, dw), which have no derivative themselves, and say so."""

    @staticmethod
    def forward(
        ctx: Any,
        gradient: torch.Tensor,
        x: torch.Tensor,
        weight: torch.Tensor,
        statistics: torch.Tensor,
        dilation: int,
        on_triton: bool,
    ) -> tuple[torch.Tensor, ...]:
        if on_triton:
            return operators.conv_norm_backward(gradient, x, weight, statistics, dilation, "table")
        return reference.backward(gradient, x, weight, statistics, dilation)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        raise RuntimeError(operators.TWICE)


def fused_dilated_conv_norm(X: torch.Tensor, conv_weight: torch.Tensor, dilation: int) -> torch.Tensor:  # noqa: N803
    """The documented name of `conv_norm`, with one derivative on every device: differentiating twice is an error."""
    return FusedDilatedConvNormFunc.apply(X, conv_weight, dilation)


# ------------------------------------------------------------------------------------------------- which path


def path(x: torch.Tensor, kernel: str = "auto") -> str:
    """ "triton" or "torch": what runs for `x`; raises BackendError where "triton" was asked for and cannot run."""
    if kernel == "torch":
        return "torch"
    lacking = _lacking(x)
    if kernel == "triton":
        if lacking and not (INTERPRETED and not NO_TRITON and x.dtype in DOTS):
            raise BackendError(f"kernel 'triton' cannot run: {lacking}; choose kernel 'auto' or 'torch'")
        return "triton"
    chosen = "torch" if lacking else "triton"
    if not torch.compiler.is_compiling():
        _tell(chosen, lacking or f"on {x.device}")
    return chosen


def _lacking(x: torch.Tensor) -> str:
    """Why Triton cannot run on `x`, or nothing."""
    if NO_TRITON:
        return NO_TRITON
    if not x.is_cuda:
        return f"expected tensors on CUDA, received {x.device}"
    if x.dtype not in DOTS:
        return f"expected float32, bfloat16 or float16, received {str(x.dtype).removeprefix('torch.')}"
    return ""


@functools.cache
def _tell(chosen: str, why: str) -> None:
    """Once per process and reason."""
    log.info("Cherimoya's kernels: %s, %s", chosen, why)


_products = torch.compiler.assume_constant_result(operators.meant)


def _precision(name: str | None) -> str:
    known = operators.PRECISIONS
    if name is not None and name not in known:
        raise UsageError(f"matmul precision {quoted(name)} is not known; {did_you_mean(name, tuple(known))}")
    return known[name] if name else ""


def _check(x: torch.Tensor, weight: torch.Tensor, dilation: int, kernel: str, kernel_tuning: str) -> None:
    if kernel not in KERNELS:
        raise UsageError(f"kernel {quoted(kernel)} is not known; {did_you_mean(kernel, KERNELS)}")
    if kernel_tuning not in TUNINGS:
        raise UsageError(f"kernel tuning {quoted(kernel_tuning)} is not known; {did_you_mean(kernel_tuning, TUNINGS)}")
    if x.ndim != 3 or not x.is_floating_point():
        raise UsageError(f"expected x (example, position, channel) of floats, received {tuple(x.shape)} of {x.dtype}")
    if 0 in x.shape[1:]:
        raise UsageError(f"expected x of at least one position and channel, received {tuple(x.shape)}")
    if tuple(weight.shape) != (3, x.shape[2]):
        raise UsageError(f"expected a weight (3, {x.shape[2]}), received {tuple(weight.shape)}")
    if weight.device != x.device:
        raise UsageError(f"expected weights on {x.device}, beside x; received {weight.device}")
    if dilation < 1:
        raise UsageError(f"expected a dilation of 1 or more, received {dilation}")


def _check_projections(x: torch.Tensor, w1: torch.Tensor, w2: torch.Tensor) -> None:
    channels, hidden = x.shape[2], w1.shape[0]
    if hidden < 1 or tuple(w1.shape) != (hidden, channels) or tuple(w2.shape) != (channels, hidden):
        received = f"{tuple(w1.shape)} and {tuple(w2.shape)}"
        raise UsageError(f"expected projections (hidden, {channels}) and ({channels}, hidden), received {received}")
    if {w1.device, w2.device} != {x.device}:
        raise UsageError(f"expected weights on {x.device}, beside x; received {w1.device} and {w2.device}")
