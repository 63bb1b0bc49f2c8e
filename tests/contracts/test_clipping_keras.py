# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Each clip does to hand-made gradients what its formula says."""

from __future__ import annotations

import numpy as np
import pytest
from clip_cases import FORMULAS, GRADIENTS, LIMITS

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras


@pytest.mark.parametrize("kind", FORMULAS)
@pytest.mark.parametrize("limit", LIMITS)
def test_formula(kind, limit):
    from seqforge.backends.keras_updates import CLIPS

    tensors = CLIPS[kind]([keras.ops.convert_to_tensor(gradient) for gradient in GRADIENTS], limit)
    for received, expected in zip(tensors, FORMULAS[kind](GRADIENTS, limit), strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(received), expected, rtol=1e-6)
