# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every kernel becomes machine code that fits on an H200, with the shipped settings; no GPU is needed for that."""

from __future__ import annotations

import pytest
import torch

pytest.importorskip("triton", reason="the package 'triton' is not installed")

import offline

from seqforge.kernels import cheri_block, cheri_conv_norm
from seqforge.kernels import cheri_tuning as tuning

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(not (offline.TOOLS / "cuobjdump").exists(), reason="this Triton brings no cuobjdump"),
]

SHARED, SPILLED = 232448, 512  # bytes: what a program of an H200 can have, and what a thread may at most spill
KERNELS = {"statistics", "normalise", "sums", "gradients", "forward", "value_gradient", "weight_gradients"}
SIZES = [
    (96, torch.float32, "tf32"),
    pytest.param(128, torch.float32, "tf32", marks=pytest.mark.slow),
    pytest.param(128, torch.bfloat16, "bf16", marks=pytest.mark.slow),
    pytest.param(256, torch.float32, "tf32", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("channels", "dtype", "dots"), SIZES)
def test_every_kernel_fits(channels: int, dtype: torch.dtype, dots: str, monkeypatch: pytest.MonkeyPatch):
    found: dict[str, tuple[tuning.Settings, offline.Needs]] = {}

    def compile_only(kernel, programs, given, constants, key, how):
        for settings in tuning._steps(tuning.from_table(key)):
            needs = offline.compiled(kernel, given, **constants, **settings, enable_fp_fusion=True)
            if needs.shared <= SHARED:
                found[key.kernel] = settings, needs
                return settings
        raise AssertionError(f"no settings of {key} fit: {needs}")

    monkeypatch.setattr(cheri_conv_norm, "launch", compile_only)
    monkeypatch.setattr(cheri_conv_norm, "architecture", lambda device: "sm_90")
    x, weight = torch.empty(16, 200, channels, dtype=dtype), torch.empty(3, channels)
    given = (x, weight, torch.empty(2 * channels, channels), torch.empty(channels, 2 * channels))
    _, statistics = cheri_block.forward(*given, 4, 0.15, dots)
    cheri_block.backward(x, *given, statistics, 4, 0.15, dots)
    _, statistics = cheri_conv_norm.forward(x, weight, 4)
    cheri_conv_norm.backward(x, x, weight, statistics, 4)
    assert set(found) == KERNELS
    assert {name: pair for name, pair in found.items() if pair[1].spilled > SPILLED} == {}
