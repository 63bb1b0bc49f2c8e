# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Losses of profile models on Torch: float32 to 1e-5 of the float64 reference, and the gradient of the likelihood."""

from __future__ import annotations

import numpy as np
import pytest
from profile_cases import HEADS, LOSSES, case, same

from seqforge.losses.multinomial_nll import MultinomialNLL

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize("depth", [0.3, 40.0, 3000.0])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_equals_the_reference(loss, depth):
    output, reads = case(depth)
    found = loss.torch()([torch.from_numpy(one) for one in output], [torch.from_numpy(one) for one in reads])
    assert all(vector.shape == (5,) and vector.dtype == torch.float32 for vector in found.values())
    same(found, loss.reference(output, reads), 1e-5)


def test_the_gradient_is_expected_minus_observed_reads():
    (logits, *_), (reads, *_) = case()
    z = torch.tensor(logits, requires_grad=True)
    loss = MultinomialNLL().for_heads(HEADS[:1])
    loss.torch()([z, None], [torch.from_numpy(reads)])["nexus_profile_nll"].sum().backward()
    share = torch.softmax(z.detach().flatten(1), dim=1).reshape(z.shape)
    expected = torch.from_numpy(reads).sum((1, 2), keepdim=True) * share - torch.from_numpy(reads)
    np.testing.assert_allclose(z.grad, expected, atol=1e-4)
