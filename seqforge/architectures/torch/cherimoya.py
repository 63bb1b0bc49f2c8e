# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya as nn.Modules: dilated depthwise blocks on (example, position, channel), profile and count heads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from seqforge.architectures.cherimoya_shapes import BASES, BOUND, STD, TAPS, Sizes, default_trimming, trimmed
from seqforge.errors import UsageError
from seqforge.kernels import cheri

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class ConvNorm(nn.Module):
    """The dilated depthwise convolution and the normalisation over all positions and channels of an example.

    Without weights of its own: they belong to the block, by their published name.
    """

    def __init__(self, dilation: int, kernel: str = "auto", kernel_tuning: str = "table"):
        super().__init__()
        self.dilation, self.kernel, self.kernel_tuning = dilation, kernel, kernel_tuning

    def forward(self, x: Tensor, weight: Tensor) -> Tensor:
        if x.is_meta:  # shapes are proven where nothing is computed, whatever shall compute it later
            return torch.empty_like(x)
        return cheri.conv_norm(x, weight, self.dilation, self.kernel, self.kernel_tuning)

    def extra_repr(self) -> str:
        return f"dilation={self.dilation}"


class CheriBlock(nn.Module):
    """(n, position, channel) → the same: x + residual_scale · W2 gelu(W1 convnorm(x)).

    One fused operation, unless a hook sits on a module inside; then module after module.
    """

    def __init__(
        self,
        n_filters: int,
        dilation: int,
        expansion: int = 2,
        residual_scale: float = 0.15,
        kernel: str = "auto",
        kernel_tuning: str = "table",
    ):
        super().__init__()
        self.residual_scale = residual_scale
        self.conv_weight = nn.Parameter(torch.empty(TAPS, n_filters))
        self.conv_norm = ConvNorm(dilation, kernel, kernel_tuning)
        self.linear1 = nn.Linear(n_filters, expansion * n_filters, bias=False)
        self.gelu = nn.GELU(approximate="tanh")
        self.linear2 = nn.Linear(expansion * n_filters, n_filters, bias=False)
        for weight in self.parameters():
            nn.init.trunc_normal_(weight, std=STD, a=-BOUND, b=BOUND)

    def forward(self, x: Tensor) -> Tensor:
        if x.is_meta or self._hooked():
            hidden = self.gelu(self.linear1(self.conv_norm(x, self.conv_weight)))
            return x + (self.residual_scale * self.linear2(hidden)).to(x.dtype)
        w1, w2, norm = self.linear1.weight, self.linear2.weight, self.conv_norm
        return cheri.block(
            x,
            self.conv_weight,
            w1,
            w2,
            norm.dilation,
            self.residual_scale,
            kernel=norm.kernel,
            kernel_tuning=norm.kernel_tuning,
        )

    def _hooked(self) -> bool:
        return any(getattr(module, kind, None) for module in self.children() for kind in HOOKS)


class Cherimoya(nn.Module):
    """One-hot DNA (n, 4, L), unknown bases all zero → logits (n, track, L − 2·trimming), log counts (n, group).

    Log counts predict ln(1 + all reads of the group in the window). With control tracks the second argument is
    (n, track, L), raw values ≥ 0. `groups`: the number of tracks of every group. Every output depends on the whole
    sequence, because each block normalises over it. Weights start as `Sizes.initial` says for the `seed`.
    """

    loss_parameters = ("lw0", "lw1")  # that a loss may learn; without one that does they stay as they are

    def __init__(
        self,
        n_filters: int = 96,
        n_layers: int = 9,
        expansion: int = 2,
        residual_scale: float = 0.15,
        stem_kernel_size: int = 21,
        profile_kernel_size: int = 1,
        groups: Sequence[int] | None = None,
        n_control_tracks: int = 0,
        trimming: int | None = None,
        weight_scope: str = "shared",
        residual_dtype: str = "auto",
        kernel: str = "auto",
        kernel_tuning: str = "table",
        seed: int = 0,
    ):
        super().__init__()
        self.sizes = sizes = Sizes(
            n_filters=n_filters,
            n_layers=n_layers,
            expansion=expansion,
            stem_kernel_size=stem_kernel_size,
            profile_kernel_size=profile_kernel_size,
            groups=(1,) if groups is None else tuple(groups),
            n_control_tracks=n_control_tracks,
            weight_scope=weight_scope,
        )
        sizes.check()
        if not math.isfinite(residual_scale):
            raise UsageError(f"residual_scale: expected a finite number, received {residual_scale}; take 0.15")
        self.trimming = default_trimming(n_layers) if trimming is None else trimming
        trimmed(2 * max(0, self.trimming) + 1, self.trimming)
        self.residual_dtype, self.gradient_checkpointing = residual_dtype, False
        shapes = sizes.shapes()
        self.lw0 = nn.Parameter(torch.empty(shapes["lw0"]))
        self.lw1 = nn.Parameter(torch.empty(shapes["lw1"]))
        self.iconv = nn.Conv1d(BASES, n_filters, stem_kernel_size, padding=stem_kernel_size // 2)
        self.igelu = nn.GELU(approximate="tanh")
        self.blocks = nn.ModuleList(
            CheriBlock(n_filters, 2**i, expansion, residual_scale, kernel, kernel_tuning) for i in range(n_layers)
        )
        self.fconv = nn.Conv1d(n_filters + n_control_tracks, sizes.tracks, profile_kernel_size)
        self.linear = nn.Linear(*reversed(shapes["linear.weight"]))
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Draw all weights anew; nothing happens on the meta device."""
        if self.lw0.is_meta:
            return
        state = {name: torch.from_numpy(array) for name, array in self.sizes.initial(seed).items()}
        self.load_state_dict(state)

    def forward(self, x: Tensor, controls: Tensor | None = None) -> tuple[Tensor, Tensor]:
        self._check(x, controls)
        features = self.features(x)
        return self.profile(features, controls), self.counts(features, controls)

    def features(self, x: Tensor) -> Tensor:
        """What the last block puts out, (n, position, channel)."""
        y = self.igelu(self.iconv(x)).transpose(1, 2).contiguous()
        y = y.float() if self.residual_dtype == "float32" else y
        again = self.gradient_checkpointing and self.training
        for block in self.blocks:
            y = checkpoint(block, y, use_reentrant=False) if again else block(y)
        return y

    def profile(self, features: Tensor, controls: Tensor | None = None) -> Tensor:
        """Logits (n, track, position) of the window, from as few positions of (n, position, channel) as they need."""
        reach, length = self.sizes.profile_kernel_size // 2, features.shape[1]
        margin = min(self.trimming, reach)
        first, last = self.trimming - margin, length - self.trimming + margin
        read = features[:, first:last].transpose(1, 2)
        if controls is not None:
            read = torch.cat([read, controls[:, :, first:last].to(read.dtype)], dim=1)
        return self.fconv(nn.functional.pad(read, (reach - margin,) * 2) if margin < reach else read)

    def counts(self, features: Tensor, controls: Tensor | None = None) -> Tensor:
        """Log counts (n, group) from the mean of (n, position, channel) over the window, in float32 at least."""
        last = features.shape[1] - self.trimming
        wide = torch.promote_types(features.dtype, torch.float32)
        mean = features[:, self.trimming : last].mean(1, dtype=wide)
        if controls is not None:
            total = controls[:, :, self.trimming : last].to(wide).sum((1, 2))
            _refuse_controls(total)
            mean = torch.cat([mean, torch.log1p(total)[:, None]], dim=1)
        with nullcontext() if mean.is_meta else torch.autocast(mean.device.type, enabled=False):
            return self.linear(mean)

    def _check(self, x: Tensor, controls: Tensor | None) -> None:
        if x.ndim != 3 or x.shape[1] != BASES:
            raise UsageError(f"expected one-hot DNA (n, {BASES}, position), received {tuple(x.shape)}")
        trimmed(x.shape[2], self.trimming)
        wanted = self.sizes.n_control_tracks
        if controls is None and wanted:
            raise UsageError(f"n_control_tracks is {wanted}, but no controls are given; give them, or make it 0")
        if controls is not None and not wanted:
            raise UsageError("controls are given, but n_control_tracks is 0; leave them out, or say how many there are")
        if controls is not None and tuple(controls.shape) != (len(x), wanted, x.shape[2]):
            expected = (len(x), wanted, x.shape[2])
            raise UsageError(f"controls: expected (n, track, position) {expected}, received {tuple(controls.shape)}")


class ProfileCherimoya(Cherimoya):
    """The same model with the outputs of profile models: logits (n, position, track) of every group, then log counts
    (n, 1) of every group."""

    def forward(self, x: Tensor, controls: Tensor | None = None) -> tuple[Tensor, ...]:  # type: ignore[override]
        logits, log_counts = super().forward(x, controls)
        profiles = logits.transpose(1, 2).split(list(self.sizes.groups), dim=2)
        return *profiles, *log_counts.split(1, dim=1)


def _refuse_controls(total: Tensor) -> None:
    """The sum of an example's controls in the window has a logarithm; meta tensors and traces have no values."""
    if total.is_meta or torch.compiler.is_compiling():
        return
    if not bool((total > -1).all()):
        number = int((~(total > -1)).nonzero()[0])
        message = f"controls of example {number} sum up to {float(total[number]):g} in the window"
        raise UsageError(f"{message}; expected raw values ≥ 0")
