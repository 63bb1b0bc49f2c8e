# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya's Triton kernels as operators that PyTorch knows: torch.ops.seqforge.cheri_*.

Each has a rule for fake tensors (torch.compile), for gradients (DDP and checkpointing come with it) and for autocast:
x and the weights keep their dtypes, so that fp32 weights get fp32 gradients; only what the products multiply, `dots`,
follows autocast: ieee, tf32, bf16, fp16, or nothing, which means what PyTorch's precision of fp32 products says.
Inputs may have any strides, results are contiguous.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

NAMESPACE = "seqforge"
REDUCED = {torch.bfloat16: "bf16", torch.float16: "fp16"}
PRECISIONS = {"highest": "ieee", "high": "tf32", "medium": "tf32"}
TWICE = "the derivative of Cherimoya's kernels has none itself; use kernel='torch' to differentiate twice"

Two = tuple[torch.Tensor, torch.Tensor]
Four = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def _conv_norm(x: torch.Tensor, weight: torch.Tensor, dilation: int, tuning: str) -> Two:
    from seqforge.kernels import cheri_conv_norm

    return cheri_conv_norm.forward(x, weight, dilation, tuning)


def _conv_norm_backward(
    gradient: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, statistics: torch.Tensor, dilation: int, tuning: str
) -> Two:
    from seqforge.kernels import cheri_conv_norm

    return cheri_conv_norm.backward(gradient, x, weight, statistics, dilation, tuning)


def _block(
    x: torch.Tensor,
    conv_weight: torch.Tensor,
    w1: torch.Tensor,
    w2: torch.Tensor,
    dilation: int,
    scale: float,
    dots: str,
    tuning: str,
) -> Two:
    from seqforge.kernels import cheri_block

    return cheri_block.forward(x, conv_weight, w1, w2, dilation, scale, meant(dots), tuning)


def _block_inference(
    x: torch.Tensor,
    conv_weight: torch.Tensor,
    w1: torch.Tensor,
    w2: torch.Tensor,
    dilation: int,
    scale: float,
    dots: str,
    tuning: str,
) -> torch.Tensor:
    from seqforge.kernels import cheri_block

    return cheri_block.forward(x, conv_weight, w1, w2, dilation, scale, meant(dots), tuning, save=False)[0]


def _block_backward(
    gradient: torch.Tensor,
    x: torch.Tensor,
    conv_weight: torch.Tensor,
    w1: torch.Tensor,
    w2: torch.Tensor,
    statistics: torch.Tensor,
    dilation: int,
    scale: float,
    dots: str,
    tuning: str,
) -> Four:
    from seqforge.kernels import cheri_block

    return cheri_block.backward(gradient, x, conv_weight, w1, w2, statistics, dilation, scale, meant(dots), tuning)


def meant(dots: str) -> str:
    """What products multiply, where nothing was said as well."""
    return dots or PRECISIONS[torch.get_float32_matmul_precision()]


BLOCK = "Tensor x, Tensor conv_weight, Tensor w1, Tensor w2"
SIGNATURES: dict[str, tuple[Callable[..., Any], str]] = {
    "cheri_conv_norm": (_conv_norm, "(Tensor x, Tensor weight, int dilation, str tuning) -> (Tensor, Tensor)"),
    "cheri_conv_norm_backward": (
        _conv_norm_backward,
        "(Tensor gradient, Tensor x, Tensor weight, Tensor statistics, int dilation, str tuning) -> (Tensor, Tensor)",
    ),
    "cheri_block": (_block, f"({BLOCK}, int dilation, float scale, str dots, str tuning) -> (Tensor, Tensor)"),
    "cheri_block_inference": (
        _block_inference,
        f"({BLOCK}, int dilation, float scale, str dots, str tuning) -> Tensor",
    ),
    "cheri_block_backward": (
        _block_backward,
        f"(Tensor gradient, {BLOCK}, Tensor statistics, int dilation, float scale, str dots, str tuning)"
        " -> (Tensor, Tensor, Tensor, Tensor)",
    ),
}
OPERATORS = {
    name: torch.library.custom_op(f"{NAMESPACE}::{name}", run, mutates_args=(), schema=schema)
    for name, (run, schema) in SIGNATURES.items()
}
conv_norm = OPERATORS["cheri_conv_norm"]
conv_norm_backward = OPERATORS["cheri_conv_norm_backward"]
block = OPERATORS["cheri_block"]
block_inference = OPERATORS["cheri_block_inference"]
block_backward = OPERATORS["cheri_block_backward"]


# ------------------------------------------------------------------------------------------------ fake tensors


def _fresh(like: torch.Tensor) -> torch.Tensor:
    return torch.empty(like.shape, dtype=like.dtype, device=like.device)


def _with_statistics(x: torch.Tensor, *_: Any) -> Two:
    return _fresh(x), x.new_empty((x.shape[0], 2), dtype=torch.float32)


conv_norm.register_fake(_with_statistics)
block.register_fake(_with_statistics)
block_inference.register_fake(lambda x, *_: _fresh(x))
conv_norm_backward.register_fake(lambda gradient, x, weight, *_: (_fresh(x), _fresh(weight)))
block_backward.register_fake(lambda gradient, *tensors: tuple(_fresh(tensor) for tensor in tensors[:4]))


# --------------------------------------------------------------------------------------------------- gradients


def _keep(tensors: int) -> Callable[..., None]:
    """Save the first inputs and the statistics; the other inputs are settings."""

    def setup(ctx: Any, inputs: tuple[Any, ...], output: Two) -> None:
        ctx.save_for_backward(*inputs[:tensors], output[1])
        ctx.settings = inputs[tensors:]
        ctx.mark_non_differentiable(output[1])

    return setup


def _conv_norm_gradient(ctx: Any, gradient: torch.Tensor, _: Any) -> tuple[Any, ...]:
    return *conv_norm_backward(gradient, *ctx.saved_tensors, *ctx.settings), None, None


def _block_gradient(ctx: Any, gradient: torch.Tensor, _: Any) -> tuple[Any, ...]:
    return *block_backward(gradient, *ctx.saved_tensors, *ctx.settings), None, None, None, None


def _refuse(ctx: Any, *gradients: Any) -> Any:
    raise RuntimeError(TWICE)


conv_norm.register_autograd(_conv_norm_gradient, setup_context=_keep(2))
block.register_autograd(_block_gradient, setup_context=_keep(4))
conv_norm_backward.register_autograd(_refuse)
block_backward.register_autograd(_refuse)


# ---------------------------------------------------------------------------------------------------- autocast


def _under_autocast(operator: Any, device: str, dots_at: int | None) -> Callable[..., Any]:
    """The same call outside autocast, its `dots` in autocast's dtype."""

    def call(*given: Any) -> Any:
        dtype = torch.get_autocast_dtype(device)
        with torch.autocast(device, enabled=False):
            if dots_at is not None and dtype in REDUCED:
                given = (*given[:dots_at], REDUCED[dtype], *given[dots_at + 1 :])
            return operator(*given)

    return call


_library = torch.library.Library(NAMESPACE, "FRAGMENT")  # lives as long as this module
for _name, _at in (("cheri_conv_norm", None), ("cheri_block", 6), ("cheri_block_inference", 6)):
    for _device, _key in (("cuda", "AutocastCUDA"), ("cpu", "AutocastCPU")):
        _library.impl(_name, _under_autocast(OPERATORS[_name], _device, _at), _key)
