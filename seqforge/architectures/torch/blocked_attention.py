# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Attention with dropout on its probabilities, a block of queries at a time: no L×L scores are ever kept.

For CPUs, whose fused attention of PyTorch has no dropout. The backward pass computes the scores of a block again and
draws the same dropout (Dao et al. 2022, doi 10.48550/arXiv.2205.14135, without tiles over keys).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.amp import custom_bwd, custom_fwd

BLOCK = 2**18  # scores (chromosome, head, query, key) of a block: 1 MiB in float32, which caches hold
NARROWEST = 16  # queries of a block, so that products of matrices stay such
LEVELS = 2**16  # of the random numbers that decide what is dropped


def attention(q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None, rate: float) -> Tensor:
    """dropout(softmax(q·kᵀ/√d))·v for q, k, v (n, head, bin, d); `allowed` (n, 1, 1, bin) bool: the keys, None: all.

    The share that is dropped is `rate` to 1/65536, what is kept is scaled by the exact share. One number is drawn from
    PyTorch's generator. There is no second derivative.
    """
    seed = int(torch.randint(2**62, (), device="cpu"))
    found: Tensor = _Attention.apply(q, k, v, allowed, rate, seed)
    return found


def probabilities(q: Tensor, k: Tensor, allowed: Tensor | None = None) -> Tensor:
    """softmax(q·kᵀ/√d) (n, head, query, key) of all queries given; `allowed` as in `attention`."""
    scores = (q / math.sqrt(q.shape[-1])) @ k.mT
    if allowed is not None:
        scores = scores.masked_fill_(~allowed, -math.inf)
    return torch.softmax(scores, dim=-1)


class _Attention(torch.autograd.Function):
    @staticmethod
    @custom_fwd(device_type="cpu", cast_inputs=torch.float32)  # type: ignore[untyped-decorator]
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None, rate: float, seed: int) -> Tensor:
        q, k, v = q.contiguous(), k.contiguous(), v.contiguous()
        mixed = torch.empty_like(q)
        for rows, kept in _blocks(q, k, rate, seed):
            shares = probabilities(q[:, :, rows], k, allowed)
            mixed[:, :, rows] = shares.mul_(kept) @ v
        mixed *= _scale(rate)
        ctx.save_for_backward(q, k, v, mixed, allowed)
        ctx.rate, ctx.seed = rate, seed
        return mixed

    @staticmethod
    @custom_bwd(device_type="cpu")  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        """P probabilities, M dropout: dV = (P·M)ᵀ dO, dS = P·(M·dO Vᵀ − dO·O), dQ = dS K, dK = dSᵀ Q."""
        q, k, v, mixed, allowed = ctx.saved_tensors
        scaled, root = upstream[0] * _scale(ctx.rate), 1 / math.sqrt(q.shape[-1])
        inner = (upstream[0] * mixed).sum(-1, keepdim=True)
        d_q, d_k, d_v = torch.empty_like(q), torch.zeros_like(k), torch.zeros_like(v)
        for rows, kept in _blocks(q, k, ctx.rate, ctx.seed):
            shares, d_mixed = probabilities(q[:, :, rows], k, allowed), scaled[:, :, rows]
            d_scores = (d_mixed @ v.mT).mul_(kept).sub_(inner[:, :, rows]).mul_(shares)
            d_q[:, :, rows] = d_scores @ k
            d_k += d_scores.mT @ q[:, :, rows]
            d_v += shares.mul_(kept).mT @ d_mixed
        return d_q.mul_(root), d_k.mul_(root), d_v, None, None, None


def _blocks(q: Tensor, k: Tensor, rate: float, seed: int) -> Iterator[tuple[slice, Tensor]]:
    """Rows of queries, and which of their probabilities (n, head, query, key) are kept: the same for the same seed."""
    (n, heads, queries, _), keys = q.shape, k.shape[2]
    width, draw = max(NARROWEST, BLOCK // (n * heads * keys)), torch.Generator().manual_seed(seed)
    for start in range(0, queries, width):
        rows = slice(start, min(start + width, queries))
        shape = (n, heads, rows.stop - start, keys)
        yield rows, _kept(shape, rate, draw).to(q.device)


def _kept(shape: tuple[int, ...], rate: float, draw: torch.Generator) -> Tensor:
    """Bool; four numbers of 16 bits are taken from one of 64, which is ten times as fast as one draw for each."""
    count = math.prod(shape)
    words = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None, generator=draw)
    return (words.view(torch.int16)[:count] >= _dropped(rate) - LEVELS // 2).view(shape)


def _dropped(rate: float) -> int:
    """How many of the levels are dropped."""
    return min(round(rate * LEVELS), LEVELS - 1)


def _scale(rate: float) -> float:
    return LEVELS / (LEVELS - _dropped(rate))
