# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Each clip does to hand-made gradients what its formula says."""

from __future__ import annotations

import numpy as np
import pytest
from clip_cases import FORMULAS, GRADIENTS, LIMITS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize("kind", FORMULAS)
@pytest.mark.parametrize("limit", LIMITS)
def test_formula(kind, limit):
    from seqforge.backends.torch_updates import CLIPS

    tensors = [torch.tensor(gradient) for gradient in GRADIENTS]
    CLIPS[kind](tensors, limit)
    for received, expected in zip(tensors, FORMULAS[kind](GRADIENTS, limit), strict=True):
        np.testing.assert_allclose(received.numpy(), expected, rtol=1e-12)
