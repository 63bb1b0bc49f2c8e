# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Optimizer steps in NumPy float64, written for reading, and gradients to feed them with."""

from __future__ import annotations

import numpy as np

SHAPE, STEPS = (6, 4), 8
START = np.random.default_rng(21).normal(size=SHAPE)
GRADIENTS = np.random.default_rng(22).normal(size=(STEPS, *SHAPE))


def sgd(learning_rate, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    weight, velocity = START.copy(), None
    for gradient in GRADIENTS:
        g = gradient + weight_decay * weight
        if momentum:
            velocity = g if velocity is None else momentum * velocity + (1 - dampening) * g
            g = g + momentum * velocity if nesterov else velocity
        weight = weight - learning_rate * g
    return weight


def adam(learning_rate, beta_1, beta_2, epsilon, amsgrad=False, weight_decay=0.0, decoupled=False, corrected=True):
    """`corrected`: epsilon stands beside the corrected second moment (PyTorch), else beside the raw one (Keras)."""
    weight, m, v, top = START.copy(), 0.0, 0.0, 0.0
    for step, gradient in enumerate(GRADIENTS, 1):
        if decoupled:
            weight = weight * (1 - learning_rate * weight_decay)
        g = gradient + (0 if decoupled else weight_decay) * weight
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g * g
        top = np.maximum(top, v) if amsgrad else v
        first, second = 1 - beta_1**step, 1 - beta_2**step
        if corrected:
            weight = weight - learning_rate * (m / first) / (np.sqrt(top / second) + epsilon)
        else:
            weight = weight - learning_rate * np.sqrt(second) / first * m / (np.sqrt(top) + epsilon)
    return weight


def muon(learning_rate, momentum=0.95, nesterov=True, weight_decay=0.1, eps=1e-7, steps=5, scale=None):
    weight, mean = START.copy(), np.zeros(SHAPE)
    rows, columns = SHAPE
    for gradient in GRADIENTS:
        mean = momentum * mean + (1 - momentum) * gradient
        x = momentum * mean + (1 - momentum) * gradient if nesterov else mean
        x = x.T if rows > columns else x
        x = x / max(np.linalg.norm(x), eps)
        for _ in range(steps):
            gram = x @ x.T
            x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
        x = x.T if rows > columns else x
        factor = np.sqrt(max(1, rows / columns)) if scale is None else scale
        weight = weight * (1 - learning_rate * weight_decay) - learning_rate * factor * x
    return weight
