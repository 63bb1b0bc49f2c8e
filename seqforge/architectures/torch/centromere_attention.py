# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Attention over long chromosomes as nn.Modules: memory grows with the bins, in training and in evaluation.

Vaswani et al. 2017. PyTorch's own encoder layer is not used, because its fast path keeps L×L scores on a CPU.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from seqforge.architectures.torch import blocked_attention

KEPT = 2**17  # positions whose encoding is kept: 64 MiB for 128 channels


class SinusoidalEncoding(nn.Module):
    """x (n, bin, D) → dropout(x + PE), PE(p, 2i) = sin(p·ω_i), PE(p, 2i+1) = cos(p·ω_i), ω_i = 10000^(−2i/D).

    For positions `offset` … `offset` + L − 1, of any length: nothing is cut, and nothing is part of the weights. The
    arithmetic is float32, which leaves the exact values by 8e-4 at bin 10,000; published weights were trained with it.
    """

    def __init__(self, d_model: int, dropout: float = 0.1):
        super().__init__()
        self.d_model = d_model
        self.dropout = nn.Dropout(dropout)
        self._kept: Tensor | None = None

    def forward(self, x: Tensor, offset: int | Tensor = 0) -> Tensor:
        return self.dropout(x + self.encoding(x.shape[1], offset, x.device).to(x.dtype))

    def encoding(self, length: int, offset: int | Tensor = 0, device: torch.device | None = None) -> Tensor:
        """(bin, D) float32 for one offset, (n, bin, D) for offsets (n,)."""
        device = torch.device("cpu") if device is None else device
        if device.type == "meta":
            return torch.empty(length, self.d_model, device=device)
        if isinstance(offset, Tensor) and offset.device.type == "cpu":
            offset = offset.tolist() if offset.ndim else int(offset)
        if isinstance(offset, Tensor):  # on a GPU: to look at it would be to wait for it
            return self._at(offset[..., None] + torch.arange(length, device=device))
        if isinstance(offset, list):
            return torch.stack([self._from(one, length, device) for one in offset])
        return self._from(offset, length, device)

    def _from(self, offset: int, length: int, device: torch.device) -> Tensor:
        end = offset + length
        if offset < 0 or end > KEPT:
            return self._at(torch.arange(offset, end, device=device))
        if self._kept is None or len(self._kept) < end or self._kept.device != device:
            with torch.inference_mode(False):  # what is kept may be used in training later
                self._kept = self._at(torch.arange(min(KEPT, 2 * end), device=device))
        return self._kept[offset:end]

    def _at(self, positions: Tensor) -> Tensor:
        """(…, D) of positions (…): products in float32, with frequencies as a CPU rounds them, whatever the device."""
        even = torch.arange(0, self.d_model, 2, dtype=torch.float32, device="cpu")
        frequencies = torch.exp(even * (-math.log(10000.0) / self.d_model)).to(positions.device)
        angles = positions.to(torch.float32)[..., None] * frequencies
        return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)


class Attention(nn.Module):
    """softmax(q·kᵀ/√(D/H))·v in H heads over (n, bin, D), the projections of q, k and v being one matrix (3D, D).

    Dropout acts on the probabilities. Without it, and on a GPU, the fused operation of PyTorch computes them; with it
    on a CPU, blocks of queries whose scores are computed again in the backward pass.
    """

    def __init__(self, d_model: int, nhead: int, dropout: float = 0.0):
        super().__init__()
        self.nhead, self.dropout = nhead, dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * d_model, d_model))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * d_model))
        self.out_proj = nn.Linear(d_model, d_model)

    def forward(self, x: Tensor, keys: Tensor | None = None) -> Tensor:
        """`keys` (n, bin) bool: True for bins that may be looked at; None: all."""
        q, k, v = self.projected(x)
        allowed = None if keys is None else keys[:, None, None, :]
        rate = self.dropout if self.training else 0.0
        if rate and x.device.type in ("cpu", "mps"):
            mixed = blocked_attention.attention(q, k, v, allowed, rate)
        else:
            mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=allowed, dropout_p=rate)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))

    def projected(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """q, k and v, each (n, head, bin, D/H)."""
        joint = functional.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = joint.unflatten(-1, (3, self.nhead, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        return q, k, v

    def maps(self, x: Tensor, queries: Tensor, keys: Tensor | None = None) -> Tensor:
        """Probabilities (n, head, query, bin) of the asked bins only, before dropout."""
        q, k, _ = self.projected(x)
        allowed = None if keys is None else keys[:, None, None, :]
        return blocked_attention.probabilities(q[:, :, queries], k, allowed)

    def extra_repr(self) -> str:
        return f"nhead={self.nhead}, dropout={self.dropout}"


class EncoderLayer(nn.Module):
    """x ← LN(x + drop(attention(x))); x ← LN(x + drop(W2 drop(ReLU(W1 x)))): normalised after each sum."""

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int, dropout: float, attention_dropout: float):
        super().__init__()
        self.self_attn = Attention(d_model, nhead, attention_dropout)
        self.linear1 = nn.Linear(d_model, dim_feedforward)
        self.dropout = nn.Dropout(dropout)
        self.linear2 = nn.Linear(dim_feedforward, d_model)
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)

    def forward(self, x: Tensor, keys: Tensor | None = None) -> Tensor:
        x = self.norm1(x + self.dropout(self.self_attn(x, keys)))
        hidden = self.dropout(functional.relu(self.linear1(x)))
        return self.norm2(x + self.dropout(self.linear2(hidden)))


class Encoder(nn.Module):
    """Layers one after another, without a normalisation behind the last; `again`: recomputed in the backward pass."""

    def __init__(self, layers: list[EncoderLayer]):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor, keys: Tensor | None = None, again: bool = False) -> Tensor:
        for layer in self.layers:
            x = checkpoint(layer, x, keys, use_reentrant=False) if again else layer(x, keys)
        return x
