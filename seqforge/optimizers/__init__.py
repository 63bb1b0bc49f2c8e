# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Optimizers, one per file with the form of each library; importing this package registers them."""

from seqforge.optimizers import (
    adadelta,
    adagrad,
    adam,
    adamax,
    adamw,
    asgd,
    ftrl,
    lbfgs,
    muon,
    nadam,
    rmsprop,
    rprop,
    sgd,
    sparse_adam,
)

__all__ = [
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "asgd",
    "ftrl",
    "lbfgs",
    "muon",
    "nadam",
    "rmsprop",
    "rprop",
    "sgd",
    "sparse_adam",
]
