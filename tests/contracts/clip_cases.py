# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Gradient clipping in NumPy, and hand-made gradients: short, long, zero, and of one element."""

from __future__ import annotations

import numpy as np

GRADIENTS = [np.array([[3.0, 4.0]]), np.array([0.3, -0.4]), np.zeros(3), np.array([-2.0])]
LIMITS = (0.5, 1.0, 100.0)


def norm(gradients, limit):
    return [g * limit / np.linalg.norm(g) if np.linalg.norm(g) > limit else g for g in gradients]


def value(gradients, limit):
    return [np.minimum(np.maximum(g, -limit), limit) for g in gradients]


def global_norm(gradients, limit):
    total = np.sqrt(sum((g**2).sum() for g in gradients))
    return [g * limit / total if total > limit else g for g in gradients]


FORMULAS = {"clipnorm": norm, "clipvalue": value, "global_clipnorm": global_norm}
